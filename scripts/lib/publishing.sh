# shellcheck shell=bash
# Crates into the registry folder of funny-market-compose.

# What this run has added.
published=()

# index_of NAME: the file with a line per version, where cargo looks for it.
index_of() { printf '%s/index/%s/%s/%s' "$REGISTRY" "${1:0:2}" "${1:2:2}" "$1"; }

is_published() {
    [ -e "$REGISTRY/$1-$2.crate" ] || { [ -s "$(index_of "$1")" ] && jq -e --arg v "$2" 'select(.vers == $v)' "$(index_of "$1")" >/dev/null; }
}

# version_of MANIFEST: of its package.
version_of() { sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' "$1"; }

# next_version VERSION PART: PART is `bump` for the next patch version, `breaking` for the next minor one, or empty.
next_version() {
    local major minor patch
    IFS=. read -r major minor patch <<<"$1"
    case $2 in
        bump) printf '%s' "$major.$minor.$((patch + 1))" ;;
        breaking) printf '%s' "$major.$((minor + 1)).0" ;;
        *) printf '%s' "$1" ;;
    esac
}

# publish_crate FOLDER NAME VERSION [OPTION OF CARGO PACKAGE]...
publish_crate() {
    local folder=$1 name=$2 version=$3 target=${CARGO_TARGET_DIR:-$ROOT/target} crate cksum line
    shift 3
    mkdir -p "$(dirname "$(index_of "$name")")"
    [ -e "$REGISTRY/index/config.json" ] ||
        printf '{ "dl": "https://registry.funny-market.example/{crate}-{version}.crate" }\n' >"$REGISTRY/index/config.json"
    say "packing $name $version"
    crate=$target/package/$name-$version.crate
    rm -f "$crate"
    (cd "$folder" && CARGO_TARGET_DIR=$target cargo package --quiet --allow-dirty --locked --package "$name" "$@")
    cksum=$(sha256sum "$crate" | cut -d ' ' -f 1)
    line=$(cd "$folder" && cargo metadata --no-deps --format-version 1 --locked |
        jq -c --arg cksum "$cksum" --arg name "$name" -f "$ROOT/scripts/lib/index-line.jq")
    cp "$crate" "$REGISTRY/"
    printf '%s\n' "$line" >>"$(index_of "$name")"
    published+=("$name-$version")
    say "published $name $version ($(stat -c %s "$crate") bytes, sha256 $cksum)"
}

# All or none: what was published before another one failed is taken back.
take_back() {
    local crate
    for crate in "${published[@]}"; do
        rm -f "$REGISTRY/$crate.crate"
        sed -i '$d' "$(index_of "${crate%-*}")"
    done
}
