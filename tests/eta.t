#!/bin/sh
# javob eta-replay: what it answers, what becomes of its promises on histories
# of our own, and on recorded ones where they are at hand: in ../shared/eta
# beside the source, or in $JAVOB_ETA. Those are not ours and not part of this
# project.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3

# say FILE WORDS...: eta-replay of FILE.
say() {
	replay_in=$1
	shift
	"$JAVOB" eta-replay "$@" <"$replay_in"
}

# Three days of one ticket an hour, each settled an hour and a half after it
# came; then one more.
history() {
	echo 'eta 1 p=0.8 sla=86400 tick=3600 unheard=of'
	python3 -c '
for h in range(96):
    print("open", 1000000800 + 3600 * h, h, "q", "-", "-")
    if h: print("resolve", 1000000800 + 3600 * h + 1800, h - 1)
print("tick", 1000000800 + 3600 * 95 + 1800)
print("tick", 1000000800 + 3600 * 96)'
}
history >"$T/history"
say "$T/history" >"$T/said"
is "the first word is ready" "$(sed -n 1p "$T/said")" ready
is "nothing is promised before there are 20 resolutions and two days" \
	"$(grep -c '^none' "$T/said")" 48
is "then two hours at least" "$(sed -n '/^promise 95/p' "$T/said")" \
	"promise 95 $((1000000800 + 3600 * 97))"
is "a tick before the time is reached brings a later one" \
	"$(sed -n 's/^notice 95 //p' "$T/said")" \
	"$((1000000800 + 3600 * 101))"
is "each tick has an end" "$(grep -c '^end$' "$T/said")" 2
is "--cold promises the configured time meanwhile" \
	"$(say "$T/history" --cold | sed -n '/^promise 0 /p')" \
	"promise 0 $((1000000800 + 86400))"
is "--min-days says how long that is" \
	"$(say "$T/history" --min-days 3 | grep -c '^none')" 72
is "--cap names nothing that is farther off" \
	"$(say "$T/history" --cap 1h | grep -c '^promise')" 0
# 1000000800 is 02:00 UTC; the hour of the last is 01:00, and 03:00 is full.
is "--round goes up to the half hour" \
	"$(say "$T/history" --round | sed -n '/^promise 95/p')" \
	"promise 95 $((1000000800 + 3600 * 97))"
printf 'eta 1 p=0.8 sla=1 tick=1\nopen 5 x\n' >"$T/short"
exits "a line that is none of the protocol ends it" 1 say "$T/short"
echo 'eta 2 p=0.8' >"$T/other"
exits "so does another version" 1 say "$T/other"
exits "an unknown option is a usage error" 2 "$JAVOB" eta-replay --fast

# --- histories of our own -----------------------------------------------------

check "the histories of our own: kept as aimed at, none in silence" \
	python3 "$tests/histories.py" check "$JAVOB"

# --- recorded ones ------------------------------------------------------------

data=${JAVOB_ETA:-$top/../shared/eta}
# within SET P COVERAGE_LOW COVERAGE_HIGH USABLE SHARP
within() {
	title="$1: kept share $3 to $4, as sharp as stated, none in silence"
	if ! [ -r "$data/$1.csv.gz" ] || ! [ -r "$data/score_eta.py" ]; then
		skip "$title" "no recorded history in $data"
		return
	fi
	python3 "$data/score_eta.py" --json --p "$2" --tick 3600 \
		"$data/$1.csv.gz" -- "$JAVOB" eta-replay >"$T/figures"
	check "$title" python3 -c '
import json, sys
f = json.load(open(sys.argv[1]))
low, high, usable, sharp = map(float, sys.argv[2:])
print({k: round(f[k], 3) for k in ("coverage", "usable", "sharp_median",
      "pinball_ratio", "notices_per_ticket", "surprise")})
sys.exit(not (low <= f["coverage"] <= high and f["usable"] >= usable and
         f["sharp_median"] <= sharp and f["pinball_ratio"] <= 1 and
         f["surprise"] == 0 and f["protocol_faults"] == 0))' \
		"$T/figures" "$3" "$4" "$5" "$6"
}
within helpdesk .8 .78 .84 .97 .95
within servicenow .8 .78 .86 .85 .90

done_testing
