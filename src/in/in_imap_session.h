/* in_imap_session.h - one IMAP connection with one folder selected.
 *
 * Private to in_imap.c: the commands that it needs, and the only place of
 * in/ that knows libetpan. Blocking; each call has a deadline and a limit of
 * octets. After a failure ask in_imap_session_broken. */
#ifndef IN_IN_IMAP_SESSION_H
#define IN_IN_IMAP_SESSION_H

#include "in/in_imap.h"

typedef struct ImapSession ImapSession;

/* What a listing says of a mail. */
typedef struct ImapItem {
	guint32 uid;
	gint64 size;          /* RFC822.SIZE, 0 when not told */
	gint64 internal_date; /* seconds UTC, 0 when not told */
} ImapItem;

/* Takes octets of a body; FALSE: the rest is not wanted. */
typedef gboolean (*ImapSink)(const char *octets, gsize size, void *data);

/* Connects, begins TLS, logs in, selects. *denied: user or password were
 * refused, so trying again soon is of no use. settings must outlive it. */
ImapSession *in_imap_session_open(const ImapSettings *settings, int stop_fd,
    gboolean *denied, GError **error);
void in_imap_session_free(ImapSession *session); /* LOGOUT, 2 s at most */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapSession, in_imap_session_free)

guint32 in_imap_session_uidvalidity(const ImapSession *session);
guint32 in_imap_session_uidnext(const ImapSession *session); /* 0: not told */
gboolean in_imap_session_has_idle(const ImapSession *session);

/* TRUE: nothing more can be said on it. */
gboolean in_imap_session_broken(const ImapSession *session);

/* TRUE: the last answer could not be understood, or was far too large: asked
 * for the same, the server would answer the same. */
gboolean in_imap_session_garbled(const ImapSession *session);

/* TRUE if the server told of mail since the last call. */
gboolean in_imap_session_news(ImapSession *session);

/* Mail with a UID of first..last (0: no end), ascending, of ImapItem. */
GArray *in_imap_session_list(ImapSession *session, guint32 first, guint32 last,
    GError **error);

/* Highest UID in the folder, or 0 when it is empty. */
gboolean in_imap_session_highest(ImapSession *session, guint32 *uid,
    GError **error);

/* Streams the mail to sink. Also FALSE if it is gone. */
gboolean in_imap_session_body(ImapSession *session, const ImapItem *item,
    ImapSink sink, void *data, GError **error);

/* Marks or moves mail as the settings say; uids of guint32. TRUE also when
 * the mailbox does not permit it: said once in the log. */
gboolean in_imap_session_settle(ImapSession *session, const GArray *uids,
    GError **error);

/* IDLE for at most ms. FALSE with error: the session is broken, or
 * *unwilling: the server takes IDLE no more. */
gboolean in_imap_session_idle(ImapSession *session, int ms, gboolean *unwilling,
    GError **error);

/* Waits without IDLE; ends early when the server says something. */
gboolean in_imap_session_pause(ImapSession *session, int ms, GError **error);

#endif
