# shellcheck shell=bash
# A MongoDB beside the market, for FM_STORE=mongodb: `mongod` where it is installed, else mongo-java-server, a MongoDB in one
# Java process, which Maven fetches once. FM_TEST_MONGODB_URL names one that runs already.

# What fm-sdk runs in its own tests, kept where these keep it: whoever comes first installs it.
MONGODB_SOURCE=$ROOT/fm-sdk/testing/src/servers/mongodb

mongodb_url() { printf '%s' "${FM_TEST_MONGODB_URL:-mongodb://127.0.0.1:$(port_of mongodb)}"; }

mongodb_ready() { port_taken "$(port_of mongodb)"; }

# The store that this market was started with: a later script keeps to it.
chosen_store() { printf '%s' "${FM_STORE:-$(recall secrets store)}"; }

remember_store() {
    [ -n "${FM_STORE:-}" ] || return 0
    (umask 077 && touch "$DEV/secrets") # the URL of a MongoDB may bear a password
    remember secrets store "$FM_STORE"
}

needs_own_mongodb() { [ "$(chosen_store)" = mongodb ] && [ -z "${FM_TEST_MONGODB_URL:-}" ]; }

need_mongodb() {
    needs_own_mongodb && ! command -v mongod >/dev/null || return 0
    need default-jdk-headless javac "a MongoDB for tests runs on the JVM"
    need maven mvn "fetches that MongoDB"
}

start_mongodb() {
    local port home
    needs_own_mongodb || return 0
    port=$(choose_port mongodb 27017)
    ! running mongodb || return 0
    mkdir -p "$DEV/mongodb"
    if command -v mongod >/dev/null; then
        start_process mongodb mongod --bind_ip 127.0.0.1 --nounixsocket --port "$port" --dbpath "$DEV/mongodb"
    else
        home=$(install_mongo_java_server) || die "a MongoDB for tests cannot be installed"
        start_process mongodb java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m -cp "$home/lib/*:$home/classes" MongoServer "$port" "$DEV/mongodb/data.mv"
    fi
}

# Prints its folder. A folder of this name is complete.
install_mongo_java_server() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/fm-sdk version home
    version=$(cat "$MONGODB_SOURCE/pom.xml" "$MONGODB_SOURCE/MongoServer.java" | sha256sum)
    home=$cache/mongo-java-server-${version:0:8}
    mkdir -p "$cache"
    (
        flock 7
        [ ! -d "$home" ] || exit 0
        staging=$(mktemp -d "$cache/staging.XXXXXX")
        trap 'rm -rf "$staging"' EXIT
        cp "$MONGODB_SOURCE/pom.xml" "$MONGODB_SOURCE/MongoServer.java" "$staging/"
        cd "$staging"
        mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib >&2 && javac -cp 'lib/*' -d classes MongoServer.java >&2 && mv "$staging" "$home"
    ) 7>"$cache/mongo-java-server.lock" || return 1
    printf '%s' "$home"
}
