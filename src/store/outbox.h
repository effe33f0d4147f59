/* outbox.h - letters on their way: rendered once, sent as they are.
 *
 * queued -> trying (leased, attempt counted) -> sent, failed, or queued again.
 * A lease that runs out means that the sender died: the next attempt counts as
 * uncertain, with the same octets and Message-ID. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/store.h"

typedef struct OutboxRecipient {
	char *forward_path;
	char *state; /* queued sent failed */
	gint64 code;
	char *reply;
} OutboxRecipient;
void outbox_recipient_free(OutboxRecipient *recipient);

typedef struct OutboxRow {
	gint64 id, ticket, message;
	char *letter, *reverse_path;
	gint64 created, attempts, uncertain;
	GPtrArray *recipients; /* of OutboxRecipient, all of them */
	GBytes *octets;
} OutboxRow;
void outbox_row_free(OutboxRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutboxRow, outbox_row_free)

/* An agent's answer on that ticket has not left yet. */
gboolean outbox_answer_waits(StoreTxn *txn, gint64 ticket, gboolean *waits,
    GError **error);

/* TRUE if a row with that cause is there already. */
gboolean outbox_has(StoreTxn *txn, const char *cause, gboolean *has,
    GError **error);

/* *id 0: a row with that cause was there already, nothing was added.
 * forward_paths: of char *. */
gboolean outbox_add(StoreTxn *txn, gint64 ticket, gint64 message,
    const char *letter, const char *cause, const char *reverse_path,
    const GPtrArray *forward_paths, gint64 now, gint64 *id, GError **error);

/* It is not sent before due. */
gboolean outbox_delay(StoreTxn *txn, gint64 id, gint64 due, GError **error);

/* of OutboxRecipient, all of that row. */
GPtrArray *outbox_recipients(StoreTxn *txn, gint64 outbox, GError **error);

/* Takes due rows until `until`; of OutboxRow with octets. */
GPtrArray *outbox_lease(StoreTxn *txn, gint64 now, gint64 until, gint64 most,
    GError **error);

gboolean outbox_recipient_result(StoreTxn *txn, gint64 outbox,
    const OutboxRecipient *recipient, GError **error);
/* state queued: due again at `due`; sent, failed: finished now. */
gboolean outbox_finish(StoreTxn *txn, const OutboxRow *row, const char *state,
    gint64 due, gint64 now, GError **error);

/* All leases end now: whoever held one is known to be dead. */
gboolean outbox_expire(StoreTxn *txn, GError **error);

/* When the next row is due (or its lease runs out); G_MAXINT64: none. */
gboolean outbox_next_due(StoreTxn *txn, gint64 *due, GError **error);
gboolean outbox_count(StoreTxn *txn, gint64 *count, gint64 *oldest,
    GError **error);

/* All waiting rows are due now; *changed: how many. */
gboolean outbox_flush(StoreTxn *txn, gint64 now, gint64 *changed,
    GError **error);
/* From held or failed to queued and due now, its failed recipients too;
 * *changed 0: was neither. */
gboolean outbox_release(StoreTxn *txn, gint64 id, gint64 now, gint64 *changed,
    GError **error);
/* From one state to another (hold, delete); *changed 0: was not in that
 * state. */
gboolean outbox_set_state(StoreTxn *txn, gint64 id, const char *from,
    const char *to, gint64 *changed, GError **error);

/* For `queue list`. */
typedef struct OutboxLine {
	gint64 id, ticket, created, due, attempts, uncertain, message;
	char *letter, *state, *reverse_path, *to, *subject, *message_id, *reply;
} OutboxLine;
void outbox_line_free(OutboxLine *line);
GPtrArray *outbox_list(StoreTxn *txn, gboolean all, GError **error);
/* NULL without error when there is none. */
OutboxLine *outbox_line(StoreTxn *txn, gint64 id, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutboxLine, outbox_line_free)

#endif
