/* header.h - header fields (RFC 5322 section 2.2) and encoded-words (RFC 2047)
 * as they come: broken, unfolded wrongly, 8-bit. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "mail/message.h"

/* Empty array of HeaderField that frees its members. */
GArray *header_fields_new(void);

/* Appends the fields that stand at the start of octets, up to the empty line,
 * in order and at most 1,000. Returns the offset of the body. */
gsize header_read(const char *octets, gsize size, GArray *fields);

/* The fields that describe the content, those whose name begins with "Content-",
 * and the empty line. body: as header_read says. */
GByteArray *header_describing(const char *octets, gsize body);

/* Decodes encoded-words, also those that are split within a character, stand in
 * quotes or touch other text. Any text; may hold line ends and controls
 * afterwards: use header_line for what is shown. Free with g_free. */
char *header_decode(const char *text);

/* The same as one clean line; most: characters, 0 for no limit. */
char *header_line(const char *text, gsize most);

/* Length of the encoded-word that stands at the start of text, 0 if it is
 * none. */
gsize header_word(const char *text);

/* The n-th body of that name, ignoring case; NULL. Borrowed. */
const char *header_get(const GArray *fields, const char *name, guint n);

#endif
