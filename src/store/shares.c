/* shares.c - see shares.h. Read by policy/facts, written by policy/effects. */
#include "store/shares.h"

#include "store/rows.h"

static gpointer
read_share(StoreRows *rows)
{
	Share *share = g_new0(Share, 1);

	share->address = rows_text(rows, 0);
	share->open = store_int(rows, 1);
	share->turn = store_int(rows, 2);
	return share;
}

static void
free_share(gpointer data)
{
	Share *share = data;

	g_free(share->address);
	g_free(share);
}

GPtrArray *
share_list(StoreTxn *txn, const char *queue, GError **error)
{
	return rows_collect(store_query(txn, STMT_SHARE_LIST, error, queue),
	    read_share, free_share, error);
}

gboolean
share_turn(StoreTxn *txn, const char *queue, const char *address,
    GError **error)
{
	return store_run(txn, STMT_SHARE_TURN, NULL, error, queue, address);
}

static gpointer
read_text(StoreRows *rows)
{
	return rows_text(rows, 0);
}

char *
share_last_agent(StoreTxn *txn, gint64 customer, gint64 but, GError **error)
{
	g_autoptr(GError) reason = NULL;
	char *address = rows_one(
	    store_query(txn, STMT_SHARE_LAST_AGENT, &reason, customer, but),
	    read_text, &reason);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	return address != NULL ? address : g_strdup("");
}
