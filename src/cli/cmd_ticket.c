/* cmd_ticket.c - javob ticket: a ticket from the shell. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "policy/ticket.h"
#include "store/parties.h"
#include "store/search.h"
#include "store/store.h"

typedef struct Desktop {
	Site *site;
	Store *store;
	StoreTxn *txn;
} Desktop;

static void
desktop_clear(Desktop *desktop)
{
	store_rollback(desktop->txn);
	store_close(desktop->store);
	site_free(desktop->site);
}

static gboolean
desktop_open(Desktop *desktop, const char *config, gboolean write,
    GError **error)
{
	desktop->store = cmd_store(config, &desktop->site, error);
	if (desktop->store == NULL)
		return FALSE;
	desktop->txn = write ? store_begin(desktop->store, error)
			     : store_begin_read(desktop->store, error);
	return desktop->txn != NULL;
}

static Ticket *
need_ticket(Desktop *desktop, gint64 number, GError **error)
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

/* --- JSON ------------------------------------------------------------------ */

static char *
party_json(Desktop *desktop, gint64 id)
{
	g_autoptr(AddressRow) row = id != 0
	    ? party_by_id(desktop->txn, id, NULL)
	    : NULL;
	Json json;

	if (row == NULL)
		return g_strdup("null");
	json_begin(&json);
	json_text(&json, "address", row->written);
	json_text(&json, "name", row->name);
	return json_end(&json);
}

static gboolean
add_ticket(Json *json, Desktop *desktop, const Ticket *ticket, GError **error)
{
	g_autofree char *requester = party_json(desktop, ticket->requester);
	g_autoptr(AddressRow) agent = ticket->agent != 0
	    ? party_by_id(desktop->txn, ticket->agent, NULL)
	    : NULL;
	g_autoptr(GPtrArray) participants = participant_list(
	    desktop->txn, ticket->id, error);
	g_autoptr(GPtrArray) addresses = g_ptr_array_new();

	if (participants == NULL)
		return FALSE;
	for (guint i = 0; i < participants->len; i++) {
		AddressRow *row = participants->pdata[i];

		g_ptr_array_add(addresses, row->written);
	}
	json_int(json, "version", 1);
	json_int(json, "number", ticket->number);
	json_text(json, "state", ticket->state);
	json_text(json, "mailbox", ticket->mailbox);
	json_text(json, "queue", ticket->queue);
	json_text(json, "subject", ticket->subject);
	json_raw(json, "requester", requester);
	json_text(json, "language", ticket->language);
	json_text(json, "agent", agent != NULL ? agent->written : NULL);
	json_time(json, "opened", ticket->opened);
	json_time(json, "updated", ticket->updated);
	json_time(json, "promised", ticket->promised);
	json_time(json, "resolved", ticket->resolved);
	json_list(json, "participants", addresses);
	return TRUE;
}

