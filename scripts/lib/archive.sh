# shellcheck shell=bash
# A market that is down, as one file.

# What a market is, beside the broker's folder, which may lie elsewhere. The rest of its folder is of this machine and this run.
ARCHIVED=(data files mongodb secrets places ports)

# has_market: has one ever been started in this folder?
has_market() { [ -n "$(ls -A "$DEV/data" 2>/dev/null)" ]; }

# stored_here: are the documents in the market's folder?
stored_here() {
    case $(chosen_store) in
        '') ;;
        mongodb) needs_own_mongodb ;;
        *) false ;;
    esac
}

# server_of URL: without the user and the password in it.
server_of() { sed -E 's#//[^/@]*@#//#' <<<"$1"; }

# write_archive FILE: the market must be down.
write_archive() {
    local parts=() part home
    for part in "${ARCHIVED[@]}"; do [ ! -e "$DEV/$part" ] || parts+=("$part"); done
    mapfile -t -O ${#parts[@]} parts < <(etcd_nodes)
    home=$(rabbitmq_home)
    date -u +%FT%TZ >"$DEV/taken"
    (umask 077 && tar --create --auto-compress --file "$1" --directory "$DEV" taken "${parts[@]}" --directory "${home%/*}" "${home##*/}")
}

# read_archive FILE FOLDER: a file that is none, or only a part of one, ends the script.
read_archive() {
    local said
    said=$(tar --extract --file "$1" --directory "$2" 2>&1) || die "$1 is no whole backup of a market: ${said%%$'\n'*}"
    { [ -s "$2/taken" ] && [ -d "$2/data" ] && [ -d "$2/etcd" ] && [ -f "$2/places" ]; } || die "$1 is no backup of a market"
}

# place_archive FOLDER: moves what was read to where the market looks for it.
place_archive() {
    local part home
    home=$(sed -n 's/^rabbitmq=//p' "$1/places")
    [ -d "$1/${home##*/}/mnesia" ] || die "this backup has no messages"
    for part in "${ARCHIVED[@]}"; do [ ! -e "$1/$part" ] || mv -T "$1/$part" "$DEV/$part"; done
    for part in $(etcd_nodes); do mv -T "$1/$part" "$DEV/$part"; done
    # Where programs and the broker's folder were does not say where they are.
    forget places target
    forget places profile
    forget places rabbitmq
    cp -a "$1/${home##*/}/." "$(rabbitmq_home)/"
    etcd_keeps_its_ports
}

# The nodes of a cluster know each other by their ports.
etcd_keeps_its_ports() {
    local node
    [ "$(etcd_nodes | wc -l)" -gt 1 ] || return 0
    for node in $(etcd_nodes); do
        ! port_taken "$(port_of "$node-peer")" || warn "port $(port_of "$node-peer") is taken: free it before scripts/up, the nodes of etcd know each other by it"
    done
}
