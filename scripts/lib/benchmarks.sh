# shellcheck shell=bash
# The parts of scripts/bench, and the table that it writes.
# shellcheck disable=SC2154 # the script that loads this sets BENCH, profile, quick and gateway

# shorter LONG SHORT: the first, or the second with --quick.
shorter() { if [ -n "$quick" ]; then printf '%s' "$2"; else printf '%s' "$1"; fi; }

# Builds what is measured, before anything is measured.
prepare_bench() {
    FIGURES=$BENCH/figures.jsonl
    [ ! -f "$FIGURES" ] || mv "$FIGURES" "$BENCH/figures.before.jsonl"
    : >"$FIGURES"
    need_to_build && need_to_run
    need nginx-light nginx "compared with the gateway, and its upstream"
    need haproxy haproxy "compared with the gateway"
    need openssl openssl "makes the keys that HAProxy verifies with, and the certificate of TLS"
    need nghttp2-client h2load "sends requests over TLS and HTTP/2"
    install_missing
    check_toolchain
    end_market
    say "building (optimised programs take minutes the first time)"
    build_tool market-bench "$profile" >/dev/null
    # shellcheck disable=SC2154 # parts: the script that loads this
    case " ${parts[*]} " in
        *' up '* | *' import '* | *' search '* | *' uploads '* | *' traces '*) build_services "$profile" ;;
        *' gateway '*) build_services "$profile" fm-gateway ;;
    esac
    MACHINE=$(market_bench machine)
    say "$MACHINE"
}

# built PROGRAM: where cargo has put it; the market's own memory of that goes with the market.
built() { printf '%s/%s/%s' "$(target_folder)" "${profile/dev/debug}" "$1"; }
market_bench() { "$(built market-bench)" "$@"; }

# figure PART WHAT VALUE [GOAL REACHED]
figure() {
    jq -nc --arg part "$1" --arg what "$2" --arg value "$3" --arg goal "${4:-}" --argjson reached "${5:-null}" \
        '{$part, $what, $value, $goal} + if $reached == null then {} else {$reached} end' >>"$FIGURES"
    say "    $2: $3${4:+  (goal $4: $([ "$5" = true ] && printf reached || printf MISSED))}"
}

at_most() { awk -v value="$1" -v most="$2" 'BEGIN { print value <= most ? "true" : "false" }'; }
middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
since() { awk -v now="$(date +%s.%N)" -v then="$1" 'BEGIN { printf "%.1f", now - then }'; }

start_market() {
    local flags=(--no-demo)
    [ "$profile" != release ] || flags+=(--release)
    running fm-gateway || "$ROOT/scripts/up" "${flags[@]}" >"$BENCH/up.log" 2>&1 || { cat "$BENCH/up.log" >&2 && die "the market is not up"; }
    gateway=$(url_of fm-gateway)
}

end_market() { [ -z "$(processes)" ] || "$ROOT/scripts/down" --wipe >/dev/null; }

bench_bus() {
    install_peers
    # shellcheck disable=SC2046
    market_bench bus --peers "$BENCH/peers" $(shorter '' '--rounds 2 --seconds 0.5') >>"$FIGURES"
}

# What people would use instead of the SDK: lapin, Node's amqplib, Nameko.
install_peers() {
    local from=$ROOT/funny-market-compose/bench/peers to=$BENCH/peers
    need nodejs node "runs the peer by amqplib"
    need npm npm "installs amqplib"
    need python3-venv - "installs Nameko"
    install_missing
    mkdir -p "$to/node"
    cp "$from"/node/{package.json,package-lock.json,peer.js} "$to/node"
    (cd "$to/node" && npm ci --silent --no-audit --no-fund) || die "npm could not install amqplib"
    [ -x "$to/nameko/bin/python" ] || python3 -m venv "$to/nameko"
    "$to/nameko/bin/pip" install -q -r "$from/nameko/requirements.txt" || die "pip could not install Nameko"
    cp "$from/nameko/peer.py" "$to/nameko"
    (cd "$from/lapin" && CARGO_TARGET_DIR=$to/target cargo build --quiet --locked --release) || die "the peer by lapin does not build"
    cp "$to/target/release/bench-peer-lapin" "$to"
}

