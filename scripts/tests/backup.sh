# shellcheck shell=bash
a_backup_is_one_moment_and_becomes_another_market() {
    small_market
    scripts/up
    scripts/scale fm-cars 2
    running=$(pids | cut -d' ' -f1)
    mkdir -p "$FM_DEV_DIR/data/fm-cars" "$FM_DEV_DIR/files"
    echo documents >"$FM_DEV_DIR/data/fm-cars/store.db"
    echo pixels >"$FM_DEV_DIR/files/picture"
    curl -fsS "$(etcd_url)/v3/kv/put" -d '{"key":"a2V5","value":"dmFsdWU="}'
    admin_password >"$scratch/password"

    scripts/backup "$scratch/market.tar.gz"
    [ "$(stat -c %a "$scratch/market.tar.gz")" = 600 ]
    [ "$(pids | cut -d' ' -f1)" = "$running" ]
    fails_saying "is there already" scripts/backup "$scratch/market.tar.gz"
    fails_saying "there is a market" scripts/restore "$scratch/market.tar.gz"

    echo "-- beside the first one, on ports of its own"
    export FM_DEV_DIR=$scratch/second
    scripts/restore "$scratch/market.tar.gz"
    trap 'for dir in dev second; do FM_DEV_DIR=$scratch/$dir "$scratch/checkout/scripts/down" --wipe >/dev/null; done' EXIT
    scripts/up
    DEV=$FM_DEV_DIR
    curl -fsS "$(etcd_url)/v3/kv/range" -d '{"key":"a2V5"}' | grep dmFsdWU=
    [ "$(cat "$DEV/data/fm-cars/store.db" "$DEV/files/picture")" = $'documents\npixels' ]
    admin_password | cmp - "$scratch/password"
    [ "$(FM_DEV_DIR=$scratch/dev pids | cut -d' ' -f1)" = "$running" ]

    echo "-- a market that is down stays down"
    scripts/down
    scripts/backup "$scratch/second.tar"
    [ -z "$(pids)" ]
}

a_backup_refuses_a_market_of_which_it_would_have_a_part() {
    backup=$scripts/backup
    fails_saying "no market" "$backup" "$scratch/file"
    mkdir -p "$FM_DEV_DIR/data/fm-cars"
    fails_saying "into which file" "$backup"
    fails_saying "no folder" "$backup" "$scratch/none/file"
    fails_saying "in mongodb://db.example/" env FM_STORE=mongodb://user:secret@db.example/ "$backup" "$scratch/file"
    fails_saying "in s3://pictures" env FM_FILES=s3://pictures "$backup" "$scratch/file"
    not test -e "$scratch/file"
}

restoring_an_incomplete_backup_leaves_nothing_behind() {
    restore=$scripts/restore
    fails_saying "no file" "$restore" "$scratch/none"
    echo text >"$scratch/text"
    head -c 10240 /dev/zero >"$scratch/empty.tar"
    mkdir -p "$scratch/other/etcd"
    tar -czf "$scratch/other.tar.gz" -C "$scratch" other
    head -c 60 "$scratch/other.tar.gz" >"$scratch/cut.tar.gz"
    for file in text cut.tar.gz; do fails_saying "no whole backup" "$restore" "$scratch/$file"; done
    for file in empty.tar other.tar.gz; do fails_saying "no backup of a market" "$restore" "$scratch/$file"; done
    [ -z "$(ls -A "$FM_DEV_DIR")" ]
}
