# What every command of this project shares. Sourced, not run.
#
# Sets MWNATIVE_ROOT (this tree) and MWNATIVE_CACHE (downloads and unpacked
# hosts, kept between runs; outside the tree so that a clean checkout reuses it).

set -u
MWNATIVE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
MWNATIVE_CACHE=${MWNATIVE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mwnative}
mkdir -p "$MWNATIVE_CACHE"
export MWNATIVE_ROOT MWNATIVE_CACHE

# say TEXT: progress, on standard error, so that results stay alone on standard output.
say() { printf '%s\n' "$*" >&2; }

# die TEXT: a failure ends the command and says what was wrong and what to do.
die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# show_help: prints the comment that a command begins with.
show_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }

. "$MWNATIVE_ROOT/bin/lib/apt.sh"