bench_up() {
    local round began seconds=() names idle
    for round in $(seq "$(shorter 3 1)"); do
        end_market
        began=$(date +%s.%N)
        start_market
        seconds+=("$(since "$began")")
        say "  round $round: ${seconds[-1]} s"
    done
    figure up "scripts/up with all built, an empty market, until all are healthy (median of ${#seconds[@]})" "$(middle "${seconds[@]}") s" "<= 12 s" \
        "$(at_most "$(middle "${seconds[@]}")" 12)"
    sleep "$(shorter 20 3)" # idle is what it is when nothing has been asked for a while
    names=$(processes | grep '^fm-')
    idle=$(resident_of "$names")
    figure up "resident memory of our $(wc -l <<<"$names") idle processes together" "$idle MiB" "<= 150 MiB" "$(at_most "$idle" 150)"
    figure up "the same, one by one" "$(while read -r name; do printf '%s %s, ' "$name" "$(resident_of "$name")"; done <<<"$names" | sed 's/, $//')"
}

# resident_of NAMES: MiB, one digit.
resident_of() {
    while read -r name; do awk '/^VmRSS:/ { print $2 }' "/proc/$(pid_of "$name")/status"; done <<<"$1" | awk '{ sum += $1 } END { printf "%.1f", sum / 1024 }'
}

# The file with the ads; made up ones if there is none.
ads_file() {
    local file=${FM_ADS:-$ROOT/../shared/data/ads.csv}
    if [ ! -f "$file" ]; then
        file=$BENCH/ads.csv
        made_up_ads >"$file"
    fi
    printf '%s' "$file"
}

# As many rows as the real file has, in its columns.
made_up_ads() {
    awk 'BEGIN {
        srand(7); split("volkswagen bmw audi opel ford", maker); split("golf 3er a4 corsa focus", model)
        split("limousine kombi kleinwagen cabrio bus", body); split("benzin diesel lpg", fuel); split("manuell automatik", gear)
        print "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,monthOfRegistration,fuelType,brand,notRepairedDamage,dateCreated,postalCode"
        for (n = 1; n <= 14964; n++) {
            m = int(rand() * 5) + 1
            printf "%s_%s_%d,$%d,%s,%d,%s,%d,%s,%dkm,%d,%s,%s,nein,2016-03-26 00:00:00,%05d\n", maker[m], model[m], n, 500 + int(rand() * 20000), body[int(rand() * 5) + 1],
                1995 + int(rand() * 20), gear[int(rand() * 2) + 1], 50 + int(rand() * 200), model[m], 5000 * (1 + int(rand() * 30)), 1 + int(rand() * 12), fuel[int(rand() * 3) + 1], maker[m], 10000 + int(rand() * 80000)
        }
    }'
}

# Imports the ads into the market that runs, once, and keeps the figure.
import_once() {
    [ -z "${IMPORT_FIGURE:-}" ] || ! running fm-gateway || return 0
    start_market
    demo_secrets
    IMPORT_FIGURE=$(market_bench import --gateway "$gateway" "$(ads_file)")
}

bench_import() {
    import_once
    printf '%s\n' "$IMPORT_FIGURE" >>"$FIGURES"
}

bench_search() {
    local store
    import_once
    market_bench search --to "${gateway#http://}" --seconds "$(shorter 30 3)" >>"$FIGURES"
    store=$(store_of fm-cars)/fm-cars.sqlite
    end_market_but_keep "$store"
    market_bench large --program "$(built fm-cars)" --store "$BENCH/cars/fm-cars.sqlite" --folder "$BENCH/large" \
        --cars "$(shorter 1000000 50000)" --seconds "$(shorter 30 3)" >>"$FIGURES"
    search_model
}

