#!/bin/sh
# The option tables, javob.conf(5), and what a broken file gets.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# --- tables against the manual page -----------------------------------------

# `javob init` writes every option; SECTION NAME a line.
check "javob init makes a site" "$JAVOB" init "$T/new"
awk '/^#? ?\[/ { gsub(/[][#]/, ""); section = $1 }
	/^#? ?[a-z][a-z-]* =/ { sub(/^# ?/, ""); print section, $1 }' \
	"$T/new/javob.conf" | sort -u >"$T/tables"
# The page: ".Ss gateway", then ".It Ic state-dir".
awk '/^\.Ss / { section = $2 } /^\.Sh / { section = "" }
	/^\.It Ic / && section != "" { print section, $3 }' \
	"$top/src/javob.conf.5" | sort -u >"$T/page"
check "the tables are not empty" grep -qx 'gateway state-dir' "$T/tables"
is "javob.conf(5) explains every option" \
	"$(comm -23 "$T/tables" "$T/page")" ""
is "javob.conf(5) explains no option that is not there" \
	"$(comm -13 "$T/tables" "$T/page")" ""

# Defaults that the page names ("The default is X.") are the tables'.
# A site in a directory of its own has another state-dir than the default.
: >"$T/empty.conf"
"$JAVOB" -c "$T/empty.conf" config >"$T/empty" 2>/dev/null
awk 'FNR == NR && $1 != "state-dir" { next }
	FNR == NR { print "gateway state-dir=" $3; next }
	/^\[/ || /^# ?\[/ { gsub(/[][#]/, ""); section = $1 }
	$1 == "state-dir" || needed { needed = 0; next }
	/^# .*; required$/ { needed = 1; next }
	/^#? ?[a-z][a-z-]* = ./ { sub(/^# ?/, "")
		name = $1; sub(/^[^=]*= /, ""); print section, name "=" $0 }' \
	"$T/empty" "$T/new/javob.conf" | sort -u >"$T/defaults"
awk '/^\.Ss / { section = $2 } /^\.It Ic / { name = $3 }
	/^The default is$/ { getline; sub(/^\.[A-Z][a-z] /, "")
		sub(/ [.]$/, ""); gsub(/"/, ""); print section, name "=" $0 }' \
	"$top/src/javob.conf.5" | sort -u >"$T/page-defaults"
is "every default in javob.conf(5) is the one of the tables" \
	"$(cat "$T/page-defaults")" "$(cat "$T/defaults")"

# Ranges ("Allowed are X..Y.") are the tables', and each is told.
awk '/^\[/ || /^# ?\[/ { gsub(/[][#]/, ""); section = $1 }
	/^# .*\([^ ]*[.][.][^ ]*\)/ { range = $0
		sub(/.*\(/, "", range); sub(/\).*/, "", range); next }
	/^#? ?[a-z][a-z-]* =/ { sub(/^# ?/, "")
		if (range != "") print section, $1 "=" range; range = "" }' \
	"$T/new/javob.conf" | sort -u >"$T/ranges"
awk '/^\.Ss / { section = $2 } /^\.It Ic / { name = $3 }
	/^Allowed are$/ { getline; sub(/^\.Cm /, ""); sub(/ [.]$/, "")
		print section, name "=" $0 }' \
	"$top/src/javob.conf.5" | sort -u >"$T/page-ranges"
check "the ranges are not empty" grep -q '^lmtp idle=5s' "$T/ranges"
is "every range in javob.conf(5) is the one of the tables" \
	"$(cat "$T/page-ranges")" "$(cat "$T/ranges")"

# --- init --------------------------------------------------------------------

has "the new site keeps its state in itself" "$T/new/javob.conf" \
	'^state-dir = '
is "the new site's key is for its owner only" \
	"$(find "$T/new" -name '*key*' -type f -exec stat -c %a {} +)" 600
cp "$T/new/javob.conf" "$T/before"
"$JAVOB" init "$T/new" >/dev/null 2>&1
check "a second init overwrites nothing" \
	cmp "$T/new/javob.conf" "$T/before"
exits "the file that init wrote is read without a fault" 0 \
	"$JAVOB" -c "$T/new/javob.conf" config

