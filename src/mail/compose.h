/* compose.h - text, parts and threading fields to octets (RFC 5322).
 *
 * The only writer of header fields. Takes clean text only and fails rather
 * than repair: no control, CR, LF, bidi or invisible character gets into a
 * field; lines fold at 76 and never pass 998; bodies are UTF-8, text/plain
 * or multipart/alternative with HTML, 7-bit transfer encoding, CRLF. */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include "javob.h"
#include "mail/address.h"

typedef enum ComposeClass {
	COMPOSE_PERSON,         /* an agent's reply: no Auto-Submitted */
	COMPOSE_AUTO_REPLIED,   /* acknowledgements */
	COMPOSE_AUTO_GENERATED, /* notices, notifications, surveys */
} ComposeClass;

typedef struct Compose {
	ComposeClass class;
	const Address *from;
	const Address *reply_to; /* NULL: none */
	const GPtrArray *to;     /* of Address */
	const GPtrArray *cc;     /* of Address; NULL: none */
	const char *subject;
	const char *message_id;  /* without <> */
	const char *in_reply_to; /* without <>; NULL or "": none */
	const GPtrArray
	    *references;      /* of char *; cut to first and newest within
	                              * 2,000 octets */
	const char *loop;     /* value of X-Loop; NULL: none */
	const char *language; /* BCP 47, Content-Language; NULL: none */
	gint64 date;
	const char *text; /* LF */
	const char *html; /* the same as HTML, LF; pictures in it are inline
			   * attachments; NULL: none */
	const GPtrArray
	    *attachments; /* of Attachment with octets; NULL: none */
	const GPtrArray
	    *extra; /* of char *: name, body, name, body; names begin
	                         * with X-Javob-; NULL: none */
} Compose;

/* Final octets with CRLF; NULL with error PERMANENT naming the field. */
GBytes *compose_message(const Compose *compose, GError **error);

/* True if octets are a mail that keeps to RFC 5322: 7-bit, CRLF, lines up to
 * 998, a header of well-formed fields with one From, Date, Message-ID and
 * Subject each, no field twice that may stand once, no Bcc. compose_message
 * asks it last; tests ask it about everything that goes out (T3). */
gboolean compose_lint(GBytes *octets, GError **error);

#endif
