#!/bin/sh
# Writes the built-in letters or languages as C, of the same files:
#     letters.sh letters FILE...   { "language", "name", "text" },
#     letters.sh languages FILE... { "language", "text" }, of language.txt
# The language is the folder.
set -eu

what=$1
shift
for file; do
	folder=${file%/*}
	name=${file##*/}
	case $what,$name in
	languages,language.txt) printf '{ "%s",\n' "${folder##*/}" ;;
	languages,* | letters,language.txt) continue ;;
	*) printf '{ "%s", "%s",\n' "${folder##*/}" "${name%.txt}" ;;
	esac
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/??/?\\?/g' \
	    -e 's/^/"/' -e 's/$/\\n"/' "$file"
	printf '},\n'
done
