#!/bin/sh
# javob calendar: what it shows of working hours.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$T/site.conf" <<'END'
[gateway]
state-dir = state
[mailbox support]
address = support@shop.example
[queue general]
calendar = berlin
[calendar berlin]
timezone = Europe/Berlin
hours = Mon-Fri 09:00-13:00,14:00-18:00; Sat 22:00-03:00
holidays = de, own.ics
[calendar tashkent]
timezone = Asia/Tashkent
holidays = uz
END
printf '%s\r\n' BEGIN:VCALENDAR BEGIN:VEVENT 'SUMMARY:Stocktaking' \
	'DTSTART;VALUE=DATE:20260401' 'RRULE:FREQ=MONTHLY;COUNT=2' \
	END:VEVENT END:VCALENDAR >"$T/own.ics"

calendar() {
	"$JAVOB" -c "$T/site.conf" calendar "$@"
}

is "spans, nights, short days and holidays are shown" \
	"$(calendar show berlin --from 2026-03-28 --to 2026-04-03)" \
	"2026-03-28 Sat  22:00-24:00  2h
2026-03-29 Sun  00:00-03:00  2h  (a day of 23 hours)
2026-03-30 Mon  09:00-13:00,14:00-18:00  8h
2026-03-31 Tue  09:00-13:00,14:00-18:00  8h
2026-04-01 Wed  closed  Stocktaking
2026-04-02 Thu  09:00-13:00,14:00-18:00  8h
2026-04-03 Fri  closed  Karfreitag"
is "a country's holidays are there, and marked where they are announced" \
	"$(calendar show tashkent --from 2026-03-19 --to 2026-03-21)" \
	"2026-03-19 Thu  09:00-18:00  9h
2026-03-20 Fri  closed  Ramazon hayit (expected)
2026-03-21 Sat  closed  Navroʻz"
is "two weeks from today by the calendar's own clock" \
	"$(JAVOB_CLOCK=2026-11-27T20:00:00Z calendar show tashkent |
		sed -n '1p;$p' | cut -c 1-10 | tr '\n' ' ')" \
	"2026-11-28 2026-12-11 "
is "--json has seconds" "$(calendar show tashkent --json --from 2026-03-19 \
	--to 2026-03-19)" '{"version":1,"day":"2026-03-19","open":["09:00-18:00"],"worked":32400,"holiday":null,"utc_offset":18000}'
exits "an unknown calendar is named" 1 calendar show paris
has "with what is wrong" "$T/check.out" 'no \[calendar paris\]'
exits "a day that is none is a usage error" 2 \
	calendar show berlin --from 2026-02-30
exits "no calendar named is a usage error" 2 calendar show
check "each calendar is tried against a count minute by minute" calendar test
has "and said to be right" "$T/check.out" '^right  tashkent: 200 spans'
has_not "a list of later years needs no note" "$T/check.out" '^note'
JAVOB_CLOCK=2028-11-01T00:00:00Z calendar test >"$T/late"
has "a list that ends soon is noted" "$T/late" \
	'^note   tashkent: the list "uz" knows .* up to 2028'
sed 's/^hours.*/hours = Mon 09:00-10:00/; s/^holidays = de.*/holidays = all/' \
	"$T/site.conf" >"$T/never.conf"
for month in 01 02 03 04 05 06 07 08 09 10 11 12; do
	for day in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 \
		20 21 22 23 24 25 26 27 28 29 30 31; do
		case $month-$day in
		02-3* | 04-31 | 06-31 | 09-31 | 11-31) ;;
		*) echo "$month-$day" ;;
		esac
	done
done >"$T/all"
exits "a calendar that never opens is wrong" 1 \
	"$JAVOB" -c "$T/never.conf" calendar test

done_testing
