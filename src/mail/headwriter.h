/* headwriter.h - the only writer of header fields (THREATS.md 4).
 *
 * Every function appends one field with its CRLF, or says why it may not be
 * written: FALSE with error PERMANENT naming the field. Lines fold at 76;
 * nothing that is not clean text passes. */
#ifndef MAIL_HEADWRITER_H
#define MAIL_HEADWRITER_H

#include "javob.h"

/* True for valid UTF-8 on one line without control, bidi or invisible
 * characters: what text_clean_line would not change. */
gboolean headwriter_is_clean(const char *text);

/* Unstructured text (RFC 5322 3.6.5), RFC 2047 encoded-words where needed. */
gboolean headwriter_text(GString *out, const char *name, const char *text,
    GError **error);

/* addresses: of Address; only US-ASCII addresses, since neither libetpan nor
 * every relay takes SMTPUTF8. */
gboolean headwriter_addresses(GString *out, const char *name,
    const GPtrArray *addresses, GError **error);

/* msgids: of char *, without <>, all valid. */
gboolean headwriter_msgids(GString *out, const char *name,
    const GPtrArray *msgids, GError **error);

/* Date of RFC 5322 3.3, in UTC. */
gboolean headwriter_date(GString *out, const char *name, gint64 when,
    GError **error);

/* A body made of tokens, written as it is: printable US-ASCII, one line. */
gboolean headwriter_plain(GString *out, const char *name, const char *body,
    GError **error);

/* "; name=value" of RFC 2045 or, when value needs it, RFC 2231 with
 * continuations, each on a line of its own. out ends with the field body so
 * far, without CRLF. */
gboolean headwriter_parameter(GString *out, const char *name, const char *value,
    GError **error);

#endif
