/* cmd_customer.c - javob customer: what is known of a customer, and its end. */
#include <stdio.h>
#include <string.h>

#include "cli/desk.h"
#include "cli/ticket_json.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "policy/customer.h"
#include "store/erasure.h"

enum { SCREEN_TICKETS = 12 };

typedef struct Desktop {
	CmdStore base;
	Customer *customer;
} Desktop;

static void
desktop_clear(Desktop *desktop)
{
	customer_free(desktop->customer);
	cmd_store_close(&desktop->base);
}

static gboolean
open_customer(Desktop *desktop, const char *config, gboolean write,
    const char *address, GError **error)
{
	if (!cmd_store_open(&desktop->base, config, write, error))
		return FALSE;
	desktop->customer = customer_find(desktop->base.txn, address, error);
	return desktop->customer != NULL;
}

/* --- JSON ------------------------------------------------------------------ */

static GPtrArray *
texts_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

static char *
address_json(const AddressRow *row)
{
	Json json;

	json_begin(&json);
	json_text(&json, "address", row->written);
	json_time(&json, "first_seen", row->first_seen);
	json_time(&json, "undeliverable", row->undeliverable);
	return json_end(&json);
}

static const char *
or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

static void
add_profile(Json *json, const Customer *customer)
{
	g_autoptr(GPtrArray) addresses = texts_new();

	for (guint i = 0; i < customer->addresses->len; i++)
		g_ptr_array_add(addresses,
		    address_json(customer->addresses->pdata[i]));
	json_int(json, "version", 1);
	json_int(json, "profile", customer->profile->id);
	json_text(json, "name", or_null(customer->profile->name));
	json_text(json, "language", or_null(customer->profile->language));
	json_text(json, "register", or_null(customer->profile->tone));
	json_array(json, "addresses", addresses);
}

static gboolean
is_requester(const Customer *customer, const Ticket *ticket)
{
	for (guint i = 0; i < customer->addresses->len; i++) {
		const AddressRow *row = customer->addresses->pdata[i];

		if (row->id == ticket->requester)
			return TRUE;
	}
	return FALSE;
}

/* events: with those of tickets that he opened; of others they are about
 * other people too. */
static char *
ticket_text(Desktop *desktop, const Ticket *ticket, gboolean events,
    GError **error)
{
	g_autoptr(GPtrArray) list = texts_new(), rows = NULL;
	Json json;

	json_begin(&json);
	if (!ticket_json_add(&json, desktop->base.txn, ticket, error)) {
		g_string_free(json.text, TRUE);
		return NULL;
	}
	if (!events || !is_requester(desktop->customer, ticket))
		return json_end(&json);
	rows = event_list(desktop->base.txn, ticket->id, error);
	if (rows == NULL) {
		g_string_free(json.text, TRUE);
		return NULL;
	}
	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(list, ticket_json_event(rows->pdata[i]));
	json_array(&json, "events", list);
	return json_end(&json);
}

static gboolean
add_tickets(Json *json, Desktop *desktop, const GPtrArray *tickets,
    gboolean events, GError **error)
{
	g_autoptr(GPtrArray) texts = texts_new();

	for (guint i = 0; i < tickets->len; i++) {
		char *text =
		    ticket_text(desktop, tickets->pdata[i], events, error);

		if (text == NULL)
			return FALSE;
		g_ptr_array_add(texts, text);
	}
	json_array(json, "tickets", texts);
	return TRUE;
}

/* --- show ------------------------------------------------------------------ */

/* "closed after 2d", "waiting, answered", "part of #1002". */
static char *
outcome(const Ticket *ticket)
{
	if (ticket->merged_into != 0)
		return g_strdup_printf("part of #%" G_GINT64_FORMAT,
		    ticket->merged_into);
	if (ticket->resolved != 0) {
		g_autofree char *when = cmd_when(ticket->resolved);

		return g_strdup_printf("%s %s%s", ticket->state, when,
		    ticket->answered != 0 ? "" : ", never answered");
	}
	if (ticket->answered == 0 && ticket->promised != 0) {
		g_autofree char *when = cmd_when(ticket->promised);

		return g_strdup_printf("%s, promised by %s", ticket->state,
		    when);
	}
	return g_strdup_printf("%s%s", ticket->state,
	    ticket->answered != 0 ? ", answered" : "");
}

