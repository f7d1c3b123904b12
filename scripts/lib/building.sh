# shellcheck shell=bash
# Building the repositories of this checkout.

# in_repository FOLDER COMMAND...: cargo takes its settings from the folder in which it is called. Only the crate registry has one path
# for all of them: by a path of its own from each, fm-sdk would be another source and be compiled anew for every repository.
in_repository() {
    (
        cd "$ROOT/$1" || exit
        shift
        CARGO_TARGET_DIR=$(target_folder)
        # shellcheck disable=SC2317 # called by the command
        cargo() { (forget_caller && command cargo --config "source.compose-checkout.local-registry='$REGISTRY'" "$@"); }
        export CARGO_TARGET_DIR
        export -f cargo
        forget_caller
        "$@"
    )
}

# cargo gives these to the test programs that it runs. When one of them calls cargo, build scripts that ask for them (ring's) would run again,
# and what stands on them be compiled again, there and in the next build outside.
forget_caller() { unset "${!CARGO_PKG_@}" "${!CARGO_MANIFEST_@}"; }
export ROOT REGISTRY
export -f in_repository forget_caller target_folder

# build_tool NAME PROFILE: a program of funny-market-compose's workspace, with the features that dependencies have in the whole of it, so
# that nothing is compiled a second time with fewer. Prints where it is.
build_tool() {
    local flags=(--locked --quiet --workspace --bin "$1") folder=debug
    [ "$2" != release ] || { flags+=(--release) && folder=release; }
    in_repository funny-market-compose cargo build "${flags[@]}" || die "$1 cannot be built"
    printf '%s/%s/%s' "$(target_folder)" "$folder" "$1"
}

# build_services PROFILE [SERVICE]...: PROFILE is dev or release; all services unless some are named. Quiet when there is nothing to do.
build_services() {
    local service chosen flags=(--locked --quiet) folder=debug
    [ "$1" != release ] || { flags+=(--release) && folder=release; }
    remember places profile "$folder"
    remember places target "$(target_folder)"
    chosen=("${@:2}")
    [ $# -gt 1 ] || mapfile -t chosen < <(services)
    for service in "${chosen[@]}"; do
        [ -x "$(program_of "$service")" ] || say "building $service (the first time takes minutes)"
        in_repository "$service" cargo build "${flags[@]}" || die "$service cannot be built"
    done
}
