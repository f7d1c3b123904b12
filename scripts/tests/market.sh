# shellcheck shell=bash
a_market_starts_scales_and_leaves_no_process_behind() {
    small_market
    scripts/up
    scripts/status | grep -E 'fm-cars .* ready'
    before=$(pids)
    [ "$(wc -l <<<"$before")" = 5 ]

    echo "-- no queue of the market grows without end"
    scripts/rabbitmqctl list_policies | grep -E 'fm-limits.*reject-publish'

    echo "-- up again changes nothing"
    ports=$(cat "$FM_DEV_DIR/ports")
    scripts/up
    [ "$(pids)" = "$before" ]
    [ "$(cat "$FM_DEV_DIR/ports")" = "$ports" ]

    echo "-- what was built anew is started again, and nothing else"
    echo '// changed: the program is another' >>fm-cars/src/main.rs
    sed -i 's/content-length: 2/content-length: 02/' fm-cars/src/main.rs
    scripts/up
    [ "$(pids | grep -v fm-cars)" = "$(grep -v fm-cars <<<"$before")" ]
    not test "$(pids | grep fm-cars)" = "$(grep fm-cars <<<"$before")"

    echo "-- another program for one instance, also after it was killed; then its own again"
    cp "$scratch/target/debug/fm-tracker" "$scratch/earlier"
    printf x >>"$scratch/earlier"
    scripts/up --no-build --program "fm-tracker=$scratch/earlier"
    runs() { [ "$(readlink "/proc/$(pid_of fm-tracker)/exe")" = "$1" ]; }
    runs "$scratch/earlier"
    kill -KILL "$(pid_of fm-tracker)"
    scripts/up
    runs "$scratch/earlier"
    scripts/up --program fm-tracker=
    runs "$scratch/target/debug/fm-tracker"

    echo "-- more copies, fewer copies"
    scripts/scale fm-cars 3
    [ "$(pids | grep -c fm-cars)" = 3 ]
    scripts/scale fm-cars 1
    [ "$(pids | grep -c fm-cars)" = 1 ]

    echo "-- a restart changes every process and leaves as many; where there is only one another stands in for it"
    before=$(pids)
    scripts/restart fm-cars | grep "fm-cars restarted"
    [ "$(pids | grep -c fm-cars)" = 1 ]
    not test "$(pids | grep fm-cars)" = "$(grep fm-cars <<<"$before")"
    [ "$(pids | grep -v fm-cars)" = "$(grep -v fm-cars <<<"$before")" ]
    fails_saying "'fm-image' does not run" scripts/restart fm-image

    echo "-- one that was killed comes back by up"
    kill -KILL "$(pid_of fm-tracker)"
    fails_saying ended scripts/status
    scripts/up
    scripts/status

    echo "-- down ends them all, and what they knew is there at the next start"
    known=$(pids | cut -d' ' -f2)
    curl -fsS "$(etcd_url)/v3/kv/put" -d '{"key":"a2V5","value":"dmFsdWU="}'
    scripts/down
    for pid in $known; do not start_time "$pid"; done
    scripts/up
    curl -fsS "$(etcd_url)/v3/kv/range" -d '{"key":"a2V5"}' | grep dmFsdWU=
}

a_service_that_cannot_start_is_named_with_its_last_words() {
    small_market
    fails_saying "cannot work: no reason" env FM_FAIL="no reason" scripts/up
}
