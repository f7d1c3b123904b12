# shellcheck shell=bash
# What makes a folder a repository that can stand alone.

# verify_whole REPOSITORY: prints what is missing or ties it to its neighbours; fails when there is something.
verify_whole() {
    local repository=$1 folder=$ROOT/$1 file member members status=0
    for file in Cargo.toml Cargo.lock README.md CHANGELOG.md debian-packages; do
        [ -f "$folder/$file" ] || { warn "$repository has no $file" && status=1; }
    done
    mapfile -t members < <(members_of "$repository")
    if (cd "$ROOT" && grep -nHE '^\[patch|"\.\./' "$repository/Cargo.toml" "${members[@]/%//Cargo.toml}") >&2; then
        warn "$repository/Cargo.toml: a repository stands alone (no patch, no path to a neighbour)"
        status=1
    fi
    for member in "${members[@]}"; do
        grep -qzP '\[lints\]\nworkspace = true\n' "$ROOT/$member/Cargo.toml" || { warn "$member/Cargo.toml lacks the lints of its workspace" && status=1; }
    done
    if [ "$repository" != fm-sdk ] && grep -q '^name = "fm-sdk"$' "$folder/Cargo.lock" &&
        ! grep -A 3 '^name = "fm-sdk"$' "$folder/Cargo.lock" | grep -q '^checksum'; then
        warn "$repository/Cargo.lock names fm-sdk without source and checksum"
        status=1
    fi
    for file in 'unsafe_code = "forbid"' 'unwrap_used = "deny"' 'expect_used = "deny"' 'todo = "deny"' 'dbg_macro = "deny"' 'debug = "line-tables-only"'; do
        grep -qF "$file" "$folder/Cargo.toml" || { warn "$repository/Cargo.toml lacks: $file" && status=1; }
    done
    return $status
}
