/* erasure.c - see erasure.h. Called by policy/customer, which decides whether
 * it may be, and sees to the spool. */
#include "store/erasure.h"

#include <string.h>

#include "store/parties.h"
#include "store/search.h"
#include "store/tickets.h"

/* A message to go. */
typedef struct Doomed {
	gint64 id, raw, ticket;
} Doomed;

static int
by_id(gconstpointer a, gconstpointer b)
{
	const Doomed *one = a, *two = b;

	return one->id < two->id ? -1 : one->id > two->id;
}

static gboolean
collect(StoreRows *running, GArray *doomed, GError **error)
{
	g_autoptr(StoreRows) rows = running;
	g_autoptr(GError) reason = NULL;

	if (rows == NULL)
		return FALSE;
	while (store_next(rows, &reason)) {
		Doomed one = { store_int(rows, 0), store_int(rows, 1),
			store_int(rows, 2) };

		g_array_append_val(doomed, one);
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* "%ann!_b@x.example%" for LIKE ... ESCAPE '!', in lower case. */
static char *
pattern_of(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	GString *pattern = g_string_new("%");

	for (const char *p = lower; *p != '\0'; p++) {
		if (strchr("%_!", *p) != NULL)
			g_string_append_c(pattern, '!');
		g_string_append_c(pattern, *p);
	}
	g_string_append_c(pattern, '%');
	return g_string_free(pattern, FALSE);
}

/* Each once, ascending. */
static GArray *
find_doomed(StoreTxn *txn, gint64 profile, const GPtrArray *addresses,
    GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Doomed));
	GArray *doomed;

	if (!collect(store_query(txn, STMT_ERASE_OWN, error, profile), all,
		error))
		return NULL;
	for (guint i = 0; i < addresses->len; i++) {
		const AddressRow *row = addresses->pdata[i];
		g_autofree char *pattern = pattern_of(row->address);

		if (!collect(
			store_query(txn, STMT_ERASE_MENTIONS, error, pattern),
			all, error))
			return NULL;
	}
	g_array_sort(all, by_id);
	doomed = g_array_new(FALSE, FALSE, sizeof(Doomed));
	for (guint i = 0; i < all->len; i++) {
		const Doomed *one = &g_array_index(all, Doomed, i);

		if (doomed->len == 0 ||
		    g_array_index(doomed, Doomed, doomed->len - 1).id !=
			one->id)
			g_array_append_val(doomed, *one);
	}
	return doomed;
}

GArray *
erasure_messages(StoreTxn *txn, gint64 profile, const GPtrArray *addresses,
    GError **error)
{
	g_autoptr(GArray) doomed = find_doomed(txn, profile, addresses, error);
	GArray *ids;

	if (doomed == NULL)
		return NULL;
	ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; i < doomed->len; i++)
		g_array_append_val(ids, g_array_index(doomed, Doomed, i).id);
	return ids;
}

/* --- destroying ---------------------------------------------------------- */

static gboolean
run_each(StoreTxn *txn, const StoreStmt *statements, guint n, gint64 id,
    GError **error)
{
	for (guint i = 0; i < n; i++)
		if (!store_run(txn, statements[i], NULL, error, id))
			return FALSE;
	return TRUE;
}

/* tickets: set of ids that lose something. */
static gboolean
erase_messages(StoreTxn *txn, const GArray *doomed, GHashTable *tickets,
    GError **error)
{
	static const StoreStmt statements[] = { STMT_ERASE_RECIPIENTS,
		STMT_ERASE_OUTBOX, STMT_ERASE_UNINDEXED, STMT_ERASE_SEEN,
		STMT_ERASE_MESSAGE };

	for (guint i = 0; i < doomed->len; i++) {
		const Doomed *one = &g_array_index(doomed, Doomed, i);

		if (!run_each(txn, statements, G_N_ELEMENTS(statements),
			one->id, error) ||
		    !store_run(txn, STMT_ERASE_RAW, NULL, error, one->raw))
			return FALSE;
		g_hash_table_add(tickets,
		    g_memdup2(&one->ticket, sizeof one->ticket));
	}
	return TRUE;
}

static void
free_address(gpointer data)
{
	address_row_free(data);
}

/* Whoever took part, for a look at whether anything else is known of him. */
static gboolean
note_people(StoreTxn *txn, gint64 ticket, GPtrArray *people, GError **error)
{
	g_autoptr(GPtrArray) rows = participant_list(txn, ticket, error);

	if (rows == NULL)
		return FALSE;
	while (rows->len > 0)
		g_ptr_array_add(people, g_ptr_array_steal_index(rows, 0));
	return TRUE;
}

/* Those who were known only because he named them. */
static gboolean
erase_unused(StoreTxn *txn, const GPtrArray *people, GError **error)
{
	for (guint i = 0; i < people->len; i++) {
		const AddressRow *row = people->pdata[i];

		if (!store_run(txn, STMT_ERASE_UNUSED, NULL, error, row->id) ||
		    !store_run(txn, STMT_ERASE_NOBODY, NULL, error, row->party))
			return FALSE;
	}
	return TRUE;
}

static gboolean
erase_ticket(StoreTxn *txn, gint64 ticket, GError **error)
{
	static const StoreStmt statements[] = { STMT_ERASE_TICKET_EVENTS,
		STMT_ERASE_TICKET_TIMERS, STMT_ERASE_PROMISES, STMT_ERASE_LIFE,
		STMT_ERASE_TICKET_MSGIDS,
		STMT_ERASE_TICKET_PEOPLE, STMT_ERASE_TICKET_LINKS,
		STMT_ERASE_TICKET_SEEN, STMT_ERASE_TICKET_QUEUES,
		STMT_ERASE_TICKET_LABELS,
		STMT_ERASE_TICKET_FOLLOWED, STMT_ERASE_TICKET_MERGED,
		STMT_ERASE_TICKET_FAQ, STMT_ERASE_TICKET };

	return run_each(txn, statements, G_N_ELEMENTS(statements), ticket,
	    error);
}

