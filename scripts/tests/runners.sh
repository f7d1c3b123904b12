# shellcheck shell=bash
a_check_runs_a_function_like_a_program() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck disable=SC2317 # called by check
    holds() { [ "$1" = yes ]; }
    export -f holds
    check "a function that holds" holds yes
    check "a program that holds" test 1 = 1
    check "a function that does not hold" holds no
    check "a program that does not hold" test 1 = 2
    [ "$PASSED" = 2 ]
    [ "$FAILED" = 2 ]
}

what_runs_aside_is_counted_and_its_output_is_printed_when_it_is_joined() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck disable=SC2317 # called by aside
    beside() {
        [ "$(ps -o nice= "$BASHPID" | tr -d ' ')" = 19 ]
        check "what holds" true
        check "what does not hold" false
        tests "three tests" printf 'test result: ok. 2 passed; 0 failed; 1 ignored;\n'
    }
    # shellcheck disable=SC2317
    ends_early() {
        check "what holds" true
        false
    }
    aside several beside
    aside broken ends_early
    check "meanwhile" true
    join several >"$scratch/said"
    grep "FAILED: what does not hold" "$scratch/said"
    [ "$PASSED $FAILED $IGNORED ${FAILURES[*]}" = "4 1 1 what does not hold" ]
    join broken
    [ "$PASSED $FAILED ${FAILURES[*]}" = "4 2 what does not hold broken" ]
}

what_runs_aside_is_ended_with_the_run() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    mkfifo "$scratch/begun"
    # shellcheck disable=SC2317 # called by aside
    endless() { sh -c 'echo $$ >"$1"; exec sleep 1000' _ "$scratch/begun"; }
    aside endless endless
    read -r child <"$scratch/begun"
    kill -0 "$child"
    leave_none_aside
    wait "${ASIDE[endless]}" || true
    for _ in $(seq 100); do kill -0 "$child" 2>/dev/null || return 0; sleep 0.05; done
    return 1
}
