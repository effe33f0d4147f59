/* lmtp_store.h - carries a session's mail to the spool. Blocks on the disk:
 * the loop of in_lmtp.c leaves it to its writers. */
#ifndef IN_LMTP_STORE_H
#define IN_LMTP_STORE_H

#include "in/lmtp_session.h"

/* Appends the body to the file of each part; a part that fails gets its
 * failure and no file any more. */
void lmtp_store_body(LmtpSession *session, Spool *spool);

/* The same, then syncs and publishes every part that is well. Returns how
 * many were. */
guint lmtp_store_commit(LmtpSession *session, Spool *spool);

/* The mail will never be whole: its files go. */
void lmtp_store_drop(LmtpSession *session);

/* Is there a file that has to be dropped? */
gboolean lmtp_store_pending(LmtpSession *session);

#endif
