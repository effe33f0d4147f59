/* prescan_field.h - single header fields under the limits of prescan.h. */
#ifndef MAIL_PRESCAN_FIELD_H
#define MAIL_PRESCAN_FIELD_H

#include "mail/param.h"

/* Place of the colon if the line begins with a field name, else 0. */
gsize prescan_colon(const char *line, gsize length);

/* name and length: what stands before the colon. */
gboolean prescan_is_content_type(const char *name, gsize length);
gboolean prescan_is_address_field(const char *name, gsize length);

/* The line is a field that mail has ("Subject: x"), not a sentence with a
 * colon. */
gboolean prescan_is_known_field(const char *line, gsize length);

/* "From ann@x Mon Jan ..." or ">From ann@x". */
gboolean prescan_is_mbox_line(const char *line, gsize length);

/* Places (gsize) of the characters that must become spaces, in order: comments
 * and groups too deep, addresses too many. Free with g_array_unref. */
GArray *prescan_field_marks(const char *body, gsize length);

/* Types whose body has a header of its own. */
gboolean prescan_is_message_type(const char *type);

/* The body has none of the forms that readers take differently. */
gboolean prescan_is_plain_type(const char *body, gsize length);

/* The body could be a multipart or message to somebody else. */
gboolean prescan_hides_multipart(const Params *params, const char *body,
    gsize length);

/* An unambiguous Content-Type body of the same multipart. */
char *prescan_multipart_type(const Params *params);

#endif
