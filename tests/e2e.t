#!/bin/sh
# The whole road on real servers: Postfix, Dovecot, javobd, and back.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl dovecot postfix
[ "$(id -u)" = 0 ] || skip_all "Postfix needs root"
python3 "$tests/e2e.py"