/* Without a message left nothing is left of a ticket that was his. */
static gboolean
settle_ticket(StoreTxn *txn, gint64 ticket, gboolean his, GPtrArray *people,
    ErasureCounts *counts, GError **error)
{
	gint64 left = 0;

	if (!store_run_int(txn, STMT_ERASE_LEFT, &left, NULL, error, ticket))
		return FALSE;
	if (his && left == 0) {
		counts->tickets++;
		return note_people(txn, ticket, people, error) &&
		       erase_ticket(txn, ticket, error);
	}
	counts->left++;
	return store_run(txn, STMT_ERASE_MSGIDS, NULL, error, ticket) &&
	       (!his ||
		   store_run(txn, STMT_ERASE_SUBJECT, NULL, error, ticket));
}

static gboolean
scrub_event(StoreTxn *txn, gint64 id, gboolean actor, gboolean detail,
    GError **error)
{
	return (!actor || store_run(txn, STMT_ERASE_ACTOR, NULL, error, id)) &&
	       (!detail || store_run(txn, STMT_ERASE_DETAIL, NULL, error, id));
}

typedef struct Named {
	gint64 id;
	gboolean actor, detail;
} Named;

/* Events that name him, on whatever ticket. */
static gboolean
erase_events(StoreTxn *txn, const char *text, GError **error)
{
	g_autofree char *pattern = pattern_of(text);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Named));
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows =
	    store_query(txn, STMT_ERASE_EVENTS, error, pattern);

	if (rows == NULL)
		return FALSE;
	while (store_next(rows, &reason)) {
		Named one = { store_int(rows, 0), store_int(rows, 1) == 1,
			store_int(rows, 2) == 1 };

		g_array_append_val(found, one);
	}
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	for (guint i = 0; i < found->len; i++) {
		const Named *one = &g_array_index(found, Named, i);

		if (!scrub_event(txn, one->id, one->actor, one->detail, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
erase_tickets(StoreTxn *txn, gint64 profile, GHashTable *touched,
    GPtrArray *people, ErasureCounts *counts, GError **error)
{
	g_autoptr(GArray) his = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) reason = NULL;
	StoreRows *rows = store_query(txn, STMT_ERASE_OPENED, error, profile);
	GHashTableIter iter;
	gpointer key;

	if (rows == NULL)
		return FALSE;
	while (store_next(rows, &reason)) {
		gint64 id = store_int(rows, 0);

		g_array_append_val(his, id);
	}
	store_rows_free(rows);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	for (guint i = 0; i < his->len; i++) {
		gint64 id = g_array_index(his, gint64, i);

		g_hash_table_remove(touched, &id);
		if (!settle_ticket(txn, id, TRUE, people, counts, error))
			return FALSE;
	}
	g_hash_table_iter_init(&iter, touched);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (!settle_ticket(txn, *(gint64 *)key, FALSE, people, counts, error))
			return FALSE;
	return TRUE;
}

gboolean
erasure_run(StoreTxn *txn, gint64 profile, const GPtrArray *addresses,
    ErasureCounts *counts, GError **error)
{
	static const StoreStmt statements[] = { STMT_ERASE_PARTICIPANT,
		STMT_ERASE_AUTOMATIC, STMT_ERASE_AGENT, STMT_ERASE_REPLY_TO,
		STMT_ERASE_ADDRESSES, STMT_PARTY_DELETE };
	g_autoptr(GArray) doomed = find_doomed(txn, profile, addresses, error);
	g_autoptr(GHashTable) touched =
	    g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	g_autoptr(GPtrArray) people =
	    g_ptr_array_new_with_free_func(free_address);

	if (doomed == NULL || !erase_messages(txn, doomed, touched, error) ||
	    !erase_tickets(txn, profile, touched, people, counts, error))
		return FALSE;
	counts->messages = doomed->len;
	counts->addresses = addresses->len;
	for (guint i = 0; i < addresses->len; i++) {
		const AddressRow *row = addresses->pdata[i];

		if (!erase_events(txn, row->address, error))
			return FALSE;
	}
	return run_each(txn, statements, G_N_ELEMENTS(statements), profile,
		   error) &&
	       erase_unused(txn, people, error) &&
	       store_run(txn, STMT_META_SET, NULL, error, "scrub", "due");
}

/* --- afterwards ---------------------------------------------------------- */

gboolean
erasure_is_due(StoreTxn *txn, gboolean *due, GError **error)
{
	g_autoptr(StoreRows) rows =
	    store_query(txn, STMT_META_GET, error, "scrub");
	g_autoptr(GError) reason = NULL;

	if (rows == NULL)
		return FALSE;
	*due = store_next(rows, &reason) &&
	       g_str_equal(store_text(rows, 0), "due");
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
erasure_end(Store *store, GError **error)
{
	g_autoptr(StoreTxn) txn = NULL;
	guint done = 1;

	/* Full-text segments keep the words of what is deleted. */
	if (!store_index_reset(store, error))
		return FALSE;
	while (done > 0)
		if (!store_index_pending(store, 500, &done, error))
			return FALSE;
	if (!store_scrub(store, error))
		return FALSE;
	txn = store_begin(store, error);
	return txn != NULL &&
	       store_run(txn, STMT_META_SET, NULL, error, "scrub", "done") &&
	       store_commit(g_steal_pointer(&txn), error);
}
