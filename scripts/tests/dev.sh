# shellcheck shell=bash
# prints TEXT: waits until scripts/dev has printed it once more than before.
declare -A printed=()
prints() {
    local text=$1 wanted=$((${printed[$1]:-0} + 1))
    for _ in $(seq 600); do
        if [ "$(grep -cF "$text" "$scratch/dev.log")" -ge $wanted ]; then printed[$text]=$wanted && return 0; fi
        kill -0 "$dev" || break
        sleep 0.1
    done
    echo "expected '$text' in: $(cat "$scratch/dev.log")"
    return 1
}

start_dev() {
    scripts/dev "$1" >"$scratch/dev.log" 2>&1 &
    dev=$!
}

answer_of() { curl -fsi "http://127.0.0.1:$(port_of "$1")/"; }

a_developed_service_runs_in_place_of_the_markets_copies_until_it_is_ended() {
    small_market
    scripts/up
    scripts/scale fm-cars 2
    before=$(pids)
    start_dev fm-cars
    prints "fm-cars is ready at"
    grep -F "fm-cars is ready at $(url_of fm-cars); Ctrl-C ends it" "$scratch/dev.log"
    grep -x "  FM_INSTANCE=fm-cars" "$scratch/dev.log"
    grep -x "  FM_HTTP=127.0.0.1:$(port_of fm-cars)" "$scratch/dev.log"
    [ "$(pids | grep -c fm-cars)" = 1 ]
    [ "$(pids | grep -v fm-cars)" = "$(grep -v fm-cars <<<"$before")" ]
    not grep -x "$(pids | grep fm-cars)" <<<"$before"

    echo "-- a changed source is built and run"
    sed -i 's/content-length: 2/content-length: 02/' fm-cars/src/main.rs
    prints "a source has changed"
    prints "fm-cars is ready at"
    answer_of fm-cars | grep "content-length: 02"

    echo "-- one that does not compile changes nothing"
    developed=$(pids | grep fm-cars)
    echo 'fn broken( {' >>fm-cars/src/main.rs
    prints "fm-cars does not compile: the last program that did goes on"
    [ "$(pids | grep fm-cars)" = "$developed" ]
    answer_of fm-cars | grep "content-length: 02"

    echo "-- at the end the copies run that ran before, from the programs that they ran"
    kill -TERM "$dev"
    not wait "$dev"
    [ "$(pids | cut -d' ' -f1)" = "$(cut -d' ' -f1 <<<"$before")" ]
    for name in fm-cars fm-cars-2; do answer_of "$name" | grep "content-length: 2"; done
}

a_developed_service_that_ends_is_started_by_the_next_change_and_replaced_at_the_end() {
    small_market
    scripts/up
    start_dev fm-tracker
    prints "fm-tracker is ready at"
    sed -i 's/^fn main() {/fn main() { panic!("broken at the start");/' fm-tracker/src/main.rs
    prints "broken at the start"
    prints "fm-tracker has ended"
    sed -i 's/panic!("broken at the start");//' fm-tracker/src/main.rs
    prints "fm-tracker is ready at"
    kill -KILL "$(pid_of fm-tracker)"
    prints "fm-tracker has ended"
    kill -TERM "$dev"
    not wait "$dev"
    scripts/status
}

a_service_that_does_not_compile_is_left_in_the_market() {
    small_market
    scripts/up
    before=$(pids)
    echo 'fn broken( {' >>fm-cars/src/main.rs
    fails_saying "the market was left as it is" scripts/dev fm-cars
    [ "$(pids)" = "$before" ]
}

services_that_cannot_be_developed_are_refused_with_the_reason() {
    small_market
    fails_saying "no market runs in" scripts/dev fm-cars
    fails_saying "which service" scripts/dev
    fails_saying "there is no service 'fm-none'" scripts/dev fm-none
}
