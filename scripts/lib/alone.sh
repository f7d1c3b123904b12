# shellcheck shell=bash
# A repository without its neighbours.

# copy_alone REPOSITORY FOLDER: what git would commit of it, and the registry folder beside it.
copy_alone() {
    local repository=$1 folder=$2
    mkdir -p "$folder/$repository"
    (cd "$ROOT/$repository" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done | tar --null -cf - -T -) | tar -xf - -C "$folder/$repository"
    [ "$repository" = funny-market-compose ] || { mkdir "$folder/funny-market-compose" && cp -r "$REGISTRY" "$folder/funny-market-compose/registry"; }
}

# check_alone REPOSITORY TARGET [PART]...: TARGET is empty for a target folder of its own. A subshell: it cleans up after itself.
check_alone() (
    repository=$1 target=$2
    shift 2
    folder=$(mktemp -d "${TMPDIR:-/tmp}/alone.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    copy_alone "$repository" "$folder"
    before=$(sha256sum <"$folder/$repository/Cargo.lock")
    cd "$folder/$repository" || exit 1
    CARGO_TARGET_DIR=${target:-$folder/target} CARGO_TERM_COLOR=never ./ci "$@" || exit 1
    [ "$before" = "$(sha256sum <Cargo.lock)" ] || { warn "$repository: Cargo.lock changed" && exit 1; }
)
