#!/bin/sh
# The mails of tests/attacks through a real daemon; then those of a directory
# that JAVOB_ATTACKS names, if they differ.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
dir=${JAVOB_ATTACKS:-$tests/attacks}
python3 "$tests/attacks.py" "$dir"
