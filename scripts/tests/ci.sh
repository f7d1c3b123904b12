# shellcheck shell=bash
# A checkout of one repository whose ./ci always passes.
one_repository() {
    tiny_checkout "$scratch/checkout"
    mkdir "$scratch/checkout/funny-market-compose/"{registry,.cargo}
    printf '#!/bin/sh\n' >"$scratch/checkout/fm-sdk/ci"
    chmod +x "$scratch/checkout/fm-sdk/ci"
    cd "$scratch/checkout"
    git init --quiet
}

a_repository_passes_alone_only_when_all_its_parts_were_checked() {
    one_repository
    [[ $(scripts/ci fm-sdk) == *"fm-sdk passes alone"* ]]
    some=$(scripts/ci fm-sdk format tests)
    [[ $some == *"fm-sdk: only format tests checked, passed"* && $some != *"passes alone"* ]]
}

a_part_that_fails_fails_the_repository() {
    one_repository
    printf '#!/bin/sh\ncase $* in *lints*) exit 1 ;; esac\n' >fm-sdk/ci
    scripts/ci fm-sdk
    fails_saying "fm-sdk fails alone" scripts/ci fm-sdk lints
}
