# shellcheck shell=bash
# One service that is run from its folder in place of the market's copies (scripts/dev).

# fingerprint SERVICE: another text when a file of its folder has changed, come or gone; of fm-sdk's too where that is built live.
fingerprint() {
    local folders=("$ROOT/$1")
    [ ! -e "$ROOT/.cargo/live-sdk.toml" ] || folders+=("$ROOT/fm-sdk")
    find "${folders[@]}" \( -name target -o -name node_modules -o -name .git \) -prune -o -type f -printf '%p %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum
}

# build_developed SERVICE: unoptimised, as scripts/up does.
build_developed() { in_repository "$1" cargo build --quiet --locked; }

# run_developed INSTANCE: by `cargo run`, which becomes the program by exec: the process that is recorded is the service.
run_developed() {
    local name=$1 settings
    mapfile -t settings < <(settings_of "$name")
    in_repository "$(service_of "$name")" start_process "$name" env "${settings[@]}" cargo --config "source.compose-checkout.local-registry='$REGISTRY'" run --quiet --locked
}

# take_out INSTANCE...: stops them, and keeps the programs that they ran, for restore.
take_out() {
    local name
    rm -rf "$DEV/replaced"
    mkdir "$DEV/replaced"
    for name in "$@"; do cp "/proc/$(pid_of "$name")/exe" "$DEV/replaced/$name"; done
    say "stopping $*"
    stop_processes 20 "$@"
}

# follow_log INSTANCE: shows what is added to its log, until restore.
follow_log() {
    tail -n 0 -F "$LOGS/$1.log" 2>/dev/null 9>&- &
    follower=$!
}

# restore INSTANCE...: ends the developed service and starts again what ran before. Nothing interrupts it.
restore() {
    local name
    trap '' INT TERM HUP
    [ -z "${follower:-}" ] || kill "$follower" 2>/dev/null || true
    # Somebody has ended the whole market meanwhile, and may have wiped it.
    { running rabbitmq && running etcd; } || return 0
    exec 9>"$DEV/lock"
    flock -w 60 9 || warn "another script works on $DEV: going on all the same"
    say "back to normal: starting $* as before"
    [ ! -e "$DEV/replaced/$1" ] || stop_processes 15 "$1"
    for name in "$@"; do
        [ ! -e "$DEV/replaced/$name" ] || start_service "$name" "$DEV/replaced/$name"
    done
    (wait_ready "${FM_UP_SECONDS:-60}" "$@") || true
    exec 9>&-
}
