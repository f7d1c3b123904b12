# shellcheck shell=bash
ID=4bf92f3577b34da6a3ce929d0e0e4736

# A market of three instances: fm-gateway and fm-cars know a part of the trace each, fm-image is unreachable.
traced_market() {
    local name port=1001
    mkdir -p "$FM_DEV_DIR/pids" "$FM_DEV_DIR/logs" "$scratch/bin"
    remember ports etcd 1000 && echo '{}' >"$scratch/registered"
    for name in fm-cars fm-gateway-admin fm-image fm-tracker; do remember ports "$name" $port && port=$((port + 1)); done
    touch "$FM_DEV_DIR"/pids/{etcd,fm-cars,fm-gateway,fm-image,fm-tracker}
    span a 'null' fm-gateway 'POST /api/cars' 0 9000 '{"http.response.status_code":201}' >"$scratch/1002"
    {
        span b '"a"' fm-cars 'POST /api/cars' 1000 7000 '{}'
        span c '"b"' fm-cars 'process car.listed' 20000 100 '{"fm.messaging.attempt":6,"fm.messaging.outcome":"dead_letter","error.type":"later"}' error
    } | jq -s 'add' >"$scratch/1001"
    cat >"$scratch/bin/curl" <<SH
#!/usr/bin/env bash
url=\${*: -1} out=/dev/null
while [ \$# -gt 0 ]; do [ "\$1" != -o ] || out=\$2; shift; done
port=\${url#http://127.0.0.1:} port=\${port%%/*}
printf '%s\n' "\$url" >>"$scratch/asked"
case \$port,\$url in
    1003,*) exit 7 ;;
    1000,*) cat "$scratch/registered" ;;
    *,*$ID | *'/traces?'*) if [ -f "$scratch/\$port" ]; then cp "$scratch/\$port" "\$out" && printf 200; else printf '{}' >"\$out" && printf 404; fi ;;
    *) printf '{}' >"\$out" && printf 404 ;;
esac
SH
    chmod +x "$scratch/bin/curl"
    PATH=$scratch/bin:$PATH
}

# span ID PARENT INSTANCE NAME START_US DURATION_US ATTRIBUTES [STATUS]
span() {
    jq -nc --arg trace $ID --arg id "$1" --argjson parent "$2" --arg instance "$3" --arg name "$4" --argjson start "$5" --argjson took "$6" \
        --argjson attributes "$7" --arg status "${8:-unset}" '[{trace_id: $trace, span_id: $id, parent_span_id: $parent, service: $instance,
        instance: $instance, kind: "server", name: $name, start_us: (1700000000000000 + $start), duration_us: $took, status: $status,
        attributes: $attributes, links: []}]'
}

a_trace_is_put_together_from_all_instances_and_names_those_that_are_unreachable() {
    traced_market
    "$scripts/trace" $ID >"$scratch/shown" 2>"$scratch/warned"
    grep -q "^trace $ID: 3 spans of 2 services, 20.1 ms" "$scratch/shown"
    grep -qE '^ +0\.0 +9\.0 \|#+ +\| fm-gateway +POST /api/cars  \[201\]$' "$scratch/shown"
    grep -qE '^ +1\.0 +7\.0 \| #+ +\| fm-cars +  POST /api/cars$' "$scratch/shown"
    grep -qE '^ +20\.0 +0\.1 \| +#\| fm-cars +    process car.listed  \[FAILED, attempt 6, dead letter, later\]$' "$scratch/shown"
    [ "$(cat "$scratch/warned")" = 'trace: fm-image gives no answer, what it knows is missing' ]
    grep -q "^http://127.0.0.1:1002/traces/$ID$" "$scratch/asked"
}

