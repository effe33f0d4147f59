/* lmtp_session.h - the LMTP protocol without a socket (RFC 2033, 5321, 6152,
 * 6531, 1870, 2034, 2920): octets in, replies and wishes out.
 *
 * in_lmtp.c moves the octets and does what the session wants; tests and the
 * fuzzer need neither socket nor disk. A session belongs to one thread at a
 * time and holds no more than about 128 KiB. */
#ifndef IN_LMTP_SESSION_H
#define IN_LMTP_SESSION_H

#include "in/in_lmtp.h"

/* Recipients of one mailbox in the transaction: one mail for the spool. */
typedef struct LmtpPart {
	const char *mailbox;      /* as route named it */
	GPtrArray *forward_paths; /* of char *, in RCPT order */
	const char *failure;      /* "451 4.3.0", or NULL: well so far */
	SpoolFile *file;          /* for in_lmtp.c; NULL again when done */
} LmtpPart;

typedef enum LmtpWant {
	LMTP_READ,   /* all is used: read more and feed it */
	LMTP_SEND,   /* many replies wait: send them, feed the rest */
	LMTP_STORE,  /* body is full: lmtp_session_stored, feed the rest */
	LMTP_FINISH, /* the mail is whole: commit it, lmtp_session_answer */
	LMTP_CLOSE,  /* send the replies and close */
} LmtpWant;

typedef struct LmtpSession LmtpSession;

/* settings must outlive it. Greets in its replies. */
LmtpSession *lmtp_session_new(const LmtpSettings *settings);
void lmtp_session_free(LmtpSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LmtpSession, lmtp_session_free)

/* Takes octets as they come, cut anywhere. *used: how many were taken; the
 * rest must be fed again. */
LmtpWant lmtp_session_feed(LmtpSession *session, const char *octets, gsize size,
    gsize *used);

/* What to send; the caller empties it. */
GString *lmtp_session_replies(LmtpSession *session);

/* The transaction, from LMTP_STORE or LMTP_FINISH until the answer. */
const char *lmtp_session_reverse_path(const LmtpSession *session);
GPtrArray *lmtp_session_parts(LmtpSession *session);  /* of LmtpPart * */
GByteArray *lmtp_session_body(LmtpSession *session);  /* not yet stored */
gint64 lmtp_session_size(const LmtpSession *session); /* of the mail so far */

/* The body was taken: makes room for more. */
void lmtp_session_stored(LmtpSession *session);

/* One reply a recipient, in RCPT order: 250, or the failure of its part. The
 * transaction is over. */
void lmtp_session_answer(LmtpSession *session);

/* Between MAIL's 354 and the answer: a mail is in hand. */
gboolean lmtp_session_in_mail(const LmtpSession *session);

/* "421 4.4.2 text": the last words from our side. */
void lmtp_session_goodbye(LmtpSession *session, const char *reply);

#endif
