# shellcheck shell=bash
# TCP ports: which are taken, and which one a part of the market gets.

# port_taken PORT: does anything on this machine listen there? Reads the kernel's table, so no tool is needed.
port_taken() {
    local hex
    printf -v hex ':%04X' "$1"
    awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Ports below the range that the kernel hands out by itself, so that an outgoing connection cannot take one.
random_port() { printf '%s' $((20000 + RANDOM % 12000)); }

# choose_port NAME DEFAULT [PROCESS]: prints the port of NAME, on which PROCESS listens (the one of that name, without a word).
# It keeps the one of last time, else takes the default, else the next one that is free; FM_DEV_PORTS=random draws them all,
# for markets side by side.
choose_port() {
    local name=$1 process=${3:-$1} port
    port=$(recall ports "$name")
    if [ -z "$port" ] || { port_taken "$port" && ! running "$process"; }; then
        port=$2
        [ "${FM_DEV_PORTS:-}" != random ] || port=$(random_port)
        while port_taken "$port" || grep -qs "=$port\$" "$DEV/ports"; do
            [ "${FM_DEV_PORTS:-}" != random ] || port=$(random_port)
            [ "${FM_DEV_PORTS:-}" = random ] || port=$((port + 1))
        done
        remember ports "$name" "$port"
        [ "$port" = "$2" ] || [ -n "${FM_DEV_PORTS:-}" ] || warn "port $2 is taken: $name gets $port"
    fi
    printf '%s' "$port"
}

port_of() { recall ports "$1"; }

# The port by which others reach a part: its own, or that of a proxy in front of it (see scripts/chaos).
reached_port_of() {
    local proxy
    proxy=$(recall ports "$1-proxy")
    printf '%s' "${proxy:-$(port_of "$1")}"
}
