#!/bin/sh
# Mails of many programs and languages, understood as expect.jsonl says.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/mails.py" "$JAVOB" "$tests/mails"
