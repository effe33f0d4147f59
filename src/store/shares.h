/* shares.h - who has how much work, and whose turn it was: what the rules of
 * policy/assign go by. */
#ifndef STORE_SHARES_H
#define STORE_SHARES_H

#include "store/store.h"

typedef struct Share {
	char *address; /* an agent's, folded */
	gint64 open;   /* tickets in his hands that wait for him: new, open */
	gint64 turn;   /* of the queue, when he was last given one; 0 never */
} Share;

/* Of Share, for whoever has any; NULL with error. */
GPtrArray *share_list(StoreTxn *txn, const char *queue, GError **error);

/* He has been given a ticket of the queue: from now on he is the last. */
gboolean share_turn(StoreTxn *txn, const char *queue, const char *address,
    GError **error);

/* Folded address of the agent of the newest ticket, but that one, of the
 * customer with that address row; "" when there is none. NULL with error. */
char *share_last_agent(StoreTxn *txn, gint64 customer, gint64 but,
    GError **error);

#endif
