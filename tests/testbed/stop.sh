#!/bin/sh
# Stops what start.sh started in DIR, by process id, and removes DIR/env.
# usage: stop.sh DIR [--wipe]
set -u

dir=${1:?usage: stop.sh DIR [--wipe]}
DIR=$(cd "$dir" && pwd) || exit 1

# A zombie has ended too: in a container PID 1 may be slow to reap it, so
# kill -0 does not tell.
alive() {
	case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" \
		2>/dev/null) in
	'' | Z*) return 1 ;;
	esac
}

# TERM, 5 s of patience, then KILL; only if the pid is still NAME's.
end_pid() { # FILE NAME
	[ -s "$1" ] || return 0
	pid=$(tr -cd 0-9 <"$1")
	case $(cat "/proc/$pid/comm" 2>/dev/null) in
	"$2"*) ;;
	*) return 0 ;;
	esac
	kill -TERM "$pid" 2>/dev/null
	n=0
	while alive "$pid" && [ "$n" -lt 100 ]; do
		sleep 0.05
		n=$((n + 1))
	done
	if alive "$pid"; then kill -KILL "$pid"; fi
}

end_pid "$DIR/postfix/queue/pid/master.pid" master
end_pid "$DIR/dovecot/run/master.pid" dovecot
end_pid "$DIR/sink.pid" python3
rm -f "$DIR/env" "$DIR/sink.pid"
[ "${2:-}" != --wipe ] || rm -rf "$DIR"
