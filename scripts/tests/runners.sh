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

what_could_not_start_the_compiler_is_run_once_more() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck disable=SC2317 # called by check
    starts_at_attempt() {
        echo x >>"$scratch/$1"
        [ "$(wc -l <"$scratch/$1")" -ge "$2" ] || { echo "  could not execute process \`rustc --crate-name x\` (never executed)" && return 101; }
    }
    # shellcheck disable=SC2317
    is_wrong() { echo x >>"$scratch/wrong" && echo "error: unused variable" && return 101; }
    export -f starts_at_attempt is_wrong
    aside lints check "first time" starts_at_attempt first 2
    check "second time" starts_at_attempt second 2
    check "never" starts_at_attempt never 9
    check "wrong" is_wrong
    join lints
    [ "$PASSED $FAILED ${UNSTABLE[*]}" = "2 2 second time first time" ]
    [ "$(cat "$scratch/never" "$scratch/wrong" | wc -l)" = 3 ]
    # All tests passed, and then the documentation's could not be compiled.
    # shellcheck disable=SC2317
    ends_at_attempt() { echo "test result: ok. 3 passed; 0 failed; 0 ignored" && starts_at_attempt "$@"; }
    export -f ends_at_attempt
    tests "third time" ends_at_attempt third 2
    [ "$PASSED $FAILED ${UNSTABLE[2]}" = "5 2 third time" ]
}

the_last_lines_say_what_failed_and_why() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck source=/dev/null
    . ../lib/say.sh
    # shellcheck disable=SC2317 # called by tests
    ends_badly() { echo "test result: ok. 3 passed; 0 failed; 0 ignored" && echo "contracts/ is not what the tests read" && return 1; }
    export -f ends_badly
    tests "something alone" ends_badly >/dev/null
    end=$(sum_up || true)
    [[ $end == *"failed: something alone"*"contracts/ is not what the tests read"*"3 passed, 1 failed" ]]
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

# A cargo that prints the outcomes in $scratch/1, then those in $scratch/2, and what it was asked each time.
a_cargo() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck disable=SC2317 # called by cargo_tests
    plainly() {
        printf '%s\n' "$*" >>"$scratch/asked"
        sed "$(wc -l <"$scratch/asked")!d" "$scratch/outcomes" | tr '|' '\n'
    }
    export -f plainly
}
a_test_that_fails_is_run_once_more() {
    a_cargo
    # shellcheck disable=SC2016 # the quotes of cargo
    printf '%s\n' 'test a::one ... ok|test a::two ... FAILED|---- a::two stdout ----|too late|   0: frame|failures:|    a::two|test result: FAILED. 1 passed; 1 failed; 0 ignored;|error: 1 target failed:|    `--test late`' \
        'test a::two ... ok|test result: ok. 1 passed; 0 failed; 0 ignored;' >"$scratch/outcomes"
    cargo_tests "x" plainly x tests --again plainly x cargo test --locked >"$scratch/said"
    [ "$(tail -n 1 "$scratch/asked")" = "x cargo test --locked --no-fail-fast --test late -- --exact a::two" ]
    [ "$PASSED $FAILED ${#FAILURES[@]} ${UNSTABLE[*]}" = "2 0 0 a::two" ]
    grep "too late" "$scratch/said"
    ! grep frame "$scratch/said" || false
    sum_up | grep "passed at the second attempt only: a::two"
}
a_test_that_fails_twice_is_a_failure() {
    a_cargo
    # shellcheck disable=SC2016 # the quotes of cargo
    printf '%s\n' 'test a::two ... FAILED|test result: FAILED. 0 passed; 1 failed; 0 ignored;|error: 1 target failed:|    `--test late`' \
        'test a::two ... FAILED|test result: FAILED. 0 passed; 1 failed; 0 ignored;' >"$scratch/outcomes"
    cargo_tests "x" plainly x tests --again plainly x cargo test
    [ "$PASSED $FAILED ${FAILURES[*]} ${#UNSTABLE[@]}" = "0 1 x 0" ]
    ! sum_up || false
}
a_program_that_does_not_build_is_not_run_again() {
    a_cargo
    printf '%s\n' 'error: could not compile' >"$scratch/outcomes"
    cargo_tests "x" plainly x tests --again plainly x cargo test
    [ "$PASSED $FAILED ${FAILURES[*]} $(wc -l <"$scratch/asked")" = "0 1 x 1" ]
}
a_part_that_fails_is_run_once_more() {
    # shellcheck disable=SC2034 # read by the runners
    OUTPUT=$scratch
    # shellcheck source=/dev/null
    . ../lib/runners.sh
    # shellcheck source=/dev/null
    . ../lib/say.sh
    # shellcheck disable=SC2317 # called by parts_of
    plays() {
        local part result=0
        shift
        printf '%s\n' "$*" >>"$scratch/asked"
        [ $# -gt 0 ] || set -- mail live
        for part in "$@"; do
            echo "ok - $part: a step (2 ms)"
            if [ "$part" = live ] && [ "$(wc -l <"$scratch/asked")" -lt "$fails" ]; then
                printf 'not ok - live: the list: nothing came\n      at /cars\n      | No cars\n' && result=1
                echo "test result: FAILED. 1 passed; 1 failed; 0 ignored; finished in 0.1s ($part)"
            else
                echo "test result: ok. 3 passed; 0 failed; 0 ignored; finished in 0.1s ($part)"
            fi
        done
        return "$result"
    }
    export -f plays
    export scratch fails=2
    parts_of "a browser" plays market >"$scratch/said"
    [ "$(cat "$scratch/asked")" = $'\nlive' ]
    [ "$PASSED $FAILED ${#FAILURES[@]} ${UNSTABLE[*]}" = "6 0 0 live: the list: nothing came" ]
    # What failed is shown, with what the reader saw, and nothing of what passed.
    grep "| No cars" "$scratch/said"
    ! grep "ok - mail" "$scratch/said" || false
    export fails=9
    parts_of "a browser" plays market >"$scratch/said"
    [ "$PASSED $FAILED ${FAILURES[*]}" = "10 1 a browser" ]
    end=$(sum_up || true)
    [[ $end == *"not ok - live: the list: nothing came"* ]]
}
many_failures_are_no_accident() {
    a_cargo
    for n in 1 2 3 4 5 6; do printf 'test t%s ... FAILED|' $n; done >"$scratch/outcomes"
    # shellcheck disable=SC2016 # the quotes of cargo
    printf 'test result: FAILED. 0 passed; 6 failed; 0 ignored;|    `-p x --test late`\n' >>"$scratch/outcomes"
    cargo_tests "x" plainly x tests --again plainly x cargo test
    [ "$PASSED $FAILED $(wc -l <"$scratch/asked")" = "0 6 1" ]
}
