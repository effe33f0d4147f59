/* act_undo.c - undo (act.h): the newest deed of the event log that was not
 * taken back yet. Each has noted what it changed, from what, to what; when the
 * ticket is not as the deed left it, something has happened since, and undo
 * would destroy that. */
#include "policy/act_private.h"

#include "ground/error.h"
#include "policy/ticket.h"
#include "store/links.h"

static gint64
number_of(GHashTable *change, const char *key)
{
	const char *text = g_hash_table_lookup(change, key);

	return text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static const char *
text_of(GHashTable *change, const char *key)
{
	const char *text = g_hash_table_lookup(change, key);

	return text != NULL ? text : "";
}

static gboolean
changed_since(const Ticket *ticket, const char *what, GError **error)
{
	return error_permanent(error,
	    "the %s of ticket %" NUMBER " has changed since: undo would "
	    "destroy that",
	    what, ticket->number);
}

static gboolean
undo_state(ActScene *scene, GHashTable *change, GError **error)
{
	Ticket *ticket = scene->effects->ticket;

	if (!g_str_equal(ticket->state, text_of(change, "now")))
		return changed_since(ticket, "state", error);
	ticket_put_back(ticket, text_of(change, "state"),
	    number_of(change, "resolved"), scene->now);
	return TRUE;
}

static gboolean
undo_assign(ActScene *scene, GHashTable *change, GError **error)
{
	Ticket *ticket = scene->effects->ticket;

	if (ticket->agent != number_of(change, "now"))
		return changed_since(ticket, "agent", error);
	ticket->agent = number_of(change, "agent");
	return TRUE;
}

static gboolean
undo_move(ActScene *scene, GHashTable *change, GError **error)
{
	Ticket *ticket = scene->effects->ticket;

	if (!g_str_equal(ticket->queue, text_of(change, "now")))
		return changed_since(ticket, "queue", error);
	g_free(ticket->queue);
	ticket->queue = g_strdup(text_of(change, "queue"));
	if (ticket->agent == number_of(change, "agent-now"))
		ticket->agent = number_of(change, "agent");
	return TRUE;
}

static gboolean
undo_promise(ActScene *scene, GHashTable *change, GError **error)
{
	Ticket *ticket = scene->effects->ticket;

	if (ticket->promised != number_of(change, "now"))
		return changed_since(ticket, "promise", error);
	ticket->promised = number_of(change, "promised");
	return TRUE;
}

static GHashTable *
parse(const char *change)
{
	GHashTable *table =
	    g_uri_parse_params(change, -1, "&", G_URI_PARAMS_NONE, NULL);

	return table != NULL ? table
			     : g_hash_table_new_full(g_str_hash, g_str_equal,
				   g_free, g_free);
}

/* Whether a later event says that this one was taken back. */
static gboolean
is_undone(const GPtrArray *events, const EventRow *row)
{
	g_autofree char *undone =
	    g_strdup_printf("undone=%" NUMBER, row->id);

	for (guint i = 0; i < events->len; i++) {
		const EventRow *later = events->pdata[i];

		if (g_str_equal(later->change, undone))
			return TRUE;
	}
	return FALSE;
}

gboolean
act_settle(ActScene *scene, gint64 other, const Ticket *ticket,
    const char *event, const char *detail, GError **error)
{
	g_autoptr(GPtrArray) events = event_list(scene->txn, other, error);
	g_autofree char *see = g_strdup_printf("see=%" NUMBER, ticket->number);
	g_autofree char *change = g_strdup("");

	if (events == NULL)
		return FALSE;
	for (guint i = 0; i < events->len; i++) {
		const EventRow *row = events->pdata[i];

		/* Two tickets may have been linked and merged. */
		if (!g_str_equal(row->change, see) || is_undone(events, row))
			continue;
		g_free(change);
		change = g_strdup_printf("undone=%" NUMBER, row->id);
	}
	return event_add_change(scene->txn, other, scene->now, event,
	    scene->act->actor, detail, change, error);
}

static gboolean
undo_link(ActScene *scene, GHashTable *change, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	gint64 other = number_of(change, "other"), removed;
	g_autofree char *detail =
	    g_strdup_printf("not related to ticket %" NUMBER, ticket->number);

	if (!link_remove(scene->txn, ticket->id, other, &removed, error))
		return FALSE;
	if (removed == 0)
		return changed_since(ticket, "link", error);
	return act_settle(scene, other, ticket, "unlinked", detail, error);
}

static gboolean
undo_merge(ActScene *scene, GHashTable *change, GError **error)
{
	return act_part(scene, scene->effects->ticket, change, error);
}

/* The new number may be known to the customer by now, so it goes on living as
 * a part of the old one. */
static gboolean
undo_split(ActScene *scene, GHashTable *change, GError **error)
{
	g_autoptr(Ticket) ticket =
	    act_ticket(scene->txn, number_of(change, "ticket"), error);

	return ticket != NULL &&
	       link_remove(scene->txn, ticket->id, scene->effects->ticket->id,
		   NULL, error) &&
	       act_join(scene, ticket, scene->effects->ticket, FALSE, error);
}

static const struct {
	const char *event;
	gboolean (*undo)(ActScene *scene, GHashTable *change, GError **error);
} undoers[] = {
	{ "promised", undo_promise },
	{ "closed", undo_state },
	{ "reopened", undo_state },
	{ "waiting", undo_state },
	{ "spam", undo_state },
	{ "assigned", undo_assign },
	{ "moved", undo_move },
	{ "waiting", undo_state },
	{ "priority", act_undo_label },
	{ "tagged", act_undo_label },
	{ "language", act_undo_language },
	{ "copy", act_undo_cc },
	{ "linked", undo_link },
	{ "merged", undo_merge },
	{ "split", undo_split },
};

/* The newest that can be taken back, and its change; NULL: none. */
static const EventRow *
newest(const GPtrArray *events, GHashTable **change)
{
	g_autoptr(GHashTable) undone =
	    g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (guint i = events->len; i > 0; i--) {
		const EventRow *row = events->pdata[i - 1];
		g_autoptr(GHashTable) table = NULL;
		gint64 id;

		if (*row->change == '\0')
			continue;
		table = parse(row->change);
		id = number_of(table, "undone");
		if (id != 0)
			g_hash_table_add(undone, g_memdup2(&id, sizeof id));
		else if (!g_hash_table_contains(undone, &row->id)) {
			*change = g_steal_pointer(&table);
			return row;
		}
	}
	return NULL;
}

static gboolean
undo(ActScene *scene, const EventRow *row, GHashTable *change, GError **error)
{
	gint64 see = number_of(change, "see");

	if (see != 0)
		return error_permanent(error,
		    "the last deed (%s: %s) was done on ticket %" NUMBER
		    ": undo it there",
		    row->event, row->detail, see);
	for (guint i = 0; i < G_N_ELEMENTS(undoers); i++)
		if (g_str_equal(undoers[i].event, row->event))
			return undoers[i].undo(scene, change, error);
	return error_permanent(error, "%s cannot be taken back", row->event);
}

char *
act_undo(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autoptr(GPtrArray) events = event_list(scene->txn, ticket->id, error);
	g_autoptr(GHashTable) change = NULL;
	const EventRow *row;

	if (events == NULL)
		return NULL;
	row = newest(events, &change);
	if (row == NULL) {
		error_permanent(error,
		    "there is nothing on ticket %" NUMBER
		    " that can be taken back",
		    ticket->number);
		return NULL;
	}
	if (!undo(scene, row, change, error))
		return NULL;
	ticket->updated = scene->now;
	effects_event(scene->effects, "undone", scene->act->actor, "%s: %s",
	    row->event, row->detail);
	effects_change(scene->effects, "undone=%" NUMBER, row->id);
	return g_strdup_printf("taken back on ticket %" NUMBER ": %s %s",
	    ticket->number, row->event, row->detail);
}
