/* body_reader.h - what body.c and body_attach.c share while they read one mail.
 * For these two only. */
#ifndef MAIL_BODY_READER_H
#define MAIL_BODY_READER_H

#include "mail/body.h"
#include "mail/part.h"

typedef enum BodyWanted {
	BODY_TEXT, /* text parts are to be read */
	BODY_REST, /* another alternative was chosen: attachments only */
} BodyWanted;

typedef struct BodyReader {
	const BodySource *source;
	Message *message;
	Digest *content;
	GString *text;
	char *tnef_text; /* body of a winmail.dat, or NULL */
	gsize budget;    /* octets of text parts that are still looked at */
	guint flags;
	gsize bad; /* octets that could not be decoded */
	GString *html;  /* text parts in HTML, if they are asked for */
	guint paired;   /* alternatives around this part that have HTML, too */
	gboolean loose; /* there is plain text without HTML beside it */
	gboolean too_long;
	BodyInside *inside;
} BodyReader;

void body_defect(BodyReader *r, const char *text);

/* Each leaf counts with its digest, so the order of parts matters and their
 * headers do not. */
void body_add_digest(BodyReader *r, const char *sha256);

/* body_attach.c: a part that is not read but kept. */
void body_attach_part(BodyReader *r, GMimeObject *object, const Part *part);

/* A message within; number counts them in the order in which they stand. */
void body_attach_message(BodyReader *r, GMimeObject *object, guint number);

/* Takes the files out that stand in a decoded text. */
void body_attach_inline(BodyReader *r, GByteArray *text);

#endif
