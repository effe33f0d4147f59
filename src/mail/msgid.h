/* msgid.h - message identifiers (RFC 5322 section 3.6.4). */
#ifndef MAIL_MSGID_H
#define MAIL_MSGID_H

#include <glib.h>

/* Longest identifier that is taken: what fits on one line of a header. */
#define MSGID_MAX 998

/* Take the next msg-id from a References-like field body.
 *
 * cursor: moves past what was read; at the end it points at "".
 * Returns: the identifier without angle brackets (free with g_free), or NULL
 * when none is left. Text that is no msg-id is skipped: mail programs put
 * whole phrases there. White space inside an identifier is dropped, commas
 * between identifiers and missing brackets are borne. */
char *msgid_next(const char **cursor);

/* The identifier that a relay has given a mail, from its reply to the final dot
 * ("250 Ok 0102018f...", "250 2.0.0 OK <id@domain>"), with its domain or, as
 * it was told, without; NULL when it tells none. Free with g_free. */
char *msgid_of_reply(const char *reply);

/* True for an identifier (without brackets) that we may write: left@right,
 * printable US-ASCII without space, "<" or ">", at most MSGID_MAX octets. */
gboolean msgid_is_valid(const char *msgid);

#endif
