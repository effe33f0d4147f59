#!/bin/sh
# The manual pages: mandoc has nothing to say, and each has what a reader
# looks for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need mandoc

# The look-up of other systems' pages is not a fault of ours.
lint() {
	mandoc -T lint -W style "$1" |
		grep -v 'referenced manual not found'
}

is "there are five manual pages" \
	"$(cd "$top/src" && echo *.[1-9])" \
	"javob-templates.5 javob.1 javob.7 javob.conf.5 javobd.8"

for page in "$top"/src/*.[1-9]; do
	name=$(basename "$page")
	is "mandoc has nothing to say about $name" "$(lint "$page")" ""
	for section in NAME DESCRIPTION EXAMPLES 'SEE ALSO'; do
		has "$name has $section" "$page" "^\\.Sh $section\$"
	done
	case $name in
	*.1 | *.8)
		has "$name says its EXIT STATUS" "$page" '^\.Sh EXIT STATUS$'
		has "$name says which FILES it uses" "$page" '^\.Sh FILES$'
		;;
	esac
done
has "javob(7) lists the DEVIATIONS from the RFCs" "$top/src/javob.7" \
	'^\.Sh DEVIATIONS$'

# Commands: what `javob --help` lists, javob(1) explains, and the reverse.
"$JAVOB" --help >"$T/help" 2>&1
{
	sed -n 's/^  *\([a-z][a-z-]*\)  .*/\1/p' "$T/help"
	sed -n '/^Tools/,$ s/^  //p' "$T/help" | tr ' ' '\n'
} | sort -u >"$T/commands"
sed -n 's/^\.It Ic \([a-z-]*\).*/\1/p' "$top/src/javob.1" |
	sort -u >"$T/documented"
is "javob --help and javob(1) know the same commands" \
	"$(tr '\n' ' ' <"$T/documented")" "$(tr '\n' ' ' <"$T/commands")"
check "javob --help fits a screen" \
	test "$(wc -l <"$T/help")" -le 24
while read -r command; do
	exits "javob $command --help exits 0" 0 "$JAVOB" "$command" --help
	"$JAVOB" "$command" --help | sed 1q >"$T/usage"
	sed -n "s/^\\.It Ic $command\\( .*\\)\{0,1\}\$/&/p" "$top/src/javob.1" |
		grep -o 'Fl -[a-z]*' | sed 's/Fl -/--/' |
		sort -u >"$T/documented"
	is "javob(1) has the options of javob $command --help" \
		"$(tr '\n' ' ' <"$T/documented")" \
		"$(grep -o -e '--[a-z]*' "$T/usage" | sort -u | tr '\n' ' ')"
done <"$T/commands"

# What javob inspect prints: the keys of all mails of ours, and of the page.
"$JAVOB" inspect "$top"/tests/mails/*.eml "$top"/tests/spec/*/given/*.eml |
	grep -oE '[{,]"[a-z0-9_]+":' | tr -d '{,":' | sort -u >"$T/printed"
awk '/^\.It Ic / { on = $3 == "inspect" }
	on && /^(\.It Cm|\.Cm) / { for (i = 2; i <= NF; i++)
		if ($i ~ /^[a-z][a-z0-9_]*$/) print $i }' \
	"$top/src/javob.1" | sort -u >"$T/documented"
check "javob inspect prints keys" test "$(wc -l <"$T/printed")" -gt 30
is "javob(1) names each key that javob inspect prints, and no other" \
	"$(tr '\n' ' ' <"$T/documented")" "$(tr '\n' ' ' <"$T/printed")"

# A linter that cannot complain is none.
sed 's/^\.Sh EXAMPLES/.Sx/' "$top/src/javob.1" >"$T/broken.1"
check "a broken page is noticed" test -n "$(lint "$T/broken.1")"

done_testing
