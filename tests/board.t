#!/bin/sh
# A board in a real Dovecot: tickets through all states from both sides, while
# javobd is killed and connections are cut; in the end folders and store agree.
# By hand, larger: make check-board TICKETS=500
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl dovecot
python3 "$tests/board.py"