# The store is whole only when nobody writes it any more.
end_market_but_keep() {
    say "  ending the market, keeping its cars"
    mapfile -t all < <(processes | grep '^fm-')
    stop_processes 20 "${all[@]}"
    rm -rf "$BENCH/cars" && mkdir -p "$BENCH/cars" && cp "$1"* "$BENCH/cars/"
    end_market
    IMPORT_FIGURE=''
}

# fm-cars times its read model itself, without HTTP.
search_model() {
    local flags=(--locked --quiet) line
    [ "$profile" != release ] || flags+=(--release)
    in_repository fm-cars cargo run "${flags[@]}" --example search_bench -- "$(shorter 1000000 20000)" "$(shorter 200 20)" >"$BENCH/search-model.txt"
    line=$(tail -n 1 "$BENCH/search-model.txt")
    figure search "read model of fm-cars without HTTP: $(head -n 1 "$BENCH/search-model.txt")" "$line"
}

# The read model of fm-cars beside what people would take instead; all of them answer the same questions alike.
bench_search_peers() {
    local peers=$BENCH/peers flags=(--locked --quiet)
    [ "$profile" != release ] || flags+=(--release)
    in_repository fm-cars cargo build "${flags[@]}" --example search_bench
    (cd "$ROOT/funny-market-compose/bench/peers/search" && CARGO_TARGET_DIR=$peers/target cargo build --quiet --locked --release) ||
        die "the peers by Tantivy and SQLite do not build"
    # shellcheck disable=SC2046
    market_bench search-peers --program "$(built examples/search_bench)" --peers "$peers/target/release" --folder "$BENCH/search-peers" \
        $(shorter '--cars 1000000' '--cars 50000 --rounds 10 --seconds 1') >>"$FIGURES"
}

bench_uploads() {
    end_market
    start_market
    demo_secrets
    market_bench uploads --gateway "$gateway" "${DEMO_PICTURES[@]}" --count "$(shorter 60 6)" >>"$FIGURES"
    end_market
}

bench_gateway() {
    local cores modules=()
    cores=$(nproc)
    [ "$cores" -gt 1 ] || die "the gateway is measured on one core, with client and upstream on another: there is only one"
    # The proxy of the first market is compared where Node.js is there.
    if command -v npm >/dev/null && npm install --silent --prefix "$BENCH/node" http-proxy@1.18.1 >"$BENCH/npm.log" 2>&1; then
        modules=(--node-modules "$BENCH/node/node_modules")
    else
        say "  without Node.js's http-proxy: npm could not install it"
    fi
    # shellcheck disable=SC2046
    taskset --cpu-list 1 "$(built market-bench)" gateway --core 0 --program "$(built fm-gateway)" \
        "${modules[@]}" $(shorter '' '--rounds 1 --seconds 0.5 --tokens 1000') >>"$FIGURES"
}

bench_traces() {
    local line
    in_repository fm-sdk cargo bench --locked --quiet --all-features --profile "${profile/release/bench}" --bench spans >"$BENCH/spans.txt"
    while IFS= read -r line; do figure traces "spans of requests with two commands to the store, ${line%%: *}" "${line#*: }"; done <"$BENCH/spans.txt"
    end_market
    start_market
    "$ROOT/scripts/scale" fm-cars 2 >/dev/null
    "$ROOT/scripts/scale" fm-tracker 2 >/dev/null
    put_together
    end_market
}

