/* autosub.h - signs of automatic mail (RFC 3834, 2919, 2369, 3464, 8098,
 * MS-OXCMAIL 2.1.3.2.20): what kind a mail is by its own header. */
#ifndef MAIL_AUTOSUB_H
#define MAIL_AUTOSUB_H

#include "mail/message.h"

/* Reads the tables now, not at the first mail. */
void autosub_init(void);

/* Sets kind, kind_reasons and may_answer from header, body and dsn by rules
 * 1 and 3 to 7 of THREATS.md 2 that need neither envelope nor site. */
void autosub_judge(Message *message);

/* THREATS.md 2.10: an out-of-office subject, as prefix before a colon or as
 * the whole subject; a weak sign only. */
gboolean autosub_is_away_subject(const char *subject);

/* What the subject alone says; MESSAGE_HUMAN if nothing. is_answer: the mail
 * has In-Reply-To or References, then weak words count. reason: static text,
 * set only for another kind. */
MessageKind autosub_subject_kind(const char *subject, gboolean is_answer,
    const char **reason);

/* The subject holds such words, also behind "Re:" and a tag: less than a sign. */
gboolean autosub_hints_away(const char *subject);

/* Subject without reply and forward prefixes, ticket tags and digits, folded:
 * for "the same subject again" (THREATS.md 2.11). Free with g_free. */
char *autosub_subject_key(const char *subject);

#endif
