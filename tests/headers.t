#!/bin/sh
# Everything that javob sends, against the rules for its header (T3).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/headers.py"
