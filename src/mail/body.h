/* body.h - the tree of parts as readable text and attachments. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "mail/digest.h"
#include "mail/message.h"
#include "mail/octets.h"

typedef struct _GMimeObject GMimeObject; /* GMime stays out of our headers */

#define BODY_TEXT_MOST (1024 * 1024)

/* What the parts are read from. */
typedef struct BodySource {
	const Octets *octets;   /* where the parts stand */
	const Octets *raw;      /* what came, uncut */
	const GArray *messages; /* of PrescanRange, in raw */
	const GArray *leaves;   /* the same, in octets; NULL: GMime knows */
} BodySource;

/* What message.c goes on with. */
typedef struct BodyInside {
	GString *returned; /* header of the first mail within, "" if none */
	gboolean is_known; /* messages of the source are those of the parts */
} BodyInside;

/* Numbers the parts in the order in which they stand. FALSE if these are not
 * those of the source: then GMime must be given all, and leaves be NULL. */
gboolean body_number(GMimeObject *root, const BodySource *source,
    BodyInside *inside);

/* After that: fills in body_text, attachments, protection, dsn (if there is a
 * delivery report) and defects of message. content takes a digest of each
 * decoded leaf. */
void body_read(GMimeObject *root, const BodySource *source, guint flags,
    Message *message, Digest *content, BodyInside *inside);

#endif
