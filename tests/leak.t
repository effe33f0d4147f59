#!/bin/sh
# Nothing internal reaches a customer, whatever the agent's program sends along.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/leak.py"
