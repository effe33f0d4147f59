# lib.sh - the words of the shell tests (TAP, version 12).
#
# A test sources this file, says its sentences with `check`, `is` and friends,
# and ends with `done_testing`. Everything it makes goes below $T, which is
# removed at the end; every process that it started with the words below is
# ended by its pid. Programs come from the Makefile: $JAVOB, $JAVOBD; by hand,
# from build/.
#
# shellcheck shell=sh

set -u

tests=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$tests/.." && pwd)
JAVOB=${JAVOB:-$top/build/src/javob}
JAVOBD=${JAVOBD:-$top/build/src/javobd}
export JAVOB JAVOBD
unset JAVOB_CONFIG JAVOB_CLOCK
LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export LC_ALL PYTHONDONTWRITEBYTECODE
umask 022

T=$(mktemp -d "${TMPDIR:-/tmp}/javob-test.XXXXXX")
chmod 755 "$T"
export T
tap_count=0
tap_failed=0
javobd_pid=
testbed_dir=
at_end=

# --- processes ---------------------------------------------------------------

# A zombie has ended too (in a container PID 1 may be slow to reap).
alive() {
	case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" \
		2>/dev/null) in
	'' | Z*) return 1 ;;
	esac
}

# wait_for SECONDS COMMAND...: true as soon as the command is.
wait_for() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$wait_end" ] || return 1
		sleep 0.05
	done
}

# ended PID: for wait_for.
ended() {
	! alive "$1"
}

# end_pid PID SECONDS: TERM, patience, KILL.
end_pid() {
	alive "$1" || return 0
	kill -TERM "$1" 2>/dev/null
	wait_for "$2" ended "$1" || kill -KILL "$1" 2>/dev/null
}

tap_cleanup() {
	trap - EXIT
	[ -z "$at_end" ] || $at_end
	[ -z "$javobd_pid" ] || end_pid "$javobd_pid" 10
	[ -z "$testbed_dir" ] || "$tests/testbed/stop.sh" "$testbed_dir"
	if [ -n "${JAVOB_KEEP:-}" ]; then
		echo "# kept: $T"
	else
		rm -rf "$T"
	fi
}
trap tap_cleanup EXIT
trap 'exit 1' HUP INT TERM

# --- TAP ---------------------------------------------------------------------

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	[ $# -eq 0 ] || diag "$@"
}

skip() { # TITLE WHY
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() { # WHY
	echo "1..0 # SKIP $1"
	exit 0
}

bail() {
	echo "Bail out! $*"
	exit 1
}

# The end of every test: the plan. Failures are in the TAP, not in the exit
# status: Automake would count them twice.
done_testing() {
	echo "1..$tap_count"
	exit 0
}

# check TITLE COMMAND...: passes if the command does; else shows its output.
check() {
	check_title=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		pass "$check_title"
	else
		fail "$check_title" "exit $? of: $*"
		head -n 40 "$T/check.out" | sed 's/^/# /'
	fi
}

# check_not TITLE COMMAND...: passes if the command fails.
check_not() {
	check_title=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		fail "$check_title" "should have failed: $*"
		head -n 40 "$T/check.out" | sed 's/^/# /'
	else
		pass "$check_title"
	fi
}

# exits TITLE STATUS COMMAND...
exits() {
	check_title=$1 exits_want=$2
	shift 2
	"$@" >"$T/check.out" 2>&1
	exits_got=$?
	if [ "$exits_got" = "$exits_want" ]; then
		pass "$check_title"
	else
		fail "$check_title" "exit $exits_got, not $exits_want, of: $*"
		head -n 40 "$T/check.out" | sed 's/^/# /'
	fi
}

# is TITLE GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:  $2" "want: $3"
	fi
}

# has TITLE FILE REGEX / has_not TITLE FILE REGEX (extended, as grep -E)
has() {
	if grep -Eq -e "$3" "$2"; then
		pass "$1"
	else
		fail "$1" "no match for /$3/ in:"
		head -n 60 "$2" | sed 's/^/#   /'
	fi
}

has_not() {
	if grep -Eq -e "$3" "$2"; then
		fail "$1" "unwanted match for /$3/:"
		grep -En -e "$3" "$2" | head -n 20 | sed 's/^/#   /'
	else
		pass "$1"
	fi
}

# --- a site ------------------------------------------------------------------

# free_ports N: N different loopback ports that are free now.
free_ports() {
	python3 -c '
import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])' "$1"
}

# make_site DIR: javob.conf from standard input, key and empty store.
make_site() {
	mkdir -p "$1" && cat >"$1/javob.conf" && chmod 600 "$1/javob.conf" &&
		"$JAVOB" -c "$1/javob.conf" init "$1" >"$1/init.out" 2>&1 && return
	[ ! -e "$1/init.out" ] || sed 's/^/# /' "$1/init.out"
	bail "cannot make the site $1"
}

# small_conf LMTP SMTP_PORT: the usual site. Questions to support@desk.invalid,
# answers by agent@test.invalid, the border's name is mx.test.invalid.
small_conf() {
	cat <<CONF
[gateway]
state-dir = state
store = sqlite
default-language = en
authserv-id = mx.test.invalid
[mailbox support]
address = support@desk.invalid
name = Test desk
queue = general
language = en
[queue general]
agents = agent@test.invalid
calendar = office
first-response = 1h
resolution = 8h
[calendar office]
timezone = Asia/Tashkent
hours = Mon-Fri 09:00-18:00; Sat 10:00-14:00
[smtp]
server = smtp://127.0.0.1:$2
[lmtp]
listen = $1
CONF
}

# at CLOCK COMMAND...: runs it with the clock held still.
at() (
	JAVOB_CLOCK=$1
	export JAVOB_CLOCK
	shift
	exec "$@"
)

# port_open HOST:PORT: for wait_for.
port_open() {
	python3 -c '
import socket, sys
h, p = sys.argv[1].rsplit(":", 1)
try: socket.create_connection((h, int(p)), 1).close()
except OSError: sys.exit(1)' "$1"
}

# start_javobd CONF [HOST:PORT]: the daemon in the background, its log in
# CONF.log; comes back when the door answers. javobd_pid is set.
start_javobd() {
	"$JAVOBD" -c "$1" </dev/null >>"$1.log" 2>&1 &
	javobd_pid=$!
	[ $# -lt 2 ] || wait_for 20 port_open "$2" || {
		tail -n 20 "$1.log" | sed 's/^/# /'
		bail "javobd does not answer on $2"
	}
}

# stop_javobd: SIGTERM, 20 s; its exit status.
stop_javobd() {
	stop_pid=$javobd_pid
	javobd_pid=
	kill -TERM "$stop_pid" 2>/dev/null
	wait_for 20 ended "$stop_pid" || kill -KILL "$stop_pid"
	wait "$stop_pid"
}

# start_testbed OPTION...: one mail world a test program; sets the TB_ names.
start_testbed() {
	testbed_dir=$T/testbed
	"$tests/testbed/start.sh" "$testbed_dir" "$@" >"$T/testbed.out" 2>&1 || {
		sed 's/^/# /' "$T/testbed.out"
		testbed_dir=
		bail "the testbed does not start"
	}
	# shellcheck disable=SC1091
	. "$testbed_dir/env"
}

# need PROGRAM...: the rest of this test only where they are there.
need() {
	for need_one in "$@"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$need_one" >/dev/null ||
			skip_all "$need_one is not installed"
	done
}
