/* part.h - one leaf of a mail: type, name, decoded octets (RFC 2045, 2183). */
#ifndef MAIL_PART_H
#define MAIL_PART_H

#include "mail/digest.h"
#include "mail/octets.h"
#include "mail/param.h"
#include "mail/transfer.h"

typedef struct _GMimeObject GMimeObject; /* GMime stays out of our headers */

typedef struct Part {
	const Octets *octets;   /* borrowed */
	gsize start, end;       /* where the encoded body stands in octets */
	char *type;             /* "text/plain", lower case */
	char *charset;          /* as labelled; NULL */
	char *name;             /* safe; "" when none */
	char *content_id;       /* "" when none */
	gboolean is_attachment; /* says so itself */
	gboolean is_inline;     /* says so, or is referred to by its id */
	gboolean flowed, delsp;
	Transfer transfer;
} Part;

/* octets: what object was parsed from, with a persistent stream. Works for
 * leaves and for messages within. Call part_clear. */
void part_open(Part *part, GMimeObject *object, const Octets *octets);
void part_clear(Part *part);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

/* Decodes in pieces. Returns the decoded size; the first most octets are
 * appended to kept (may be NULL); sum (may be NULL) takes all. */
gint64 part_decode(const Part *part, gsize most, GByteArray *kept, Digest *sum);

/* A name that is safe to show and to offer for saving: no path, no controls,
 * no leading dots, at most 200 characters. Free with g_free. */
char *part_safe_name(const char *name);

/* Raw body of a field of object, or NULL. Borrowed. */
const char *part_raw_field(GMimeObject *object, const char *name);

#endif
