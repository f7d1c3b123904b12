# shellcheck shell=bash
# What the demo's program, and the benchmarks that use it, must be told.

# Pictures are drawn from the web client's shapes, and kept beside the programs.
# shellcheck disable=SC2034 # the script that loads this reads it
DEMO_PICTURES=(--shapes "$ROOT/fm-web/assets/cars.svg" --pictures "$(target_folder)/demo-pictures")

demo_password() { made_password demo_password demo; }

# Exports the passwords of the market's administrator and of the demo's people: in the environment no process list shows them.
demo_secrets() {
    FM_DEMO_PASSWORD=$(demo_password) FM_DEMO_ADMIN_PASSWORD=$(admin_password)
    export FM_DEMO_PASSWORD FM_DEMO_ADMIN_PASSWORD FM_DEMO_ADMIN_EMAIL=$ADMIN_EMAIL
}
