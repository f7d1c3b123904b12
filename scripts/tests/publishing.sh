# shellcheck shell=bash
publish() { CARGO_TARGET_DIR=$scratch/target "$scratch/checkout/scripts/publish-sdk" "$@"; }

a_published_version_is_never_overwritten() {
    tiny_checkout "$scratch/checkout"
    publish --no-verify
    before=$(cd "$scratch/checkout/funny-market-compose/registry" && find . -type f -exec sha256sum {} + | sort)
    fails_saying "published already" publish --no-verify
    [ "$before" = "$(cd "$scratch/checkout/funny-market-compose/registry" && find . -type f -exec sha256sum {} + | sort)" ]
}

bumping_publishes_the_next_patch_version_beside_the_old_one() {
    tiny_checkout "$scratch/checkout"
    publish --no-verify
    publish --no-verify --bump
    cd "$scratch/checkout/funny-market-compose/registry"
    [ "$(jq -r .vers index/fm/-s/fm-sdk | tr '\n' ' ')" = "0.1.0 0.1.1 " ]
    [ -f fm-sdk-0.1.0.crate ]
    [ -f fm-sdk-0.1.1.crate ]
}

# A crate that stands on the SDK, in its repository, as fm-sdk-testing does.
with_testing() {
    mkdir -p "$1/testing/src"
    sed -i '1i [workspace]\nmembers = ["testing"]\n' "$1/Cargo.toml"
    sed -n '/^\[package\]/,/^$/p' "$1/Cargo.toml" | sed 's/"fm-sdk"/"fm-sdk-testing"/' >"$1/testing/Cargo.toml"
    printf '[dependencies]\nfm-sdk = { version = "0.1", path = "..", registry = "funny-market" }\n' >>"$1/testing/Cargo.toml"
    echo 'pub use fm_sdk;' >"$1/testing/src/lib.rs"
    (cd "$1" && cargo generate-lockfile --quiet --offline)
}

what_stands_on_the_sdk_is_published_with_it_in_the_same_version() {
    tiny_checkout "$scratch/checkout"
    with_testing "$scratch/checkout/fm-sdk"
    publish
    publish --no-verify --breaking
    publish --no-verify --bump
    cd "$scratch/checkout/funny-market-compose/registry"
    for name in fm-sdk fm-sdk-testing; do [ "$(jq -r .vers "index/fm/-s/$name" | tr '\n' ' ')" = "0.1.0 0.2.0 0.2.1 " ]; done
    # What is new in a version may be needed by the crate that is published with it.
    [ "$(jq -r '.deps[] | "\(.name) \(.req)"' index/fm/-s/fm-sdk-testing | tr '\n' ,)" = "fm-sdk ^0.1,fm-sdk ^0.2.0,fm-sdk ^0.2.1," ]
    jq -r '"\(.cksum)  \(.name)-\(.vers).crate"' index/fm/-s/* | sha256sum --check --strict
}

nothing_is_published_when_what_stands_on_the_sdk_does_not_compile() {
    tiny_checkout "$scratch/checkout"
    with_testing "$scratch/checkout/fm-sdk"
    echo 'fn broken( {' >>"$scratch/checkout/fm-sdk/testing/src/lib.rs"
    fails_saying "error" publish
    cd "$scratch/checkout/funny-market-compose/registry"
    [ "$(find . -name '*.crate' | wc -l)" = 0 ]
    [ ! -s index/fm/-s/fm-sdk ]
    cd "$scratch/checkout"
    sed -i "/broken/d" fm-sdk/testing/src/lib.rs
    publish
    [ -f funny-market-compose/registry/fm-sdk-testing-0.1.0.crate ]
}

a_crate_that_does_not_compile_is_not_published() {
    tiny_checkout "$scratch/checkout"
    echo 'fn broken( {' >>"$scratch/checkout/fm-sdk/src/lib.rs"
    fails_saying "error" publish
    [ ! -e "$scratch/checkout/funny-market-compose/registry/fm-sdk-0.1.0.crate" ]
}

every_crate_of_the_registry_has_the_checksum_of_its_index_line() {
    cd "$scripts/../funny-market-compose/registry"
    jq -r '"\(.cksum)  \(.name)-\(.vers).crate"' index/fm/*/* | sha256sum --check --strict
    [ "$(find . -name '*.crate' | wc -l)" = "$(cat index/fm/*/* | wc -l)" ]
}

a_consumer_builds_locked_with_its_lock_unchanged() {
    tiny_checkout "$scratch/checkout"
    publish --no-verify
    cd "$scratch/checkout"
    mkdir -p fm-cars/src fm-cars/.cargo
    cp "$scripts/template/consumer/.cargo/config.toml" fm-cars/.cargo/
    printf '[package]\nname = "fm-cars"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\nfm-sdk = { version = "0.1", registry = "funny-market" }\n' >fm-cars/Cargo.toml
    echo 'fn main() {}' >fm-cars/src/main.rs
    export CARGO_TARGET_DIR=$scratch/target
    (cd fm-cars && cargo generate-lockfile --quiet --offline)
    grep -A 3 '^name = "fm-sdk"' fm-cars/Cargo.lock | grep -q '^checksum = '
    before=$(cat fm-cars/Cargo.lock)
    cargo check --quiet --locked --offline --manifest-path fm-cars/Cargo.toml
    mkdir -p "$scratch/alone/funny-market-compose"
    cp -r fm-cars "$scratch/alone/"
    cp -r funny-market-compose/registry "$scratch/alone/funny-market-compose/"
    (cd "$scratch/alone/fm-cars" && cargo check --quiet --locked --offline)
    scripts/live-sdk on
    (cd fm-cars && cargo check --quiet --locked --offline)
    [ "$before" = "$(cat fm-cars/Cargo.lock)" ]
    [ "$before" = "$(cat "$scratch/alone/fm-cars/Cargo.lock")" ]
}

