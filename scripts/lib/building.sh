# shellcheck shell=bash
# Building the services' programs.

# build_services PROFILE: PROFILE is dev or release. Quiet when there is nothing to do.
build_services() {
    local service flags=(--locked --quiet) folder=debug
    [ "$1" != release ] || { flags+=(--release) && folder=release; }
    remember places profile "$folder"
    for service in $(services); do
        [ -x "$(program_of "$service")" ] || say "building $service (the first time takes minutes)"
        (cd "$ROOT/$service" && CARGO_TARGET_DIR=$(target_folder) cargo build "${flags[@]}") || die "$service cannot be built"
    done
}
