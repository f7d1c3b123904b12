# shellcheck shell=bash
# shellcheck source=/dev/null
. "$scripts/lib/older.sh"

# A history in which fm-cars took one version of fm-sdk after the other.
history() {
    ROOT=$scratch/checkout
    git init -q "$ROOT"
    mkdir "$ROOT/fm-cars"
    for version in "$@"; do
        printf '[[package]]\nname = "fm-sdk"\nversion = "%s"\n\n[[package]]\nname = "other"\nversion = "9.9.9"\n' "$version" >"$ROOT/fm-cars/Cargo.lock"
        git -C "$ROOT" add -A
        git -C "$ROOT" -c user.name=x -c user.email=x@example commit -q -m "takes $version"
    done
}

an_earlier_program_is_of_the_last_commit_that_took_the_version() {
    history 0.2.9 0.2.10 0.3.0 0.3.1
    for version in 0.2.9 0.2.10 0.3.1; do
        [ "$(git -C "$ROOT" log -1 --format=%s "$(commit_with fm-cars "$version")")" = "takes $version" ]
    done
    echo "-- as it was before it took the next one"
    echo later >"$ROOT/fm-cars/later"
    git -C "$ROOT" add -A
    git -C "$ROOT" -c user.name=x -c user.email=x@example commit -q -m "still 0.3.1"
    [ "$(git -C "$ROOT" log -1 --format=%s "$(commit_with fm-cars 0.3.1)")" = "still 0.3.1" ]
    not commit_with fm-cars 0.3.2
    not commit_with fm-image 0.3.1
}

without_a_history_there_is_no_earlier_program_and_that_is_said() {
    history 0.3.0 0.3.1
    git clone -q --depth 1 "file://$ROOT" "$scratch/shallow"
    ROOT=$scratch/shallow
    commit_with fm-cars 0.3.1
    not commit_with fm-cars 0.3.0
    fails_saying "git fetch --unshallow" older_program fm-cars 0.3.0 "$scratch/older"
    rm -rf "$ROOT/.git"
    not commit_with fm-cars 0.3.1
}

the_versions_before_the_present_one_are_counted_as_numbers() {
    history 0.3.10
    REGISTRY=$scratch/registry
    mkdir "$REGISTRY"
    for version in 0.3.9 0.3.10 0.3.11 0.2.4; do touch "$REGISTRY/fm-sdk-$version.crate" "$REGISTRY/fm-sdk-testing-$version.crate"; done
    [ "$(earlier_versions 2 | tr '\n' ' ')" = "0.3.9 0.2.4 " ]
}

a_journey_is_left_out_where_its_service_is_of_an_earlier_version_only() {
    [ "$(unmade_journeys 0.2.1 fm-tracker fm-profile)" = "journey::two_tabs_that_use_one_refresh_token_get_the_same_successor" ]
    [ -z "$(unmade_journeys 0.2.2 fm-profile)" ]
    [ -z "$(unmade_journeys 0.2.10 fm-profile)" ]
    [ -z "$(unmade_journeys 0.2.1 fm-tracker fm-cars)" ]
    echo "-- and the market tests have it"
    for row in "${NEW_JOURNEYS[@]}"; do
        read -r _ _ test <<<"$row"
        grep -q "^fn ${test#journey::}()" "$scripts/../funny-market-compose/market-tests/tests/market/journey.rs"
    done
}

fields_are_absent_where_their_service_is_of_an_earlier_version_only() {
    [ "$(absent_fields 0.3.6 fm-cars fm-profile)" = email_confirmed ]
    [ -z "$(absent_fields 0.3.7 fm-profile)" ]
    [ -z "$(absent_fields 0.3.6 fm-cars)" ]
    echo "-- and the tour shows them"
    for row in "${NEW_FIELDS[@]}"; do grep -qE "^ +\"${row##* }\":" "$scripts/../README.md"; done
}

unrouted_events_are_allowed_beside_versions_that_bind_to_one_exchange() {
    binds_to_one_exchange 0.2.0
    binds_to_one_exchange 0.2.3
    not binds_to_one_exchange 0.2.4
    not binds_to_one_exchange 0.3.10
}
