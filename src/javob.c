/* javob.c - everything a person types: options, then the command table. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/log.h"
#include "mail/parser.h"
#include "mail/prover.h"

static void
print_usage(FILE *out)
{
	/* All of it fits a screen of 24 lines. */
	fputs("usage: javob [-c FILE] COMMAND [ARGUMENT ...]; "
	      "COMMAND --help; see javob(1)\n",
	    out);
	for (guint i = 0; commands[i] != NULL; i++)
		if (!cmd_is_tool(commands[i]))
			fprintf(out, "  %-11s %s\n", commands[i]->name,
			    commands[i]->help);
	fputs("Tools for text and mails, which touch nothing:\n ", out);
	for (guint i = 0; commands[i] != NULL; i++)
		if (cmd_is_tool(commands[i]))
			fprintf(out, " %s", commands[i]->name);
	fputs("\nConfiguration: -c FILE, $JAVOB_CONFIG or "
	      "/etc/javob/javob.conf.\n",
	    out);
}

static const Command *
find(const char *name)
{
	for (guint i = 0; commands[i] != NULL; i++)
		if (g_str_equal(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int
main(int argc, char **argv)
{
	const Command *command;
	const char *config = NULL;
	int i = 1;

	parser_worker_main(argc, argv);
	prover_worker_main(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file limit is an error, not an end */
	setlocale(LC_CTYPE, "C.UTF-8");
	log_open("javob", LOG_LEVEL_ERROR, FALSE);
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (g_str_equal(argv[i], "--help")) {
			print_usage(stdout);
			return 0;
		}
		if (g_str_equal(argv[i], "--version")) {
			puts("javob " JAVOB_VERSION);
			return 0;
		}
		if (!g_str_equal(argv[i], "-c") || i + 1 >= argc) {
			print_usage(stderr);
			return 2;
		}
		config = argv[++i];
	}
	if (i >= argc) {
		print_usage(stderr);
		return 2;
	}
	command = find(argv[i]);
	if (command == NULL) {
		fprintf(stderr, "javob: %s is no command; see javob --help\n",
		    argv[i]);
		return 2;
	}
	if (cmd_wants_help(command, argc - i, argv + i))
		return 0;
	return command->run(config, argc - i, argv + i);
}