# Lists a car with two pictures and changes it, all under one trace id, and asks for the trace until nothing more comes to it.
put_together() {
    local trace id token micros=() spans=0 before=-1 admin
    trace=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    asks() { curl -sSf -H "traceparent: 00-$trace-00f067aa0ba902b7-01" ${token:+-H "authorization: Bearer $token"} "$@"; }
    token=$(asks "$gateway/api/auth/sign-up" --json '{"username":"tracer","email":"tracer@example.com","password":"a long password of six words"}' | jq -er .access_token)
    id=$(asks "$gateway/api/cars" --json '{"maker":"opel","model":"corsa","year":2012,"price":3000,"mileage":80000}' | jq -er .id)
    asks -F "images=@$ROOT/fm-image/tests/fixtures/gps.jpg;type=image/jpeg" -F "images=@$ROOT/fm-image/tests/fixtures/gps.jpg;type=image/jpeg" \
        "$gateway/api/cars/$id/images" >/dev/null
    asks -X PATCH "$gateway/api/cars/$id" --json '{"price":2500}' >/dev/null
    token=$("$ROOT/scripts/service" fm-gateway token create bench)
    admin=$(health_url_of fm-gateway)/admin/api/traces/$trace
    for _ in $(seq 50); do
        spans=$(asks "$admin" | jq '.spans | length')
        [ "$spans" != "$before" ] || break
        before=$spans
        sleep 1
    done
    for _ in $(seq "$(shorter 41 5)"); do
        micros+=("$(asks -o /dev/null -w '%{time_total}' "$admin" | awk '{ print $1 * 1000 }')")
    done
    figure traces "putting a trace of $spans spans together at the gateway, from $(processes | grep -c '^fm-') instances (median of ${#micros[@]})" \
        "$(middle "${micros[@]}") ms" "<= 200 ms" "$(at_most "$(middle "${micros[@]}")" 200)"
}

# test_program REPOSITORY: its tests of the service, compiled.
test_program() {
    in_repository "$1" cargo test --quiet --locked --all-features --test api --no-run --message-format=json |
        jq -r 'select(.reason == "compiler-artifact" and .target.name == "api" and .executable != null) | .executable' | tail -n 1
}

# timed REPOSITORY PROGRAM FILTER...: seconds of these tests. Cargo's place for them: paths of files are relative to it.
timed() {
    local began repository=$1
    shift
    began=$(date +%s.%N)
    (cd "$ROOT/$repository" && "$@" --quiet >"$BENCH/contracts.log" 2>&1) || { cat "$BENCH/contracts.log" >&2 && die "the tests of $repository fail"; }
    awk -v now="$(date +%s.%N)" -v then="$began" 'BEGIN { printf "%.2f", now - then }'
}

