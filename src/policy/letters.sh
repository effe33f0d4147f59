#!/bin/sh
# Writes the built-in letters as C: letters.sh FILE... > letters.inc
# One entry a file, { "name", "text" }, in the order of the arguments, which
# is that of `Letter` in policy/template.h.
set -eu

for file; do
	name=${file##*/}
	printf '{ "%s",\n' "${name%.txt}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
	printf '},\n'
done
