# shellcheck shell=bash
# The stages of scripts/test.

# Output that is read later, in a file.
plainly() { CARGO_TERM_COLOR=never TERM=dumb in_repository "$@"; }
ci_part() { plainly "$1" ./ci "$2"; }
export -f plainly ci_part

stage_scripts() {
    heading "scripts and what repositories share"
    check "template and dependencies" "$ROOT/scripts/sync-template" --check
    check "contracts lie with their providers" "$ROOT/scripts/contracts" --check
    check "the published types are those of the messages" "$ROOT/scripts/publish-types" --check
    tests "published documents" valid_documents "$ROOT"/fm-*/schemas/{asyncapi,openapi}.json "$ROOT"/scripts/template/new-service/schemas/*.json
    mapfile -t shell_files < <(cd "$ROOT" && git ls-files -- scripts .ci funny-market-compose '*/ci' | while read -r file; do
        if [ -f "$file" ] && head -n 1 "$file" | grep -qE '^#!.*bash|shellcheck shell=bash'; then printf '%s\n' "$ROOT/$file"; fi
    done)
    check "shellcheck" shellcheck -x "${shell_files[@]}"
    tests "scripts" "$ROOT/scripts/tests/run"
}

# valid_documents FILE...: AsyncAPI and OpenAPI documents, by the official schemas.
valid_documents() { "$ROOT/funny-market-compose/schema-tests/run" "$ROOT/.dev/npm/schema-tests" "$@"; }
# served_documents FOLDER: those that the gateway of a market makes of the services'; FOLDER keeps them.
served_documents() {
    local kind
    for kind in asyncapi openapi; do curl -fsS -m 20 "$FM_MARKET_GATEWAY/api/$kind.json" >"$1/$kind.json" || return; done
    valid_documents "$1"/{asyncapi,openapi}.json
}
export -f valid_documents served_documents

stage_compose() {
    heading "compose.yaml"
    check "compose.yaml" "$ROOT/funny-market-compose/check-compose"
    check "alerts and dashboards" "$ROOT/funny-market-compose/monitoring/check"
}

# each_repository PART: format, lints or docs of every one.
each_repository() {
    local repository
    heading "$1"
    for repository in $(repositories); do check "$1 of $repository" bash -c 'ci_part "$@"' _ "$repository" "$1"; done
}
stage_format() { each_repository format; }
stage_lints() {
    local repository
    each_repository lints
    heading "import cycles"
    for repository in fm-sdk fm-gateway fm-web; do
        check "import cycles of $repository" plainly funny-market-compose cargo run --quiet --locked -p import-cycles -- "$ROOT/$repository"
    done
}
stage_docs() {
    each_repository docs
    need_mdbook
    check "the guide of fm-sdk as a book" render_book "$ROOT/fm-sdk" "$OUTPUT/guide"
}

# What we ship: licences, banned crates and sources of all; and what each program is made of.
stage_licences() {
    local name
    heading "licences, bans, sources"
    need_cargo_tools
    for name in $(repositories); do check "licences of $name" bash -c 'ci_part "$@"' _ "$name" licences; done
    for name in $(services); do
        check "bill of materials of $name" write_sbom "$name" "$OUTPUT/$name.cdx.json"
        check "what is in the bill of materials of $name" verify_sbom "$name" "$OUTPUT/$name.cdx.json"
    done
}

# As its ./ci does.
cargo_test_of() {
    if [ "$1" = funny-market-compose ]; then set -- "$1" --workspace "${@:2}"; else set -- "$1" --all-features "${@:2}"; fi
    plainly "$1" cargo test --locked "${@:2}"
}
export -f cargo_test_of
tests_of_repository() { cargo_tests "$1" ci_part "$1" tests --again cargo_test_of "$1"; }

# compile_beside NAME REPOSITORY...: compiles the test programs of repositories, one after the other, while the tests NAME run, in the
# processor time that they leave; `compiled_beside NAME` waits for the one that is being compiled then. Cargo lets one build at a time into
# a folder, so it begins when NAME's own build is over.
compile_beside() { PRIORITY=5 aside "programs-beside-$1" compile_while "$@"; }
compile_while() {
    local tests=$1 repository
    [ "$tests" = scripts ] ||
        until grep -qsE '^ +(Running|Doc-tests) ' "$(log_of "$tests")" "$(log_of "$tests alone")" || [ -e "$OUTPUT/$tests.over" ]; do sleep 0.2; done
    for repository in "${@:2}"; do
        [ ! -e "$OUTPUT/$repository.compiled" ] || continue
        [ ! -e "$OUTPUT/$tests.over" ] || break
        check "test programs of $repository" cargo_test_of "$repository" --no-run
        touch "$OUTPUT/$repository.compiled"
    done
}
compiled_beside() {
    touch "$OUTPUT/$1.over"
    join "programs-beside-$1"
}

