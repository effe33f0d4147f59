/* promises.c - see promises.h. Written by policy/effects, read by
 * policy/forecast, policy/delay and the command line. */
#include "store/promises.h"

#include "store/history.h"
#include "store/rows.h"

PromiseRow *
promise_row_new(void)
{
	PromiseRow *row = g_new0(PromiseRow, 1);

	row->kind = g_strdup("date");
	row->basis = g_strdup("configured");
	row->text = g_strdup("");
	row->ground.key = g_strdup("");
	return row;
}

void
promise_row_free(PromiseRow *row)
{
	if (row == NULL)
		return;
	g_free(row->kind);
	g_free(row->basis);
	g_free(row->text);
	g_free(row->ground.key);
	g_free(row);
}

static void
free_row(gpointer data)
{
	promise_row_free(data);
}

static gpointer
read_row(StoreRows *rows)
{
	PromiseRow *row = g_new0(PromiseRow, 1);
	PromiseGround *ground = &row->ground;

	row->id = store_int(rows, 0);
	row->ticket = store_int(rows, 1);
	row->number = store_int(rows, 2);
	row->made = store_int(rows, 3);
	row->kind = rows_text(rows, 4);
	row->named = store_int(rows, 5);
	row->basis = rows_text(rows, 6);
	row->lead = store_int(rows, 7);
	row->waited = store_int(rows, 8);
	row->told = store_int(rows, 9);
	row->text = rows_text(rows, 10);
	ground->share = store_int(rows, 11);
	ground->level = store_int(rows, 12);
	ground->length = store_int(rows, 13);
	ground->kept = store_int(rows, 14);
	ground->exact = store_int(rows, 15);
	ground->due = store_int(rows, 16);
	ground->key = rows_text(rows, 17);
	ground->built = store_int(rows, 18);
	ground->own = store_int(rows, 19);
	ground->own_since = store_int(rows, 20);
	ground->queue = store_int(rows, 21);
	ground->queue_since = store_int(rows, 22);
	ground->desk = store_int(rows, 23);
	ground->desk_since = store_int(rows, 24);
	return row;
}

GPtrArray *
promise_list(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_collect(store_query(txn, STMT_PROMISE_LIST, error, ticket),
	    read_row, free_row, error);
}

gboolean
promise_add(StoreTxn *txn, PromiseRow *row, GError **error)
{
	const PromiseGround *ground = &row->ground;
	g_autoptr(GPtrArray) before = promise_list(txn, row->ticket, error);
	g_autoptr(GError) reason = NULL;
	g_autoptr(LifeRow) life = NULL;

	if (before == NULL)
		return FALSE;
	life = history_life(txn, row->ticket, &reason);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	/* An agent names it to a customer who is in conversation with him. */
	if (g_str_equal(row->basis, "agent")) {
		const PromiseRow *last = before->len > 0
		    ? before->pdata[before->len - 1]
		    : NULL;

		row->told = last != NULL && last->told != 0 ? last->told
							     : PROMISE_TOLD;
	}
	row->number = before->len + 1;
	row->waited = life != NULL ? life->waited : 0;
	return store_run_int(txn, STMT_PROMISE_ADD, &row->id, NULL, error,
		   row->ticket, row->number, row->made, row->kind, row->named,
		   row->basis, row->lead, row->waited, row->told,
		   row->text, ground->share, ground->level, ground->length,
		   ground->kept, ground->exact, ground->due, ground->key, ground->built,
		   ground->own, ground->own_since, ground->queue,
		   ground->queue_since, ground->desk, ground->desk_since) &&
	    timer_add(txn, row->ticket, "promise", row->id,
		row->named - row->lead, error);
}

gboolean
promise_outcome(StoreTxn *txn, gint64 now, gint64 most, guint *kept,
    guint *exact, guint *due, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = store_query(
	    txn, STMT_PROMISE_DUE, error, now, most);

	*kept = *exact = *due = 0;
	if (rows == NULL)
		return FALSE;
	if (store_next(rows, &reason)) {
		*kept = (guint)store_int(rows, 0);
		*exact = (guint)store_int(rows, 1);
		*due = (guint)store_int(rows, 2);
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

GArray *
promise_tickets(StoreTxn *txn, gint64 after, gint64 most, GError **error)
{
	g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = store_query(
	    txn, STMT_PROMISE_OPEN, error, after, most);

	if (rows == NULL)
		return NULL;
	while (store_next(rows, &reason)) {
		gint64 number = store_int(rows, 0);

		g_array_append_val(out, number);
	}
	if (reason == NULL)
		return g_steal_pointer(&out);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

gboolean
promise_put_off(StoreTxn *txn, gint64 ticket, gint64 late, GError **error)
{
	g_autoptr(GPtrArray) rows = promise_list(txn, ticket, error);
	const PromiseRow *row;

	if (rows == NULL)
		return FALSE;
	if (late <= 0 || rows->len == 0)
		return TRUE;
	row = rows->pdata[rows->len - 1];
	/* One that is there still looks by itself how late it has become. */
	return store_run(txn, STMT_LIFE_PROMISED, NULL, error, ticket, late) &&
	    timer_add(txn, ticket, "promise", row->id,
		row->named - row->lead, error);
}
