/* out_smtp_session.h - the connection of an SmtpOutlet. Private to
 * out_smtp.c. */
#ifndef OUT_OUT_SMTP_SESSION_H
#define OUT_OUT_SMTP_SESSION_H

#include "out/out_smtp.h"

struct SmtpOutlet {
	SmtpSettings settings;    /* its strings are ours */
	struct mailsmtp *session; /* NULL: not connected */
	Stream *stream;           /* belongs to the session's mailstream */
	gboolean utf8;            /* SMTPUTF8 offered (RFC 6531) */
	int auth;                 /* AUTH_ bits */
	gboolean fresh;           /* no mail has gone over it yet */
	gint64 used_ms;
};

/* Takes the connection that is there if it still lives, else makes one on
 * which MAIL may be said: TLS, EHLO, AUTH. */
gboolean out_smtp_session_connect(SmtpOutlet *outlet, GError **error);

/* The session is of no use any more: no QUIT. */
void out_smtp_session_drop(SmtpOutlet *outlet);
void out_smtp_session_quit(SmtpOutlet *outlet);

/* Time for the next command. */
void out_smtp_session_budget(SmtpOutlet *outlet, int ms);

/* Reads a reply into the session, where libetpan puts those that it reads.
 * Returns: the code, or 0. */
int out_smtp_session_hear(struct mailsmtp *session);

/* Says command (with CR LF) and reads its reply. */
int out_smtp_session_exchange(struct mailsmtp *session, const char *command);

/* What the server said last, else why it said nothing. Free with g_free. */
char *out_smtp_session_last_words(const SmtpOutlet *outlet);

#endif
