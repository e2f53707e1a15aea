# What all scripts share: where we are, how to say things, and the tools of this checkout. To be sourced.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Programs that scripts/setup installed. First in the PATH, so that their pinned versions win.
readonly TOOLS="$PWD/.cache/tools"

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    readonly BOLD=$'\033[1m' YELLOW=$'\033[1;33m' RED=$'\033[1;31m' PLAIN=$'\033[0m'
else
    readonly BOLD='' YELLOW='' RED='' PLAIN=''
fi
say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }
warn() { printf '%swarning:%s %s\n' "$YELLOW" "$PLAIN" "$*" >&2; }
fail() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The npm package with OpenCode for this machine.
opencode_package() {
    local machine libc=''
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) machine=linux-x64 ;;
        Linux-aarch64) machine=linux-arm64 ;;
        *) return 1 ;;
    esac
    # The usual build for x86 wants a processor of 2013 or later.
    if [ "$machine" = linux-x64 ] && ! grep -qw avx2 /proc/cpuinfo; then machine=linux-x64-baseline; fi
    if compgen -G '/lib/ld-musl-*' >/dev/null && ! compgen -G '/lib*/ld-linux-*' >/dev/null; then libc=-musl; fi
    printf 'opencode-%s%s' "$machine" "$libc"
}

# Where cargo puts what it builds: CARGO_TARGET_DIR, a setting of cargo, or ./target.
target_folder() {
    cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# A fingerprint of everything under the given paths.
fingerprint() {
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}

# Runs a command unless the same inputs were handled before: once <stamp> <fingerprint> <what is done> <command…>
once() {
    local stamp="$1" inputs="$2" what="$3"
    shift 3
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$inputs" ]; then return 0; fi
    say "$what"
    rm -f "$stamp"
    "$@" </dev/null
    mkdir -p "$(dirname "$stamp")"
    printf '%s\n' "$inputs" >"$stamp"
}

if package=$(opencode_package); then PATH="$TOOLS/node_modules/$package/bin:$PATH"; fi
export PATH

# A progress bar of npm would be mixed with what the program says that npm runs.
export npm_config_progress=false npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
