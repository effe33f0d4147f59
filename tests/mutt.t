#!/bin/sh
# One ticket from the first mail to the last letter, worked with neomutt alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl dovecot postfix neomutt
[ "$(id -u)" = 0 ] || skip_all "Postfix needs root"
python3 "$tests/mutt.py"
