/* faqs.c - see faqs.h. Written by `javob faq` and policy/effects, read by
 * policy/facts. */
#include "store/faqs.h"

#include "store/rows.h"

void
faq_row_free(FaqRow *row)
{
	if (row == NULL)
		return;
	g_free(row->key);
	g_free(row->mailbox);
	g_free(row->languages);
	g_free(row->title);
	g_free(row->url);
	g_free(row->words);
	g_free(row->body);
	g_free(row->stems);
	g_free(row);
}

static void
free_row(gpointer data)
{
	faq_row_free(data);
}

static gpointer
read_row(StoreRows *rows)
{
	FaqRow *row = g_new0(FaqRow, 1);

	row->id = store_int(rows, 0);
	row->key = rows_text(rows, 1);
	row->mailbox = rows_text(rows, 2);
	row->languages = rows_text(rows, 3);
	row->title = rows_text(rows, 4);
	row->url = rows_text(rows, 5);
	row->words = rows_text(rows, 6);
	row->body = rows_text(rows, 7);
	row->stems = rows_text(rows, 8);
	row->shown = store_int(rows, 9);
	row->helped = store_int(rows, 10);
	return row;
}

gboolean
faq_put(StoreTxn *txn, const FaqRow *row, GError **error)
{
	return store_run(txn, STMT_FAQ_PUT, NULL, error, row->key,
	    row->mailbox, row->languages, row->title, row->url, row->words,
	    row->body, row->stems);
}

gboolean
faq_remove(StoreTxn *txn, const char *key, gint64 *removed, GError **error)
{
	return store_run(txn, STMT_FAQ_SHOWN_FORGET, NULL, error, key) &&
	       store_run(txn, STMT_FAQ_REMOVE, removed, error, key);
}

GPtrArray *
faq_all(StoreTxn *txn, GError **error)
{
	return rows_collect(store_query(txn, STMT_FAQ_ALL, error), read_row,
	    free_row, error);
}

gboolean
faq_add_shown(StoreTxn *txn, gint64 ticket, gint64 faq, gint64 now,
    GError **error)
{
	return store_run(
	    txn, STMT_FAQ_SHOWN_ADD, NULL, error, ticket, faq, now);
}

gboolean
faq_count_shown(StoreTxn *txn, gint64 ticket, gint64 *count, GError **error)
{
	return store_run_int(
	    txn, STMT_FAQ_SHOWN_COUNT, count, NULL, error, ticket);
}

gboolean
faq_set_helped(StoreTxn *txn, gint64 ticket, GError **error)
{
	return store_run(txn, STMT_FAQ_SHOWN_HELPED, NULL, error, ticket);
}
