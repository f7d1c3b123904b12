# shellcheck shell=bash
# The services of the market: where their programs are, how they are configured, whether they are ready.

# The folder that cargo builds into.
target_folder() { realpath -m "${CARGO_TARGET_DIR:-$ROOT/target}"; }

# The program of an instance: the one chosen for it, or the one that this market was built with, whatever CARGO_TARGET_DIR is by now.
program_of() {
    local profile target chosen
    chosen=$(recall programs "$1")
    if [ -n "$chosen" ]; then printf '%s' "$chosen" && return; fi
    profile=$(recall places profile)
    target=$(recall places target)
    printf '%s/%s/%s' "${target:-$(target_folder)}" "${profile:-debug}" "$(service_of "$1")"
}

# choose_program INSTANCE=FILE: this instance runs another program from its next start on; its own again where FILE is empty.
choose_program() {
    local name=${1%%=*} file=${1#*=}
    [[ $1 =~ ^fm-[a-z-]+(-[2-9])?= ]] || die "--program wants INSTANCE=FILE, such as fm-cars-2=/tmp/fm-cars"
    if [ -z "$file" ]; then forget programs "$name" && return; fi
    { [ -f "$file" ] && [ -x "$file" ]; } || die "$file is no program"
    remember programs "$name" "$(realpath "$file")"
}

# A first instance bears the service's name, the others a number behind it: fm-cars, fm-cars-2.
service_of() { printf '%s' "${1%%-[0-9]*}"; }

# instance NAME NUMBER
instance() { if [ "$2" = 1 ]; then printf '%s' "$1"; else printf '%s-%s' "$1" "$2"; fi; }

# instances_of SERVICE: those that run, or once did and were not ended by us.
instances_of() { processes | grep -xE "$1(-[0-9]+)?" | sort -V || true; }

# The port that a service's first instance gets when nothing else has it.
default_port() {
    case $1 in
        fm-gateway) printf 8080 ;;
        fm-profile) printf 8101 ;;
        fm-cars) printf 8102 ;;
        fm-image) printf 8103 ;;
        fm-tracker) printf 8104 ;;
        fm-web) printf 8105 ;;
        *) printf 8110 ;;
    esac
}

url_of() { printf 'http://127.0.0.1:%s' "$(port_of "$1")"; }

# The first administrator's password: made once, kept with the market's state.
admin_password() {
    local password
    password=$(recall secrets admin_password)
    if [ -z "$password" ]; then
        (umask 077 && touch "$DEV/secrets")
        password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
        remember secrets admin_password "$password"
    fi
    printf '%s' "$password"
}
ADMIN_EMAIL=admin@funny-market.example

# store_of SERVICE: a folder for SQLite; or the MongoDB server given by FM_STORE, where each service has a database of its own.
store_of() {
    local server
    server=$(chosen_store)
    case $server in
        mongodb) mongodb_url ;;
        mongodb*) printf '%s' "$server" ;;
        '') printf '%s/data/%s' "$DEV" "$1" ;;
        *) printf '%s/%s' "$server" "$1" ;;
    esac
}

# Where mails go: to the server that FM_MAIL names, else into a folder, each a file there.
mail_url() { printf '%s' "${FM_MAIL:-folder:$DEV/mails}"; }

# What is set for one instance; one KEY=VALUE a line. FM_* variables of the caller that are not set here are passed on.
settings_of() {
    local name=$1 service data
    service=$(service_of "$name")
    data=$DEV/data/$service
    printf '%s\n' "FM_BUS=$(rabbitmq_url)" "FM_REGISTRY=$(etcd_url)" "FM_REGISTRY_PREFIX=${FM_REGISTRY_PREFIX:-}" \
        "FM_STORE=$(store_of "$service")" "FM_DATA=$data" "FM_HTTP=127.0.0.1:$(port_of "$name")" "FM_ADVERTISE=${FM_ADVERTISE:-http://127.0.0.1:$(reached_port_of "$name")}" \
        "FM_INSTANCE=$name" "FM_LOG=${FM_LOG:-info}" "FM_LOG_FORMAT=${FM_LOG_FORMAT:-human}" "FM_TRUSTED_PROXIES=127.0.0.0/8,::1/128" \
        MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
    case $service in
        fm-profile) printf '%s\n' "FM_ADMIN_EMAIL=$ADMIN_EMAIL" "FM_ADMIN_PASSWORD=$(admin_password)" "FM_MAIL=$(mail_url)" "FM_PUBLIC_URL=$(url_of fm-gateway)" ;;
        fm-image) printf '%s\n' "FM_FILES=${FM_FILES:-$DEV/files}" ;;
        fm-gateway) printf '%s\n' "FM_ADMIN_HTTP=127.0.0.1:$(port_of "$name-admin")" "FM_GATEWAY_HANDOVER=$data/handover-$(port_of "$name")" ;;
        fm-web) printf '%s\n' "FM_GATEWAY=$(url_of fm-gateway)" "FM_PUBLIC_URL=$(url_of fm-gateway)" FM_DESIGN_PAGE=true ;;
    esac
}

# Chooses the ports of an instance. All are chosen before anything starts: settings name each other's.
reserve_ports() {
    choose_port "$1" "$(default_port "$(service_of "$1")")" >/dev/null
    [ "$(service_of "$1")" != fm-gateway ] || choose_port "$1-admin" 8081 "$1" >/dev/null
}

# start_service NAME [PROGRAM]: does nothing when it runs already; starts it anew when its program was built anew since.
start_service() {
    local name=$1 settings program
    program=${2:-$(program_of "$name")}
    if running "$name"; then
        if cmp -s "$program" "/proc/$(pid_of "$name")/exe"; then return 0; fi
        say "$name was built anew: starting it again"
        stop_processes 15 "$name"
    fi
    [ -x "$program" ] || die "$name is not built: there is no $program"
    mkdir -p "$DEV/data/$(service_of "$name")"
    mapfile -t settings < <(settings_of "$name")
    start_process "$name" env "${settings[@]}" "$program"
}

# Where an instance says how it is: on the port for clients another gateway may answer, one that follows or goes.
health_url_of() { case $(service_of "$1") in fm-gateway) url_of "$1-admin" ;; *) url_of "$1" ;; esac }

ready() { curl -fs -m 2 -o /dev/null "$(health_url_of "$1")/health/ready"; }

# wait_ready SECONDS NAME...: returns when all are ready; ends the script when one dies or takes too long.
wait_ready() {
    local limit=$1 deadline=$((SECONDS + $1)) name waiting=() still
    shift
    waiting=("$@")
    while [ ${#waiting[@]} -gt 0 ]; do
        still=()
        for name in "${waiting[@]}"; do
            if ready "$name"; then continue; fi
            if ! running "$name"; then
                warn "$name ended. Its last words ($LOGS/$name.log):"
                last_words "$name" >&2
                die "the market is not up"
            fi
            still+=("$name")
        done
        waiting=("${still[@]}")
        if [ ${#waiting[@]} -gt 0 ] && [ $SECONDS -ge $deadline ]; then
            for name in "${waiting[@]}"; do
                warn "$name is not ready after $limit s: $(curl -s -m 2 "$(health_url_of "$name")/health/ready" || printf 'no answer from %s' "$(health_url_of "$name")")"
                last_words "$name" >&2
            done
            die "the market is not up"
        fi
        [ ${#waiting[@]} = 0 ] || sleep 0.1
    done
}
