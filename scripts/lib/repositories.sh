# shellcheck shell=bash
# The repositories that lie beside each other in this checkout.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
REGISTRY=$ROOT/funny-market-compose/registry

# In the order in which they start: who verifies tokens needs fm-profile's keys, who routes needs upstreams.
SERVICES=(fm-profile fm-cars fm-image fm-tracker fm-gateway fm-web)

# Services that somebody added (scripts/new-service): programs that stand on fm-sdk. They come last, in order of name.
for path in "$ROOT"/fm-*/src/main.rs; do
    name=${path#"$ROOT"/} name=${name%%/*}
    if [[ " ${SERVICES[*]} " != *" $name "* ]] && grep -qs '^fm-sdk = ' "$ROOT/$name/Cargo.toml"; then SERVICES+=("$name"); fi
done
unset path name

# Services that there are: folders with a program.
services() {
    local name
    for name in "${SERVICES[@]}"; do
        [ ! -f "$ROOT/$name/src/main.rs" ] || printf '%s\n' "$name"
    done
}

# Every repository with crates, those that others take from the registry first, relative to the checkout. That of funny-market-compose is a
# workspace of several.
repositories() {
    local folder
    for folder in fm-sdk fm-types "${SERVICES[@]}" funny-market-compose; do
        [ ! -f "$ROOT/$folder/Cargo.toml" ] || printf '%s\n' "$folder"
    done
}

# members_of REPOSITORY: the folders of its workspace, one a line; none where it is a single crate.
members_of() {
    local member
    for member in $(sed -n 's/^members = \[\(.*\)\]$/\1/p' "$ROOT/$1/Cargo.toml" | tr -d '",'); do printf '%s/%s\n' "$1" "$member"; done
}

# Repositories that take fm-sdk from the registry.
consumers() {
    local folder
    for folder in $(repositories); do
        ! grep -q '^fm-sdk = .*registry' "$ROOT/$folder/Cargo.toml" || printf '%s\n' "$folder"
    done
}

# cargo_published FOLDER ARGUMENT...: FOLDER is relative to the checkout, or absolute. Runs cargo with nothing but the published
# registry in its configuration: a live SDK has no say here.
cargo_published() {
    local folder=$1 empty status=0
    shift
    [[ $folder == /* ]] || folder=$ROOT/$folder
    empty=$(mktemp -d)
    mkdir "$empty/.cargo"
    grep -v '^include' "$ROOT/.cargo/config.toml" |
        sed -e "s|\"funny-market-compose/registry\"|\"$REGISTRY\"|" -e "s|target-dir = .*|target-dir = \"$ROOT/target\"|" >"$empty/.cargo/config.toml"
    (cd "$empty" && cargo "$@" --manifest-path "$folder/Cargo.toml") || status=$?
    rm -rf "$empty"
    return $status
}
