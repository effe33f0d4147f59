/* history.h - how long matters took: what promises are learned from.
 *
 * A life is a ticket's as its customer lives through it: from the opening
 * until it is settled, without the time that he was waited for. Time that a
 * ticket was closed and then opened again counts as waited: closing it does
 * not make it any younger. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/tickets.h"

#define HISTORY_WHOLE (-1)

/* One ticket of a sample. Ages are seconds since its opening, without the time
 * that the customer was waited for. */
typedef struct HistoryLife {
	gint64 age;   /* when it was settled, or now */
	gint64 entry; /* when the sample's window began; HISTORY_WHOLE: it
	               * was opened inside */
	gboolean settled;
} HistoryLife;

typedef enum HistoryScope {
	HISTORY_KEY,
	HISTORY_QUEUE,
	HISTORY_DESK,
} HistoryScope;

/* All of a scope that is open or was settled since the earlier of `days` ago
 * and the n-th last resolution. name: the key or queue. *since: when the
 * window began; 0: there is no begin. Array of HistoryLife. */
GArray *history_sample(StoreTxn *txn, HistoryScope scope, const char *name,
    gint64 least, gint64 days, gint64 now, gint64 *since, GError **error);

/* Resolutions of the key and of the queue since then. */
gboolean history_more(StoreTxn *txn, const char *key, const char *queue,
    gint64 since, guint *of_key, guint *of_queue, GError **error);

/* Resolutions in all, counted up to `most`, and the first opening; 0: none. */
gboolean history_known(StoreTxn *txn, guint most, guint *settled,
    gint64 *first, GError **error);

/* "general|support": what tickets are like each other by. Free with g_free. */
char *history_key(const char *queue, const char *mailbox);

typedef struct LifeRow {
	gint64 opened, ended; /* ended 0: open */
	gint64 waited;
	gint64 waiting;       /* since when; 0: not */
	char *key, *queue;
} LifeRow;
void life_row_free(LifeRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LifeRow, life_row_free)

/* A new ticket of a person; the life goes by what ticket_update writes. */
gboolean history_open(StoreTxn *txn, const Ticket *ticket, GError **error);
/* NULL without error: the ticket has none. */
LifeRow *history_life(StoreTxn *txn, gint64 ticket, GError **error);
/* The life after a change of its ticket, which is as written; *late: seconds
 * by which what was promised has become later, as the customer was waited
 * for. Called by ticket_update. */
gboolean history_follow(StoreTxn *txn, const Ticket *ticket, gint64 *late,
    GError **error);
/* An answer that the customer has let stand that long has settled it. */
gboolean history_silence(StoreTxn *txn, gint64 before, GError **error);

/* A line of another desk's history; ended 0: open then. One that is there is
 * not added again; *added says so. */
gboolean history_import(StoreTxn *txn, const char *queue, const char *key,
    gint64 opened, gint64 ended, gboolean *added, GError **error);

#endif
