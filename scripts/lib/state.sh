# shellcheck shell=bash
# Where a running market keeps its state. FM_DEV_DIR selects the folder, so several markets can run side by side.

DEV=$(realpath -m "${FM_DEV_DIR:-$ROOT/.dev}")
PIDS=$DEV/pids
LOGS=$DEV/logs

prepare_state() {
    mkdir -p "$PIDS" "$LOGS" "$DEV/data"
    exec 9>"$DEV/lock"
    flock -w 5 9 || die "another script works on $DEV at this moment"
}

# remember FILE KEY VALUE: keeps one `KEY=VALUE` line per key.
remember() {
    local file=$DEV/$1 key=$2 value=$3
    forget "$1" "$key"
    printf '%s=%s\n' "$key" "$value" >>"$file"
}

# forget FILE KEY
forget() { [ ! -f "$DEV/$1" ] || sed -i "/^$2=/d" "$DEV/$1"; }

# recall FILE KEY: prints the value, or nothing.
recall() {
    [ ! -f "$DEV/$1" ] || sed -n "s/^$2=//p" "$DEV/$1"
}

# made_password KEY STEM: prints a password that is made once and kept with the market's state.
made_password() {
    local password
    password=$(recall secrets "$1")
    if [ -z "$password" ]; then
        (umask 077 && touch "$DEV/secrets")
        password=$2-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
        remember secrets "$1" "$password"
    fi
    printf '%s' "$password"
}
