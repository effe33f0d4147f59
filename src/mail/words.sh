#!/bin/sh
# Writes the word tables as C: words.sh FILE... > words.inc
#
# One string a file, in the order of the arguments, which is that of WordsTable
# in mail/words.h. What only people read (languages, programs, examples,
# sources) is left empty, and what is then twice there is left out.
set -eu

for file; do
	case $file in
	*attribution.tsv) blank=1,2,5,6,7 ;;
	*outlook-headers.tsv) blank=3,4,6,7 ;;
	*signatures.tsv) blank=1,2,5,6 ;;
	*outofoffice.tsv) blank=1,2,6,7 ;;
	*bounces.tsv) blank=1,2,7,8 ;;
	*autoheaders.tsv) blank=5 ;;
	*closing.tsv) blank=1 ;;
	*verbs.tsv | *when.tsv) blank= ;;
	*marks.tsv) blank= ;;
	*salutation.tsv) blank=1 ;;
	*)
		echo "words.sh: $file: unknown table" >&2
		exit 1
		;;
	esac
	LC_ALL=C awk -v blank="$blank" -v file="$file" '
	BEGIN {
		FS = OFS = "\t"
		n = split(blank, column, ",")
		print "/* " file " */"
		print "\"\""
	}
	/^#/ || /^$/ { next }
	{
		for (i = 1; i <= n; i++)
			$column[i] = ""
		if (seen[$0]++)
			next
		gsub(/\\/, "\\\\")
		gsub(/"/, "\\\"")
		gsub(/\t/, "\\t")
		print "\"" $0 "\\n\""
	}
	END { print "," }' "$file"
done
