/* promises.h - rows of what customers were told. */
#ifndef STORE_PROMISES_H
#define STORE_PROMISES_H

#include "store/store.h"

/* By a letter; by one that holds no word of a sender who proved nothing. */
enum { PROMISE_TOLD = 1, PROMISE_TOLD_PLAIN = 2 };

/* The figures that a learned promise rests on, as they were. */
typedef struct PromiseGround {
	gint64 share, level;  /* thousandths; 0: none */
	gint64 length;        /* age that the curve gave */
	gint64 kept, due;     /* of the promises that came due last */
	gint64 exact;         /* of these, kept without the rounding up */
	char *key;            /* of the like cases; "" */
	gint64 built;         /* when the curve was drawn */
	gint64 own, own_since;     /* like cases, settled since or open */
	gint64 queue, queue_since; /* those of the queue, of the desk */
	gint64 desk, desk_since;
} PromiseGround;

typedef struct PromiseRow {
	gint64 id, ticket, number, made;
	char *kind;     /* date, update */
	gint64 named;
	char *basis;    /* learned, configured, agent */
	gint64 lead;
	gint64 waited;
	gint64 told;    /* 0: by no letter; see PROMISE_TOLD */
	char *text;     /* as the letter says it */
	PromiseGround ground;
} PromiseRow;
PromiseRow *promise_row_new(void);
void promise_row_free(PromiseRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PromiseRow, promise_row_free)

/* Adds it as the next of its ticket, which then stands; row->id and number
 * are given. A timer "promise" with its id looks again `lead` before. */
gboolean promise_add(StoreTxn *txn, PromiseRow *row, GError **error);
/* Of PromiseRow, the first one first. */
GPtrArray *promise_list(StoreTxn *txn, gint64 ticket, GError **error);

/* How many of the last `most` first promises that have come due were kept:
 * the life had ended by then; exact: by the age that the curve gave, before it
 * was rounded up. What waits for a customer is not due. */
gboolean promise_outcome(StoreTxn *txn, gint64 now, gint64 most, guint *kept,
    guint *exact, guint *due, GError **error);

/* Numbers of tickets with a promise, after that row id; of gint64. */
GArray *promise_tickets(StoreTxn *txn, gint64 after, gint64 most,
    GError **error);

/* The standing one has become `late` seconds later, since the customer was
 * waited for: its timer is set anew. */
gboolean promise_put_off(StoreTxn *txn, gint64 ticket, gint64 late,
    GError **error);

#endif
