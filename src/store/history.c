/* history.c - see history.h. Written along with tickets, read by
 * policy/forecast. */
#include "store/history.h"

#include <string.h>

#include "store/rows.h"

/* --- samples ---------------------------------------------------------------- */

static StoreRows *
ask(StoreTxn *txn, StoreStmt of_key, StoreStmt of_queue, StoreStmt of_desk,
    HistoryScope scope, const char *name, gint64 number, GError **error)
{
	if (scope == HISTORY_DESK)
		return store_query(txn, of_desk, error, number);
	return store_query(txn, scope == HISTORY_KEY ? of_key : of_queue,
	    error, name, number);
}

static gboolean
window(StoreTxn *txn, HistoryScope scope, const char *name, gint64 least,
    gint64 days, gint64 now, gint64 *since, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = ask(txn, STMT_HISTORY_SINCE_KEY,
	    STMT_HISTORY_SINCE_QUEUE, STMT_HISTORY_SINCE_DESK, scope, name,
	    least - 1, error);

	*since = 0;
	if (rows == NULL)
		return FALSE;
	if (store_next(rows, &reason))
		*since = MIN(store_int(rows, 0), now - days * 86400);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

static HistoryLife
life_of(StoreRows *rows, gint64 since, gint64 now)
{
	gint64 opened = store_int(rows, 0);
	gint64 waited = store_int(rows, 2);
	gboolean settled = !store_is_null(rows, 1);
	gint64 end = settled ? store_int(rows, 1)
	    : store_is_null(rows, 3) ? now
				     : store_int(rows, 3);
	HistoryLife life = { MAX(end - opened - waited, 0), HISTORY_WHOLE,
		settled };

	/* Which of its waits came before the window is not known. */
	if (opened < since)
		life.entry = CLAMP(since - opened - waited, 0, life.age);
	return life;
}

GArray *
history_sample(StoreTxn *txn, HistoryScope scope, const char *name,
    gint64 least, gint64 days, gint64 now, gint64 *since, GError **error)
{
	g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(HistoryLife));
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = NULL;

	if (!window(txn, scope, name, least, days, now, since, error))
		return NULL;
	rows = ask(txn, STMT_HISTORY_LIVES_KEY, STMT_HISTORY_LIVES_QUEUE,
	    STMT_HISTORY_LIVES_DESK, scope, name, *since, error);
	if (rows == NULL)
		return NULL;
	while (store_next(rows, &reason)) {
		HistoryLife life = life_of(rows, *since, now);

		g_array_append_val(out, life);
	}
	if (reason == NULL)
		return g_steal_pointer(&out);
	g_propagate_error(error, g_steal_pointer(&reason));
	return NULL;
}

/* The one row of a question with two numbers. */
static gboolean
two(StoreRows *asked, gint64 *first, gint64 *second, GError **error)
{
	g_autoptr(StoreRows) rows = asked;
	g_autoptr(GError) reason = NULL;

	if (rows == NULL)
		return FALSE;
	*first = *second = 0;
	if (store_next(rows, &reason)) {
		*first = store_int(rows, 0);
		*second = store_int(rows, 1);
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
history_more(StoreTxn *txn, const char *key, const char *queue, gint64 since,
    guint *of_key, guint *of_queue, GError **error)
{
	gint64 a, b;

	if (!two(store_query(txn, STMT_HISTORY_MORE, error, key, queue, since),
		&a, &b, error))
		return FALSE;
	*of_key = (guint)a;
	*of_queue = (guint)b;
	return TRUE;
}

gboolean
history_known(StoreTxn *txn, guint most, guint *settled, gint64 *first,
    GError **error)
{
	gint64 count;

	if (!two(store_query(txn, STMT_HISTORY_KNOWN, error, (gint64)most),
		&count, first, error))
		return FALSE;
	*settled = (guint)count;
	return TRUE;
}

char *
history_key(const char *queue, const char *mailbox)
{
	return g_strconcat(queue, "|", mailbox, NULL);
}

/* --- lives ------------------------------------------------------------------- */

void
life_row_free(LifeRow *row)
{
	if (row == NULL)
		return;
	g_free(row->key);
	g_free(row->queue);
	g_free(row);
}

static gpointer
read_life(StoreRows *rows)
{
	LifeRow *row = g_new0(LifeRow, 1);

	row->opened = store_int(rows, 0);
	row->ended = store_int(rows, 1);
	row->waited = store_int(rows, 2);
	row->waiting = store_int(rows, 3);
	row->key = rows_text(rows, 4);
	row->queue = rows_text(rows, 5);
	return row;
}

gboolean
history_open(StoreTxn *txn, const Ticket *ticket, GError **error)
{
	g_autofree char *key = history_key(ticket->queue, ticket->mailbox);

	return store_run(txn, STMT_LIFE_ADD, NULL, error, ticket->id,
	    ticket->queue, key, ticket->opened, ticket->resolved, (gint64)0);
}

LifeRow *
history_life(StoreTxn *txn, gint64 ticket, GError **error)
{
	return rows_one(store_query(txn, STMT_LIFE_OF, error, ticket),
	    read_life, error);
}

static gboolean
is_state(const Ticket *ticket, const char *state)
{
	return strcmp(ticket->state, state) == 0;
}

/* A life that silence has settled has both ended and waiting. */
static void
follow(LifeRow *life, const Ticket *ticket)
{
	gint64 stopped = life->ended != 0 ? life->ended : life->waiting;

	if (is_state(ticket, "closed") || is_state(ticket, "resolved")) {
		if (life->ended == 0) {
			if (life->waiting != 0)
				life->waited += ticket->resolved - life->waiting;
			life->waiting = 0;
			life->ended = ticket->resolved;
		} else if (life->waiting == 0) { /* old mail that is joined */
			life->ended = MAX(life->ended, ticket->resolved);
		}
	} else if (is_state(ticket, "waiting")) {
		if (stopped == 0)
			life->waiting = ticket->updated;
	} else if (stopped != 0) {
		life->waited += MAX(ticket->updated - stopped, 0);
		life->ended = life->waiting = 0;
	}
}

gboolean
history_follow(StoreTxn *txn, const Ticket *ticket, gint64 *late,
    GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(LifeRow) life = history_life(txn, ticket->id, &reason);
	gint64 counted = !is_state(ticket, "spam") && ticket->merged_into == 0;
	gint64 waited;
	gboolean open;

	*late = 0;
	if (life == NULL) {
		if (reason == NULL)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	waited = life->waited;
	follow(life, ticket);
	open = life->ended == 0 && life->waiting == 0;
	*late = open ? life->waited - waited : 0;
	return store_run(txn, STMT_LIFE_SET, NULL, error, ticket->id,
	    life->ended, life->waited, life->waiting, counted);
}

gboolean
history_silence(StoreTxn *txn, gint64 before, GError **error)
{
	return store_run(txn, STMT_LIFE_SILENT, NULL, error, before);
}

gboolean
history_import(StoreTxn *txn, const char *queue, const char *key,
    gint64 opened, gint64 ended, gboolean *added, GError **error)
{
	gint64 count = 0;

	if (!store_run_int(txn, STMT_LIFE_HAS, &count, NULL, error, key, opened,
		ended))
		return FALSE;
	*added = count == 0;
	return count > 0 ||
	    store_run(txn, STMT_LIFE_ADD, NULL, error, (gint64)0, queue, key,
		opened, ended, (gint64)0);
}
