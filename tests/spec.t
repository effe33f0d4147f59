#!/bin/sh
# Given this mail, expect that mail and those events: one folder a case, see
# spec/README. SPEC=NAME runs one case; UPDATE=1 writes what came out as
# expectation, to be read before it is kept.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/spec/run.py" "$T" || bail "run.py did not come to its end"
