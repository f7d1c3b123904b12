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
