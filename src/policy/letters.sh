#!/bin/sh
# Writes the built-in letters as C: letters.sh FILE... > letters.inc
# One entry a file, { "language", "name", "text" }; the language is the folder.
set -eu

for file; do
	folder=${file%/*}
	name=${file##*/}
	printf '{ "%s", "%s",\n' "${folder##*/}" "${name%.txt}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/??/?\\?/g' \
	    -e 's/^/"/' -e 's/$/\\n"/' "$file"
	printf '},\n'
done
