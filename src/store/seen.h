/* seen.h - what has been taken: the same mail never acts twice. */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include "store/store.h"

enum { SEEN_ERASED = -1 };

/* *ticket 0 when the mail is new, SEEN_ERASED when it was taken and everything
 * about it has been erased since. Key: Message-ID and content hash, since the
 * same Message-ID with other content is another mail. */
gboolean seen_find(StoreTxn *txn, const char *message_id,
    const char *content_hash, gint64 *ticket, GError **error);
gboolean seen_add(StoreTxn *txn, const char *message_id,
    const char *content_hash, gint64 ticket, gint64 message, gint64 now,
    GError **error);

/* UIDs of an IMAP mailbox (in_imap.h, ImapMemory). */
gboolean seen_uid_add(StoreTxn *txn, const char *mailbox, guint32 uidvalidity,
    guint32 uid, GError **error);
gboolean seen_uids(StoreTxn *txn, const char *mailbox, guint32 uidvalidity,
    guint32 floor, GHashTable *uids, GError **error);
gboolean seen_state_get(StoreTxn *txn, const char *mailbox,
    guint32 *uidvalidity, guint32 *floor, gint64 *since, GError **error);
gboolean seen_state_set(StoreTxn *txn, const char *mailbox,
    guint32 uidvalidity, guint32 floor, gint64 since, GError **error);

#endif
