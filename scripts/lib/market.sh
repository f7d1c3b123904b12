# shellcheck shell=bash
# The market as a whole: what others may know of it, and what it looks like now.

# Writes the addresses of the running market for tests and tools: `. .dev/market.env`.
write_market_env() {
    local service variable
    {
        printf 'export FM_MARKET_DIR=%q\n' "$DEV"
        printf 'export FM_MARKET_SCRIPTS=%q\n' "$ROOT/scripts"
        printf 'export FM_MARKET_BUS=%q\n' "$(rabbitmq_url)"
        printf 'export FM_MARKET_REGISTRY=%q\n' "$(etcd_url)"
        printf 'export FM_MARKET_REGISTRY_PREFIX=%q\n' "${FM_REGISTRY_PREFIX:-}"
        printf 'export FM_MARKET_ADMIN_EMAIL=%q\n' "$ADMIN_EMAIL"
        printf 'export FM_MARKET_ADMIN_PASSWORD=%q\n' "$(admin_password)"
        for service in $(services); do
            variable=${service#fm-} variable=${variable//-/_}
            printf 'export FM_MARKET_%s=%q\n' "${variable^^}" "$(url_of "$service")"
        done
        [ -z "$(port_of fm-gateway-admin)" ] || printf 'export FM_MARKET_GATEWAY_ADMIN=%q\n' "$(url_of fm-gateway-admin)"
    } >"$DEV/market.env.new"
    chmod 600 "$DEV/market.env.new"
    mv "$DEV/market.env.new" "$DEV/market.env"
}

# How one signs in to the dashboard for the first time; nothing once that is done.
dashboard_password() {
    local file=$DEV/data/fm-gateway/admin-password
    [ ! -s "$file" ] || printf ' (user admin, one-time password %s)' "$(cat "$file")"
}

print_urls() {
    say ""
    if running fm-gateway; then
        say "  market     $(url_of fm-gateway)"
        say "  API        $(url_of fm-gateway)/api/cars"
        say "  operators  $(url_of fm-gateway-admin)/metrics"
        say "  dashboard  $(url_of fm-gateway-admin)/admin/$(dashboard_password)"
    fi
    say "  registry   $(etcd_url)"
    say "  bus        $(rabbitmq_url)"
    ! running fm-profile || say "  admin      $ADMIN_EMAIL, password $(admin_password)"
    ! running fm-profile || say "  mails      $(mail_url | sed 's,://[^@]*@,://,')"
    say "  logs       $LOGS"
    say ""
}

# One line per process: name, pid, memory, state, address.
print_status() {
    local name pid state address total=0 ours=0 memory
    printf '%-14s %8s %8s  %-9s %s\n' NAME PID RSS_MIB STATE ADDRESS
    for name in $(processes); do
        if ! pid=$(pid_of "$name"); then
            printf '%-14s %8s %8s  %-9s %s\n' "$name" - - ended "see $LOGS/$name.log"
            continue
        fi
        case $name in
            etcd*) address=http://127.0.0.1:$(port_of "$name") && if etcd_ready "$name"; then state=ready; else state=starting; fi ;;
            rabbitmq) address=$(rabbitmq_url) && if rabbitmq_ready; then state=ready; else state=starting; fi ;;
            mongodb) address=$(mongodb_url) && if mongodb_ready; then state=ready; else state=starting; fi ;;
            epmd) address=127.0.0.1:$(port_of epmd) && state=ready ;;
            *) address=$(url_of "$name") && state=$(health_of "$name") ;;
        esac
        memory=$(memory_of "$pid")
        total=$((total + memory))
        case $name in etcd* | rabbitmq | epmd | mongodb) ;; *) ours=$((ours + memory)) ;; esac
        printf '%-14s %8s %8s  %-9s %s\n' "$name" "$pid" "$memory" "$state" "$address"
    done
    printf '%-14s %8s %8s  our services: %s MiB\n' total '' "$total" "$ours"
}

# ready, degraded (answers, a check is not well), not-ready or silent.
health_of() {
    local answer
    answer=$(curl -s -m 2 -w '\n%{http_code}' "$(health_url_of "$1")/health/ready") || { printf silent && return; }
    case ${answer##*$'\n'} in
        200) case $answer in *'"degraded"'*) printf degraded ;; *) printf ready ;; esac ;;
        *) printf not-ready ;;
    esac
}

# wait_for_server etcd|rabbitmq SECONDS
wait_for_server() {
    local name=$1 deadline=$((SECONDS + $2))
    until "${name}_ready"; do
        if ! running "$name" || [ $SECONDS -ge $deadline ]; then
            warn "$name does not answer. Its last words ($LOGS/$name.log):"
            last_words "$name" >&2
            die "the market is not up"
        fi
        sleep 0.1
    done
}

# Services first: they finish what they have begun, and write it to the servers.
stop_market() {
    local services nodes
    mapfile -t services < <(processes | grep '^fm-' || true)
    stop_processes 20 "${services[@]}"
    mapfile -t nodes < <(processes | grep -x 'etcd.*' || true)
    stop_processes 30 rabbitmq mongodb "${nodes[@]}"
    stop_processes 3 epmd
}

# start_processes NAME...: parts of a market that is down, as they were; waits until they are ready.
start_processes() {
    local name services=()
    for name in "$@"; do
        case $name in
            rabbitmq) start_rabbitmq ;;
            etcd*) start_etcd "$name" ;;
            mongodb) start_mongodb ;;
            epmd) ;;
            *) services+=("$name") ;;
        esac
    done
    for name in etcd mongodb; do ! running "$name" || wait_for_server "$name" 60; done
    for name in "${services[@]}"; do start_service "$name"; done
    ! running rabbitmq || wait_for_server rabbitmq "${FM_UP_SECONDS:-60}"
    wait_ready "${FM_UP_SECONDS:-60}" "${services[@]}"
}
