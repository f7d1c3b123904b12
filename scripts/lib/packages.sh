# shellcheck shell=bash
# Debian packages that something needs.

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need PACKAGE COMMAND REASON: notes the package unless the command is there (or, for "-", the package is).
MISSING=()
need() {
    local package=$1 command=$2 reason=$3
    if [ "$command" = - ]; then ! installed "$package" || return 0; else ! PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || return 0; fi
    MISSING+=("$package")
    say "  $package: $reason"
}

# Installs what was noted. Services that a package starts by itself are none of ours and stay untouched.
install_missing() {
    [ ${#MISSING[@]} -gt 0 ] || return 0
    local as=()
    command -v apt-get >/dev/null || die "please install: ${MISSING[*]} (or what they are called on this system)"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "please run as root: apt-get install -y ${MISSING[*]}"
        as=(sudo)
    fi
    say "installing ${MISSING[*]}"
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${MISSING[@]}" >"$DEV/apt.log" 2>&1 ||
        { "${as[@]}" apt-get update -q >>"$DEV/apt.log" 2>&1 &&
            "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${MISSING[@]}" >>"$DEV/apt.log" 2>&1; } ||
        die "apt-get could not install ${MISSING[*]}; see $DEV/apt.log"
    MISSING=()
}

need_to_build() {
    need curl curl "asks the services for their health"
    need jq jq "reads JSON in the scripts"
    need gcc cc "SQLite is compiled into the services"
    need libc6-dev - "headers of the C library for the same"
    need protobuf-compiler protoc "the etcd client is generated at build time"
}

need_to_run() {
    need etcd-server etcd "the registry"
    need rabbitmq-server rabbitmq-server "the bus"
}

need_to_test() {
    need git git "finds what belongs to a repository"
    need golang-go go "loads compose.yaml as Docker Compose does, and builds h2spec and pebble"
    need shellcheck shellcheck "reads the scripts"
    need default-jdk-headless javac "the MongoDB of the tests runs on the JVM"
    need maven mvn "fetches the MongoDB of the tests"
    need nodejs node "runs the tests of the pages' scripts, and of the pages in a browser; validates what services publish"
    need npm npm "fetches what checks whether pages are accessible and documents valid"
    need chromium chromium "shows the web pages in tests"
    need chromium-driver chromedriver "drives that browser"
    need_monitoring
    need python3-venv - "keeps schemathesis, which asks the API what its description promises"
}

need_monitoring() {
    need openssl openssl "makes the certificates of a gateway that is watched"
    need prometheus promtool "tests the alerts, and runs the dashboards' queries beside a running market"
    need prometheus-alertmanager amtool "checks whom alerts are sent to, and tells it beside a running market"
    need prometheus-node-exporter prometheus-node-exporter "says how the machine is, for the same"
}

# Without Docker. `scripts/test containers` reads and writes nothing of the user's own podman.
need_containers() {
    need podman podman "runs the market in containers"
    need buildah buildah "builds the images"
    need runc runc "starts the containers"
    need netavark - "joins the containers"
    need iptables iptables "the same, and publishes ports"
    need aardvark-dns - "lets the containers find each other by name"
    need mmdebstrap mmdebstrap "makes the base image of Debian packages"
    need catatonit catatonit "keeps a pod together"
    need busybox-static busybox "the same for busybox"
    need openssl openssl "makes a certificate for trying out"
}
