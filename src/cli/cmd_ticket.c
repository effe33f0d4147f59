/* cmd_ticket.c - javob ticket: a ticket from the shell. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ticket_act.h"
#include "cli/ticket_json.h"
#include "ground/error.h"
#include "store/links.h"
#include "store/parties.h"
#include "store/search.h"
#include "store/store.h"

static Ticket *
need_ticket(CmdStore *desktop, gint64 number, GError **error)
{
	g_autoptr(GError) reason = NULL;
	Ticket *ticket = ticket_by_number(desktop->txn, number, &reason);

	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (ticket == NULL)
		error_permanent(error,
		    "ticket %" G_GINT64_FORMAT
		    " is not there; see javob ticket list",
		    number);
	return ticket;
}

/* --- list, search ---------------------------------------------------------- */

static gboolean
print_ticket(CmdStore *desktop, const Ticket *ticket, gboolean json,
    GError **error)
{
	g_autofree char *text = NULL, *opened = NULL;
	g_autoptr(AddressRow) requester = NULL;
	Json out;

	if (json) {
		json_begin(&out);
		if (!ticket_json_add(&out, desktop->txn, ticket, error)) {
			g_string_free(out.text, TRUE);
			return FALSE;
		}
		text = json_end(&out);
		puts(text);
		return TRUE;
	}
	opened = cmd_when(ticket->opened);
	if (ticket->requester != 0)
		requester = party_by_id(desktop->txn, ticket->requester, NULL);
	printf("#%-6" G_GINT64_FORMAT " %-8s %s  %-12s %s  %s\n",
	    ticket->number, ticket->state, opened, ticket->queue,
	    requester != NULL ? requester->written : "-", ticket->subject);
	return TRUE;
}

static int
list(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *state = cmd_value(&argc, argv, "--state");
	const char *queue = cmd_value(&argc, argv, "--queue");
	g_autoptr(GError) error = NULL;
	CmdStore desktop = { 0 };
	gint64 after = 0;
	gboolean more;

	if (argc > 1)
		return cmd_usage(&cmd_ticket, NULL);
	more = cmd_store_open(&desktop, config, FALSE, &error);
	while (more && error == NULL) {
		g_autoptr(GPtrArray) tickets = ticket_list(
		    desktop.txn, state, queue, after, 1000, &error);

		more = tickets != NULL && tickets->len > 0;
		for (guint i = 0; more && i < tickets->len; i++) {
			const Ticket *ticket = tickets->pdata[i];

			after = ticket->id;
			if (!print_ticket(&desktop, ticket, json, &error))
				break;
		}
	}
	cmd_store_close(&desktop);
	return error != NULL ? cmd_fail(error) : 0;
}

static gboolean
search_all(CmdStore *desktop, const char *words, gboolean json, GError **error)
{
	g_autoptr(GPtrArray) ids = NULL;
	guint done = 1;

	/* What came last may not be in the index yet. */
	g_clear_pointer(&desktop->txn, store_rollback);
	while (done > 0)
		if (!store_index_pending(desktop->store, 500, &done, error))
			return FALSE;
	ids = store_search(desktop->store, words, 200, error);
	if (ids == NULL)
		return FALSE;
	desktop->txn = store_begin_read(desktop->store, error);
	if (desktop->txn == NULL)
		return FALSE;
	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(Ticket) ticket = ticket_by_id(desktop->txn,
		    *(const gint64 *)ids->pdata[i], error);

		if (ticket != NULL &&
		    !print_ticket(desktop, ticket, json, error))
			return FALSE;
	}
	return *error == NULL;
}

static int
search(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	g_autoptr(GError) error = NULL;
	g_autofree char *words = NULL;
	CmdStore desktop = { 0 };
	gboolean ok;

	if (argc < 2)
		return cmd_usage(&cmd_ticket, "search needs words");
	words = g_strjoinv(" ", argv + 1);
	ok = cmd_store_open(&desktop, config, FALSE, &error) &&
	    search_all(&desktop, words, json, &error);
	cmd_store_close(&desktop);
	return ok ? 0 : cmd_fail(error);
}

/* --- show ------------------------------------------------------------------ */

static gboolean
show_raw(CmdStore *desktop, const Ticket *ticket, gint64 id, GError **error)
{
	g_autoptr(MessageRow) row = message_by_id(desktop->txn, id, error);
	g_autoptr(GBytes) octets = NULL;

	if (row == NULL || row->ticket != ticket->id)
		return *error != NULL
		    ? FALSE
		    : error_permanent(error,
			  "message %" G_GINT64_FORMAT
			  " is not part of this ticket",
			  id);
	octets = message_octets(desktop->txn, row->raw, error);
	if (octets == NULL)
		return FALSE;
	fwrite(g_bytes_get_data(octets, NULL), 1, g_bytes_get_size(octets),
	    stdout);
	return TRUE;
}

static gboolean
show_json(CmdStore *desktop, const Ticket *ticket, GPtrArray *messages,
    GPtrArray *events, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) log = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL;
	Json json;

	json_begin(&json);
	if (!ticket_json_add(&json, desktop->txn, ticket, error)) {
		g_string_free(json.text, TRUE);
		return FALSE;
	}
	for (guint i = 0; i < messages->len; i++)
		g_ptr_array_add(texts,
		    ticket_json_message(messages->pdata[i], NULL));
	for (guint i = 0; i < events->len; i++)
		g_ptr_array_add(log, ticket_json_event(events->pdata[i]));
	json_array(&json, "messages", texts);
	json_array(&json, "events", log);
	text = json_end(&json);
	puts(text);
	return TRUE;
}

