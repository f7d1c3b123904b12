# shellcheck shell=bash
# shellcheck disable=SC2016 # backquotes are those of the document
# carried: what fm-sdk reaches only through its clients of RabbitMQ and etcd, on what the market runs on.
carried() {
    (cd "$ROOT/fm-sdk" && cargo metadata --offline --locked --filter-platform x86_64-unknown-linux-gnu --format-version 1) |
        jq -r --argjson bridges '["amiquip 0.4", "mio 0.6", "etcd-rs 1", "tonic 0.9", "tower 0.4"]' -f "$scripts/lib/carried.jq" | LC_ALL=C sort
}

listed() { sed -n '/^<!-- carried -->$/,/^<!-- \/carried -->$/p' "$1" | grep -oE '`[A-Za-z0-9_-]+ [0-9.]+`' | tr -d '`' | LC_ALL=C sort; }

what_is_carried_for_old_clients_is_listed_and_nothing_else() {
    [ "$(carried | wc -l)" -gt 10 ]
    diff <(listed "$ROOT/docs/dependencies.md") <(carried)
}

a_removed_or_added_crate_is_noticed() {
    sed 's/`nom 4`/`nom 8`/' "$ROOT/docs/dependencies.md" >"$scratch/dependencies.md"
    [ "$(diff <(listed "$scratch/dependencies.md") <(carried) | grep -c '^[<>] nom')" = 2 ]
}

every_program_carries_the_versions_of_fm_sdk() {
    local service line
    carried | while read -r line; do
        for service in $(services); do
            awk -v name="${line% *}" -v line="${line#* }" '
                /^name = / { gsub(/"/, ""); hit = $3 == name } /^version = / && hit { gsub(/"/, ""); if (index($3 ".", line ".") == 1) found = 1 }
                END { exit !found }' "$ROOT/$service/Cargo.lock" || { echo "$service has no $line" && exit 1; }
        done
    done
}

the_images_and_the_tests_make_bills_of_materials_with_one_version() {
    . "$scripts/lib/tools.sh"
    [ -n "$CARGO_CYCLONEDX" ]
    for service in $(services); do grep -qx "ARG CARGO_CYCLONEDX=$CARGO_CYCLONEDX" "$ROOT/$service/Dockerfile"; done
}

a_bill_of_materials_without_a_crate_or_its_licence_is_refused() {
    . "$scripts/lib/tools.sh"
    # shellcheck disable=SC2317 # called by verify_sbom
    in_repository() { printf 'fm-cars v0.1.0 (/x)\nserde v1.0.1\ntokio v1.2.0\n'; }
    component() { jq -nc --arg name "$1" --arg version "$2" '{$name, $version, purl: "pkg:cargo/\($name)", licenses: [{expression: "MIT"}]}'; }
    bill() { jq -s '{bomFormat: "CycloneDX", metadata: {component: {name: "fm-cars"}}, components: .}'; }
    { component serde 1.0.1 && component tokio 1.2.0; } | bill >"$scratch/whole"
    verify_sbom fm-cars "$scratch/whole"
    component serde 1.0.1 | bill >"$scratch/short"
    fails_saying "tokio 1.2.0" verify_sbom fm-cars "$scratch/short"
    { component serde 1.0.2 && component tokio 1.2.0; } | bill >"$scratch/older"
    fails_saying "serde 1.0.1" verify_sbom fm-cars "$scratch/older"
    jq 'del(.components[1].licenses)' "$scratch/whole" >"$scratch/unlicensed"
    not verify_sbom fm-cars "$scratch/unlicensed"
}
