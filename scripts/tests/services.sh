# shellcheck shell=bash
a_given_store_is_taken_as_it_is_and_else_each_service_has_a_folder() {
    export FM_STORE='mongodb://u:p@a:27017,b:27017/market?replicaSet=r0'
    [ "$(store_of fm-cars)" = "$FM_STORE" ]
    unset FM_STORE
    [ "$(store_of fm-cars)" = "$FM_DEV_DIR/data/fm-cars" ]
    echo "-- one that the market starts for itself; later scripts keep to it"
    mkdir -p "$FM_DEV_DIR"
    FM_STORE=mongodb remember_store
    remember ports mongodb 27018
    [ "$(store_of fm-cars)" = mongodb://127.0.0.1:27018 ]
    [ "$(FM_TEST_MONGODB_URL=mongodb://there:1 store_of fm-cars)" = mongodb://there:1 ]
    [ "$(stat -c %a "$FM_DEV_DIR/secrets")" = 600 ]
}

an_instance_is_told_by_its_number() {
    [ "$(service_of fm-cars-2)" = fm-cars ]
    [ "$(service_of fm-cars)" = fm-cars ]
    [ "$(instance fm-cars 1)" = fm-cars ]
    [ "$(instance fm-cars 3)" = fm-cars-3 ]
}

a_part_is_reached_through_its_proxy_where_it_has_one() {
    export FM_ETCD_NODES=2
    mkdir -p "$FM_DEV_DIR"
    remember ports etcd 1001
    remember ports etcd-2 1002
    [ "$(etcd_url)" = http://127.0.0.1:1001,http://127.0.0.1:1002 ]
    remember ports etcd-2-proxy 2002
    [ "$(etcd_url)" = http://127.0.0.1:1001,http://127.0.0.1:2002 ]
    echo "-- the number of nodes was chosen at the first start"
    FM_ETCD_NODES=3
    [ "$(etcd_nodes | wc -l)" = 2 ]
}

a_program_is_found_where_it_was_built_whatever_target_folder_is_set_later() {
    prepare_state
    mkdir "$scratch/bin"
    printf '#!/bin/sh\n' >"$scratch/bin/cargo"
    chmod +x "$scratch/bin/cargo"
    PATH=$scratch/bin:$PATH CARGO_TARGET_DIR=$scratch/built build_services dev fm-cars
    for later in "$scratch/other" ''; do
        [ "$(CARGO_TARGET_DIR=$later program_of fm-cars-2)" = "$scratch/built/debug/fm-cars" ]
    done
    PATH=$scratch/bin:$PATH CARGO_TARGET_DIR=$scratch/other build_services release fm-cars
    [ "$(program_of fm-cars)" = "$scratch/other/release/fm-cars" ]
}

an_instance_runs_the_program_that_was_chosen_for_it() {
    prepare_state
    remember places target "$scratch/built"
    printf '#!/bin/sh\n' >"$scratch/earlier"
    fails_saying "is no program" choose_program "fm-cars-2=$scratch/earlier"
    chmod +x "$scratch/earlier"
    choose_program "fm-cars-2=$scratch/earlier"
    [ "$(program_of fm-cars-2)" = "$scratch/earlier" ]
    [ "$(program_of fm-cars)" = "$scratch/built/debug/fm-cars" ]
    echo "-- until that is taken back"
    choose_program fm-cars-2=
    [ "$(program_of fm-cars-2)" = "$scratch/built/debug/fm-cars" ]
    for wrong in fm-cars "$scratch/earlier" rabbitmq=/bin/true; do
        fails_saying "INSTANCE=FILE" choose_program "$wrong"
    done
}

what_cargo_tells_a_test_program_does_not_reach_the_cargo_it_calls() {
    mkdir "$scratch/bin"
    printf '#!/bin/sh\nenv\n' >"$scratch/bin/cargo"
    chmod +x "$scratch/bin/cargo"
    export CARGO_MANIFEST_DIR=/elsewhere CARGO_MANIFEST_LINKS=z CARGO_PKG_NAME=market-tests CARGO_PKG_VERSION_MAJOR=0 CARGO_NET_RETRY=7
    export PATH=$scratch/bin:$PATH
    in_repository fm-cars cargo build >"$scratch/told"
    in_repository fm-cars env cargo build >>"$scratch/told"
    in_repository fm-cars env CARGO_PKG_NAME=market-tests bash -c 'cargo build' >>"$scratch/told"
    not grep -E '^CARGO_(PKG|MANIFEST)_' "$scratch/told"
    [ "$(grep -c '^CARGO_NET_RETRY=7$' "$scratch/told")" = 3 ]
}
