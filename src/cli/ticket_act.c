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

/* The rest of the arguments, or standard input. */
static char *
text_of(int argc, char **argv)
{
	GString *text;
	char buffer[4096];
	gsize n;

	if (argc > 2)
		return g_strjoinv(" ", argv + 2);
	text = g_string_new(NULL);
	while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0 &&
	       text->len < TEXT_MOST)
		g_string_append_len(text, buffer, (gssize)n);
	return g_string_free(text, FALSE);
}

/* FALSE: not what the word needs. */
static gboolean
read_arguments(Act *act, ActNeed need, int argc, char **argv, char **text)
{
	if (argc < 2 || !cmd_number(argv[1], &act->number))
		return FALSE;
	switch (need) {
	case ACT_NOTHING:
		return argc == 2;
	case ACT_TICKET:
	case ACT_MESSAGE:
		return argc == 3 && cmd_number(argv[2], &act->other);
	case ACT_QUEUE:
	case ACT_AGENT:
	case ACT_TIME:
		act->word = argc == 3 ? argv[2] : NULL;
		return argc == 3;
	case ACT_TEXT:
		*text = text_of(argc, argv);
		act->text = *text;
		return TRUE;
	}
	return FALSE;
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
ticket_act(const char *config, ActNeed need, int argc, char **argv)
{
	const char *as = cmd_value(&argc, argv, "--as");
	g_autofree char *agent = as != NULL ? address_fold(as) : NULL;
	g_autofree char *shell = cmd_actor();
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	CmdDesk desk = { 0 };
	Act act = { 0 };
	gboolean done;

	if (argc < 2 || !read_arguments(&act, need, argc, argv, &text))
		return cmd_usage(&cmd_ticket, "a ticket's number is needed, "
					      "and what stands behind it");
	act.verb = argv[0];
	act.agent = agent;
	act.actor = agent != NULL ? agent : shell;
	done = cmd_desk_open(&desk, config, &error) &&
	       act_now(&desk, &act, &error);
	cmd_desk_close(&desk);
	return done ? 0 : cmd_fail(error);
}
