/* labels.h - words that agents put on a ticket: tags, and one priority. */
#ifndef STORE_LABELS_H
#define STORE_LABELS_H

#include "store/store.h"

/* kind: "tag", "priority", "watcher". of char *, in the order of the alphabet. */
GPtrArray *label_list(StoreTxn *txn, gint64 ticket, const char *kind,
    GError **error);
/* *changed FALSE: it was there, or was not. */
gboolean label_add(StoreTxn *txn, gint64 ticket, const char *kind,
    const char *word, gboolean *changed, GError **error);
gboolean label_remove(StoreTxn *txn, gint64 ticket, const char *kind,
    const char *word, gboolean *changed, GError **error);

#endif
