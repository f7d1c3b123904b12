# shellcheck shell=bash
# The bus: one RabbitMQ node on loopback with its own name, ports, folders and port mapper (epmd). The broker that the
# Debian package may run as a system service is left alone.

RABBITMQ_SERVER=/usr/lib/rabbitmq/bin/rabbitmq-server

# As root the broker runs as user rabbitmq, in a folder that this user can reach.
rabbitmq_home() {
    local home
    home=$(recall places rabbitmq)
    if [ -z "$home" ]; then
        home=$DEV/rabbitmq
        mkdir -p "$home"
        if [ "$(id -u)" = 0 ] && ! as_broker test -x "$home"; then
            rmdir "$home"
            home=$(mktemp -d "/var/tmp/funny-market-rabbitmq.XXXXXX")
        fi
        remember places rabbitmq "$home"
    fi
    printf '%s' "$home"
}

# as_broker COMMAND...: becomes the user of the broker by exec, so the pid stays the same.
as_broker() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid rabbitmq --regid rabbitmq --init-groups "$@"; else "$@"; fi
}

rabbitmq_environment() {
    local home=$1
    printf '%s\n' "PATH=$PATH:/usr/sbin:/sbin" "HOME=$home" LANG=C.UTF-8 \
        "ERL_EPMD_PORT=$(port_of epmd)" ERL_EPMD_ADDRESS=127.0.0.1 \
        "RABBITMQ_NODENAME=market@localhost" "RABBITMQ_DIST_PORT=$(port_of rabbitmq-dist)" \
        "RABBITMQ_CONF_ENV_FILE=$home/none" "RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf" "RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins" \
        "RABBITMQ_MNESIA_BASE=$home/mnesia" "RABBITMQ_LOG_BASE=$home/log" RABBITMQ_LOGS=- \
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" \
        RUNNING_UNDER_SYSTEMD=true # the start script then becomes the broker, by exec, and the pid is the broker's
}

# What the broker takes over at each start: the limits of the queues, and since a broker that is given definitions makes no user by
# itself, the usual one for loopback (password: guest).
broker_definitions() {
    jq '. + {
        vhosts: [{ name: "/" }],
        users: [{
            name: "guest", tags: "administrator",
            hashing_algorithm: "rabbit_password_hashing_sha256", password_hash: "ECAwQOeWJ3vRRCL6eIBpoImmOByoVAGyssoea3QPJnsyP3Dh"
        }],
        permissions: [{ user: "guest", vhost: "/", configure: ".*", write: ".*", read: ".*" }]
    }' "$ROOT/funny-market-compose/rabbitmq/limits.json"
}

start_rabbitmq() {
    local port home environment as=()
    port=$(choose_port rabbitmq 5672)
    choose_port rabbitmq-dist 25672 rabbitmq >/dev/null
    choose_port epmd 4370 >/dev/null
    # A market that was told so once keeps it: the port is remembered, and is another one where that is taken.
    [ -z "${FM_RABBITMQ_METRICS:-}$(port_of rabbitmq-metrics)" ] || choose_port rabbitmq-metrics 15692 rabbitmq >/dev/null
    ! running rabbitmq || return 0
    [ -x "$RABBITMQ_SERVER" ] || RABBITMQ_SERVER=$(PATH=$PATH:/usr/sbin command -v rabbitmq-server) || die "rabbitmq-server is not installed"
    home=$(rabbitmq_home)
    cat >"$home/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$port
disk_free_limit.absolute = 200MB
log.console.level = warning
load_definitions = $home/definitions.json
CONF
    broker_definitions >"$home/definitions.json"
    printf '[].\n' >"$home/enabled_plugins"
    if [ -n "$(port_of rabbitmq-metrics)" ]; then
        printf 'prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = %s\n' "$(port_of rabbitmq-metrics)" >>"$home/rabbitmq.conf"
        printf '[rabbitmq_prometheus].\n' >"$home/enabled_plugins"
    fi
    if [ "$(id -u)" = 0 ]; then
        chown -R rabbitmq:rabbitmq "$home"
        as=(setpriv --reuid rabbitmq --regid rabbitmq --init-groups)
    fi
    mapfile -t environment < <(rabbitmq_environment "$home")
    running epmd || start_process epmd "${as[@]}" env -i "${environment[@]}" epmd
    (cd "$home" && start_process rabbitmq "${as[@]}" env -i "${environment[@]}" "$RABBITMQ_SERVER")
}

rabbitmq_url() { printf 'amqp://guest:guest@127.0.0.1:%s/%%2f' "$(reached_port_of rabbitmq)"; }

# rabbitmqctl_of_market WORD...: rabbitmqctl, for this market's broker.
rabbitmqctl_of_market() {
    local environment
    mapfile -t environment < <(rabbitmq_environment "$(rabbitmq_home)")
    (cd / && as_broker env -i "${environment[@]}" "${RABBITMQ_SERVER%/*}/rabbitmqctl" --quiet "$@")
}

# rabbitmq_queues: one line per queue, "MESSAGES NAME"; messages that are being handled count too.
rabbitmq_queues() { rabbitmqctl_of_market --no-table-headers list_queues messages name | awk '{ print $1, $2 }'; }

# Asks the broker for its greeting: a listening port alone may belong to one that is still booting.
rabbitmq_ready() {
    local byte
    port_taken "$(port_of rabbitmq)" || return 1
    { exec 8<>"/dev/tcp/127.0.0.1/$(port_of rabbitmq)" && printf 'AMQP\x00\x00\x09\x01' >&8 && IFS= read -r -t 2 -n 1 -d '' byte <&8; } 2>/dev/null || byte=none
    exec 8>&- || true
    [ "${byte:-}" = $'\x01' ]
}
