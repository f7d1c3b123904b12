# shellcheck shell=bash
# The registry: one etcd node on loopback, data under the market's own folder.

start_etcd() {
    local client peer
    client=$(choose_port etcd 2379)
    peer=$(choose_port etcd-peer 2380)
    ! running etcd || return 0
    start_process etcd env -i PATH="$PATH" ETCD_UNSUPPORTED_ARCH="$(uname -m | sed 's/aarch64/arm64/')" etcd \
        --name market --data-dir "$DEV/etcd" \
        --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
        --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
        --initial-cluster "market=http://127.0.0.1:$peer" \
        --auto-compaction-mode periodic --auto-compaction-retention 1h --log-level warn
}

etcd_url() { printf 'http://127.0.0.1:%s' "$(port_of etcd)"; }

etcd_ready() { curl -fs -m 2 -o /dev/null "$(etcd_url)/health"; }
