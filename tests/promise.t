#!/bin/sh
# Promises: figures that anybody can check, a history from elsewhere, and
# notices that come once, whatever happens to the clock and the process.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3

# site NAME: a site of its own.
site() {
	mkdir "$T/$1"
	cp "$tests/spec/config" "$T/$1/javob.conf"
	chmod 600 "$T/$1/javob.conf"
	"$JAVOB" init "$T/$1" >"$T/init" 2>&1 || bail "no site $1"
}

# at CLOCK SITE WORDS...
at() {
	at_clock=$1 at_site=$2
	shift 2
	JAVOB_CLOCK=$at_clock "$JAVOB" -c "$T/$at_site/javob.conf" "$@"
}
now=2026-11-23T10:00:00Z

site figures
python3 -c '
import random
rnd = random.Random(6)
print("Queue,id,opened,resolved,mailbox")
for n in range(300):
    o = 1795000000 - rnd.randrange(40 * 86400)
    queue = "general" if n % 3 else "billing"
    end = "" if n % 10 == 0 else o + rnd.randrange(300, 200000)
    if end and end > 1795390000: end = ""
    print(f"\"{queue}\",{n},{o},{end},{n % 2 and str() or chr(115) + str(n)}")' |
	sed 's/,s[0-9]*$/,support/' >"$T/history.csv"
check "a history in CSV is taken" at $now figures \
	import --history "$T/history.csv"
has "all of it" "$T/check.out" '^lines: 300; new: 300; there before: 0$'
is "and not twice" "$(at $now figures import --history "$T/history.csv")" \
	"lines: 300; new: 0; there before: 300"
sed '5s/,179[0-9]*/,soon/' "$T/history.csv" >"$T/wrong.csv"
exits "a line that is wrong" 1 at $now figures import --history "$T/wrong.csv"
has "is named" "$T/check.out" 'wrong.csv:5: '
exits "and so is a file that is none" 1 at $now figures \
	import --history "$T/none.csv"
printf '%s\n' 'Authentication-Results: mx.shop.example; dmarc=pass header.from=b.example' \
	'From: Ann <ann@b.example>' 'To: support@shop.example' \
	'Subject: Kettle' 'Message-ID: <k@b.example>' '' 'It leaks.' |
	at $now figures deliver --mailbox support
at $now figures process >"$T/out"
at $now figures promise list >"$T/list"
has "the promise is listed, and learned" "$T/list" '^  1001 .* learned .* open$'
at $now figures promise show 1001 >"$T/show"
has "with the words of the letter" "$T/show" \
	'the letter says: .*, [0-9:]* \(Tashkent time\)$'
at $now figures queue show --letter ack >"$T/ack"
has "the letter says how many are solved by then" "$T/ack" \
	'8 of 10 requests like yours are solved by then'
check "every figure of explain is what its SQL gives" \
	python3 "$tests/promise.py" explain "$T/figures"
check "an agent names another time" at $now figures ticket promise 1001 \
	2026-12-04T13:00:00Z
at $now figures promise list --json >"$T/list"
has "which stands then" "$T/list" \
	'"standing":true,.*"named":"2026-12-04T13:00:00Z".*"basis":"agent"'
check "undo takes it back" at $now figures ticket undo 1001
exits "a time that has passed is none" 1 at $now figures ticket promise 1001 \
	2026-11-20T13:00:00Z
exits "nor is a word" 1 at $now figures ticket promise 1001 soon
check "closed in time" at 2026-11-23T11:00:00Z figures ticket close 1001
at 2027-02-01T10:00:00Z figures promise list >"$T/list"
has "it was kept" "$T/list" '^  1001 .* kept$'

site held
check "after a stop notices come once, and many are held" \
	python3 "$tests/promise.py" held "$T/held"
site kill
check "kills lose no notice and repeat none" \
	python3 "$tests/promise.py" kill "$T/kill"

done_testing
