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

a_workspace_member_without_its_lints_or_with_a_path_outside_is_refused() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout/funny-market-compose"
    printf '[workspace]\nmembers = ["market"]\n' >Cargo.toml
    mkdir -p market/src
    printf '[package]\nname = "market"\nversion = "0.1.0"\n' >market/Cargo.toml
    touch Cargo.lock market/src/lib.rs
    fails_saying "market/Cargo.toml lacks the lints of its workspace" ../scripts/sync-template --check
    printf '\n[lints]\nworkspace = true\n' >>market/Cargo.toml
    not bash -c '../scripts/sync-template --check 2>&1 | grep "lacks the lints of its workspace"'
    printf '\n[dependencies]\nfm-sdk = { path = "../../fm-sdk" }\n' >>market/Cargo.toml
    fails_saying "market/Cargo.toml:9" ../scripts/sync-template --check
}

pair() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout"
    mkdir -p fm-cars/src
    cp fm-sdk/Cargo.toml fm-sdk/Cargo.lock fm-cars/
    sed -i 's/"fm-sdk"/"fm-cars"/' fm-cars/Cargo.toml
    cp fm-sdk/src/lib.rs fm-cars/src/
    for name in fm-sdk fm-cars; do printf '\n[[package]]\nname = "sha2"\nversion = "0.10.1"\nsource = "registry+x"\n' >>$name/Cargo.lock; done
    scripts/deps-check
}

a_dependency_asked_for_in_two_ways_is_reported() {
    pair
    printf '\n[dependencies]\nsha2 = "0.10"\n' >>fm-sdk/Cargo.toml
    printf '\n[dependencies]\nsha2 = { version = "0.10", features = ["asm"] }\n' >>fm-cars/Cargo.toml
    fails_saying "dependency sha2 differs" scripts/deps-check
}

a_locked_version_that_differs_is_reported() {
    pair
    sed -i 's/0.10.1/0.10.2/' fm-cars/Cargo.lock
    fails_saying "locked version of sha2 0.10 differs" scripts/deps-check
}

a_dependency_optimised_by_one_alone_is_reported() {
    pair
    printf '\n[profile.dev.package]\nsha2.opt-level = 3\n' >>fm-sdk/Cargo.toml
    fails_saying "profile of sha2 differs" scripts/deps-check
    printf '\n[profile.dev.package.sha2]\nopt-level = 3\n' >>fm-cars/Cargo.toml
    scripts/deps-check
}

a_build_server_that_runs_as_root_needs_no_sudo() {
    [ "$(id -u)" = 0 ] || return 0
    mkdir "$scratch/bin" "$scratch/repository"
    cp "$scripts/template/repository/ci" "$scratch/repository/"
    echo no-such-package >"$scratch/repository/debian-packages"
    printf '#!/bin/sh\necho "$@" >>%s/asked\n' "$scratch" >"$scratch/bin/apt-get"
    printf '#!/bin/sh\nexit 127\n' >"$scratch/bin/sudo"
    chmod +x "$scratch"/bin/*
    CI=true PATH="$scratch/bin:$PATH" "$scratch/repository/ci" licences
    grep -q 'install.* no-such-package' "$scratch/asked"
}
