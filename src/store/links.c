/* links.c - see links.h. Written by policy/act, read by policy/facts and the
 * command line. */
#include "store/links.h"

enum { HOPS_MOST = 1000 };

/* Only a ticket that was merged into none is merged, and only into another
 * such one, so there is no circle; the count is for a store that was edited by
 * hand. */
Ticket *
ticket_root(StoreTxn *txn, gint64 id, GError **error)
{
	g_autoptr(Ticket) ticket = ticket_by_id(txn, id, error);

	for (guint i = 0;
	     ticket != NULL && ticket->merged_into != 0 && i < HOPS_MOST; i++) {
		Ticket *next = ticket_by_id(txn, ticket->merged_into, error);

		ticket_free(ticket);
		ticket = next;
	}
	return g_steal_pointer(&ticket);
}

gboolean
link_add(StoreTxn *txn, gint64 one, gint64 other, GError **error)
{
	return store_run(txn, STMT_LINK_ADD, NULL, error, MIN(one, other),
	    MAX(one, other));
}

gboolean
link_remove(StoreTxn *txn, gint64 one, gint64 other, gint64 *changed,
    GError **error)
{
	return store_run(txn, STMT_LINK_REMOVE, changed, error, MIN(one, other),
	    MAX(one, other));
}

static GArray *
numbers(StoreRows *taken, GError **error)
{
	g_autoptr(StoreRows) rows = taken;
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) reason = NULL;

	if (rows == NULL)
		return NULL;
	while (store_next(rows, &reason)) {
		gint64 number = store_int(rows, 0);

		g_array_append_val(list, number);
	}
	if (reason == NULL)
		return g_steal_pointer(&list);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

GArray *
link_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	return numbers(store_query(txn, STMT_LINK_LIST, error, ticket), error);
}

GArray *
merged_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	return numbers(store_query(txn, STMT_MERGED_LIST, error, ticket),
	    error);
}

gboolean
message_move(StoreTxn *txn, gint64 message, gint64 from, gint64 to,
    gboolean forget, gboolean *moved, GError **error)
{
	gint64 changed;

	if (!store_run(txn, STMT_MESSAGE_MOVE, &changed, error, message, from,
		to))
		return FALSE;
	if (moved != NULL)
		*moved = changed > 0;
	if (changed == 0)
		return TRUE;
	return store_run(txn, STMT_SEEN_MOVE, NULL, error, message, to) &&
	       store_run(txn, STMT_OUTBOX_MOVE, NULL, error, message, to) &&
	       store_run(txn, STMT_MSGID_COPY, NULL, error, message, to) &&
	       (!forget || store_run(txn, STMT_MSGID_REMOVE, NULL, error,
			       message, from));
}

gboolean
participant_remove(StoreTxn *txn, gint64 ticket, gint64 address, GError **error)
{
	return store_run(txn, STMT_PARTICIPANT_REMOVE, NULL, error, ticket,
	    address);
}
