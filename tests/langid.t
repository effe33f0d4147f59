#!/bin/sh
# Languages of texts that other people collected, where they are at hand: in
# ../shared/langid beside the source, or in $JAVOB_LANGID. They are not part of
# this project. Each group has a floor, in per cent.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
texts=${JAVOB_LANGID:-$top/../shared/langid}
[ -r "$texts/score_lang.py" ] || skip_all "no texts in $texts"

python3 -B "$texts/score_lang.py" --dir "$texts" --repeat 10 \
	--errors "$T/errors" -- "$JAVOB" detect-language --lines >"$T/out" ||
	bail "score_lang.py does not run"
sed 's/^/# /' "$T/out"

# figure NAME: the per cent of a language, a source:length, "all" or "core".
figure() {
	awk -v name="$1" '
	$1 == "core" { if (name == "all") print $5; if (name == "core") print $2 }
	$1 == name && $1 != "core" { print $3; exit }' "$T/out"
}

floor() {
	check "$1: at least $2 %" awk -v is="$(figure "$1")" -v floor="$2" \
		'BEGIN { print is; exit !(is != "" && is + 0 >= floor + 0) }'
}
floor core 98.8
floor all 99.2
floor authored:short 99
floor authored:tiny 90
floor mess_ascii:mixed 93
floor mess_quoted:mixed 98
for language in az en kk ru tr uz uz-Cyrl ar be de es fa fr hi id it ja ko ky \
	nl pl pt ro tg tk tt uk zh; do
	floor "$language" 95
done

done_testing
