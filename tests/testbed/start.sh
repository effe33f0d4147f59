#!/bin/sh
# Starts a private mail world below one folder, on loopback high ports:
#   Dovecot (IMAP, IMAPS, LMTP; PLAIN, LOGIN, XOAUTH2), Postfix (SMTP, SMTPS,
#   submission with AUTH), a catching SMTP sink and a small OAuth2 server.
#
# usage: start.sh DIR [option...]
#   --lmtp WHERE      Postfix hands desk.invalid to this LMTP server:
#                     HOST:PORT, or the path of a unix socket
#   --pipe CMD        Postfix hands pipe.invalid to this command by pipe(8);
#                     ${sender} and ${recipient} in it are Postfix's
#   --pipe-user USER  who runs it (nobody)
#   --users N         also mailboxes user0001.. with password "secret"
#   --no-postfix, --no-sink
#
# Writes DIR/env: shell variables with ports and paths. Stop with stop.sh DIR.
# Works as root with the packages of contrib/packages; as another user only
# with --no-postfix (then Dovecot's own LMTP port takes mail for test.invalid).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: start.sh DIR [option...]}
shift
postfix=1 sink=1 users=0 lmtp='' pipe='' pipe_user=nobody
while [ $# -gt 0 ]; do
	case $1 in
	--no-postfix) postfix=0 ;;
	--no-sink) sink=0 ;;
	--users) users=$2; shift ;;
	--lmtp) lmtp=$2; shift ;;
	--pipe) pipe=$2; shift ;;
	--pipe-user) pipe_user=$2; shift ;;
	*) echo "start.sh: unknown option $1" >&2; exit 2 ;;
	esac
	shift
done
mkdir -p "$dir"
DIR=$(cd "$dir" && pwd)
if [ -e "$DIR/env" ]; then
	echo "$DIR is in use ($DIR/env exists): stop.sh it first" >&2
	exit 1
fi
chmod 755 "$DIR"
for d in tls log mail dovecot/run dovecot/state postfix/etc postfix/queue \
	postfix/data sink; do
	mkdir -p "$DIR/$d"
done

# --- eight free ports: bound at the same time, so they differ ---------------
ports=$(python3 - <<'PY'
import socket
s = [socket.socket() for _ in range(8)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])
PY
)
# shellcheck disable=SC2086 # eight words are wanted
set -- $ports
IMAP_PORT=$1 IMAPS_PORT=$2 LMTP_PORT=$3 SMTP_PORT=$4 SMTPS_PORT=$5
SUBMISSION_PORT=$6 SINK_PORT=$7 OAUTH_PORT=$8

# --- who runs it -------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
	INTERNAL_USER=dovecot INTERNAL_GROUP=dovecot LOGIN_USER=dovenull
	MAIL_UID=$(id -u mail) MAIL_GID=$(id -g mail) UNPRIVILEGED_ONLY='#'
	chown "$MAIL_UID:$MAIL_GID" "$DIR/mail"
else
	INTERNAL_USER=$(id -un) INTERNAL_GROUP=$(id -gn) LOGIN_USER=$(id -un)
	MAIL_UID=$(id -u) MAIL_GID=$(id -g) UNPRIVILEGED_ONLY=''
	postfix=0
fi
IMAP_CLIENTS_PER_PROCESS=${IMAP_CLIENTS_PER_PROCESS:-50}
IMAP_SERVICE_COUNT=${IMAP_SERVICE_COUNT:-0}

# --- an own CA, a good certificate, and the bad ones that tests need ---------
# EC keys: a whole set takes a tenth of a second where RSA takes seconds.
newkey() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}
sign() { # NAME SAN DAYS
	newkey "$1.key"
	openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" \
		>"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key \
		-CAcreateserial -days "$3" -sha256 -extfile "$1.ext" \
		-out "$1.crt" 2>/dev/null
}
if [ ! -e "$DIR/tls/ca.crt" ]; then
	cd "$DIR/tls"
	newkey ca.key
	openssl req -x509 -new -key ca.key -sha256 -days 30 \
		-subj "/CN=testbed CA" -out ca.crt \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign
	sign server DNS:localhost,DNS:mail.test.invalid,IP:127.0.0.1 30
	sign wronghost DNS:other.test.invalid 30
	newkey selfsigned.key
	openssl req -x509 -new -key selfsigned.key -days 30 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-out selfsigned.crt
	cd "$DIR"
fi

# --- users: three named ones, and on demand user0001... ----------------------
{
	for u in support agent customer; do
		echo "$u:{PLAIN}secret-$u::::::"
	done
	i=1
	while [ "$i" -le "$users" ]; do
		printf 'user%04d:{PLAIN}secret::::::\n' "$i"
		i=$((i + 1))
	done
} >"$DIR/dovecot/users"
chmod 644 "$DIR/dovecot/users"
sed 's/:.*/@test.invalid ok/' "$DIR/dovecot/users" \
	>"$DIR/postfix/etc/mailboxes"

