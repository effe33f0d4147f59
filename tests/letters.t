#!/bin/sh
# Every letter in every language, as it goes out: see letters.py.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/letters.py"
