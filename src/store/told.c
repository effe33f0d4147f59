/* told.c - see told.h. Read by policy/facts, written by policy/effects, taken by
 * policy/flood when the hour is over. */
#include "store/told.h"

#include "store/rows.h"

enum { KEPT = 86400 };

gboolean
told_counts(StoreTxn *txn, gint64 agent, gint64 since, ToldCounts *counts,
    GError **error)
{
	g_autoptr(StoreRows) rows =
	    store_query(txn, STMT_TOLD_COUNTS, error, agent, since);

	if (rows == NULL || !store_next(rows, error))
		return FALSE;
	counts->told = store_int(rows, 0);
	counts->waits = store_int(rows, 1);
	return TRUE;
}

gboolean
told_add(StoreTxn *txn, gint64 agent, gint64 ticket, gboolean waits,
    gint64 now, GError **error)
{
	return store_run(txn, STMT_TOLD_ADD, NULL, error, agent, ticket,
	    (gint64)(waits ? 1 : 0), now);
}

static gpointer
read_row(StoreRows *rows)
{
	ToldRow *row = g_new0(ToldRow, 1);

	row->number = store_int(rows, 0);
	row->subject = rows_text(rows, 1);
	row->from = rows_text(rows, 2);
	return row;
}

static void
free_row(gpointer data)
{
	ToldRow *row = data;

	g_free(row->subject);
	g_free(row->from);
	g_free(row);
}

GPtrArray *
told_take(StoreTxn *txn, gint64 agent, GError **error)
{
	g_autoptr(GPtrArray) rows =
	    rows_collect(store_query(txn, STMT_TOLD_WAITING, error, agent),
		read_row, free_row, error);

	if (rows == NULL ||
	    !store_run(txn, STMT_TOLD_TAKE, NULL, error, agent))
		return NULL;
	return g_steal_pointer(&rows);
}

gboolean
told_purge(StoreTxn *txn, gint64 now, GError **error)
{
	return store_run(txn, STMT_TOLD_PURGE, NULL, error, now - KEPT);
}
