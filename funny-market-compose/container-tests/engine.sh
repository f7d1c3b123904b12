# shellcheck shell=bash disable=SC2153
# The container engine: Docker where its daemon answers, else podman with a store of its own in $FOLDER.

find_engine() {
    ENGINE=${FM_CONTAINER_ENGINE:-}
    if [ -z "$ENGINE" ]; then
        if docker info >/dev/null 2>&1; then ENGINE=docker; else ENGINE=podman; fi
    fi
    case $ENGINE in
        docker) ;;
        podman) use_podman ;;
        *) echo "FM_CONTAINER_ENGINE is '$ENGINE': neither docker nor podman" >&2 && exit 1 ;;
    esac
    export ENGINE
}

# Nothing of the user's own podman is read or written. runc and cgroupfs, because there need be no systemd.
use_podman() {
    mkdir -p "$FOLDER/tmp"
    cat >"$FOLDER/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "$FOLDER/state/libpod"
[network]
network_backend = "netavark"
network_config_dir = "$FOLDER/networks"
CONF
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$FOLDER/store" "$FOLDER/state" >"$FOLDER/storage.conf"
    # Without the docker format images lose their health check; without systemd there are no timers for it (see health.py).
    export CONTAINERS_CONF=$FOLDER/containers.conf CONTAINERS_STORAGE_CONF=$FOLDER/storage.conf TMPDIR=$FOLDER/tmp \
        BUILDAH_FORMAT=docker DISABLE_HC_SYSTEMD=true DOCKER_HOST=unix://$FOLDER/podman.sock
}

# Compose talks to podman through its socket.
start_engine() {
    [ "$ENGINE" = podman ] || return 0
    rm -f "$FOLDER/podman.sock"
    podman system service --time 0 "$DOCKER_HOST" >"$FOLDER/podman.log" 2>&1 &
    ENGINE_PROCESSES+=($!)
    python3 "$CONTAINER_TESTS/health.py" >"$FOLDER/health.log" 2>&1 &
    ENGINE_PROCESSES+=($!)
    until [ -S "$FOLDER/podman.sock" ]; do sleep 0.1; done
}

stop_engine() {
    [ ${#ENGINE_PROCESSES[@]} = 0 ] || kill "${ENGINE_PROCESSES[@]}" 2>/dev/null || true
    ENGINE_PROCESSES=()
}
ENGINE_PROCESSES=()