# registered NAME VALUE...: what the registry answers, as etcd does.
registered() {
    local kvs='[]'
    while [ $# -gt 0 ]; do
        kvs=$(jq -c --arg key "/fm/services/${1%-*}/$1" --arg value "$2" '. + [{key: ($key | @base64), value: ($value | @base64)}]' <<<"$kvs")
        shift 2
    done
    jq -n --argjson kvs "$kvs" '{kvs: $kvs}' >"$scratch/registered"
}

instances_that_were_started_elsewhere_are_asked_and_none_twice() {
    traced_market
    span d '"a"' fm-web-9 'GET /cars' 2000 500 '{}' >"$scratch/1009"
    registered fm-cars '{"url": "http://127.0.0.1:1001"}' fm-web-9 '{"url": "http://127.0.0.1:1008", "metadata": {"admin": "http://127.0.0.1:1009"}}' \
        fm-odd-1 '{"url": "file:///etc/passwd"}'
    "$scripts/trace" $ID >"$scratch/shown" 2>"$scratch/warned"
    grep -q "^trace $ID: 4 spans of 3 services" "$scratch/shown"
    grep -qE '\| fm-web-9 +  GET /cars$' "$scratch/shown"
    [ "$(grep -c "^http://127.0.0.1:1001/traces/$ID$" "$scratch/asked")" = 1 ]
    not grep -qE ':1008|passwd' "$scratch/asked"
    echo "-- and a registry that is unreachable is named"
    rm "$scratch/registered"
    "$scripts/trace" $ID >"$scratch/shown" 2>"$scratch/warned"
    grep -q "^trace $ID: 3 spans" "$scratch/shown"
    grep -qx 'trace: the registry gives no answer, instances that were started elsewhere are missing' "$scratch/warned"
}

an_instance_that_answers_something_else_is_named_and_the_others_are_shown() {
    traced_market
    for garbage in ok '{}' '"x"' '[1]' '[{"a": 1}]' '[] []' ''; do
        printf '%s' "$garbage" >"$scratch/1009"
        printf '%s' "$garbage" >"$scratch/1010"
        registered fm-one-1 '{"url": "http://127.0.0.1:1009"}' fm-two-1 '{"url": "http://127.0.0.1:1010"}'
        # Two services, and an instance of each that has the same name.
        jq '(.kvs[].key) |= (@base64d | sub("/fm-(one|two)-1$"; "/one") | @base64)' "$scratch/registered" >"$scratch/renamed" && mv "$scratch/renamed" "$scratch/registered"
        "$scripts/trace" $ID >"$scratch/shown" 2>"$scratch/warned"
        grep -q "^trace $ID: 3 spans of 2 services" "$scratch/shown"
        for name in fm-one.one fm-two.one; do grep -qx "trace: $name gives no answer, what it knows is missing" "$scratch/warned"; done
    done
}

a_trace_that_nobody_knows_and_an_id_that_is_none_end_with_their_own_codes() {
    code_of() { "$@" >"$scratch/out" 2>"$scratch/err" && echo 0 || echo $?; }
    [ "$(code_of "$scripts/trace" $ID)" = 3 ]
    traced_market
    [ "$(code_of "$scripts/trace" 0af7651916cd43dd8448eb211c80319c)" = 1 ]
    grep -q 'nobody knows 0af7651916cd43dd8448eb211c80319c' "$scratch/err"
    for bad in 4bf9 "${ID^^}" "$ID/../../health" "--id" "$ID $ID"; do
        # shellcheck disable=SC2086 # the last one is two words
        [ "$(code_of "$scripts/trace" $bad)" = 2 ]
    done
    [ "$(code_of "$scripts/trace" --slower-than soon)" = 2 ]
    [ "$(code_of "$scripts/trace" --limit 0)" = 2 ]
    "$scripts/trace" --help | grep -q 'scripts/trace ID'
}

the_last_traces_of_each_instance_are_listed() {
    traced_market
    jq -n --arg id $ID '[{trace_id: $id, service: "fm-cars", instance: "fm-cars", name: "POST /api/cars", start_us: 1700000000000000,
        duration_us: 23400, failed: true, spans: 3}]' >"$scratch/1001"
    rm "$scratch/1002"
    [ "$("$scripts/trace" --slower-than 20ms --failed --limit 3 2>/dev/null)" = "2023-11-14T22:13:20Z $ID 23 ms fm-cars POST /api/cars [FAILED]" ]
    grep -q '^http://127.0.0.1:1001/traces?limit=3&slower_than=20ms&failed=true$' "$scratch/asked"
}

control_characters_are_not_printed() {
    traced_market
    span a 'null' fm-gateway $'GET \e[31m/\u009b' 0 9000 '{}' >"$scratch/1002"
    "$scripts/trace" $ID >"$scratch/shown" 2>/dev/null
    not grep -q $'[\e\u009b]' "$scratch/shown"
}

logs_of_a_trace_come_from_all_services_in_the_order_of_time() {
    mkdir -p "$FM_DEV_DIR/logs"
    printf '%s\n' "2026-01-01T00:00:03.000Z WARN  fm-cars fm_sdk third trace_id=$ID" "2026-01-01T00:00:02.000Z INFO  fm-cars fm_sdk other" \
        >"$FM_DEV_DIR/logs/fm-cars.log"
    printf '%s\n' "{\"level\":\"warn\",\"time\":\"2026-01-01T00:00:02.500Z\",\"trace_id\":\"$ID\",\"message\":\"second\"}" >"$FM_DEV_DIR/logs/fm-image.log"
    printf '%s\n' "2026-01-01T00:00:01.000Z INFO  fm-web fm_sdk first trace_id=$ID" >"$FM_DEV_DIR/logs/fm-web.log"
    [ "$("$scripts/logs" --trace $ID | grep -oE 'first|second|third|other' | tr '\n' ' ')" = 'first second third ' ]
    [ "$("$scripts/logs" --trace $ID fm-image | wc -l)" = 1 ]
    fails_saying 'no line of' "$scripts/logs" --trace 0af7651916cd43dd8448eb211c80319c
    fails_saying 'no trace id' "$scripts/logs" --trace 4bf9
    fails_saying 'no trace id' "$scripts/logs" --trace
}
