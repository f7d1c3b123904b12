# shellcheck shell=bash
a_repository_that_differs_from_the_template_is_named() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout"
    scripts/sync-template
    echo '# drift' >>fm-sdk/clippy.toml
    fails_saying "fm-sdk/clippy.toml differs" scripts/sync-template --check
    scripts/sync-template | grep -q 'fm-sdk/clippy.toml written'
}

a_path_to_a_neighbour_is_refused() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout"
    mkdir -p fm-cars/src
    printf '[package]\nname = "fm-cars"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\nfm-sdk = { path = "../fm-sdk" }\n' >fm-cars/Cargo.toml
    touch fm-cars/Cargo.lock fm-cars/src/lib.rs
    fails_saying "a repository stands alone" scripts/sync-template --check
}
