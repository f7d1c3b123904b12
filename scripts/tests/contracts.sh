# shellcheck shell=bash
# Two repositories, one of which has recorded what it reads of the other.
two_repositories() {
    tiny_checkout "$scratch/checkout"
    cd "$scratch/checkout"
    for name in fm-cars fm-tracker; do small_service "$scratch/checkout/$name"; done
    mkdir fm-tracker/contracts
    echo '{"consumer": {"name": "fm-tracker"}}' >fm-tracker/contracts/fm-cars.json
}

a_contract_is_copied_to_its_provider_and_missed_there_until_then() {
    two_repositories
    fails_saying "fm-cars/tests/contracts/fm-tracker.json differs" scripts/contracts --check
    scripts/contracts
    cmp fm-tracker/contracts/fm-cars.json fm-cars/tests/contracts/fm-tracker.json
    [[ $(scripts/contracts --check 2>&1) == *"1 contracts lie with their providers"* ]]
    echo '{}' >fm-tracker/contracts/fm-cars.json
    fails_saying "fm-cars/tests/contracts/fm-tracker.json differs" scripts/contracts --check
}

the_contract_of_a_consumer_that_is_gone_is_named_and_removed() {
    two_repositories
    scripts/contracts
    rm -r fm-tracker
    fails_saying "fm-cars/tests/contracts/fm-tracker.json: its consumer is gone" scripts/contracts --check
    scripts/contracts
    [ ! -e fm-cars/tests/contracts/fm-tracker.json ]
    scripts/contracts --check
}

a_contract_with_a_provider_that_is_not_there_is_refused() {
    two_repositories
    rm -r fm-cars
    fails_saying "there is no repository fm-cars that could replay it" scripts/contracts
}

a_repository_fails_when_its_contracts_are_not_what_its_tests_read() {
    two_repositories
    cp scripts/template/repository/ci fm-tracker/ci
    touch fm-tracker/debian-packages
    # A cargo whose tests read the same as ever.
    mkdir "$scratch/bin"
    # shellcheck disable=SC2016 # for the script that is written
    printf '#!/bin/sh\necho "{}" >"$FM_RECORD_CONTRACTS/fm-cars.json"\n' >"$scratch/bin/cargo"
    chmod +x "$scratch/bin/cargo"
    PATH=$scratch/bin:$PATH fails_saying "contracts/ is not what the tests read" fm-tracker/ci tests
    echo '{}' >fm-tracker/contracts/fm-cars.json
    PATH=$scratch/bin:$PATH fm-tracker/ci tests
}

the_document_of_a_provider_is_copied_to_tests_that_invent_its_answers() {
    two_repositories
    scripts/contracts
    mkdir -p fm-cars/schemas fm-tracker/tests/schemas
    echo '{"openapi": "3.1.0"}' >fm-cars/schemas/openapi.json
    touch fm-tracker/tests/schemas/fm-cars.json
    fails_saying "fm-tracker/tests/schemas/fm-cars.json differs from fm-cars/schemas/openapi.json" scripts/contracts --check
    scripts/contracts
    cmp fm-cars/schemas/openapi.json fm-tracker/tests/schemas/fm-cars.json
    [[ $(scripts/contracts --check 2>&1) == *"1 documents with their readers"* ]]
    rm fm-cars/schemas/openapi.json
    fails_saying "there is no fm-cars/schemas/openapi.json" scripts/contracts --check
    [ -e fm-tracker/tests/schemas/fm-cars.json ]
}
