/* outbox.c - letters on their way. Written by policy/effects in the commit of
 * their cause, taken and finished by the send role. */
#include "store/outbox.h"

#include "store/rawmail.h"
#include "store/rows.h"

void
outbox_recipient_free(OutboxRecipient *recipient)
{
	if (recipient == NULL)
		return;
	g_free(recipient->forward_path);
	g_free(recipient->state);
	g_free(recipient->reply);
	g_free(recipient);
}

static void
free_recipient(gpointer data)
{
	outbox_recipient_free(data);
}

void
outbox_row_free(OutboxRow *row)
{
	if (row == NULL)
		return;
	g_free(row->letter);
	g_free(row->reverse_path);
	g_clear_pointer(&row->recipients, g_ptr_array_unref);
	g_clear_pointer(&row->octets, g_bytes_unref);
	g_free(row);
}

static void
free_row(gpointer data)
{
	outbox_row_free(data);
}

gboolean
outbox_has(StoreTxn *txn, const char *cause, gboolean *has, GError **error)
{
	gint64 id;

	return store_run_int(txn, STMT_OUTBOX_CAUSE, &id, has, error, cause);
}

gboolean
outbox_add(StoreTxn *txn, gint64 ticket, gint64 message, const char *letter,
    const char *cause, const char *reverse_path,
    const GPtrArray *forward_paths, gint64 now, gint64 *id, GError **error)
{
	gboolean added;

	*id = 0;
	if (!store_run_int(txn, STMT_OUTBOX_INSERT, id, &added, error, ticket,
		message, letter, cause, reverse_path, now))
		return FALSE;
	for (guint i = 0; added && i < forward_paths->len; i++)
		if (!store_run(txn, STMT_OUTBOX_RECIPIENT_INSERT, NULL, error,
			*id, forward_paths->pdata[i]))
			return FALSE;
	return TRUE;
}

gboolean
outbox_delay(StoreTxn *txn, gint64 id, gint64 due, GError **error)
{
	return store_run(txn, STMT_OUTBOX_DELAY, NULL, error, id, due);
}

static gpointer
read_recipient(StoreRows *rows)
{
	OutboxRecipient *recipient = g_new0(OutboxRecipient, 1);

	recipient->forward_path = rows_text(rows, 0);
	recipient->state = rows_text(rows, 1);
	recipient->code = store_int(rows, 2);
	recipient->reply = rows_text(rows, 3);
	return recipient;
}

static gpointer
read_row(StoreRows *rows)
{
	OutboxRow *row = g_new0(OutboxRow, 1);

	row->id = store_int(rows, 0);
	row->ticket = store_int(rows, 1);
	row->message = store_int(rows, 2);
	row->letter = rows_text(rows, 3);
	row->reverse_path = rows_text(rows, 4);
	row->created = store_int(rows, 5);
	row->attempts = store_int(rows, 6);
	row->uncertain = store_int(rows, 7);
	return row;
}

static gpointer
read_octets(StoreRows *rows)
{
	g_autoptr(GBytes) packed = store_bytes(rows, 2);
	g_autoptr(GError) damaged = NULL;
	GBytes *octets = raw_unpack(
	    packed, store_int(rows, 1), store_int(rows, 0), &damaged);

	return octets != NULL ? octets : g_bytes_new(NULL, 0);
}

GPtrArray *
outbox_recipients(StoreTxn *txn, gint64 outbox, GError **error)
{
	return rows_collect(
	    store_query(txn, STMT_OUTBOX_RECIPIENTS, error, outbox),
	    read_recipient, free_recipient, error);
}

GPtrArray *
outbox_lease(StoreTxn *txn, gint64 now, gint64 until, gint64 most,
    GError **error)
{
	g_autoptr(GPtrArray) out = rows_collect(
	    store_query(txn, STMT_OUTBOX_LEASE, error, now, until, most),
	    read_row, free_row, error);

	if (out == NULL)
		return NULL;
	for (guint i = 0; i < out->len; i++) {
		OutboxRow *row = out->pdata[i];

		row->recipients = outbox_recipients(txn, row->id, error);
		if (row->recipients == NULL)
			return NULL;
		row->octets = rows_one(
		    store_query(txn, STMT_OUTBOX_OCTETS, error, row->message),
		    read_octets, error);
		if (row->octets == NULL)
			return NULL;
	}
	return g_steal_pointer(&out);
}

