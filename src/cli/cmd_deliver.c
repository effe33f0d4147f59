/* cmd_deliver.c - javob deliver: one mail on standard input, as a mail filter.
 *
 * The mail is innocent of our mistakes: everything that is our fault ends in
 * 75, with one line on standard output that an MTA may show (no paths, no
 * addresses); what a person must know goes to standard error. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/wake.h"
#include "in/in_pipe.h"
#include "options.h"

enum { EX_DONE = 0, EX_UNKNOWN = 67, EX_TRY_AGAIN = 75 };

/* An MTA puts what a filter says into the sender's bounce, standard error too,
 * so paths and the like go to the log; a person at a terminal reads them. */
static void
explain(const char *detail)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "javob deliver: %s\n", detail);
		return;
	}
	log_open("javob", LOG_LEVEL_ERROR, TRUE);
	log_error("event=not-delivered problem=\"%s\"", detail);
}

static int
refuse(int status, const char *line, const char *detail)
{
	puts(line);
	fflush(stdout);
	explain(detail);
	return status;
}

static int
try_again(const char *detail)
{
	return refuse(EX_TRY_AGAIN, "4.3.0 try again later", detail);
}

static int
refuse_error(const GError *error)
{
	const char *text = error->message;

	if (!g_error_matches(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT))
		return try_again(text);
	/* The door's own words already begin with an enhanced status code. */
	if (!g_str_has_prefix(text, "5."))
		return refuse(error_pipe_exit(error), "5.6.0 mail refused", text);
	return refuse(error_pipe_exit(error), text, text);
}

typedef struct Arguments {
	const char *mailbox, *sender, *recipient;
} Arguments;

static Envelope *
envelope_of(const Arguments *arguments)
{
	Envelope *envelope = envelope_new(
	    arguments->mailbox, "pipe", clock_now());

	if (arguments->sender != NULL)
		envelope->reverse_path = g_strdup(
		    g_str_equal(arguments->sender, "<>") ? ""
							 : arguments->sender);
	if (arguments->recipient != NULL)
		g_ptr_array_add(envelope->forward_paths,
		    g_strdup(arguments->recipient));
	return envelope;
}

static int
spool_it(const Config *config, const Arguments *arguments)
{
	const ConfigSection *gateway = config_section(config, "gateway", NULL);
	const char *dir = config_text(gateway, "state-dir");
	g_autofree char *run = g_build_filename(dir, "run", NULL);
	g_autoptr(Envelope) envelope = envelope_of(arguments);
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(dir, TRUE, &error);

	if (spool == NULL ||
	    !in_pipe(spool, envelope, STDIN_FILENO,
		config_number(gateway, "max-size"), &error))
		return refuse_error(error);
	wake_send(run, "ingest");
	return EX_DONE;
}

static int
run(const char *path, int argc, char **argv)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;
	Arguments arguments = { 0 };

	umask(077);
	arguments.mailbox = cmd_value(&argc, argv, "--mailbox");
	arguments.sender = cmd_value(&argc, argv, "--sender");
	arguments.recipient = cmd_value(&argc, argv, "--recipient");
	if (argc > 1)
		return try_again("usage: javob deliver --mailbox NAME "
				 "[--sender ADDR] [--recipient ADDR]");
	if (arguments.mailbox == NULL)
		return try_again("--mailbox NAME is missing");
	config = config_load(
	    options_path(path), options_tables, faults, &error);
	if (config == NULL)
		return try_again(error->message);
	/* Broken elsewhere: the spool can still be named, so the mail is
	 * taken and the faults are said. */
	for (guint i = 0; i < faults->len; i++)
		explain(faults->pdata[i]);
	if (config_section(config, "mailbox", arguments.mailbox) == NULL) {
		if (faults->len > 0)
			return try_again("the configuration is broken, and "
					 "the mailbox is not in it");
		return refuse(EX_UNKNOWN, "5.1.1 no such mailbox",
		    "there is no such [mailbox] in the configuration");
	}
	return spool_it(config, &arguments);
}

const Command cmd_deliver = { "deliver",
	"--mailbox NAME [--sender ADDR] [--recipient ADDR]",
	"take one mail on standard input (pipe, mail filter)", run };