static void
print_person(const Customer *customer)
{
	const Profile *profile = customer->profile;

	printf("%s\n",
	    *profile->name != '\0' ? profile->name : "(name not known)");
	printf("language %s, register %s\n",
	    *profile->language != '\0' ? profile->language : "not known",
	    *profile->tone != '\0' ? profile->tone : "not known");
	for (guint i = 0; i < customer->addresses->len; i++) {
		const AddressRow *row = customer->addresses->pdata[i];
		g_autofree char *since = cmd_when(row->first_seen);
		g_autofree char *mark = cmd_when(row->undeliverable);

		printf("  %s  since %s%s%s\n", row->written, since,
		    row->undeliverable != 0 ? "  UNDELIVERABLE since " : "",
		    row->undeliverable != 0 ? mark : "");
	}
}

static void
print_tickets(const Customer *customer, const GPtrArray *tickets)
{
	guint first =
	    tickets->len > SCREEN_TICKETS ? tickets->len - SCREEN_TICKETS : 0;

	printf("\ntickets: %u%s\n", tickets->len,
	    first > 0 ? ", the newest of them:" : "");
	for (guint i = tickets->len; i > first; i--) {
		const Ticket *ticket = tickets->pdata[i - 1];
		g_autofree char *opened = cmd_when(ticket->opened);
		g_autofree char *end = outcome(ticket);

		printf("#%-6" G_GINT64_FORMAT " %s  %s%s\n        %s\n",
		    ticket->number, opened, ticket->subject,
		    is_requester(customer, ticket) ? "" : "  (takes part)",
		    end);
	}
}

static gboolean
show_customer(Desktop *desktop, gboolean json, GError **error)
{
	g_autoptr(GPtrArray) tickets = profile_tickets(desktop->base.txn,
	    desktop->customer->profile->id, error);
	g_autofree char *text = NULL;
	Json out;

	if (tickets == NULL)
		return FALSE;
	if (!json) {
		print_person(desktop->customer);
		print_tickets(desktop->customer, tickets);
		return TRUE;
	}
	json_begin(&out);
	add_profile(&out, desktop->customer);
	if (!add_tickets(&out, desktop, tickets, FALSE, error)) {
		g_string_free(out.text, TRUE);
		return FALSE;
	}
	text = json_end(&out);
	puts(text);
	return TRUE;
}

