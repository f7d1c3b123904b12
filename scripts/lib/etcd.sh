# shellcheck shell=bash
# The registry: etcd on loopback, data under the market's own folder. One node, or as many as FM_ETCD_NODES says at the first start.

# etcd_nodes: the names of the nodes: etcd, etcd-2, ...
etcd_nodes() {
    local number
    [ -n "$(recall places etcd_nodes)" ] || remember places etcd_nodes "${FM_ETCD_NODES:-1}"
    for number in $(seq "$(recall places etcd_nodes)"); do instance etcd "$number"; printf '\n'; done
}

# etcd_urls KIND: addresses of all nodes, separated by commas. KIND is client (as services reach them) or peer (NAME=URL, as nodes do).
etcd_urls() {
    local node urls=()
    for node in $(etcd_nodes); do
        case $1 in
            client) urls+=("http://127.0.0.1:$(reached_port_of "$node")") ;;
            peer) urls+=("$node=http://127.0.0.1:$(port_of "$node-peer")") ;;
        esac
    done
    (IFS=, && printf '%s' "${urls[*]}")
}

# start_etcd [NODE]...: those that do not run already; all without a name.
start_etcd() {
    local node client peer
    for node in $(etcd_nodes); do
        choose_port "$node" 2379 >/dev/null
        choose_port "$node-peer" 2380 "$node" >/dev/null
    done
    # shellcheck disable=SC2046
    [ $# -gt 0 ] || set -- $(etcd_nodes)
    for node in "$@"; do
        ! running "$node" || continue
        client=http://127.0.0.1:$(port_of "$node") peer=http://127.0.0.1:$(port_of "$node-peer")
        start_process "$node" env -i PATH="$PATH" ETCD_UNSUPPORTED_ARCH="$(uname -m | sed 's/aarch64/arm64/')" etcd \
            --name "$node" --data-dir "$DEV/$node" --listen-client-urls "$client" --advertise-client-urls "$client" \
            --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$(etcd_urls peer)" \
            --auto-compaction-mode periodic --auto-compaction-retention 1h --log-level warn
    done
}

etcd_url() { etcd_urls client; }

# registered_instances: "NAME<tab>URL" of each instance in the registry, wherever it was started, with its address for operators.
registered_instances() {
    local under range
    # shellcheck source=/dev/null
    under=$(if [ -f "$DEV/market.env" ]; then . "$DEV/market.env"; fi && printf '%s/fm/services/' "${FM_MARKET_REGISTRY_PREFIX:-}")
    # A range ends before the key that follows the last one of this beginning: "0" follows "/".
    range=$(jq -nc --arg under "$under" '{key: ($under | @base64), range_end: ($under | sub("/$"; "0") | @base64)}')
    curl -fs -m 2 -d "$range" "http://127.0.0.1:$(port_of etcd)/v3/kv/range" |
        jq -r '.kvs[]? | [(.key | @base64d | split("/")[-2:] | . as [$service, $instance] | if $instance | startswith($service) then $instance else join(".") end | gsub("[^A-Za-z0-9._-]"; "_")), (try (.value | @base64d | fromjson) catch {} | .metadata.admin // .url // "")]
            | select(.[1] | test("^https?://")) | @tsv'
}

# etcd_ready [NODE]: does it, or the first one, answer for the whole cluster?
etcd_ready() { curl -fs -m 2 -o /dev/null "http://127.0.0.1:$(port_of "${1:-etcd}")/health"; }
