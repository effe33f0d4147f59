/* labels.c - see labels.h. Written by policy/act, read by the command line. */
#include "store/labels.h"

#include "store/rows.h"

static gpointer
read_word(StoreRows *rows)
{
	return rows_text(rows, 0);
}

GPtrArray *
label_list(StoreTxn *txn, gint64 ticket, const char *kind, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_LABEL_LIST, error, ticket, kind), read_word,
	    g_free, error);
}

gboolean
label_add(StoreTxn *txn, gint64 ticket, const char *kind, const char *word,
    gboolean *changed, GError **error)
{
	gint64 n;

	if (!store_run(txn, STMT_LABEL_ADD, &n, error, ticket, kind, word))
		return FALSE;
	*changed = n > 0;
	return TRUE;
}

gboolean
label_remove(StoreTxn *txn, gint64 ticket, const char *kind, const char *word,
    gboolean *changed, GError **error)
{
	gint64 n;

	if (!store_run(txn, STMT_LABEL_REMOVE, &n, error, ticket, kind, word))
		return FALSE;
	*changed = n > 0;
	return TRUE;
}
