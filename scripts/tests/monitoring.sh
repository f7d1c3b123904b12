# shellcheck shell=bash
alerts() { sed -n 's/^ *- alert: //p' "$ROOT/funny-market-compose/monitoring/alerts.yml" | LC_ALL=C sort; }
pages() { find "$1" -name '*.md' -exec basename {} .md \; | LC_ALL=C sort; }

each_alert_has_its_page_and_each_page_its_alert() {
    [ "$(alerts | wc -l)" -gt 20 ]
    diff <(alerts) <(pages "$ROOT/docs/runbooks")
    for name in $(alerts); do
        grep -qx "          runbook: docs/runbooks/$name.md" "$ROOT/funny-market-compose/monitoring/alerts.yml"
        for heading in "# $name" '## Confirm' '## Do'; do grep -qx "$heading" "$ROOT/docs/runbooks/$name.md"; done
    done
}

a_page_without_an_alert_is_noticed() {
    cp -r "$ROOT/docs/runbooks" "$scratch/runbooks"
    touch "$scratch/runbooks/NobodyRings.md"
    [ "$(diff <(alerts) <(pages "$scratch/runbooks") | grep '^[<>]')" = '> NobodyRings' ]
}

a_page_says_the_severity_of_its_alert() {
    for name in $(alerts); do
        severity=$(sed -n "/- alert: $name\$/,/severity/s/.*severity: \([a-z]*\).*/\1/p" "$ROOT/funny-market-compose/monitoring/alerts.yml")
        grep -q "^Severity: $severity\." "$ROOT/docs/runbooks/$name.md"
        grep -qF "| [$name](runbooks/$name.md) | $severity |" "$ROOT/docs/operate.md"
    done
}

# links FILE: what it leads to in this checkout, one a line, as seen from its folder.
links() { grep -oP '\]\(\K[^)#:]+(?=(#[^)]*)?\))' "$1" || true; }

every_link_of_the_pages_for_operators_leads_somewhere() {
    for page in "$ROOT"/docs/operate.md "$ROOT"/docs/runbooks/*.md "$ROOT/funny-market-compose/monitoring/README.md"; do
        for link in $(links "$page"); do
            [ -e "${page%/*}/$link" ] || { echo "$page leads to $link, which is not there" && exit 1; }
        done
    done
}

every_part_of_operate_that_a_page_leads_to_is_there() {
    anchors=$(sed -n 's/^## //p' "$ROOT/docs/operate.md" | tr 'A-Z ' 'a-z-')
    [ -n "$anchors" ]
    while read -r anchor; do grep -qx -- "$anchor" <<<"$anchors"; done < <(grep -ohP 'operate\.md#\K[a-z-]+' "$ROOT"/docs/runbooks/*.md)
}