# --- good --------------------------------------------------------------------

small_conf 127.0.0.1:2424 2525 | make_site "$T/site"
"$JAVOB" -c "$T/site/javob.conf" config >"$T/all" 2>&1
"$JAVOB" -c "$T/site/javob.conf" config -n >"$T/set" 2>&1
has "javob config shows what is set" "$T/all" '^resolution = 8h'
has "javob config shows defaults too" "$T/all" '^ack-max-age = '
has "javob config -n shows what is set" "$T/set" '^resolution = 8h'
has_not "javob config -n shows no default" "$T/set" '^ack-max-age'
cp "$T/all" "$T/site/again.conf"
exits "what javob config prints can be read again" 0 \
	"$JAVOB" -c "$T/site/again.conf" config
"$JAVOB" -c "$T/site/again.conf" config >"$T/again" 2>&1
check "and means the same" cmp "$T/all" "$T/again"
exits "javob check says a good site is good" 0 \
	"$JAVOB" -c "$T/site/javob.conf" check

# --- broken ------------------------------------------------------------------

small_conf 127.0.0.1:2424 2525 |
	sed -e 's/^resolution = .*/resolution = soon/' \
		-e 's/^queue = .*/queue = nowhere/' \
		-e 's/^agents = .*/agents = not an address/' \
		-e 's/^timezone = .*/timezone = Mars\/Olympus/' \
		-e 's/^language = .*/colour = blue/' >"$T/broken.conf"
line() { # TEXT: its line in the broken file
	grep -n "^$1" "$T/broken.conf" | cut -d: -f1
}
exits "a broken configuration ends with 78" 78 \
	"$JAVOB" -c "$T/broken.conf" config
"$JAVOB" -c "$T/broken.conf" check >"$T/faults" 2>&1
for what in 'resolution = ' 'queue = ' 'agents = ' 'colour = '; do
	has "the fault of \"$what\" is named with file, line" "$T/faults" \
		"broken.conf:$(line "$what"): "
done
has "the fault of the calendar is named in the same run" "$T/faults" \
	'broken.conf:[0-9]+: .*(Mars|time ?zone)'
has "the broken value is shown" "$T/faults" 'soon'
has "what would be right is said" "$T/faults" '8h|1m|30m'
exits "a missing file ends with 78" 78 "$JAVOB" -c "$T/missing.conf" config
exits "an unknown command is a usage error" 2 "$JAVOB" frobnicate
exits "an unknown option is a usage error" 2 "$JAVOB" --frobnicate

# --- deliver with a broken configuration -------------------------------------

mail='From: a@customer.invalid
To: support@desk.invalid
Subject: x

y'
mkdir "$T/d"
sed "s|^state-dir = .*|state-dir = $T/site/state|" "$T/broken.conf" \
	>"$T/d/javob.conf"
# shellcheck disable=SC2317
deliver() { # CONF MAILBOX
	printf '%s\n' "$mail" |
		"$JAVOB" -c "$1" deliver --mailbox "$2"
}
exits "T8: deliver still spools when it can name the spool" 0 \
	deliver "$T/d/javob.conf" support
exits "T8, T11: deliver cannot name the spool: try again later" 75 \
	deliver "$T/missing.conf" support
exits "deliver to an unknown mailbox" 67 \
	deliver "$T/site/javob.conf" nobody
exits "T11: bad options of deliver are our fault: 75" 75 \
	"$JAVOB" -c "$T/site/javob.conf" deliver --frobnicate

# Postfix puts the first lines into a bounce, and an enhanced code there goes
# before the exit status.
for fault in "$T/missing.conf support" "$T/site/javob.conf nobody"; do
	# shellcheck disable=SC2086
	said=$(deliver $fault 2>&1)
	case $said in
	*/* | *@* | *"
"*) fail "T12: deliver says one line without a path: ${fault##* }" "$said" ;;
	[45].[0-9].[0-9]" "?*)
		pass "T12: deliver says one line without a path: ${fault##* }"
		;;
	*) fail "T12: deliver says its code first: ${fault##* }" "$said" ;;
	esac
done

done_testing
