/* ticket_act.c - see ticket_act.h. Reads arguments and text, and hands them to
 * policy/act. */
#include "cli/ticket_act.h"

#include <stdio.h>
#include <string.h>

#include "cli/desk.h"
#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/wake.h"
#include "mail/address.h"

enum { TEXT_MOST = 1 << 20 };

static char *
standard_input(void)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	gsize n;

	while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0 &&
	       text->len < TEXT_MOST)
		g_string_append_len(text, buffer, (gssize)n);
	return g_string_free(text, FALSE);
}

/* FALSE: not what the verb needs. *argument must live as long as act. */
static gboolean
read_arguments(Act *act, const Verb *verb, int argc, char **argv,
    char **argument)
{
	if (argc < 2 || !cmd_number(argv[1], &act->number))
		return FALSE;
	*argument = verb->need == VERB_TEXT && argc == 2
			? standard_input()
			: g_strjoinv(" ", argv + 2);
	/* From the shell there is no mail that it stands in. */
	return act_fill(act, verb, *argument) &&
	       (verb->need != VERB_MESSAGE || act->other != 0);
}

static gboolean
act_now(CmdDesk *desk, Act *act, GError **error)
{
	g_autoptr(StoreTxn) txn = NULL;
	g_autofree char *said = NULL, *run = role_run_dir(desk->site);

	txn = store_begin(desk->store, error);
	if (txn == NULL)
		return FALSE;
	said = act_run(txn, &desk->desk, act, clock_now(), error);
	if (said == NULL || !store_commit(g_steal_pointer(&txn), error))
		return FALSE;
	wake_send(run, "send");
	wake_send(run, "board");
	puts(said);
	return TRUE;
}

int
ticket_act(const char *config, const Verb *verb, int argc, char **argv)
{
	const char *as = cmd_value(&argc, argv, "--as");
	g_autofree char *agent = as != NULL ? address_fold(as) : NULL;
	g_autofree char *shell = cmd_actor();
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	CmdDesk desk = { 0 };
	Act act = { 0 };
	gboolean done;

	if (argc < 2 || !read_arguments(&act, verb, argc, argv, &text))
		return cmd_usage(&cmd_ticket, "a ticket's number is needed, "
					      "and what stands behind it");
	act.agent = agent;
	act.actor = agent != NULL ? agent : shell;
	done = cmd_desk_open(&desk, config, &error) &&
	       act_now(&desk, &act, &error);
	cmd_desk_close(&desk);
	return done ? 0 : cmd_fail(error);
}
