#!/bin/sh
# The #include lines against the table of layers: a file knows its own layer
# and lower ones, and a foreign library lives in few files.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# faults DIR: what is wrong in the tree DIR, one line each.
#
# shellcheck disable=SC2016
faults() {
	(cd "$1" && find src include -name '*.[ch]' | sort | xargs awk '
	BEGIN {
		may["ground"] = " ground "
		may["mail"] = " mail ground "
		may["store"] = " store ground mail/envelope.h "
		may["policy"] = " policy ground mail store "
		may["report"] = " report ground store "
		may["in"] = " in ground mail store "
		may["out"] = " out ground mail store "
		may["web"] = " web ground store policy report "
		may["daemon"] = " daemon ground mail store policy report in" \
		    " out web "
		may["cli"] = " cli daemon ground mail store policy report in" \
		    " out web "
		may["include"] = " "
		# A foreign library, and the files that may know it.
		lives["gmime"] = "^src/mail/[a-z_]*[.]c$"
		lives["libetpan"] = "^src/(in/in_imap[a-z_]*|" \
		    "out/out_smtp[a-z_]*|ground/stream[a-z_]*)[.]c$"
		lives["sqlite3"] = "^src/store/sqlite[a-z_]*[.][ch]$"
		lives["libpq"] = "^src/store/pgsql[.]c$"
		lives["curl"] = "^src/out/out_webhook[.]c$"
		lives["unicode"] = "^src/(ground|mail|policy)/[a-z_]*[.]c$"
		# TLS, the fast SHA-256, and signatures.
		lives["gnutls"] = \
		    "^src/(ground/[a-z_]*|mail/digest|mail/dkim)[.]c$"
		lives["seccomp"] = "^src/mail/[a-z_]*[.]c$"
		lives["microhttpd"] = "^src/web/[a-z_]*[.]c$"
	}
	FNR == 1 {
		files++
		n = split(FILENAME, dir, "/")
		layer = dir[1] == "include" ? "include" : n < 3 ? "" : dir[2]
		if (layer != "" && !(layer in may))
			say("folder " layer " is in no row of the table")
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		what = part[2]
		if (what == "javob.h" || what == "config.h")
			next
		# Beside the two main files: options.h belongs to programs.
		if (what == "options.h") {
			if (layer != "" && layer != "daemon" && layer != "cli")
				say("\"" what "\" is for programs only")
			next
		}
		# The one header with a foreign type in it stays in the family.
		if (what == "store/sqlite.h" &&
		    FILENAME !~ lives["sqlite3"]) {
			say("\"" what "\" is for the SQLite driver only")
			next
		}
		if (what !~ /\//) {
			say("\"" what "\" does not name its folder")
			next
		}
		split(what, to, "/")
		if (layer == "" || index(may[layer], " " to[1] " ") ||
		    index(may[layer], " " what " "))
			next
		say("layer " layer " must not know \"" what "\"")
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		split($0, part, "[<>]")
		for (lib in lives)
			if ((part[2] ~ "^" lib || part[2] ~ "/" lib) &&
			    FILENAME !~ lives[lib])
				say("<" part[2] "> must not be known here")
	}
	function say(text) {
		print FILENAME ":" FNR ": " text
	}
	END {
		if (!files)
			print "no source file found"
	}')
}

is "every file knows its own layer and lower ones only" "$(faults "$top")" ""

# A check that cannot fail is none: plant what it must find.
plant() { # FILE LINE
	rm -rf "$T/tree"
	mkdir -p "$T/tree"
	cp -r "$top/src" "$top/include" "$T/tree/"
	mkdir -p "$(dirname "$T/tree/$1")"
	printf '%s\n' "$2" >>"$T/tree/$1"
	faults "$T/tree" >"$T/faults"
	has "planted and found: $1 with $2" "$T/faults" "^$1:"
}
plant src/mail/message.h '#include "store/store.h"'
plant src/policy/thread.c '#include "out/out_smtp.h"'
plant src/ground/text.c '#include "mail/address.h"'
plant src/in/in_lmtp.c '#include "out/out.h"'
plant src/out/out_smtp.c '#include "policy/site.h"'
plant src/store/spool.c '#  include "mail/message.h"'
plant src/policy/gate.c '#include "cli/cmd.h"'
plant include/javob.h '#include "ground/text.h"'
plant src/policy/gate.c '#include <gmime/gmime.h>'
plant src/store/store.h '#include <sqlite3.h>'
plant src/mail/message.h '#include <gmime/gmime.h>'
plant src/mail/message.c '#include <gnutls/gnutls.h>'
plant src/policy/ack.c '#include <libetpan/libetpan.h>'
plant src/store/tickets.c '#include "store/sqlite.h"'
plant src/attic/old.c '#include "ground/text.h"'
plant src/mail/message.c '#include "address.h"'

done_testing