gboolean
outbox_recipient_result(StoreTxn *txn, gint64 outbox,
    const OutboxRecipient *recipient, GError **error)
{
	return store_run(txn, STMT_OUTBOX_RECIPIENT_RESULT, NULL, error, outbox,
	    recipient->forward_path, recipient->state, recipient->code,
	    recipient->reply);
}

gboolean
outbox_finish(StoreTxn *txn, const OutboxRow *row, const char *state,
    gint64 due, gint64 now, GError **error)
{
	gboolean waits = g_str_equal(state, "queued");

	return store_run(txn, STMT_OUTBOX_STATE, NULL, error, row->id, state,
	    due, row->uncertain, waits ? (gint64)0 : now);
}

gboolean
outbox_expire(StoreTxn *txn, GError **error)
{
	return store_run(txn, STMT_OUTBOX_EXPIRE, NULL, error);
}

gboolean
outbox_next_due(StoreTxn *txn, gint64 *due, GError **error)
{
	g_autoptr(StoreRows) rows = store_query(
	    txn, STMT_OUTBOX_NEXT_DUE, error);

	*due = G_MAXINT64;
	if (rows == NULL)
		return FALSE;
	if (!store_next(rows, error))
		return FALSE;
	if (!store_is_null(rows, 0))
		*due = store_int(rows, 0);
	return TRUE;
}

gboolean
outbox_count(StoreTxn *txn, gint64 *count, gint64 *oldest, GError **error)
{
	g_autoptr(StoreRows) rows = store_query(txn, STMT_OUTBOX_COUNT, error);

	if (rows == NULL || !store_next(rows, error))
		return FALSE;
	*count = store_int(rows, 0);
	*oldest = store_int(rows, 1);
	return TRUE;
}

gboolean
outbox_flush(StoreTxn *txn, gint64 now, gint64 *changed, GError **error)
{
	return store_run(txn, STMT_OUTBOX_FLUSH, changed, error, now);
}

gboolean
outbox_release(StoreTxn *txn, gint64 id, gint64 now, gint64 *changed,
    GError **error)
{
	if (!store_run(txn, STMT_OUTBOX_RELEASE, changed, error, id, now))
		return FALSE;
	return *changed == 0 ||
	    store_run(txn, STMT_OUTBOX_RECIPIENT_RELEASE, NULL, error, id);
}

gboolean
outbox_set_state(StoreTxn *txn, gint64 id, const char *from, const char *to,
    gint64 *changed, GError **error)
{
	return store_run(
	    txn, STMT_OUTBOX_SET_STATE, changed, error, id, from, to);
}

void
outbox_line_free(OutboxLine *line)
{
	if (line == NULL)
		return;
	g_free(line->letter);
	g_free(line->state);
	g_free(line->reverse_path);
	g_free(line->to);
	g_free(line->subject);
	g_free(line->message_id);
	g_free(line->reply);
	g_free(line);
}

static void
free_line(gpointer data)
{
	outbox_line_free(data);
}

static gpointer
read_line(StoreRows *rows)
{
	OutboxLine *line = g_new0(OutboxLine, 1);

	line->id = store_int(rows, 0);
	line->ticket = store_int(rows, 1);
	line->letter = rows_text(rows, 2);
	line->state = rows_text(rows, 3);
	line->created = store_int(rows, 4);
	line->due = store_int(rows, 5);
	line->attempts = store_int(rows, 6);
	line->uncertain = store_int(rows, 7);
	line->to = rows_text(rows, 8);
	line->subject = rows_text(rows, 9);
	line->message_id = rows_text(rows, 10);
	line->reply = rows_text(rows, 11);
	line->message = store_int(rows, 12);
	line->reverse_path = rows_text(rows, 13);
	return line;
}

GPtrArray *
outbox_list(StoreTxn *txn, gboolean all, GError **error)
{
	return rows_collect(store_query(txn, STMT_OUTBOX_LIST, error,
				(gint64)(all ? 1 : 0)),
	    read_line, free_line, error);
}

OutboxLine *
outbox_line(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_one(
	    store_query(txn, STMT_OUTBOX_LINE, error, id), read_line, error);
}

gboolean
outbox_answer_waits(StoreTxn *txn, gint64 ticket, gboolean *waits,
    GError **error)
{
	gint64 count = 0;

	if (!store_run_int(
		txn, STMT_OUTBOX_ANSWER_WAITS, &count, NULL, error, ticket))
		return FALSE;
	*waits = count > 0;
	return TRUE;
}
