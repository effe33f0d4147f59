/* mark.h - the mark in an answer to a survey that a person wrote as mail.
 *
 * A false mark is worse than a missed one: a phrase is read only if every word
 * of it may stand beside a mark; whatever else has a number in it (hours,
 * days, orders, telephones, shares) is text. */
#ifndef POLICY_MARK_H
#define POLICY_MARK_H

#include <glib.h>

typedef enum MarkKind {
	MARK_CSAT, /* 1 to 5 */
	MARK_NPS,  /* 0 to 10 */
} MarkKind;

enum { MARK_NONE = -1 };

/* text: the new text of the answer (valid UTF-8, LF), without history and
 * signature. language: BCP-47, of the letter that asked.
 *
 * Returns the mark or MARK_NONE. *note (not NULL; free with g_free): what was
 * said besides, "" if nothing; all of the text if there is no mark. */
int mark_read(const char *text, MarkKind kind, const char *language,
    char **note);

#endif