what_is_compiled_for_one_repository_is_not_compiled_again_for_another() {
    a_consumer_builds_locked_with_its_lock_unchanged
    cd "$scratch/checkout"
    scripts/live-sdk off
    cp -r fm-cars fm-image
    sed -i 's/^name = "fm-cars"/name = "fm-image"/' fm-image/Cargo.toml fm-image/Cargo.lock
    build() { bash -c '. scripts/lib/all.sh && for name in fm-cars fm-image; do in_repository $name cargo build --locked --offline; done' 2>&1; }
    build
    touch fm-cars/src/main.rs fm-image/src/main.rs
    again=$(build)
    [[ $again == *'Compiling fm-cars'*'Compiling fm-image'* && $again != *'Compiling fm-sdk'* ]]
}

a_bump_moves_the_locks_of_consumers() {
    a_consumer_builds_locked_with_its_lock_unchanged
    "$scratch/checkout/scripts/live-sdk" off
    CARGO_NET_OFFLINE=true publish --no-verify --bump
    grep -A 1 '^name = "fm-sdk"' "$scratch/checkout/fm-cars/Cargo.lock" | grep -q '"0.1.1"'
}

a_breaking_version_is_what_consumers_ask_for_from_then_on() {
    a_consumer_builds_locked_with_its_lock_unchanged
    "$scratch/checkout/scripts/live-sdk" off
    CARGO_NET_OFFLINE=true publish --no-verify --breaking
    cd "$scratch/checkout"
    grep -q '^version = "0.2.0"' fm-sdk/Cargo.toml
    grep -q '^fm-sdk = { version = "0.2", registry = "funny-market" }' fm-cars/Cargo.toml
    grep -A 1 '^name = "fm-sdk"' fm-cars/Cargo.lock | grep -q '"0.2.0"'
    (cd fm-cars && cargo check --quiet --locked --offline)
}

another_address_of_the_registry_changes_no_build() {
    a_consumer_builds_locked_with_its_lock_unchanged
    cd "$scratch/checkout"
    scripts/live-sdk off
    scripts/registry-url https://crates.example.org/market
    grep -q 'sparse+https://crates.example.org/market/index/' fm-cars/Cargo.lock
    not grep -rq 'registry.funny-market.example' fm-cars .cargo scripts/template scripts/lib funny-market-compose/registry/index/config.json
    (cd fm-cars && cargo check --quiet --locked --offline)
    CARGO_NET_OFFLINE=true publish --no-verify --bump
    (cd fm-cars && cargo check --quiet --locked --offline)
}

# A crate of types, whose tests generate nothing.
with_types() {
    tiny_checkout "$1"
    mkdir -p "$1/fm-types/src" "$1/fm-types/tests/types" "$1/fm-types/schemas" "$1/fm-cars/schemas" "$1/funny-market-compose/registry/index"
    sed 's/"fm-sdk"/"fm-types"/' "$1/fm-sdk/Cargo.toml" >"$1/fm-types/Cargo.toml"
    echo '//! Types.' >"$1/fm-types/src/lib.rs"
    echo '#[test] fn the_modules() {}' >"$1/fm-types/tests/types/main.rs"
    for folder in fm-types/schemas/fm-cars.json fm-cars/schemas/asyncapi.json; do echo '{}' >"$1/$folder"; done
    (cd "$1/fm-types" && cargo generate-lockfile --quiet --offline)
    export CARGO_TARGET_DIR=$scratch/target
}

types_that_are_not_what_was_published_are_told() {
    with_types "$scratch/checkout"
    cd "$scratch/checkout"
    fails_saying "fm-types 0.1.0 is not published" scripts/publish-types --check
    scripts/publish-types
    [ "$(jq -r .vers funny-market-compose/registry/index/fm/-t/fm-types)" = 0.1.0 ]
    scripts/publish-types --check
    echo '// Another type.' >>fm-types/src/lib.rs
    fails_saying "fm-types is not what was published as 0.1.0" scripts/publish-types --check
    fails_saying "published already" scripts/publish-types
    scripts/publish-types --bump
    scripts/publish-types --check
    [ "$(jq -r .vers funny-market-compose/registry/index/fm/-t/fm-types | tr '\n' ' ')" = "0.1.0 0.1.1 " ]
}

messages_that_changed_are_missed_by_the_types_until_they_are_published() {
    with_types "$scratch/checkout"
    cd "$scratch/checkout"
    scripts/publish-types
    echo '{"asyncapi": "3.0.0"}' >fm-cars/schemas/asyncapi.json
    fails_saying "fm-types/schemas/fm-cars.json differs from fm-cars/schemas/asyncapi.json" scripts/contracts --check
    scripts/publish-types --generate
    scripts/contracts --check
    fails_saying "is not what was published" scripts/publish-types --check
    scripts/publish-types --breaking
    scripts/publish-types --check
    grep -q '^version = "0.2.0"' fm-types/Cargo.toml
}