bench_contracts() {
    local provider round without with plain=() recording=() added=() replayed=() program
    local -A providers
    program=$(test_program fm-web)
    for provider in "$ROOT"/*/tests/contracts; do
        provider=$(basename "$(dirname "$(dirname "$provider")")")
        providers[$provider]=$(test_program "$provider")
    done
    for round in $(seq 0 "$(shorter 9 1)"); do
        without=$(FM_RECORD_CONTRACTS='' timed fm-web "$program")
        with=$(FM_RECORD_CONTRACTS=$BENCH/contracts timed fm-web "$program")
        rm -rf "$BENCH/contracts"
        local sum=0
        for provider in "${!providers[@]}"; do
            sum=$(awk -v sum="$sum" -v one="$(timed "$provider" "${providers[$provider]}" contracts::)" 'BEGIN { printf "%.2f", sum + one }')
        done
        [ "$round" -gt 0 ] || continue # warms up
        plain+=("$without") recording+=("$with") replayed+=("$sum")
        added+=("$(awk -v with="$with" -v without="$without" 'BEGIN { printf "%.1f", (with / without - 1) * 100 }')")
        say "  round $round: $without s, recording $with s, replay $sum s"
    done
    figure contracts "tests of fm-web without / with recording (median of ${#plain[@]})" "$(middle "${plain[@]}") s / $(middle "${recording[@]}") s"
    figure contracts "recording adds to them, median of ${#added[@]} rounds (least to greatest)" \
        "$(middle "${added[@]}") % ($(printf '%s\n' "${added[@]}" | sort -n | head -n 1) to $(printf '%s\n' "${added[@]}" | sort -n | tail -n 1))" \
        "<= 20 %" "$(at_most "$(middle "${added[@]}")" 20)"
    figure contracts "replay of all contracts by ${#providers[@]} providers, one after the other (median of ${#replayed[@]})" "$(middle "${replayed[@]}") s" "<= 10 s" \
        "$(at_most "$(middle "${replayed[@]}")" 10)"
}

# The figures as a markdown table.
print_table() {
    say "| | measured | goal | |"
    say "| --- | --- | --- | --- |"
    jq -r '"| \(.what) | \(.value) | \(.goal) | \(if .reached == null then "" elif .reached then "reached" else "**missed**" end) |"' "${1:-$FIGURES}"
}

# Replaces the parts that were measured in docs/benchmarks.md, and the short table in README.md.
write_table() {
    local kept=$ROOT/docs/benchmarks.jsonl part
    touch "$kept"
    for part in "$@"; do
        [ "$part" != search ] || part='search|large'
        grep -vE "\"part\":\"($part)\"" "$kept" >"$kept.new" || true
        mv "$kept.new" "$kept"
    done
    # Parts are measured on different days, and on different machines.
    jq -c --arg measured "$(date -u +%Y-%m-%d), on $MACHINE" '. + {$measured}' "$FIGURES" >>"$kept"
    : >"$BENCH/goals.jsonl"
    {
        say "# Benchmarks"
        say ""
        say "Written by \`scripts/bench\`. Measure again on your machine: every figure is one of a machine, which each part names. Everything ran on it, clients too."
        describe_parts
        for part in bus up import 'search|large' search-peers uploads gateway traces contracts; do
            grep -E "\"part\":\"($part)\"" "$kept" >"$BENCH/part.jsonl" || continue
            say ""
            say "## $(title_of "$part")"
            say "Measured $(jq -r .measured "$BENCH/part.jsonl" | head -n 1)."
            say ""
            print_table "$BENCH/part.jsonl"
            [ "$part" != bus ] || explain_bus
            [ "$part" != search-peers ] || explain_search_peers
            [ "$part" != gateway ] || explain_gateway
            jq -c 'select(.reached != null)' "$BENCH/part.jsonl" >>"$BENCH/goals.jsonl"
        done
    } >"$ROOT/docs/benchmarks.md"
    print_table "$BENCH/goals.jsonl" >"$BENCH/table.md"
    put_between_markers "$ROOT/README.md" "$BENCH/table.md"
    say "docs/benchmarks.md and README.md are written"
}

title_of() {
    case $1 in
        bus) printf 'Bus' ;;
        up) printf 'Start and memory' ;;
        import) printf 'Import' ;;
        search-peers) printf 'Search beside other libraries' ;;
        search*) printf 'Search' ;;
        uploads) printf 'Uploads' ;;
        gateway) printf 'Gateway' ;;
        traces) printf 'Traces' ;;
        contracts) printf 'Contracts' ;;
    esac
}

describe_parts() {
    cat <<'TEXT'

How it is measured: what is compared runs in turn within one run, in another order each round, the first round does not count; figures are medians of rounds.
The bus is a RabbitMQ of its own; bare loops use amiquip with TCP_NODELAY, one thread on each side, and no envelope, identity, deadline or reconnecting; those "with the same envelope and prefetch" carry what the SDK sends and hold eight calls at once. lapin, Node's amqplib and Nameko do the
SDK's work (JSON, a verified token, a deadline, a responder that connects again), a process on each side. Searches come at a fixed
rate, whatever the answers do (an open loop), so that waiting counts. A picture is checked, turned, stripped and made in three sizes. The gateway, nginx and HAProxy have one worker each on the same core; client and upstream (an nginx that answers
one KiB) have another one; processor time is what the kernel counted for all threads of the process. Over TLS gateway and nginx are bare proxies and have the same
certificate (ECDSA on P-256), version (1.3) and cipher (AES-256-GCM): clients on rustls open connections, and prove that sessions were resumed or were not; h2load sends
requests on kept ones. Contracts are recorded and replayed by the compiled test
programs, unoptimised as tests are.
TEXT
}

# What profiles have shown; the rows "cost of" above say how it is now.
explain_bus() {
    cat <<'TEXT'

### Where the bus spends its time
Seconds say little on a machine that does something else, too. The rows *cost of* count what changes little with it, per call or publish: processor
time of the clients (both sides of a call) and of the broker, and how often a thread of the clients waits, which is a wake-up each. Measured so on
2026-11-29 on 2 cores (AMD EPYC) beside other work that had a smaller share of them, medians of 4 runs of 3 rounds of 0.4 s (clients / broker / waits):

| | SDK 0.3.11 | SDK 0.3.13 | bare, same envelope | bare |
| --- | --- | --- | --- | --- |
| a call at concurrency 1 | 205 us / 172 us / 7.3 | 178 us / 160 us / 6.0 | 137 us / 153 us / 6.5 | 134 us / 138 us / 6.7 |
| a call at concurrency 16 | 70 us / 50 us / 2.0 | 64 us / 46 us / 1.6 | 65 us / 72 us / 3.3 | 46 us / 58 us / 2.3 |
| a confirmed publish | 60 us / 69 us / 0.8 | 46 us / 69 us / 0.4 | 12 us / 68 us / 0.3 | 8 us / 60 us / 0.2 |

- **Publishes.** Their goal is not reached because each event proves for whom it acts. Over half of the time that the publishing thread computes
  (51 to 57 % of its samples) is the Ed25519 signature of the delegation token: 14.5 us per signature when nothing else is done, and `ring` needs 18 us. The rest
  is AMQP frames (11 %), memory (4 to 13 %), the tasks' runtime (5 %), the span (5 %), JSON, base64 and hash of the body (3 %). Two cores have 94 us of
  processor time per publish at the rate of the goal, and the broker takes some 60 of them. What was not needed is gone: each publish was a write of its own, and woke the
  connection's thread and the broker once; now those that come while others are under way go together. Publishers were told of their confirms
  under the lock that they need next.
- **Calls.** A system-call trace (`strace -f`) showed that the broker sent every reply back to the service that had answered: replies were mandatory, and
  to the broker the address of a reply is no queue. That was one of seven waits of a call, and one message more. What remains above the bare loop at
  concurrency 1 is some 40 us of computing spread over caller and workers: spans, metrics, the token, headers, deadlines; no function takes a tenth of it.
  The wake-ups are those of the loop: one for each thread, two for each connection's thread.
- **The client library** begins each frame with an empty buffer, lets it grow by one field, and writes the frame from its start again: once for each
  of some 50 fields of a header with the SDK's envelope. The bare loop with the same envelope pays that as well.

To look again (the thread `market-bench` publishes and calls, `amiquip-io` is a connection, `actix-rt` a worker):

```
cd funny-market-compose && cargo build --release --workspace --bin market-bench && cd ..
perf record -e cpu-clock -F 4000 -o publish.data target/release/market-bench bus --only sdk-publish --rounds 2 --seconds 2
perf report -i publish.data --no-children --sort comm,symbol
target/release/market-bench bus --only sdk-publish,like-publish,bare-publish,sdk-calls-1,like-calls-1,bare-calls-1 --seconds 0.4
```
TEXT
}

# How the contenders are set up.
explain_search_peers() {
    cat <<'TEXT'

### How it is compared
Each contender is a process of one thread that takes the same generated cars in and answers the same questions, one contender after the other, in another order
each time. CPU is the mean of what the kernel counted for the process, with reading the question and writing the answer; it holds on a busy machine, too. p50 and
p99 are those of the search alone: the mean of the questions' medians, and the p99 of the slowest question. The first answers of all are compared (totals, the cars of the page in their order, every count of every facet; of suggestions the count of the first), and
the benchmark ends as failed where they differ. A contender is not asked a question again that has taken it 3 s in all.

- **fm-cars**: its read model without HTTP, as the service has it.
- **Tantivy** (0.27): one segment, memory-mapped; facets by `FacetCollector`, those whose own filter is set in a search of their own; fast fields for
  orders, ranges and distances (a collector of our own, within a bounding box); the last word by a prefix automaton, mistyped words by `FuzzyTermQuery`.
- **SQLite** (rusqlite, bundled): a table with an index for each filter and order, FTS5 with prefixes, an R-tree for places, 256 MiB of cache; a
  statement for the total, the page and each facet; mistyped words against the list of all words by edit distance, since FTS5 has no such search.

Suggestions of fm-cars read the text as filters as well (makers, places, amounts) and count up to eight readings; the others count one.

What it has shown on 2026-11-29, on a machine that others kept busy (so p99 says little, CPU more): fm-cars needs least for filters with facets, all facets, radius and
price. SQLite needs less for the newest of everything, which an index gives; Tantivy needs less for words whose beginning thousands of words have, for
deep pages, and for mistyped words, of which it reads less. Two faults were found by it and mended: with the newest first each row was better than all before it
(6.2 ms CPU before, 2.9 ms since), and the beginning of thousands of words was a walk through as many bitmaps (`bmw 2010 word1` took 120 ms, and 16 to 28 ms since; 199 bytes a
car became 173).
TEXT
}

explain_gateway() {
    cat <<'TEXT'

### Where the time of a request goes
Looked at on 2026-11-29 on 2 cores (AMD EPYC) beside other work, as fast as 32 connections can, the full pipeline with traces (`perf`, some thousand samples, and `strace`):

- **The kernel takes 58 % of it**, for two `recvfrom`, two `writev` and 0.07 `epoll_wait` per request: no proxy that reads and writes both sides makes fewer. That part alone is 0.96 of all that nginx's bare proxy
  costs in the same run, so that the goal of 1.15 leaves the program less than a third of what it needs now.
- **What the program computes is flat**: its own code 8 % (front, pipeline, proxy), hyper 6 %, tokio 5 %, memory 5 %, headers and their buffers 4 %, spans 3 %, copies 3 %, clocks 2 %, hashes 1 %; no function takes
  more than 2.3 %. A request needs some fifty pieces of memory; with the C library's allocator they were a tenth of its time.
- **Measured in turn, medians of 7 rounds**: mimalloc costs 0.85 of the C library's allocator, jemalloc 0.88.
- **TLS** is cheaper than with nginx where connections are new (0.69 with a full handshake, 0.79 with a resumed session) and dearer on kept ones (1.50), by what is dearer without TLS, too. **HTTP/2** (1.79): each request costs
  what it costs over HTTP/1.1, and a task and the frames of h2.
- **Memory of an idle connection** was 33 KiB: two buffers of hyper (16), the future of a request (8.4), a task with room for TLS (13). It is 15 KiB since idle connections keep no buffers (docs/adr/0031 of fm-gateway):
  the task, and the spans of its request, of which 20 MiB are kept. 5,000 of them with 1,000 routes took 190 MiB and take 107.

To look again:

```
taskset -c 1 target/release/market-bench gateway --core 0 --program target/release/fm-gateway --only saturation &
perf record -e cpu-clock -F 15000 -g -p PID -- sleep 10      # of the gateway whose FM_DATA ends with /fm-gateway
perf report --no-children -g none --sort dso,symbol
```
TEXT
}

# put_between_markers FILE TABLE: between the lines <!-- benchmarks --> and <!-- /benchmarks -->.
put_between_markers() {
    grep -q '^<!-- benchmarks -->$' "$1" || return 0
    sed -i -e "/^<!-- benchmarks -->\$/,/^<!-- \/benchmarks -->\$/{/^<!-- /!d}" -e "/^<!-- benchmarks -->\$/r $2" "$1"
}
