/* javobd.c - the daemon: options, configuration, then the table of roles. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/supervise.h"
#include "ground/error.h"
#include "mail/parser.h"
#include "mail/prover.h"
#include "options.h"

static const char usage_text[] =
    "usage: javobd [-c FILE] [-d]\n"
    "       javobd --help | --version\n"
    "\n"
    "Takes mail (IMAP, LMTP, spool), opens tickets, acknowledges, sends.\n"
    "\n"
    "  -c FILE    configuration; else $JAVOB_CONFIG or /etc/javob/javob.conf\n"
    "  -d         go into the background (default: foreground, for systemd)\n"
    "\n"
    "SIGTERM finishes what is in hand and stops; SIGHUP reads the\n"
    "configuration again. See javobd(8), javob.conf(5).\n";

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *given = NULL, *path;
	g_autoptr(GError) error = NULL;
	gboolean background = FALSE;
	Site *site;
	int c;

	parser_worker_main(argc, argv);
	prover_worker_main(argc, argv);
	while ((c = getopt_long(argc, argv, "c:d", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			given = optarg;
			break;
		case 'd':
			background = TRUE;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			puts("javobd " JAVOB_VERSION);
			return 0;
		default:
			fputs(usage_text, stderr);
			return 2;
		}
	}
	if (optind != argc) {
		fputs(usage_text, stderr);
		return 2;
	}
	path = options_path(given);
	site = options_load(path, &error);
	if (site == NULL) {
		fprintf(stderr, "javobd: %s\n", error->message);
		return error_exit(error);
	}
	if (background && daemon(0, 0) != 0) {
		fprintf(stderr, "javobd: background: %s\n", g_strerror(errno));
		return 1;
	}
	return supervise(site, path, options_load);
}
