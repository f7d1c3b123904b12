# shellcheck shell=bash
# What scripts print: progress, refusals, and their own help.

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

# Ends the script with a message that says what was wrong.
die() {
    warn "${0##*/}: $*"
    exit 1
}

# Prints the comment at the top of a script: its manual.
manual() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# Prints the manual and ends when `--help` or `-h` is among the arguments.
help_if_asked() {
    local word
    for word in "$@"; do
        case $word in -h | --help) manual && exit 0 ;; esac
    done
}
