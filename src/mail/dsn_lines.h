/* dsn_lines.h - what stands in the lines of a report that is prose. */
#ifndef MAIL_DSN_LINES_H
#define MAIL_DSN_LINES_H

#include "mail/message.h"

/* The report without the returned mail, and without lines that are quoted if
 * unquoted is set. Free with g_free. */
char *dsn_lines_report(const char *text, gboolean unquoted);

/* The addresses that the report says it is about, appended to recipients (of
 * char *). */
void dsn_lines_recipients(const char *report, GPtrArray *recipients);

/* The one address that the report mentions besides those of skip (of Address);
 * NULL if there is none, or more than one. Free with g_free. */
char *dsn_lines_only_address(const char *report, const GPtrArray *skip);

/* Where the fields of RFC 3464 begin in text that should have been a part of
 * its own; NULL. Borrowed. */
const char *dsn_lines_status(const char *report);

/* '4' or '5' by a reply code (RFC 5321 4.2) in the text, '\0' if none. */
char dsn_lines_reply(const char *report);

/* The msg-id of the first Message-ID field in text, "" when none. Free with
 * g_free. */
char *dsn_lines_message_id(const char *text);

#endif