static int
show(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	if (argc != 2)
		return cmd_usage(&cmd_customer, "show needs an address");
	done = open_customer(&desktop, config, FALSE, argv[1], &error) &&
	       show_customer(&desktop, json, &error);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

/* --- export ---------------------------------------------------------------- */

/* A message may be large: each is written as soon as it is made. */
static gboolean
print_messages(Desktop *desktop, GError **error)
{
	g_autoptr(GArray) ids =
	    erasure_messages(desktop->base.txn, desktop->customer->profile->id,
		desktop->customer->addresses, error);

	for (guint i = 0; ids != NULL && i < ids->len; i++) {
		g_autoptr(MessageRow) row = message_by_id(desktop->base.txn,
		    g_array_index(ids, gint64, i), error);
		g_autoptr(GBytes) octets =
		    row != NULL ? message_octets(desktop->base.txn, row->raw, error)
				: NULL;
		g_autofree char *text = NULL;

		if (octets == NULL)
			return FALSE;
		text = ticket_json_message(row, octets);
		printf("%s{\"ticket\":%" G_GINT64_FORMAT ",%s",
		    i > 0 ? "," : "", row->ticket, text + 1);
	}
	return ids != NULL;
}

static gboolean
export_customer(Desktop *desktop, GError **error)
{
	g_autoptr(GPtrArray) tickets = profile_tickets(desktop->base.txn,
	    desktop->customer->profile->id, error);
	g_autofree char *head = NULL;
	Json out;

	if (tickets == NULL)
		return FALSE;
	json_begin(&out);
	add_profile(&out, desktop->customer);
	if (!add_tickets(&out, desktop, tickets, TRUE, error)) {
		g_string_free(out.text, TRUE);
		return FALSE;
	}
	head = json_end(&out);
	head[strlen(head) - 1] = '\0';
	printf("%s,\"messages\":[", head);
	if (!print_messages(desktop, error))
		return FALSE;
	puts("]}");
	return fflush(stdout) == 0 ||
	       error_temporary(error, "cannot write it all");
}

static int export(const char *config, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	if (argc != 2)
		return cmd_usage(&cmd_customer, "export needs an address");
	done = open_customer(&desktop, config, FALSE, argv[1], &error) &&
	       export_customer(&desktop, &error);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

/* --- change ---------------------------------------------------------------- */

static int
set(const char *config, int argc, char **argv)
{
	CustomerWords words = { 0 };
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	words.deliverable = cmd_flag(&argc, argv, "--deliverable");
	words.name = cmd_value(&argc, argv, "--name");
	words.language = cmd_value(&argc, argv, "--language");
	words.tone = cmd_value(&argc, argv, "--register");
	if (argc != 2 || cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_customer, "set needs an address");
	done = open_customer(&desktop, config, TRUE, argv[1], &error) &&
	       customer_set(desktop.base.txn, desktop.customer, &words, &error) &&
	       store_commit(g_steal_pointer(&desktop.base.txn), &error);
	if (done)
		print_person(desktop.customer);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

static int
merge(const char *config, int argc, char **argv)
{
	g_autofree char *actor = cmd_actor(), *said = NULL;
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	if (argc != 3)
		return cmd_usage(&cmd_customer, "merge needs two addresses");
	done = cmd_store_open(&desktop.base, config, TRUE, &error);
	if (done)
		said = customer_merge(desktop.base.txn, desktop.base.site, argv[1],
		    argv[2], actor, clock_now(), &error);
	done =
	    said != NULL && store_commit(g_steal_pointer(&desktop.base.txn), &error);
	if (done)
		puts(said);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

static int
erase(const char *config, int argc, char **argv)
{
	g_autofree char *actor = cmd_actor(), *said = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = NULL;
	Desktop desktop = { 0 };

	if (argc != 2)
		return cmd_usage(&cmd_customer, "erase needs an address");
	desktop.base.store = cmd_store(config, &desktop.base.site, &error);
	if (desktop.base.store != NULL)
		spool = spool_open(desktop.base.site->state_dir, FALSE, &error);
	if (spool != NULL)
		said = customer_erase(desktop.base.store, spool, desktop.base.site,
		    argv[1], actor, clock_now(), &error);
	if (said != NULL)
		puts(said);
	desktop_clear(&desktop);
	return said != NULL ? 0 : cmd_fail(error);
}

/* --- log ------------------------------------------------------------------- */

static int
show_log(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	g_autoptr(GPtrArray) events = NULL;
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };

	if (argc != 1)
		return cmd_usage(&cmd_customer, NULL);
	if (cmd_store_open(&desktop.base, config, FALSE, &error))
		events = event_list(desktop.base.txn, 0, &error);
	for (guint i = 0; events != NULL && i < events->len; i++) {
		const EventRow *row = events->pdata[i];
		g_autofree char *when = cmd_when(row->at);
		g_autofree char *text = ticket_json_event(row);

		if (json)
			printf("{\"version\":1,%s\n", text + 1);
		else
			printf("%s  %-16s %s  %s\n", when, row->event,
			    row->actor, row->detail);
	}
	desktop_clear(&desktop);
	return error == NULL ? 0 : cmd_fail(error);
}

static const struct {
	const char *name;
	int (*run)(const char *config, int argc, char **argv);
} verbs[] = {
	{ "show", show },
	{ "export", export },
	{ "set", set },
	{ "merge", merge },
	{ "erase", erase },
	{ "log", show_log },
};

static int
run(const char *config, int argc, char **argv)
{
	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return verbs[i].run(config, argc - 1, argv + 1);
	return cmd_usage(&cmd_customer, NULL);
}

const Command cmd_customer = { "customer",
	"show ADDR [--json] | export ADDR | set ADDR [--name NAME] "
	"[--language TAG] [--register formal|informal] [--deliverable] | "
	"merge ADDR INTO-ADDR | erase ADDR | log [--json]",
	"what is known of a customer, and its end", run };