# One repository, another with each commit, is built and tested as if it were alone.
stage_units() {
    local names alone i repository
    alone=$(consumer_in_turn)
    mapfile -t names < <(repositories)
    for i in "${!names[@]}"; do
        repository=${names[i]}
        heading "tests of $repository"
        # Its doc tests are compiled when they run, against an fm-sdk that the others would build anew from their own registry folder.
        if [ "$repository" = "$alone" ]; then
            stage_alone
            continue
        fi
        compile_beside "$repository" "${names[@]:i + 1}"
        tests_of_repository "$repository"
        compiled_beside "$repository"
    done
    tests "h2spec against fm-gateway" plainly fm-gateway tests/h2spec/run
    tests "demo pictures from the web client's shapes" plainly funny-market-compose cargo test -p demo-pictures --test checkout --locked
}

# A market of its own, beside any that runs here, and gone afterwards.
stage_market() {
    heading "a market to test"
    export FM_DEV_DIR=$OUTPUT/market FM_DEV_PORTS=random
    check "scripts up" env FM_RABBITMQ_METRICS=1 "$ROOT/scripts/up" --no-demo
    if [ -f "$FM_DEV_DIR/market.env" ]; then
        # shellcheck source=/dev/null
        . "$FM_DEV_DIR/market.env"
        PRIORITY=5 aside pages test_pages
        # Real ads, where they lie beside the project; the tests make their own otherwise.
        [ ! -f "$ROOT/../shared/data/ads.csv" ] || export FM_MARKET_ADS=$ROOT/../shared/data/ads.csv
        market_tests "the running market" market elasticity
        market_tests "the load generator" load
        market_tests "forged identities" identity
        market_tests "working on one service" dev
        market_tests "services that start early" starting
        market_tests "dead letters" dead_letters
        FM_CHECKED_TARGET=$(checked_folder) market_tests "a new service in the market" new_service
        market_tests "deleted accounts" deletion
        # The faults that take little time; scripts/alerts makes all of them.
        market_tests "monitoring" monitoring
        tests "documents of the market" served_documents "$OUTPUT"
        tests "what the API description promises" "$ROOT/funny-market-compose/api-tests/run" "$ROOT/.dev/api-tests"
        market_tests "the demo" demo
        market_tests "backup and restore" backup
        market_tests "real ads" import
        join pages
        cp -r "$FM_DEV_DIR/logs" "$OUTPUT/market-logs"
    fi
    check "scripts down" "$ROOT/scripts/down" --wipe
    unset FM_DEV_DIR FM_DEV_PORTS
}

# What people see, in a browser: in another market, where nothing is stopped or killed.
test_pages() {
    export FM_DEV_DIR=$OUTPUT/pages
    check "scripts up, for a browser" "$ROOT/scripts/up" --no-demo --no-build
    if [ -f "$FM_DEV_DIR/market.env" ]; then
        # shellcheck source=/dev/null
        . "$FM_DEV_DIR/market.env"
        parts_of "the market in a browser" env FM_NPM_DIR="$ROOT/.dev/npm/fm-web" "$ROOT/fm-web/tests/browser/run" "$FM_MARKET_GATEWAY" "$OUTPUT/screenshots"
        tests "the dashboard in a browser" env FM_NPM_DIR="$ROOT/.dev/npm/fm-gateway" FM_GATEWAY_PROGRAM="$(target_folder)/debug/fm-gateway" \
            "$ROOT/fm-gateway/tests/browser/run" "$FM_MARKET_GATEWAY_ADMIN" "$(cat "$FM_DEV_DIR/data/fm-gateway/admin-password" || printf reset)" "$OUTPUT/screenshots/dashboard" story screens
        cp -r "$FM_DEV_DIR/logs" "$OUTPUT/market-logs-browser"
    fi
    check "scripts down, after the browser" "$ROOT/scripts/down" --wipe
}

# What users do, and one deletion that has to wait, once more where the documents are in MongoDB; with few ads.
stage_mongodb() {
    heading "a market on MongoDB"
    export FM_DEV_DIR=$OUTPUT/mongodb FM_DEV_PORTS=random FM_STORE=mongodb
    check "scripts up, on MongoDB" "$ROOT/scripts/up" --no-demo
    if [ -f "$FM_DEV_DIR/market.env" ]; then
        # shellcheck source=/dev/null
        . "$FM_DEV_DIR/market.env"
        unset FM_MARKET_ADS
        market_tests "the running market, on MongoDB" market import
        market_tests "a deleted account, on MongoDB" deletion -- stopped
        cp -r "$FM_DEV_DIR/logs" "$OUTPUT/market-logs-mongodb"
    fi
    check "scripts down, on MongoDB" "$ROOT/scripts/down" --wipe
    unset FM_DEV_DIR FM_DEV_PORTS FM_STORE
}

