# shellcheck shell=bash
# The cars of the demo and their pictures.
# shellcheck disable=SC2154 # the script that loads this sets gateway

SEED=7

# make_cars: prints the demo's cars as JSON, by the options that the market at $gateway has.
make_cars() {
    local options
    options=$(call GET /api/catalogue/options | jq -c '[.items[].value]')
    jq -nRc --argjson options "$options" --argjson seed $SEED --argjson this_year "$(date +%Y)" -f "$ROOT/scripts/demo-data/cars.jq" "$ROOT/scripts/demo-data/models.tsv"
}

# draw_pictures CARS: into a folder beside the programs, which is named after all that they depend on. Prints the folder.
draw_pictures() {
    local shapes=$ROOT/fm-web/assets/cars.svg program folder
    program=$(build_tool demo-pictures dev)
    folder=$(target_folder)/demo-pictures/$(cat "$program" "$shapes" - <<<"$1" | sha256sum | cut -c 1-16)
    if [ ! -d "$folder" ]; then
        mkdir -p "$folder.new"
        "$program" --shapes "$shapes" --folder "$folder.new" --seed $SEED <<<"$1" || die "the pictures cannot be drawn"
        mv "$folder.new" "$folder"
    fi
    printf '%s' "$folder"
}
