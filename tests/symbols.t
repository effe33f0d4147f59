#!/bin/sh
# The names that libjavob.a exports against those of the libraries beside it.
# libetpan exports mail_, imap_ and the like without protection: a name of
# ours that is also there would be called in its place, without any warning.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

lib=${LIBJAVOB:-$(dirname "$JAVOB")/libjavob.a}
[ -e "$lib" ] || bail "$lib is not built"

# Names with two underscores belong to the compiler (sanitizers add some).
exported_by_ours() {
	LC_ALL=C nm -g --defined-only "$1" 2>/dev/null |
		awk 'NF == 3 && $3 !~ /^__/ { print $3 }' | LC_ALL=C sort -u
}

# Every shared library that the program is linked with, and what they bring.
ldd "$JAVOB" | awk '/=> \// { print $3 } /^\t\// { print $1 }' |
	grep -Ev '/lib(asan|ubsan)[.]' >"$T/libs"
while read -r so; do
	LC_ALL=C nm -D -g --defined-only "$so"
done <"$T/libs" | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' |
	LC_ALL=C sort -u >"$T/theirs"

# faults LIBRARY: prefixes that are not ours, names that are taken.
faults() {
	exported_by_ours "$1" >"$T/ours"
	[ -s "$T/ours" ] || echo "no name is exported at all"
	grep -E '^(mail|imap|smtp|mime|db)_' "$T/ours" |
		sed 's/$/: prefix of libetpan/'
	LC_ALL=C comm -12 "$T/ours" "$T/theirs" |
		sed 's/$/: a shared library exports it too/'
}

check "the list of the libraries' names is not empty" \
	grep -qx mailimap_idle "$T/theirs"
is "no public name is libetpan's by prefix or taken by a library" \
	"$(faults "$lib")" ""

twice=$(LC_ALL=C nm -g --defined-only "$lib" 2>/dev/null |
	awk 'NF == 3 && $3 !~ /^__/ && $2 != "C" && $2 != "V" && $2 != "W" {
		print $3 }' | LC_ALL=C sort | uniq -d)
is "no name is defined twice in the library" "$twice" ""

plant() { # TITLE NAME
	cp "$lib" "$T/planted.a"
	echo "int $2(void); int $2(void) { return 0; }" >"$T/planted.c"
	${CC:-cc} -c -o "$T/planted.o" "$T/planted.c" &&
		ar q "$T/planted.a" "$T/planted.o" 2>/dev/null
	faults "$T/planted.a" >"$T/faults"
	has "planted and found: $1" "$T/faults" "^$2: "
}
plant "a name that libetpan has" mailimap_idle
plant "a name of GLib" g_strdup
plant "a prefix of libetpan" smtp_outlet_new

done_testing
