/* dsn.h - delivery reports: RFC 3464, and texts that stand for one. */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include "mail/message.h"

/* Reads the body of a message/delivery-status part (valid UTF-8) into dsn. */
void dsn_read_status(Dsn *dsn, const char *text);

/* Reads the original Message-ID from the header of the returned mail. */
void dsn_read_returned(Dsn *dsn, const char *header);

/* A report without a message/delivery-status part: X-Failed-Recipients, or a
 * text that a mail server writes, from where only mail servers write. NULL if
 * message is none. header, from and body_text must be known. returned: header of
 * the mail that came with it, "" when none. */
Dsn *dsn_guess(const Message *message, const char *returned);

/* What the status part left out, from the text beside it. */
void dsn_complete(Dsn *dsn, const Message *message);

/* The first enhanced status code ("5.1.1", RFC 3463) in text; "" when there is
 * none. Free with g_free. */
char *dsn_status_in(const char *text);

/* The one that says most ("5.1.1" before "5.1.0" before "5.0.0") of those in
 * text that tell of a failure; "" when there is none. Free with g_free. */
char *dsn_status_best(const char *text);

#endif
