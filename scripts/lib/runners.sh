# shellcheck shell=bash
# Runs checks and test programs, counts what passed and failed, keeps what they printed.

PASSED=0 FAILED=0 IGNORED=0
FAILURES=()
# What passed at its second attempt only.
UNSTABLE=()

# heading TEXT: a progress line with the time since the start.
heading() { printf '%3d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# log_of NAME: the file that keeps the output of a runner.
log_of() { printf '%s/%s.log' "$OUTPUT" "${1//[ \/]/-}"; }

# A failed runner is shown at once: what its failed tests printed, without stack traces, or its log's last lines without what passed.
show_failure() {
    FAILURES+=("$1")
    heading "FAILED: $1 ($(log_of "$1"))"
    what_failed "$(log_of "$1")" | sed 's/^/      | /'
}
what_failed() {
    local log=$1
    if grep -q '^---- .* stdout ----$' "$log"; then
        grep -E '^test .* \.\.\. FAILED$' "$log" || true
        awk '/^---- .* stdout ----$/ { inside = 1 } /^(failures|test result):/ { inside = 0 } inside && !/^stack backtrace:$|^ +[0-9]+: |^ +at |^$/' "$log" | head -n 200
    elif grep -q '^not ok - ' "$log"; then
        # With the first of the lines below it that are indented.
        awk '/^not ok - / { inside = 14 } !/^not ok - |^ / { inside = 0 } inside-- > 0' "$log" | head -n 200
    else
        # A runner that printed nothing has no line to show, and is no reason to stop.
        { grep -vE '^test .* \.\.\. ok$|^ *(Compiling|Checking|Running|Finished)' "$log" || true; } | tail -n 60
    fi
}

# bounded COMMAND...: ends what takes too long. A function runs in a shell of its own; it and what it calls have to be exported.
bounded() {
    ! declare -F "$1" >/dev/null || set -- bash -c '"$@"' _ "$@"
    timeout "${FM_TEST_SECONDS:-1500}" "$@"
}

# attempt NAME COMMAND...: runs it, with its output in the log of NAME. A cargo that could not start the compiler at all, as happens on build
# servers once in many hundred times, has said nothing: it is asked once more, and the last lines of the whole run name what passed then.
attempt() {
    local name=$1 status=0
    shift
    bounded "$@" >"$(log_of "$name")" 2>&1 </dev/null || status=$?
    if [ $status != 0 ] && grep -q '(never executed)$' "$(log_of "$name")"; then
        mv "$(log_of "$name")" "$(log_of "$name first")"
        bounded "$@" >"$(log_of "$name")" 2>&1 </dev/null || return
        UNSTABLE+=("$name")
        return
    fi
    return $status
}

# check NAME COMMAND...: one thing that holds or not.
check() {
    if attempt "$@"; then
        PASSED=$((PASSED + 1))
    else
        FAILED=$((FAILED + 1))
        show_failure "$1"
    fi
}

# outcomes LOG: how many parts ended, how many tests passed, failed and were ignored.
outcomes() {
    awk '/^test result: / { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1); if ($i ~ /^ignored/) g += $(i-1) } n++ }
        END { print n + 0, p + 0, f + 0, g + 0 }' "$1"
}

# tests NAME COMMAND...: a program that ends its parts with "test result: ok. 3 passed; 0 failed; 0 ignored; ...".
# One that printed no count, or failed without naming a failed test, counts as one failure.
tests() {
    local name=$1 status=0 parts passed failed ignored began=$SECONDS
    attempt "$@" || status=$?
    read -r parts passed failed ignored < <(outcomes "$(log_of "$name")")
    if [ "$failed" = 0 ] && { [ $status != 0 ] || [ "$parts" = 0 ] || [ "$passed" = 0 ]; }; then failed=1; fi
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) IGNORED=$((IGNORED + ignored))
    heading "$name: $passed passed, $failed failed in $((SECONDS - began)) s"
    [ "$ignored" = 0 ] || heading "$name: $ignored ignored"
    [ "$failed" = 0 ] || show_failure "$name"
}