# Another market of its own: each part of it is killed, stopped or cut off while people trade in it.
stage_chaos() {
    heading "a market that is broken part by part"
    tests "chaos" env FM_CHAOS_DIR="$OUTPUT/chaos" "$ROOT/scripts/chaos" --quick
}

# And one in which a service is of the version of fm-sdk before the present one. A shallow clone has no earlier programs.
stage_versions() {
    local version
    version=$(earlier_versions 1)
    heading "a market of two versions"
    if ! commit_with fm-tracker "$version" >/dev/null; then
        heading "NOT RUN: the history here is too short to have fm-tracker with fm-sdk $version (git fetch --unshallow)"
        return
    fi
    tests "fm-sdk $version in a market" env FM_MIXED_DIR="$OUTPUT/mixed" "$ROOT/scripts/mixed" --quick
}

need_engine() { docker info >/dev/null 2>&1 || { need_containers && install_missing; }; }

# What stands on no program of ours: the images of the infrastructure, and the whole Dockerfile of one service, another with each commit,
# which compiles everything again.
make_images() {
    local services
    heading "images"
    mapfile -t services < <(services)
    need_engine
    if ! "$ROOT/funny-market-compose/container-tests/run" --check "$ROOT/.dev/containers" >"$(log_of images)" 2>&1; then
        # shellcheck disable=SC2154 # scripts/test sets it
        [ -z "$every_stage" ] || { heading "NOT RUN: this machine lets no container start: $(tail -n 1 "$(log_of images)")" && return; }
    fi
    need_cargo_tools
    tests "images" "$ROOT/funny-market-compose/container-tests/run" --images "$ROOT/.dev/containers" "$(one_in_turn "${services[@]}")"
    touch "$OUTPUT/images.made"
}

# The whole market in containers, from compose.yaml. The programs are those that the other stages have built.
stage_containers() {
    local services
    [ -n "$every_stage" ] || make_images
    [ -e "$OUTPUT/images.made" ] || return 0
    heading "a market in containers"
    mapfile -t services < <(services)
    # shellcheck disable=SC2016 # expanded by the shell that runs it
    check "programs for the containers" bash -c 'for service; do plainly "$service" cargo build --locked --quiet || exit; done' _ "${services[@]}"
    tests "containers" "$ROOT/funny-market-compose/container-tests/run" "$ROOT/.dev/containers" "$(target_folder)/debug"
}

# in_market_tests NAME... [-- FILTER]: folders of market-tests/tests, one after the other.
in_market_tests() {
    local words=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        words+=(--test "$1")
        shift
    done
    plainly funny-market-compose cargo test --workspace --features market-tests/running-market --locked --no-fail-fast "${words[@]}" "$@"
}
export -f in_market_tests
market_tests() { cargo_tests "$1" in_market_tests "${@:2}" --again cargo_test_of funny-market-compose --features market-tests/running-market; }

# one_in_turn NAME...: another one with each commit, so that all are proved in turn.
one_in_turn() {
    local number names=("$@")
    number=$(git -C "$ROOT" rev-list --count HEAD 2>/dev/null || date +%j)
    printf '%s' "${names[$((10#$number % ${#names[@]}))]}"
}

consumer_in_turn() {
    local consumers
    mapfile -t consumers < <(consumers)
    one_in_turn "${consumers[@]:-fm-sdk}"
}

stage_alone() {
    local chosen
    chosen=$(consumer_in_turn)
    # Format, lints, documentation and licences do not depend on what lies beside it.
    cargo_tests "$chosen alone" "$ROOT/scripts/ci" --shared-target "$chosen" tests --again cargo_test_of "$chosen"
}

# What reads the sources only, in a target folder of its own: cargo lets one build at a time into each.
checked_folder() { printf '%s/checked' "$(target_folder)"; }
check_sources() {
    CARGO_TARGET_DIR=$(checked_folder)
    export CARGO_TARGET_DIR
    stage_lints
    stage_docs
    stage_licences
}

# Markets of processes, while a market in containers starts, stops and waits for its health checks.
other_markets() {
    stage_mongodb
    stage_chaos
    stage_versions
}

# All stages. Tests wait for servers and browsers much of the time; meanwhile sources are checked and images made.
all_stages() {
    need_engine
    stage_compose
    stage_format
    aside sources check_sources
    aside images-and-dockerfile make_images
    compile_beside scripts fm-sdk
    stage_scripts
    compiled_beside scripts
    stage_units
    stage_market
    join sources
    join images-and-dockerfile
    PRIORITY=5 aside other-markets other_markets
    stage_containers
    join other-markets
}
