# shellcheck shell=bash
# shellcheck source=/dev/null
. "$scripts/lib/book.sh"

# Two pages that link to each other.
pages() {
    mkdir -p "$scratch/book/css"
    touch "$scratch/book/css/general.css"
    cat >"$scratch/book/index.html" <<'HTML'
<link rel="stylesheet" href="css/general.css"><a href="orders.html#what-is-promised">Orders</a> <a href="#here">here</a> <h1 id="here">Shop</h1>
<a href="https://example.com/nowhere.html">elsewhere</a> <a href="mailto:ann@example.com">mail</a>
HTML
    echo '<h1 id="what-is-promised">Promises</h1><a href="index.html">back</a>' >"$scratch/book/orders.html"
}

a_link_to_a_page_or_to_a_heading_of_it_is_followed() {
    pages
    [ "$(links_of_book "$scratch/book" | wc -l)" = 4 ]
    [ -z "$(broken_links "$scratch/book")" ]
}

a_link_to_a_missing_page_heading_or_style_is_named() {
    pages
    sed -i 's/what-is-promised">/what-was-promised">/; s/index.html/start.html/' "$scratch/book/orders.html"
    rm "$scratch/book/css/general.css"
    [ "$(broken_links "$scratch/book")" = "index.html: css/general.css
index.html: orders.html#what-is-promised
orders.html: start.html" ]
}

a_book_fails_when_mdbook_warns_or_fails_or_a_link_is_broken() {
    mkdir "$scratch/bin"
    PATH=$scratch/bin:$PATH
    # It renders what `pages` makes.
    # shellcheck disable=SC2016 # expanded by the program
    printf '#!/usr/bin/env bash\ncp -r "%s" "$3"\nprintf "%%s" "$MDBOOK_PRINTS"\nexit "${MDBOOK_STATUS:-0}"\n' "$scratch/book" >"$scratch/bin/mdbook"
    chmod +x "$scratch/bin/mdbook"
    pages
    export MDBOOK_PRINTS=' INFO Book building has started'
    render_book "$scratch" "$scratch/guide"
    MDBOOK_STATUS=101 not render_book "$scratch" "$scratch/guide"
    MDBOOK_PRINTS=' WARN the file is not there' not render_book "$scratch" "$scratch/guide"
    rm "$scratch/book/orders.html"
    not render_book "$scratch" "$scratch/guide"
}
