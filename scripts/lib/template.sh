# shellcheck shell=bash
# Files that are equal in every repository. `template/all` goes to each, `template/repository` to those with one crate,
# `template/consumer` to those that know the registry beside them, `template/service` to the services; @NAME@ becomes the repository's name. (`template/new-service` is what scripts/new-service starts a repository with.)

TEMPLATE=$ROOT/scripts/template

# sets_of REPOSITORY: which parts of the template it gets.
sets_of() {
    case $1 in
        funny-market-compose) printf 'all\n' ;;
        fm-sdk | fm-types) printf 'all\nrepository\nconsumer\n' ;;
        *) printf 'all\nrepository\nconsumer\nservice\n' ;;
    esac
}

# template_files REPOSITORY: prints "SET/PATH<tab>PATH" for each of its files.
template_files() {
    local set
    for set in $(sets_of "$1"); do
        (cd "$TEMPLATE/$set" && find . -type f -printf "$set/%P\t%P\n")
    done
    return 0
}

rendered() { sed "s/@NAME@/${2##*/}/g" "$TEMPLATE/$1"; }

# spread_template REPOSITORY [PARENT]: PARENT is where the repository lies, if not in this checkout.
spread_template() {
    local repository=$1 parent=${2:-$ROOT} source path target
    while IFS=$'\t' read -r source path; do
        target=$parent/$repository/$path
        if ! rendered "$source" "$repository" | cmp -s - "$target"; then
            mkdir -p "$(dirname "$target")"
            rendered "$source" "$repository" >"$target"
            say "$repository/$path written"
        fi
        [ ! -x "$TEMPLATE/$source" ] || chmod +x "$target"
    done < <(template_files "$repository")
}

# Prints each difference; fails when there is one.
verify_template() {
    local repository=$1 source path target status=0
    while IFS=$'\t' read -r source path; do
        target=$ROOT/$repository/$path
        if ! rendered "$source" "$repository" | cmp -s - "$target"; then
            warn "$repository/$path differs from scripts/template/$source"
            status=1
        elif [ -x "$TEMPLATE/$source" ] && [ ! -x "$target" ]; then
            warn "$repository/$path is not executable"
            status=1
        fi
    done < <(template_files "$repository")
    return $status
}
