# shellcheck shell=bash
# The guide of fm-sdk, rendered by mdBook.

MDBOOK=0.5.4

# need_mdbook: `mdbook` works from here on. Without its server, its watcher and its search, whose crates take most of the time.
need_mdbook() {
    install_tool mdbook "$MDBOOK" --no-default-features
    PATH=$(tool_folder mdbook "$MDBOOK")/bin:$PATH
    export PATH
}

# render_book FOLDER OUTPUT: renders the book of FOLDER; fails when mdBook warns, a page of its summary is missing, or a link leads nowhere.
render_book() {
    local printed broken
    rm -rf "${2:?}"
    printed=$(mdbook build --dest-dir "$2" "$1" 2>&1) || { printf '%s\n' "$printed" && return 1; }
    ! grep -E '(WARN|ERROR)' <<<"$printed" || return 1
    [ -f "$2/index.html" ] || { echo "there is no page in $2" && return 1; }
    broken=$(broken_links "$2")
    [ -z "$broken" ] || { printf '%s\n' "$broken" && return 1; }
}

# broken_links FOLDER: each link between pages, pictures and styles that leads to no file, or to no place in it, as "PAGE: LINK".
broken_links() {
    local page link file place
    while IFS=$'\t' read -r page link; do
        file=${link%%#*} place=''
        [[ $link != *#* ]] || place=${link#*#}
        if [ -n "$file" ]; then file=$(dirname "$page")/$file; else file=$page; fi
        if [ ! -f "$1/$file" ] || { [ -n "$place" ] && ! grep -qF "id=\"$place\"" "$1/$file"; }; then printf '%s: %s\n' "$page" "$link"; fi
    done < <(links_of_book "$1")
}

# links_of_book FOLDER: "PAGE<tab>LINK" for each link within the book. The page of all pages repeats the others.
links_of_book() {
    (cd "$1" && find . -name '*.html' ! -name print.html ! -name 404.html -printf '%P\n' | LC_ALL=C sort | while read -r page; do
        { grep -oE '(href|src)="[^"]*"' "$page" || true; } | sed -E 's/^[a-z]+="(.*)"$/\1/' | { grep -vE '^([a-z]+:|//|$)|^#$' || true; } | LC_ALL=C sort -u | sed "s|^|$page\t|"
    done)
}
export -f render_book broken_links links_of_book
