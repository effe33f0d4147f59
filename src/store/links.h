/* links.h - what ties tickets together: merged, related, and messages that move
 * from one to another. */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "store/tickets.h"

/* The ticket that the mail of ticket `id` goes to: itself, or what it was
 * merged into, however often. NULL without error when there is none. */
Ticket *ticket_root(StoreTxn *txn, gint64 id, GError **error);

/* Agents see the two as related; either order is the same. */
gboolean link_add(StoreTxn *txn, gint64 one, gint64 other, GError **error);
/* *changed 0: they were not; may be NULL. */
gboolean link_remove(StoreTxn *txn, gint64 one, gint64 other, gint64 *changed,
    GError **error);
/* Numbers of the tickets related to that one; of gint64. NULL with error. */
GArray *link_list(StoreTxn *txn, gint64 ticket, GError **error);
/* Numbers of those that were merged into it, not of those merged into them. */
GArray *merged_list(StoreTxn *txn, gint64 ticket, GError **error);

/* The message, with what is known of its being taken, to another ticket;
 * *moved FALSE: it is not on `from`; may be NULL. Its Message-ID is known on
 * `to`, and on `from` no more if forget is TRUE. */
gboolean message_move(StoreTxn *txn, gint64 message, gint64 from, gint64 to,
    gboolean forget, gboolean *moved, GError **error);

gboolean participant_remove(StoreTxn *txn, gint64 ticket, gint64 address,
    GError **error);

#endif
