#!/bin/sh
# Mails of customers in all languages: their language, and that of the answer.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/lang.py" "$JAVOB" "$tests/lang" "$top/templates"
