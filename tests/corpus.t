#!/bin/sh
# Mails that other projects collected, where they are at hand: in ../shared/corpus
# beside the source, or in $JAVOB_CORPUS. They are not ours and not part of this
# project. Each topic has a floor, in per cent of the mails whose source states
# what is expected.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
corpus=${JAVOB_CORPUS:-$top/../shared/corpus}
[ -r "$corpus/manifest.jsonl" ] && [ -r "$corpus/score.py" ] ||
	skip_all "no corpus in $corpus"

python3 "$corpus/score.py" --corpus "$corpus" --failures "$T/failures" \
	--jobs 2 --json "$T/figures" -- "$JAVOB" inspect >"$T/out" 2>&1 ||
	[ -s "$T/figures" ] || {
	sed 's/^/# /' "$T/out"
	bail "score.py does not run"
}
sed 's/^/# /' "$T/out"

# Expectations that are wrong for us, TOPIC FILE, and why. One that fails counts
# as met; all others count as they are.
refused() {
	cat <<'END'
hostile hostile/redmine/invalid_utf8.eml	AC-15: what cannot be decoded is U+FFFD and counted; Redmine wants "?"
parse parse/stalwart-mail-parser/thirdparty-000.eml	a NUL is no text: it is shown as U+FFFD, and the raw mail stays whole
END
}

# How many of the failed ones of a topic we refuse.
excused() {
	refused | while IFS='	' read -r what why; do
		[ "${what%% *}" = "$1" ] || continue
		grep -qF "	${what#* }	" "$T/failures" || continue
		echo "# refused: ${what#* }: $why" >&2
		echo
	done | wc -l
}

# figure TOPIC KEY
figure() {
	python3 -c '
import json, sys
topics = json.load(open(sys.argv[1]))["topics"]
print(topics[sys.argv[2]][sys.argv[3]])' "$T/figures" "$1" "$2"
}

# floor TOPIC PER_CENT
floor() {
	check "$1: at least $2 % are understood" python3 -c '
import sys
good, excused, all, floor = map(float, sys.argv[1:])
print("%.0f of %.0f, %.0f refused" % (good, all, excused))
sys.exit(100 * (good + excused) < floor * all)' "$(figure "$1" stated_passed)" \
		"$(excused "$1")" "$(figure "$1" stated)" "$2"
	is "$1: no crash, no time-out, always JSON" \
		"$(figure "$1" crashes) $(figure "$1" timeouts) $(figure "$1" no_json)" \
		"0 0 0"
}
floor parse 99.5
floor reply-extraction 92
floor auto-reply 100
floor bounce 97
floor threading 100
floor hostile 100

done_testing
