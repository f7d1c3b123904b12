# shellcheck shell=bash
versions_are_compared_by_number() {
    older 1.88.0 1.89
    older 1.9.0 1.89
    not older 1.100.0 1.89
    not older 1.89 1.89
}

the_readme_names_the_toolchain_that_is_needed() {
    grep -qF "a Rust toolchain ($MINIMUM or newer;" "$ROOT/README.md"
}

a_compiler_that_is_too_old_is_refused_with_the_line_that_installs_one() {
    mkdir "$scratch/bin"
    printf '#!/bin/sh\necho "rustc 1.60.0 (abc 2022-04-04)"\n' >"$scratch/bin/rustc"
    printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/cargo"
    chmod +x "$scratch"/bin/*
    export RUSTUP_TOOLCHAIN=none
    fails_saying "rustup toolchain install $PINNED" env PATH="$scratch/bin:/usr/bin:/bin" bash -c ". '$scripts/lib/all.sh'; check_toolchain"
}
