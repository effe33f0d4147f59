/* history_csv.h - how long matters took elsewhere, as CSV, into the history
 * that promises are learned from. */
#ifndef CLI_HISTORY_CSV_H
#define CLI_HISTORY_CSV_H

#include "store/store.h"

typedef struct HistoryCounts {
	guint added, known;
} HistoryCounts;

/* The first line names the columns: opened and queue, and of resolved and
 * mailbox what there is, in any order, others beside them; times as RFC 3339
 * or seconds since 1970, an empty resolved is open. All or nothing: FALSE with
 * error that names the line. now: nothing may be later. */
gboolean history_csv(StoreTxn *txn, const char *path, gint64 now,
    HistoryCounts *counts, GError **error);

#endif