static void
show_relations(const Ticket *ticket, const GArray *links, const GArray *merged)
{
	if (ticket->merged_into != 0)
		printf("part of #%" G_GINT64_FORMAT "\n", ticket->merged_into);
	for (guint i = 0; i < merged->len; i++)
		printf("with #%" G_GINT64_FORMAT " in it\n",
		    g_array_index(merged, gint64, i));
	for (guint i = 0; i < links->len; i++)
		printf("related: #%" G_GINT64_FORMAT "\n",
		    g_array_index(links, gint64, i));
}

static void
show_text(const Ticket *ticket, GPtrArray *messages, GPtrArray *events,
    const GArray *links, const GArray *merged)
{
	g_autofree char *opened = cmd_when(ticket->opened);

	printf("#%" G_GINT64_FORMAT "  %s\nstate %s, queue %s, mailbox %s, "
	       "opened %s\n",
	    ticket->number, ticket->subject, ticket->state, ticket->queue,
	    ticket->mailbox, opened);
	show_relations(ticket, links, merged);
	if (ticket->promised != 0) {
		g_autofree char *promised = cmd_when(ticket->promised);

		printf("promised %s\n", promised);
	}
	for (guint i = 0; i < messages->len; i++) {
		const MessageRow *row = messages->pdata[i];
		g_autofree char *when = cmd_when(row->received);

		printf("\n--- %" G_GINT64_FORMAT "  %s  %s %s %s  %s -> %s\n%s%s",
		    row->id, when, row->direction, row->visibility, row->kind,
		    row->from_address, row->to_addresses, row->new_text,
		    g_str_has_suffix(row->new_text, "\n") ? "" : "\n");
	}
	putchar('\n');
	for (guint i = 0; i < events->len; i++) {
		const EventRow *row = events->pdata[i];
		g_autofree char *when = cmd_when(row->at);

		printf("%s  %-14s %s  %s\n", when, row->event, row->actor,
		    row->detail);
	}
}

static gboolean
show_ticket(CmdStore *desktop, gint64 number, gboolean json, gint64 raw,
    GError **error)
{
	g_autoptr(Ticket) ticket = need_ticket(desktop, number, error);
	g_autoptr(GPtrArray) messages = NULL, events = NULL;
	g_autoptr(GArray) links = NULL, merged = NULL;

	if (ticket == NULL)
		return FALSE;
	if (raw != 0)
		return show_raw(desktop, ticket, raw, error);
	messages = message_list(desktop->txn, ticket->id, error);
	events = messages != NULL
	    ? event_list(desktop->txn, ticket->id, error)
	    : NULL;
	if (events == NULL)
		return FALSE;
	if (json)
		return show_json(desktop, ticket, messages, events, error);
	links = link_list(desktop->txn, ticket->id, error);
	merged = links != NULL ? merged_list(desktop->txn, ticket->id, error)
			       : NULL;
	if (merged == NULL)
		return FALSE;
	show_text(ticket, messages, events, links, merged);
	return TRUE;
}

static int
show(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *message = cmd_value(&argc, argv, "--raw");
	g_autoptr(GError) error = NULL;
	CmdStore desktop = { 0 };
	gint64 number, raw = 0;
	gboolean ok;

	if (argc != 2 || !cmd_number(argv[1], &number) ||
	    (message != NULL && !cmd_number(message, &raw)))
		return cmd_usage(&cmd_ticket, "show needs a ticket's number");
	ok = cmd_store_open(&desktop, config, FALSE, &error) &&
	    show_ticket(&desktop, number, json, raw, &error);
	cmd_store_close(&desktop);
	return ok ? 0 : cmd_fail(error);
}

static const struct {
	const char *name;
	int (*run)(const char *config, int argc, char **argv);
} verbs[] = {
	{ "list", list },
	{ "show", show },
	{ "search", search },
};

static int
run(const char *config, int argc, char **argv)
{
	const Verb *verb = NULL;

	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return verbs[i].run(config, argc - 1, argv + 1);
	if (argc > 1)
		verb = verb_find(argv[1]);
	if (verb != NULL && (verb->flags & VERB_SHELL) != 0)
		return ticket_act(config, verb, argc - 1, argv + 1);
	return cmd_usage(&cmd_ticket, NULL);
}

const Command cmd_ticket = { "ticket",
	"list [--state S] [--queue Q] [--json] | show N [--json | --raw ID] | "
	"search WORDS | reply N [TEXT] | note N [TEXT] | close N | open N | "
	"wait N [WHEN] | spam N | take N | release N | assign N WHO | "
	"queue N NAME | priority N WORD | tag N WORDS | promise N WHEN | delay N REASON | "
	"language N TAG | name N NAME | cc N add|remove ADDR | merge N INTO | "
	"split N MESSAGE | link N OTHER | remind N WHEN | undo N | history N | "
	"summary N | macros N [--as AGENT]",
	"tickets from the shell", run };
