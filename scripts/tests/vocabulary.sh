# shellcheck shell=bash
# Words of our own for things that have a name (fm-sdk/docs/glossary.md has the names). CHANGELOGs and upgrade guides tell of old ones.
WORDS='[Ss]eams?|[Vv]erdicts?|[Ss]ettlements?|[Ii]ntake|[Tt]ally|[Ff]laws?|Talk|[Kk]eeper|[Ss]tudio|[Rr]aster|[Dd]ice|AGAIN|SOON|BESIDES|MOST|MAY|[Pp]arked|set aside'
# The queue and the headers of dead letters and the alias of `dead-letters` are as old programs know them; three texts speak of cars.
# shellcheck disable=SC2016 # backquotes of Markdown
KNOWN='fm-parked-|`parked`|alias = "parked"|Nothing is parked here|always parked inside'

# own_words FOLDER: prints every line that has one.
own_words() {
    git -C "$1" grep -nwE "$WORDS" -- '*.rs' '*.md' '*.html' '*.js' '*.mjs' '*.yml' '*.yaml' '*.toml' 'scripts/*' \
        ':!*CHANGELOG.md' ':!*/upgrade-*.md' ':!*/glossary.md' ':!scripts/tests/vocabulary.sh' | grep -vE "$KNOWN"
    git -C "$1" grep -nE '\b(registry|broker|gateway|store|service|etcd) (is|are) away\b|_(is|are)_away\b|-away"' -- '*.rs' '*.md' '*.html' 'scripts/*' \
        ':!*CHANGELOG.md' ':!*/upgrade-*.md' ':!scripts/tests/vocabulary.sh'
}

things_are_called_by_the_words_of_the_glossary() {
    own_words "$scripts/.." >"$scratch/found" || true
    cat "$scratch/found"
    [ ! -s "$scratch/found" ]
}

a_word_of_our_own_for_what_has_a_name_is_found() {
    git -C "$scratch" init -q
    printf 'pub enum Verdict {}\nconst SOON: u8 = 1;\nfn the_broker_is_away() {}\nlet code = "bus-away";\nstruct Decision; // most of it, soon\n' >"$scratch/a.rs"
    # shellcheck disable=SC2016 # backquotes of Markdown
    printf '| `parked` | alias = "parked" |\nThe registry is away.\n' >"$scratch/b.md"
    git -C "$scratch" add -A
    [ "$(own_words "$scratch" | cut -d: -f1,2 | sort | tr '\n' ' ')" = "a.rs:1 a.rs:2 a.rs:3 a.rs:4 b.md:2 " ]
}
