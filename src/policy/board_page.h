/* board_page.h - the message that stands for a ticket on a board. */
#ifndef POLICY_BOARD_PAGE_H
#define POLICY_BOARD_PAGE_H

#include "policy/board.h"
#include "policy/facts.h"

/* Field that holds the key of a board's message. */
#define BOARD_FIELD "X-Javob-Board"

/* The key of a ticket's message of that version on that board: what its field
 * holds. Free with g_free. */
char *board_key(const Board *board, const TokenKeys *keys, gint64 ticket,
    const char *version);
/* The ticket of a key of that board; 0: it is none. *version: board_version of
 * what the message shows. */
gint64 board_key_ticket(const Board *board, const TokenKeys *keys,
    const char *key, guint *version);

/* Octets of the message; *news: the newest words in it are the customer's.
 * NULL with error: TEMPORARY of the store, PERMANENT when the ticket is not
 * there or cannot be shown. */
GBytes *board_page(StoreTxn *txn, const Desk *desk, const Board *board,
    gint64 ticket, const char *version, gint64 now, gboolean *news,
    GError **error);

#endif
