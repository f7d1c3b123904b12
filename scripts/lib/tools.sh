# shellcheck shell=bash
# Tools from crates.io, most of them subcommands of cargo: each in one version, installed once for all checkouts.

CARGO_DENY=0.20.2
# What the test tools that are written in Go ask for.
GO=1.25.4
# The images' SBOMs are made with the same one.
CARGO_CYCLONEDX=$(sed -n 's/^ARG CARGO_CYCLONEDX=//p' "$ROOT/scripts/template/service/Dockerfile")

tool_folder() { printf '%s/funny-market/%s-%s' "${XDG_CACHE_HOME:-$HOME/.cache}" "$1" "$2"; }

# install_tool CRATE VERSION [OPTION]...: unoptimised, which takes a third of the time; a folder of this name is complete.
install_tool() {
    local folder staging status=0 crate=$1 version=$2
    folder=$(tool_folder "$crate" "$version")
    shift 2
    mkdir -p "${folder%/*}"
    (
        flock 7
        [ ! -d "$folder" ] || exit 0
        say "installing $crate $version (once)"
        staging=$(mktemp -d "${folder%/*}/staging.XXXXXX")
        trap 'rm -rf "$staging"' EXIT
        cd / # a checkout's settings are not for tools
        CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_STRIP=symbols \
            CARGO_TARGET_DIR=$staging/target cargo install --quiet --locked --root "$staging/root" "$@" "$crate@$version" && mv "$staging/root" "$folder"
    ) 7>"${folder%/*}/lock" || status=$?
    [ $status = 0 ] || die "$crate $version cannot be installed from crates.io"
}

# need_cargo_tools: `cargo deny` and `cargo cyclonedx` work from here on.
need_cargo_tools() {
    install_tool cargo-deny "$CARGO_DENY"
    install_tool cargo-cyclonedx "$CARGO_CYCLONEDX"
    PATH=$(tool_folder cargo-deny "$CARGO_DENY")/bin:$(tool_folder cargo-cyclonedx "$CARGO_CYCLONEDX")/bin:$PATH
    export PATH
}

# need_go: `go` takes a module that asks for GO, from here on. From 1.21 on it fetches that toolchain by itself; an older one (Debian 12 has
# 1.19) fetches it as the module that it is, checked against Go's checksum database.
need_go() {
    local folder staging module status=0
    [ "$(printf 'go1.21\n%s\n' "$(go env GOVERSION)" | sort -V | head -n 1)" != go1.21 ] || return 0
    folder=$(tool_folder go "$GO")
    module=golang.org/toolchain@v0.0.1-go$GO.$(go env GOOS)-$(go env GOARCH)
    mkdir -p "${folder%/*}"
    (
        flock 7
        [ ! -d "$folder" ] || exit 0
        say "installing Go $GO (once)"
        staging=$(mktemp -d "${folder%/*}/staging.XXXXXX")
        trap 'rm -rf "$staging"' EXIT
        cd "$staging"
        go mod init funny-market.example/tools 2>/dev/null
        # A module keeps no permissions.
        GOPATH=$staging/path GOFLAGS="-mod=mod -modcacherw" go mod download "$module" &&
            chmod -R u+x "path/pkg/mod/$module/bin" "path/pkg/mod/$module/pkg/tool" && mv "path/pkg/mod/$module" "$folder"
    ) 7>"${folder%/*}/lock" || status=$?
    [ $status = 0 ] || die "Go $GO cannot be fetched from Go's module proxy; $(go env GOVERSION) is too old"
    export PATH=$folder/bin:$PATH
}

# write_sbom SERVICE FILE: the software bill of materials (CycloneDX, JSON) of its program, as in its image.
write_sbom() {
    in_repository "$1" cargo cyclonedx --quiet --format json --spec-version 1.5 --describe binaries --no-build-deps &&
        mv "$ROOT/$1/$1_bin.cdx.json" "$2"
}

# verify_sbom SERVICE FILE: it names all crates that cargo builds into the program, with their versions, each with its licence. (It names
# a few more, of features that are off.)
verify_sbom() {
    local wanted missing
    wanted=$(in_repository "$1" cargo tree --locked --edges normal --prefix none --format '{p}' | sed -E 's/^(\S+) v(\S+).*/\1 \2/' | grep -v "^$1 " | LC_ALL=C sort -u)
    [ -n "$wanted" ] || return 1
    missing=$(comm -23 <(printf '%s\n' "$wanted") <(jq -r '.components[] | "\(.name) \(.version)"' "$2" | LC_ALL=C sort -u))
    [ -z "$missing" ] || { warn "not in the bill of materials of $1: $missing" && return 1; }
    jq -e --arg name "$1" '.bomFormat == "CycloneDX" and .metadata.component.name == $name and (.components | length) > 0 and all(.components[]; .licenses and .purl)' "$2" >/dev/null
}
export -f write_sbom verify_sbom warn
