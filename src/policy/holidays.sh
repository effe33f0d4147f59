#!/bin/sh
# Writes the holidays of countries as C: holidays.sh FILE... > holidays.inc
# One entry a file, { "country", "text" }.
set -eu

for file; do
	name=${file##*/}
	printf '{ "%s",\n' "${name%.txt}"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
	printf '},\n'
done
