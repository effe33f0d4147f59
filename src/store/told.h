/* told.h - of which strangers' tickets each agent has been told, so that a flood
 * of them becomes one letter instead of a thousand. */
#ifndef STORE_TOLD_H
#define STORE_TOLD_H

#include "store/store.h"

typedef struct ToldCounts {
	gint64 told;  /* letters of their own */
	gint64 waits; /* tickets that wait for the common one */
} ToldCounts;

/* Since then, for one agent (an address row). */
gboolean told_counts(StoreTxn *txn, gint64 agent, gint64 since,
    ToldCounts *counts, GError **error);

/* waits: it got no letter of its own. */
gboolean told_add(StoreTxn *txn, gint64 agent, gint64 ticket, gboolean waits,
    gint64 now, GError **error);

/* One ticket that waits. */
typedef struct ToldRow {
	gint64 number;
	char *subject;
	char *from; /* address; "" when unknown */
} ToldRow;

/* All that wait for an agent, oldest first, an array of ToldRow; they wait no
 * more. NULL with error. */
GPtrArray *told_take(StoreTxn *txn, gint64 agent, GError **error);

/* Forgets letters that no limit looks at any more; what waits stays. */
gboolean told_purge(StoreTxn *txn, gint64 now, GError **error);

#endif
