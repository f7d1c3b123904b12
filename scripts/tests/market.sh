# shellcheck shell=bash
# A checkout whose services are programs of 20 lines that answer 200 to everything, over a real etcd and RabbitMQ.
small_service() {
    mkdir -p "$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\nrust-version = "1.85"\n' "${1##*/}" >"$1/Cargo.toml"
    cat >"$1/src/main.rs" <<'RUST'
use std::{env, io::{Read, Write}, net::TcpListener};
fn main() {
    if let Ok(why) = env::var("FM_FAIL") { println!("cannot work: {why}"); std::process::exit(1) }
    for socket in TcpListener::bind(env::var("FM_HTTP").unwrap()).unwrap().incoming() {
        let mut socket = socket.unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
    }
}
RUST
    (cd "$1" && cargo generate-lockfile --quiet --offline)
}

small_market() {
    tiny_checkout "$scratch/checkout"
    export CARGO_TARGET_DIR=$scratch/target
    for name in fm-cars fm-tracker; do small_service "$scratch/checkout/$name"; done
    # Files of the broker's user lie under $scratch.
    chmod 755 "$scratch"
    cd "$scratch/checkout"
    trap '"$scratch/checkout/scripts/down" --wipe >/dev/null' EXIT
}

rabbitmqctl_of_market() (
    . scripts/lib/all.sh
    mapfile -t environment < <(rabbitmq_environment "$(rabbitmq_home)")
    as_broker env -i "${environment[@]}" "${RABBITMQ_SERVER%/*}/rabbitmqctl" --quiet "$@"
)

pids() { scripts/status | awk '$3 ~ /^[0-9]+$/ && $1 != "total" { print $1, $2 }'; }

a_market_starts_scales_and_leaves_no_process() {
    small_market
    scripts/up
    scripts/status | grep -E 'fm-cars .* ready'
    before=$(pids)
    [ "$(wc -l <<<"$before")" = 5 ]

    echo "-- no queue of the market grows without end"
    rabbitmqctl_of_market list_policies | grep -E 'fm-limits.*reject-publish'

    echo "-- up again changes nothing"
    ports=$(cat "$FM_DEV_DIR/ports")
    scripts/up
    [ "$(pids)" = "$before" ]
    [ "$(cat "$FM_DEV_DIR/ports")" = "$ports" ]

    echo "-- what was built anew is started again, and nothing else"
    echo '// changed: the program is another' >>fm-cars/src/main.rs
    sed -i 's/content-length: 2/content-length: 02/' fm-cars/src/main.rs
    scripts/up
    [ "$(pids | grep -v fm-cars)" = "$(grep -v fm-cars <<<"$before")" ]
    not test "$(pids | grep fm-cars)" = "$(grep fm-cars <<<"$before")"

    echo "-- more copies, fewer copies"
    scripts/scale fm-cars 3
    [ "$(pids | grep -c fm-cars)" = 3 ]
    scripts/scale fm-cars 1
    [ "$(pids | grep -c fm-cars)" = 1 ]

    echo "-- a restart changes every process and leaves as many; where there is only one another stands in for it"
    before=$(pids)
    scripts/restart fm-cars | grep "fm-cars restarted"
    [ "$(pids | grep -c fm-cars)" = 1 ]
    not test "$(pids | grep fm-cars)" = "$(grep fm-cars <<<"$before")"
    [ "$(pids | grep -v fm-cars)" = "$(grep -v fm-cars <<<"$before")" ]
    fails_saying "'fm-image' does not run" scripts/restart fm-image

    echo "-- one that was killed comes back by up"
    kill -KILL "$(pid_of fm-tracker)"
    fails_saying ended scripts/status
    scripts/up
    scripts/status

    echo "-- down ends them all, and what they knew is there at the next start"
    known=$(pids | cut -d' ' -f2)
    curl -fsS "$(etcd_url)/v3/kv/put" -d '{"key":"a2V5","value":"dmFsdWU="}'
    scripts/down
    for pid in $known; do not start_time "$pid"; done
    scripts/up
    curl -fsS "$(etcd_url)/v3/kv/range" -d '{"key":"a2V5"}' | grep dmFsdWU=
}

a_service_that_cannot_start_is_named_with_its_last_words() {
    small_market
    fails_saying "cannot work: no reason" env FM_FAIL="no reason" scripts/up
}