# --- roads to javob ----------------------------------------------------------
RELAY_DOMAINS='' PIPE_ONLY='#'
: >"$DIR/postfix/etc/transport"
if [ -n "$lmtp" ]; then
	case $lmtp in
	/*) hop=lmtp:unix:$lmtp ;;
	*) hop=lmtp:inet:$lmtp ;;
	esac
	echo "desk.invalid $hop" >>"$DIR/postfix/etc/transport"
	RELAY_DOMAINS="$RELAY_DOMAINS desk.invalid"
fi
if [ -n "$pipe" ]; then
	PIPE_ONLY=''
	echo "pipe.invalid javobpipe:" >>"$DIR/postfix/etc/transport"
	RELAY_DOMAINS="$RELAY_DOMAINS pipe.invalid"
fi
ar='PREPEND Authentication-Results: mx.test.invalid'
for d in test.invalid customer.invalid; do
	echo "$d $ar; dmarc=pass header.from=$d"
done >"$DIR/postfix/etc/authres"

fill() { # TEMPLATE FILE
	sed -e "s|@DIR@|$DIR|g" -e "s|@IMAP_PORT@|$IMAP_PORT|g" \
		-e "s|@IMAPS_PORT@|$IMAPS_PORT|g" \
		-e "s|@LMTP_PORT@|$LMTP_PORT|g" \
		-e "s|@SMTP_PORT@|$SMTP_PORT|g" \
		-e "s|@SMTPS_PORT@|$SMTPS_PORT|g" \
		-e "s|@SUBMISSION_PORT@|$SUBMISSION_PORT|g" \
		-e "s|@SINK_PORT@|$SINK_PORT|g" \
		-e "s|@OAUTH_PORT@|$OAUTH_PORT|g" \
		-e "s|@INTERNAL_USER@|$INTERNAL_USER|g" \
		-e "s|@INTERNAL_GROUP@|$INTERNAL_GROUP|g" \
		-e "s|@LOGIN_USER@|$LOGIN_USER|g" \
		-e "s|@MAIL_UID@|$MAIL_UID|g" -e "s|@MAIL_GID@|$MAIL_GID|g" \
		-e "s|@UNPRIVILEGED_ONLY@|$UNPRIVILEGED_ONLY|g" \
		-e "s|@IMAP_CLIENTS_PER_PROCESS@|$IMAP_CLIENTS_PER_PROCESS|g" \
		-e "s|@IMAP_SERVICE_COUNT@|$IMAP_SERVICE_COUNT|g" \
		-e "s|@RELAY_DOMAINS@|$RELAY_DOMAINS|g" \
		-e "s|@PIPE_ONLY@|$PIPE_ONLY|g" \
		-e "s|@PIPE_USER@|$pipe_user|g" -e "s|@PIPE_CMD@|$pipe|g" \
		"$here/templates/$1" >"$2"
}
fill dovecot.conf.in "$DIR/dovecot/dovecot.conf"
fill oauth2.conf.ext.in "$DIR/dovecot/oauth2.conf.ext"
fill main.cf.in "$DIR/postfix/etc/main.cf"
fill master.cf.in "$DIR/postfix/etc/master.cf"
: >"$DIR/postfix/etc/dynamicmaps.cf"

cat >"$DIR/env" <<ENV
TB_DIR=$DIR
TB_IMAP_PORT=$IMAP_PORT
TB_IMAPS_PORT=$IMAPS_PORT
TB_LMTP_PORT=$LMTP_PORT
TB_SMTP_PORT=$SMTP_PORT
TB_SMTPS_PORT=$SMTPS_PORT
TB_SUBMISSION_PORT=$SUBMISSION_PORT
TB_SINK_PORT=$SINK_PORT
TB_OAUTH_PORT=$OAUTH_PORT
TB_SINK_DIR=$DIR/sink
TB_CA=$DIR/tls/ca.crt
TB_AUTHSERV_ID=mx.test.invalid
ENV

# --- start -------------------------------------------------------------------
# The daemons must not keep our stdout: "start.sh | tee" would never end.
if [ "$sink" = 1 ]; then
	python3 "$here/sink.py" --dir "$DIR/sink" --smtp "$SINK_PORT" \
		--oauth "$OAUTH_PORT" >"$DIR/log/sink.log" 2>&1 </dev/null &
	echo $! >"$DIR/sink.pid"
fi
if ! dovecot -c "$DIR/dovecot/dovecot.conf" </dev/null \
	>"$DIR/log/dovecot-start.log" 2>&1; then
	cat "$DIR/log/dovecot-start.log" >&2
	"$here/stop.sh" "$DIR"
	exit 1
fi
if [ "$postfix" = 1 ]; then
	# postfix wants its own ownership of queue and data folders
	chown postfix "$DIR/postfix/data"
	if ! postfix -c "$DIR/postfix/etc" start </dev/null \
		>"$DIR/log/postfix-start.log" 2>&1; then
		cat "$DIR/log/postfix-start.log" >&2
		"$here/stop.sh" "$DIR"
		exit 1
	fi
fi

# --- wait until every port answers (20 s at most) ----------------------------
set -- "$IMAP_PORT" "$IMAPS_PORT" "$LMTP_PORT"
[ "$postfix" = 0 ] || set -- "$@" "$SMTP_PORT" "$SMTPS_PORT" "$SUBMISSION_PORT"
[ "$sink" = 0 ] || set -- "$@" "$SINK_PORT" "$OAUTH_PORT"
python3 - "$@" <<'PY' || { "$here/stop.sh" "$DIR"; exit 1; }
import socket, sys, time
end = time.monotonic() + 20
for p in map(int, sys.argv[1:]):
    while True:
        try:
            socket.create_connection(("127.0.0.1", p), 1).close(); break
        except OSError as e:
            if time.monotonic() > end:
                sys.exit(f"testbed: port {p} does not answer: {e}")
            time.sleep(0.02)
PY
echo "testbed up: $DIR/env"
