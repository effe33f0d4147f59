#!/bin/sh
# Days with machines that answer every mail, with a set clock: three, or the
# whole week by `make check-week`. DAYS, SEED and FLOOD (mails of strangers in an
# hour) come from the environment.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3
python3 "$tests/week.py"
