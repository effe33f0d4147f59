#!/bin/sh
# A desk's mail by the hundred through the real daemon: who is answered, and
# where each answer ends up. COUNT=2000 for all of it (make check-traffic).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/traffic.py"
