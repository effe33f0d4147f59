/* rawheader.h - the header of a mail as octets, for what is signed: no field is
 * decoded, mended or left out. */
#ifndef MAIL_RAWHEADER_H
#define MAIL_RAWHEADER_H

#include "mail/octets.h"

typedef struct RawHeader RawHeader;

typedef struct RawField {
	const char *at;
	gsize size;    /* folded lines included, the last line end not */
	gsize name;    /* length of the name */
	gboolean used; /* see raw_header_use */
} RawField;

/* The octets must live as long. NULL for a header that programs may read in
 * different ways (NUL, bare CR, a line that is no field) or that is beyond the
 * limits of prescan.h; *why then says so, free with g_free. */
RawHeader *raw_header_read(const Octets *octets, char **why);
void raw_header_free(RawHeader *header);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RawHeader, raw_header_free)

/* Where the body begins. */
gsize raw_header_body(const RawHeader *header);

/* The n-th field of that name from the top, ignoring case; NULL. Borrowed. */
const RawField *raw_header_nth(const RawHeader *header, const char *name,
    guint n);

/* The last field of that name that is not used yet, used from now on (RFC 6376
 * section 5.4.2); NULL. Borrowed. */
const RawField *raw_header_use(RawHeader *header, const char *name);
void raw_header_unuse(RawHeader *header);

/* How many fields of that name there are, or are not used yet. */
guint raw_header_count(const RawHeader *header, const char *name,
    gboolean only_unused);

#endif
