/* flowed.h - text/plain; format=flowed (RFC 3676). */
#ifndef MAIL_FLOWED_H
#define MAIL_FLOWED_H

#include <glib.h>

/* Joins the lines of each paragraph. text: LF; delsp: the space before a soft
 * line end is no text. Quote marks and "-- " stay. Free with g_free. */
char *flowed_unwrap(const char *text, gboolean delsp);

#endif