# cargo_tests NAME COMMAND... --again CARGO...: tests that COMMAND runs by `cargo test`; CARGO runs those that the arguments after it choose.
# A test that fails is run once more, with nothing but the other failed ones beside it: a machine that stood still for a minute is told from
# a fault. The first failure is shown all the same, and the last lines of the whole run name the test.
cargo_tests() {
    local name=$1 command=() names failed passed targets target
    shift
    while [ "$1" != --again ]; do command+=("$1") && shift; done
    shift
    local failed_before=$FAILED
    tests "$name" "${command[@]}"
    [ "$FAILED" != "$failed_before" ] || return 0
    mapfile -t names < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$(log_of "$name")")
    # More than a few, or a program that did not build or died, is no accident.
    if [ ${#names[@]} = 0 ] || [ ${#names[@]} -gt 5 ] || [ ${#names[@]} != $((FAILED - failed_before)) ]; then return 0; fi
    # shellcheck disable=SC2016 # the quotes of cargo
    mapfile -t targets < <(sed -n 's/^ *`\(-p [^ ]* \)\{0,1\}\(--[^`]*\)`$/\2/p' "$(log_of "$name")")
    for target in "${targets[@]}"; do
        # shellcheck disable=SC2086 # words of cargo's own
        bounded "$@" --no-fail-fast $target -- --exact "${names[@]}" >>"$(log_of "$name again")" 2>&1 </dev/null || true
    done
    [ -f "$(log_of "$name again")" ] || return 0
    read -r _ passed failed _ < <(outcomes "$(log_of "$name again")")
    heading "$name, once more: $passed passed, $failed failed"
    if [ "$passed" = ${#names[@]} ] && [ "$failed" = 0 ]; then
        PASSED=$((PASSED + passed)) FAILED=$failed_before
        unset 'FAILURES[-1]'
        UNSTABLE+=("${names[@]}")
    fi
}

# parts_of NAME COMMAND...: tests in parts of a browser's day, "test result: ok. ... (PART)". A part that fails is run once more, by COMMAND
# PART, as a failed test of cargo is.
parts_of() {
    local name=$1 failed_before=$FAILED passed_before=$PASSED names first passed failed
    tests "$@"
    [ "$FAILED" != "$failed_before" ] || return 0
    mapfile -t names < <(sed -n 's/^test result: FAILED\..*(\([^()]*\))$/\1/p' "$(log_of "$name")")
    if [ ${#names[@]} = 0 ] || [ ${#names[@]} -gt 2 ]; then return 0; fi
    bounded "${@:2}" "${names[@]}" >"$(log_of "$name again")" 2>&1 </dev/null || return 0
    read -r _ passed failed _ < <(outcomes "$(log_of "$name again")")
    heading "$name, once more: $passed passed, $failed failed"
    if [ "$passed" != 0 ] && [ "$failed" = 0 ]; then
        first=$(grep -v '^test result: FAILED' "$(log_of "$name")" | outcomes /dev/stdin | cut -d ' ' -f 2)
        PASSED=$((passed_before + first + passed)) FAILED=$failed_before
        unset 'FAILURES[-1]'
        mapfile -t -O ${#UNSTABLE[@]} UNSTABLE < <(sed -n 's/^not ok - //p' "$(log_of "$name")" | cut -c 1-200)
    fi
}

# [PRIORITY=NICENESS] aside NAME COMMAND...: runs checks and tests beside the others, in the processor time that those leave; `join NAME`
# waits for their end, prints what they said and counts them.
declare -A ASIDE=()
aside() {
    set -m # a process group of its own, which can be ended as a whole
    (
        set +m
        # shellcheck disable=SC2030 # its own counts, which `join` adds
        PASSED=0 FAILED=0 IGNORED=0 FAILURES=() UNSTABLE=()
        renice --priority "${PRIORITY:-19}" "$BASHPID" >/dev/null
        export FM_TEST_SECONDS=3600
        "${@:2}"
        [ ${#UNSTABLE[@]} = 0 ] || printf '%s\n' "${UNSTABLE[@]}" >"$OUTPUT/$1.unstable"
        printf '%s\n' "$PASSED" "$FAILED" "$IGNORED" "${FAILURES[@]}" >"$OUTPUT/$1.counts"
    ) >"$OUTPUT/$1.aside" 2>&1 </dev/null &
    ASIDE[$1]=$!
    set +m
}
# shellcheck disable=SC2031
join() {
    local counts=() unstable=()
    wait "${ASIDE[$1]}" || true
    unset "ASIDE[$1]"
    cat "$OUTPUT/$1.aside"
    [ ! -f "$OUTPUT/$1.counts" ] || mapfile -t counts <"$OUTPUT/$1.counts"
    if [ ${#counts[@]} = 0 ]; then
        # It ended before its end.
        counts=(0 1 0 "$1")
    fi
    PASSED=$((PASSED + counts[0])) FAILED=$((FAILED + counts[1])) IGNORED=$((IGNORED + counts[2]))
    FAILURES+=("${counts[@]:3}")
    [ ! -f "$OUTPUT/$1.unstable" ] || mapfile -t unstable <"$OUTPUT/$1.unstable"
    UNSTABLE+=("${unstable[@]}")
}
# Ends what runs beside and was not waited for.
leave_none_aside() {
    local group
    for group in "${ASIDE[@]}"; do kill -- "-$group" 2>/dev/null || true; done
}

# The plain last line; fails when anything did.
sum_up() {
    local name
    # Once more at the end, where a build server that keeps a part of the output shows it.
    for name in "${FAILURES[@]}"; do
        say "failed: $name ($(log_of "$name"))"
        [ ! -f "$(log_of "$name")" ] || what_failed "$(log_of "$name")" | tail -n 15 | cut -c 1-300 | sed 's/^/      | /'
    done
    for name in "${UNSTABLE[@]}"; do say "passed at the second attempt only: $name"; done
    [ $IGNORED = 0 ] || say "ignored: $IGNORED"
    say "$PASSED passed, $FAILED failed"
    [ $FAILED = 0 ] && [ $PASSED -gt 0 ]
}
