# common.sh - what quickstart, run-tests and check-bare share. Sourced.
#
# shellcheck shell=sh

set -eu
contrib=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$contrib/.." && pwd)
build=$top/build

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# packages SECTION: its lines in contrib/packages.
packages() {
	awk -v want="[$1]" '/^\[/ { on = $0 == want } /^[a-z]/ && on' \
		"$contrib/packages"
}

# missing SECTION...: packages that are not installed.
missing() {
	for section in "$@"; do
		packages "$section"
	done | while read -r package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" \
			2>/dev/null) in
		installed) ;;
		*) say "$package" ;;
		esac
	done
}

# install_packages SECTION...: asks apt only for what is missing, and starts
# none of the servers that the tests bring along: they run their own.
install_packages() {
	command -v dpkg-query >/dev/null || {
		say "No Debian here: install what contrib/packages names."
		return 0
	}
	want=$(missing "$@" | tr '\n' ' ')
	[ -n "$want" ] || return 0
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		die "packages are missing; as root: apt-get install $want"
	fi
	say "Installing: $want"
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
		as_root chmod 755 $policy
		trap 'as_root rm -f $policy' EXIT
		trap 'exit 1' HUP INT TERM
	fi
	as_root apt-get -q update >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "apt-get update failed"
	}
	# --no-remove: an OpenSSL flavour of libcurl-dev that someone needs is
	# not taken away without a word.
	# shellcheck disable=SC2086 # one word a package
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove \
		--no-install-recommends install $want >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "apt-get could not install: $want"
	}
	trap - EXIT HUP INT TERM
	grep -q 'exit 101' $policy && [ "$(wc -l <$policy)" = 2 ] &&
		as_root rm -f $policy
	return 0
}

# newer FILE RESULT: RESULT is missing or older.
newer() {
	[ ! -e "$2" ] || [ -n "$(find "$1" -newer "$2")" ]
}

# build_javob: configure (once) and make, out of tree, in build/.
build_javob() {
	say "Building in $build"
	mkdir -p "$build"
	{
		if newer "$top/configure.ac" "$top/configure"; then
			(cd "$top" && autoreconf -i) || return 1
		fi
		if newer "$top/configure" "$build/Makefile"; then
			(cd "$build" && "$top/configure") || return 1
		fi
		make -C "$build" -j "$(nproc)"
	} >"$log" 2>&1
}

log=$(mktemp "${TMPDIR:-/tmp}/javob-log.XXXXXX")
