# shellcheck shell=bash
a_taken_port_is_not_chosen() {
    unset FM_DEV_PORTS
    prepare_state
    etcd=$(choose_port etcd "$(random_port)")
    peer=$(choose_port etcd-peer "$(random_port)")
    start_etcd
    for _ in $(seq 100); do if port_taken "$etcd"; then break; fi && sleep 0.1; done
    port_taken "$etcd"
    [ "$(choose_port newcomer "$etcd" 2>/dev/null)" != "$etcd" ]
    [ "$(choose_port etcd 2379)" = "$etcd" ]
    echo "-- nor is another one than that on which a running process listens"
    for _ in $(seq 100); do if port_taken "$peer"; then break; fi && sleep 0.1; done
    port_taken "$peer"
    [ "$(choose_port etcd-peer 2380 etcd)" = "$peer" ]
    stop_processes 5 etcd
}

a_port_is_kept_for_the_next_start() {
    prepare_state
    first=$(choose_port fm-cars 8102)
    [ "$(choose_port fm-cars 8102)" = "$first" ]
    [ "$(choose_port fm-image 8103)" != "$first" ]
}
