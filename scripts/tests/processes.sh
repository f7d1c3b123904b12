# shellcheck shell=bash
a_started_process_is_found_and_ended() {
    prepare_state
    start_process nap sleep 60
    running nap
    pid=$(pid_of nap)
    stop_processes 5 nap
    not start_time "$pid"
    [ -z "$(processes)" ]
}

a_process_that_does_not_listen_is_killed_after_its_time() {
    prepare_state
    start_process deaf bash -c 'trap "" TERM; echo deaf; while :; do sleep 0.1; done'
    until grep -q deaf "$LOGS/deaf.log"; do sleep 0.02; done
    pid=$(pid_of deaf)
    stop_processes 1 deaf 2>&1 | grep -q "killed"
    not start_time "$pid"
}

a_pid_that_belongs_to_somebody_else_by_now_is_left_alone() {
    prepare_state
    sleep 60 &
    printf '%s 1\n' "$!" >"$PIDS/fm-cars"
    not running fm-cars
    stop_processes 1 fm-cars
    kill -0 $!
    kill $!
}

two_scripts_do_not_work_on_one_market_at_once() {
    mkdir -p "$DEV"
    exec 7>"$DEV/lock"
    flock 7
    fails_saying "another script works" bash -c ". '$scripts/lib/all.sh'; prepare_state"
}