static char *
message_json(const MessageRow *row)
{
	g_auto(GStrv) to = g_strsplit(row->to_addresses, ", ", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	Json json;

	for (guint i = 0; to[i] != NULL; i++)
		g_ptr_array_add(list, to[i]);
	json_begin(&json);
	json_int(&json, "id", row->id);
	json_text(&json, "direction", row->direction);
	json_text(&json, "visibility", row->visibility);
	json_text(&json, "kind", row->kind);
	json_text(&json, "from", row->from_address);
	json_list(&json, "to", list);
	json_text(&json, "message_id", row->message_id);
	json_text(&json, "subject", row->subject);
	json_time(&json, "received", row->received);
	json_text(&json, "text", row->body_text);
	json_text(&json, "new_text", row->new_text);
	json_bool(&json, "authenticated", row->authenticated);
	json_text(&json, "joined_by", row->reason);
	return json_end(&json);
}

static char *
event_json(const EventRow *row)
{
	Json json;

	json_begin(&json);
	json_time(&json, "at", row->at);
	json_text(&json, "event", row->event);
	json_text(&json, "actor", row->actor);
	json_text(&json, "detail", row->detail);
	return json_end(&json);
}

static void
add_rows(Json *json, const char *key, const GPtrArray *rows,
    char *(*one)(const void *row))
{
	g_autoptr(GString) text = g_string_new("[");

	for (guint i = 0; i < rows->len; i++) {
		g_autofree char *row = one(rows->pdata[i]);

		g_string_append_printf(text, "%s%s", i > 0 ? "," : "", row);
	}
	g_string_append_c(text, ']');
	json_raw(json, key, text->str);
}

static char *
message_row_json(const void *row)
{
	return message_json(row);
}

static char *
event_row_json(const void *row)
{
	return event_json(row);
}

/* --- list, search ---------------------------------------------------------- */

static gboolean
print_ticket(Desktop *desktop, const Ticket *ticket, gboolean json,
    GError **error)
{
	g_autofree char *text = NULL, *opened = NULL;
	g_autoptr(AddressRow) requester = NULL;
	Json out;

	if (json) {
		json_begin(&out);
		if (!add_ticket(&out, desktop, ticket, error)) {
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
	Desktop desktop = { 0 };
	gint64 after = 0;
	gboolean more;

	if (argc > 1)
		return cmd_usage(&cmd_ticket, NULL);
	more = desktop_open(&desktop, config, FALSE, &error);
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
	desktop_clear(&desktop);
	return error != NULL ? cmd_fail(error) : 0;
}

static gboolean
search_all(Desktop *desktop, const char *words, gboolean json, GError **error)
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
	Desktop desktop = { 0 };
	gboolean ok;

	if (argc < 2)
		return cmd_usage(&cmd_ticket, "search needs words");
	words = g_strjoinv(" ", argv + 1);
	ok = desktop_open(&desktop, config, FALSE, &error) &&
	    search_all(&desktop, words, json, &error);
	desktop_clear(&desktop);
	return ok ? 0 : cmd_fail(error);
}

/* --- show ------------------------------------------------------------------ */

static gboolean
show_raw(Desktop *desktop, const Ticket *ticket, gint64 id, GError **error)
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
show_json(Desktop *desktop, const Ticket *ticket, GPtrArray *messages,
    GPtrArray *events, GError **error)
{
	g_autofree char *text = NULL;
	Json json;

	json_begin(&json);
	if (!add_ticket(&json, desktop, ticket, error)) {
		g_string_free(json.text, TRUE);
		return FALSE;
	}
	add_rows(&json, "messages", messages, message_row_json);
	add_rows(&json, "events", events, event_row_json);
	text = json_end(&json);
	puts(text);
	return TRUE;
}

static void
show_text(const Ticket *ticket, GPtrArray *messages, GPtrArray *events)
{
	g_autofree char *opened = cmd_when(ticket->opened);

	printf("#%" G_GINT64_FORMAT "  %s\nstate %s, queue %s, mailbox %s, "
	       "opened %s\n",
	    ticket->number, ticket->subject, ticket->state, ticket->queue,
	    ticket->mailbox, opened);
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
show_ticket(Desktop *desktop, gint64 number, gboolean json, gint64 raw,
    GError **error)
{
	g_autoptr(Ticket) ticket = need_ticket(desktop, number, error);
	g_autoptr(GPtrArray) messages = NULL, events = NULL;

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
	show_text(ticket, messages, events);
	return TRUE;
}

static int
show(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *message = cmd_value(&argc, argv, "--raw");
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gint64 number, raw = 0;
	gboolean ok;

	if (argc != 2 || !cmd_number(argv[1], &number) ||
	    (message != NULL && !cmd_number(message, &raw)))
		return cmd_usage(&cmd_ticket, "show needs a ticket's number");
	ok = desktop_open(&desktop, config, FALSE, &error) &&
	    show_ticket(&desktop, number, json, raw, &error);
	desktop_clear(&desktop);
	return ok ? 0 : cmd_fail(error);
}

/* --- change ---------------------------------------------------------------- */

static char *
actor(void)
{
	return g_strdup_printf("%s (shell)", g_get_user_name());
}

static gboolean
move_ticket(Desktop *desktop, gint64 number, TicketMove move,
    const char *event, GError **error)
{
	g_autoptr(Ticket) ticket = need_ticket(desktop, number, error);
	g_autofree char *who = actor();
	gint64 now = clock_now();

	if (ticket == NULL)
		return FALSE;
	if (!ticket_move(ticket, move, now))
		return error_permanent(error,
		    "ticket %" G_GINT64_FORMAT " is %s already", number,
		    ticket->state);
	if (!ticket_update(desktop->txn, ticket, error) ||
	    !event_add(desktop->txn, ticket->id, now, event, who,
		"by command", error) ||
	    !store_commit(g_steal_pointer(&desktop->txn), error))
		return FALSE;
	printf("ticket %" G_GINT64_FORMAT " is %s\n", number, ticket->state);
	return TRUE;
}

static int
move(const char *config, int argc, char **argv, TicketMove how,
    const char *event)
{
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gint64 number;
	gboolean ok;

	if (argc != 2 || !cmd_number(argv[1], &number))
		return cmd_usage(&cmd_ticket, "a ticket's number is needed");
	ok = desktop_open(&desktop, config, TRUE, &error) &&
	    move_ticket(&desktop, number, how, event, &error);
	desktop_clear(&desktop);
	return ok ? 0 : cmd_fail(error);
}

static int
close_it(const char *config, int argc, char **argv)
{
	return move(config, argc, argv, TICKET_CLOSE, "closed");
}

static int
reopen(const char *config, int argc, char **argv)
{
	return move(config, argc, argv, TICKET_REOPEN, "reopened");
}

static int
spam(const char *config, int argc, char **argv)
{
	return move(config, argc, argv, TICKET_SPAM, "spam");
}

static char *
note_text(int argc, char **argv)
{
	GString *text;
	char buffer[4096];
	gsize n;

	if (argc > 2)
		return g_strjoinv(" ", argv + 2);
	text = g_string_new(NULL);
	while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0 &&
	       text->len < (1 << 20))
		g_string_append_len(text, buffer, (gssize)n);
	return g_string_free(text, FALSE);
}

static gboolean
add_note(Desktop *desktop, gint64 number, const char *text, GError **error)
{
	g_autoptr(Ticket) ticket = need_ticket(desktop, number, error);
	g_autoptr(GBytes) octets = g_bytes_new(text, strlen(text));
	g_autofree char *who = actor();
	MessageRow row = { 0 };
	gint64 now = clock_now(), id;

	if (ticket == NULL)
		return FALSE;
	if (!g_utf8_validate(text, -1, NULL) || *text == '\0')
		return error_permanent(
		    error, "the note is empty or no UTF-8 text");
	row.ticket = ticket->id;
	row.direction = (char *)"in";
	row.visibility = (char *)"internal";
	row.kind = (char *)"note";
	row.from_name = who;
	row.received = now;
	row.authenticated = TRUE;
	row.new_text = row.body_text = (char *)text;
	ticket->updated = now;
	if (!message_add(desktop->txn, &row, octets, &id, error) ||
	    !ticket_update(desktop->txn, ticket, error) ||
	    !event_add(desktop->txn, ticket->id, now, "note", who,
		"by command", error) ||
	    !store_commit(g_steal_pointer(&desktop->txn), error))
		return FALSE;
	printf("noted on ticket %" G_GINT64_FORMAT "\n", number);
	return TRUE;
}

static int
note(const char *config, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	Desktop desktop = { 0 };
	gint64 number;
	gboolean ok;

	if (argc < 2 || !cmd_number(argv[1], &number))
		return cmd_usage(&cmd_ticket, "note needs a ticket's number");
	text = note_text(argc, argv);
	ok = desktop_open(&desktop, config, TRUE, &error) &&
	    add_note(&desktop, number, text, &error);
	desktop_clear(&desktop);
	return ok ? 0 : cmd_fail(error);
}

static const struct {
	const char *name;
	int (*run)(const char *config, int argc, char **argv);
} verbs[] = {
	{ "list", list },
	{ "show", show },
	{ "search", search },
	{ "note", note },
	{ "close", close_it },
	{ "reopen", reopen },
	{ "spam", spam },
};

static int
run(const char *config, int argc, char **argv)
{
	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return verbs[i].run(config, argc - 1, argv + 1);
	return cmd_usage(&cmd_ticket, NULL);
}

const Command cmd_ticket = { "ticket",
	"list [--state S] [--queue Q] [--json] | show N [--json | --raw ID] | "
	"search WORDS | note N [TEXT] | close N | reopen N | spam N",
	"tickets from the shell", run };
