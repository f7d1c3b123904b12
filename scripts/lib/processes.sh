# shellcheck shell=bash
# The processes of a market. A pid file holds the pid and the time at which the kernel started it, so that a pid that
# was given to somebody else since is never taken for ours.

# Start time of a process in clock ticks since boot: field 22 of /proc/PID/stat, counted after the name in brackets.
start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] || return 1
    printf '%s' "${20}"
}

# pid_of NAME: prints the pid when that very process still lives.
pid_of() {
    local pid started
    [ -f "$PIDS/$1" ] && read -r pid started <"$PIDS/$1" && [ "$(start_time "$pid")" = "$started" ] && printf '%s' "$pid"
}

running() { pid_of "$1" >/dev/null; }

# start_process NAME COMMAND...: in a session of its own, with its output appended to the log.
start_process() {
    local name=$1 pid
    shift
    setsid "$@" >>"$LOGS/$name.log" 2>&1 </dev/null 9>&- &
    pid=$!
    printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$PIDS/$name"
}

# started_with NAME VARIABLE: what a running process was started with.
started_with() {
    local pid
    pid=$(pid_of "$1") && tr '\0' '\n' <"/proc/$pid/environ" | sed -n "s/^$2=//p"
}

# processes: names of all that were started and not ended by us.
processes() {
    local file
    for file in "$PIDS"/*; do
        [ ! -f "$file" ] || printf '%s\n' "${file##*/}"
    done
}

# stop_processes SECONDS NAME...: asks all at once, waits, ends those that did not listen.
stop_processes() {
    local seconds=$1 name pid deadline
    shift
    for name in "$@"; do
        if pid=$(pid_of "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
    done
    deadline=$((SECONDS + seconds))
    for name in "$@"; do
        while running "$name" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
        if pid=$(pid_of "$name"); then
            warn "$name did not end within $seconds s: killed"
            kill -KILL "$pid" 2>/dev/null || true
            for _ in $(seq 100); do if running "$name"; then sleep 0.05; fi; done
        fi
        rm -f "$PIDS/$name"
    done
}

# Resident memory of a process in MiB.
memory_of() { awk '/^VmRSS:/ { printf "%d", $2 / 1024 }' "/proc/$1/status" 2>/dev/null; }

# The last lines of a log, indented, for an error message.
last_words() { tail -n "${2:-15}" "$LOGS/$1.log" 2>/dev/null | sed 's/^/    /'; }
