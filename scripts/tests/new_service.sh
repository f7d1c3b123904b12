# shellcheck shell=bash
# What a new service can do is tested in a market (market-tests, tests/new_service).
new_service() { "$scratch/checkout/scripts/new-service" "$@"; }

an_invalid_name_is_refused_and_nothing_is_created() {
    tiny_checkout "$scratch/checkout"
    mkdir "$scratch/into"
    for name in cars fm- fm-Cars fm-cars2 fm--cars fm-cars- fm-../../x 'fm-a b' "fm-$(printf 'a%.0s' {1..40})"; do
        fails_saying "is no name for a service" new_service "$name" --into "$scratch/into"
    done
    fails_saying "which name" new_service
    fails_saying "one name" new_service fm-a fm-b
    fails_saying "no folder" new_service fm-a --into "$scratch/nowhere"
    fails_saying "unknown option" new_service --force fm-a
    [ -z "$(ls -A "$scratch/into")" ]
}

a_repository_that_is_there_is_never_overwritten() {
    tiny_checkout "$scratch/checkout"
    mkdir -p "$scratch/into/fm-reviews"
    echo mine >"$scratch/into/fm-reviews/README.md"
    fails_saying "stays as it is" new_service fm-reviews --into "$scratch/into"
    [ "$(cat "$scratch/into/fm-reviews/README.md")" = mine ]
    for name in fm-sdk fm-cars; do fails_saying "of the market already" new_service "$name" --into "$scratch/into"; done
}

a_failed_creation_leaves_nothing_behind() {
    tiny_checkout "$scratch/checkout"
    mkdir "$scratch/into"
    # The checkout lacks the lock file that a new one starts with.
    not new_service fm-reviews --into "$scratch/into"
    [ -z "$(ls -A "$scratch/into")" ]
}

an_added_service_starts_after_those_of_the_market() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout"
    for name in fm-cars fm-reviews fm-tool; do
        mkdir -p "$name/src"
        touch "$name/src/main.rs"
        printf '[package]\nname = "%s"\n' "$name" >"$name/Cargo.toml"
    done
    printf '[dependencies]\nfm-sdk = { version = "0.3", registry = "funny-market" }\n' >>fm-reviews/Cargo.toml
    [ "$(bash -c '. scripts/lib/repositories.sh && services' | tr '\n' ' ')" = "fm-cars fm-reviews " ]
    [ "$(bash -c '. scripts/lib/repositories.sh && consumers')" = fm-reviews ]
}
