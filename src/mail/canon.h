/* canon.h - canonical forms of a mail, over which DKIM signs (RFC 6376 section
 * 3.4). Line ends are CR LF in them, however the mail is stored. */
#ifndef MAIL_CANON_H
#define MAIL_CANON_H

#include "mail/digest.h"
#include "mail/octets.h"

typedef enum CanonForm {
	CANON_SIMPLE,
	CANON_RELAXED,
} CanonForm;

/* Appends a header field (with its folded lines, the last line end may be
 * missing) without a line end after it. */
void canon_field(CanonForm form, const char *field, gsize size, GString *out);

/* Adds the body, which begins at from, to digest. Returns how many octets its
 * canonical form has. */
gint64 canon_body(CanonForm form, const Octets *octets, gsize from,
    Digest *digest);

#endif
