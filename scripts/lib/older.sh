# shellcheck shell=bash
# Programs of earlier versions of fm-sdk, built from the sources that took them.

# published: every version of fm-sdk in the registry, oldest first.
published() { find "$REGISTRY" -maxdepth 1 -name 'fm-sdk-[0-9]*.crate' -printf '%f\n' | sed 's/^fm-sdk-\(.*\)\.crate$/\1/' | sort -V; }

# sdk_in: which version of fm-sdk a Cargo.lock on the standard input names.
sdk_in() { sed -n '/^name = "fm-sdk"$/{n;s/^version = "\(.*\)"$/\1/p}'; }

# earlier_versions NUMBER: the last ones before that which services take now, the latest first.
earlier_versions() {
    local now
    now=$(sdk_in <"$ROOT/fm-cars/Cargo.lock")
    published | while read -r version; do if older "$version" "$now"; then printf '%s\n' "$version"; fi; done | tail -n "$1" | tac
}

# commit_with SERVICE VERSION: the last commit at which the Cargo.lock of that service named this version; fails where there is none. A shallow
# clone knows no more than what it was cloned with.
commit_with() {
    local commit later=''
    for commit in $(git -C "$ROOT" log --format=%H -- "$1/Cargo.lock" 2>/dev/null); do
        if [ "$(git -C "$ROOT" show "$commit:$1/Cargo.lock" 2>/dev/null | sdk_in)" = "$2" ]; then
            git -C "$ROOT" rev-parse --verify --quiet "${later:-HEAD}"
            return
        fi
        later=$commit^
    done
    return 1
}

# older_program SERVICE VERSION FOLDER: builds a service as it was with this version of fm-sdk; prints where the program is. What cargo
# compiles for it and for the present programs is compiled once: only the results lie apart.
older_program() {
    local service=$1 version=$2 folder=$3/$2 commit
    commit=$(commit_with "$service" "$version") || die "no commit here has $service with fm-sdk $version: earlier programs are built from the
history of the checkout, and this one has none, or too little (git fetch --unshallow)"
    rm -rf "${folder:?}/$service"
    mkdir -p "$folder"
    git -C "$ROOT" archive "$commit" "$service" | tar -x -C "$folder"
    CARGO_BUILD_BUILD_DIR=$(target_folder) CARGO_TARGET_DIR=$folder/programs \
        cargo_published "$folder/$service" build --locked --quiet >&2 || die "$service of $(git -C "$ROOT" log -1 --format=%h "$commit") cannot be built"
    # A program names the sources of what can panic in it.
    grep -qaF "fm-sdk-$version/src/" "$folder/programs/debug/$service" || die "$service was not built with fm-sdk $version"
    printf '%s/programs/debug/%s' "$folder" "$service"
}

# Journeys of the market tests that a service makes since it took a version of fm-sdk: SERVICE, VERSION, test.
NEW_JOURNEYS=('fm-profile 0.2.2 journey::two_tabs_that_use_one_refresh_token_get_the_same_successor')

# Fields of answers that the tour shows and that a service has since it took a version of fm-sdk: SERVICE, VERSION, field.
NEW_FIELDS=('fm-profile 0.3.7 email_confirmed')

# newer_than VERSION SERVICE... -- ROW...: the third word of each row whose service is among these and had not got there with that version.
newer_than() {
    local version=$1 services=() service since what row
    shift
    while [ "$1" != -- ]; do services+=("$1") && shift; done
    shift
    for row in "$@"; do
        read -r service since what <<<"$row"
        if [[ " ${services[*]} " == *" $service "* ]] && older "$version" "$since"; then printf '%s\n' "$what"; fi
    done
}

# unmade_journeys VERSION SERVICE...: those that these do not make where they are of that version.
unmade_journeys() { newer_than "$@" -- "${NEW_JOURNEYS[@]}"; }

# absent_fields VERSION SERVICE...: those that answers of these do not have where they are of that version.
absent_fields() { newer_than "$@" -- "${NEW_FIELDS[@]}"; }

# binds_to_one_exchange VERSION: the queues of its programs are bound to fm.events and not to fm.events.backup (docs/adr/0022), so a copy of what only
# they take is kept in fm.unrouted.
binds_to_one_exchange() { older "$1" 0.2.4; }
