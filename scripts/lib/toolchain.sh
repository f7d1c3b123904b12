# shellcheck shell=bash
# The Rust toolchain: the pinned one when it is there, else any that is new enough.

PINNED=$(sed -n 's/^channel = "\(.*\)"$/\1/p' "$ROOT/scripts/template/all/rust-toolchain.toml")
# The newest that any repository asks for.
MINIMUM=$(cd "$ROOT" && for folder in $(repositories); do sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$folder/Cargo.toml"; done | sort -V | tail -n 1)

# older A B: is version A before version B?
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

check_toolchain() {
    local version
    if ! command -v cargo >/dev/null; then
        # shellcheck disable=SC1091
        [ ! -f "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
    fi
    command -v cargo >/dev/null || die "no Rust toolchain found. This installs the one that the market is built with:
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain $PINNED"
    if command -v rustup >/dev/null && [ -z "${RUSTUP_TOOLCHAIN:-}" ]; then
        if rustup toolchain list | grep -q "^$PINNED"; then
            export RUSTUP_TOOLCHAIN=$PINNED
        else
            # Without this, rust-toolchain.toml asks for the pinned one by name and cargo stops.
            RUSTUP_TOOLCHAIN=$(cd / && rustup default 2>/dev/null | cut -d' ' -f1) || true
            [ -n "$RUSTUP_TOOLCHAIN" ] || die "rustup has no default toolchain; run: rustup toolchain install $PINNED --profile minimal -c clippy,rustfmt"
            export RUSTUP_TOOLCHAIN
        fi
    fi
    version=$(rustc --version | cut -d' ' -f2)
    version=${version%%-*}
    if older "$version" "$MINIMUM"; then
        die "rustc $version is too old: the market needs $MINIMUM or newer and is built with $PINNED. This installs it:
    rustup toolchain install $PINNED --profile minimal -c clippy,rustfmt"
    fi
    [ "$version" = "$PINNED" ] || say "building with rustc $version (made with $PINNED; exactly that one: rustup toolchain install $PINNED)"
}
