#!/bin/sh
# Processes of the daemon are killed at random while mail comes in. By hand:
# make check-crash KILLS=200 MAILS=2000
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/crash.py"
