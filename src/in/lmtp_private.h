/* lmtp_private.h - what lmtp_session.c and lmtp_command.c share. Nobody else
 * includes it. */
#ifndef IN_LMTP_PRIVATE_H
#define IN_LMTP_PRIVATE_H

#include "in/lmtp_session.h"

typedef enum LmtpState {
	LMTP_STATE_COMMAND,
	LMTP_STATE_LONG, /* rest of a command line that is too long */
	/* In a mail: what came last. */
	LMTP_STATE_LINE_START, /* CR LF, or nothing yet */
	LMTP_STATE_TEXT,
	LMTP_STATE_CR,
	LMTP_STATE_DOT,    /* CR LF . */
	LMTP_STATE_DOT_CR, /* CR LF . CR */
	LMTP_STATE_ANSWER, /* the mail is whole */
} LmtpState;

struct LmtpSession {
	const LmtpSettings *settings;
	LmtpState state;
	GString *line;
	GString *replies;
	gboolean greeted; /* LHLO was said */
	gboolean closing;
	guint errors;

	char *reverse_path; /* NULL: no MAIL yet */
	GPtrArray *parts;
	GArray *recipients; /* of guint: index of its part, in RCPT order */
	gsize paths;        /* octets of all forward-paths */
	GByteArray *body;
	gint64 size;
	gboolean too_big;
};

/* A line to the client, without its CR LF. */
void lmtp_session_reply(LmtpSession *session, const char *text);

/* A reply to what no sane client says; too many of them end the session. */
void lmtp_session_complain(LmtpSession *session, const char *text);

/* Forgets the transaction. */
void lmtp_session_reset(LmtpSession *session);

/* Obeys a command line, without its CR LF; spoils it. */
void lmtp_command_run(LmtpSession *session, char *line);

#endif
