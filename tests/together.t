#!/bin/sh
# Two agents do something with the same ticket at the same moment, in two
# processes on one store, while customers' mail comes in by the daemon. By hand,
# more: make check-together TOGETHER=1000
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/together.py"
