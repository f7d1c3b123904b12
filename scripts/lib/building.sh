# shellcheck shell=bash
# Building the services' programs.

# build_services PROFILE [SERVICE]...: PROFILE is dev or release; all services unless some are named. Quiet when there is nothing to do.
build_services() {
    local service chosen flags=(--locked --quiet) folder=debug
    [ "$1" != release ] || { flags+=(--release) && folder=release; }
    remember places profile "$folder"
    chosen=("${@:2}")
    [ $# -gt 1 ] || mapfile -t chosen < <(services)
    for service in "${chosen[@]}"; do
        [ -x "$(program_of "$service")" ] || say "building $service (the first time takes minutes)"
        (cd "$ROOT/$service" && CARGO_TARGET_DIR=$(target_folder) cargo build "${flags[@]}") || die "$service cannot be built"
    done
}
