/* faq.h - which of the ready answers fit a mail.
 *
 * Shown are at most FAQ_MOST, and none below a threshold that was measured
 * (tests/faq): a wrong one costs more than none. */
#ifndef POLICY_FAQ_H
#define POLICY_FAQ_H

#include "store/faqs.h"

enum { FAQ_MOST = 3 };

typedef struct FaqHit {
	gint64 id;
	char *title, *url;
	double score;
} FaqHit;
void faq_hit_free(FaqHit *hit);

/* An entry of octets: lines "title:", "languages:", "url:", "words:", and if it
 * is only for one, "mailbox:", between lines of three hyphens; below, the
 * answer as Markdown. key: what it is known by. NULL with error PERMANENT
 * saying what is missing. */
FaqRow *faq_parse(const char *key, const char *octets, gsize length,
    GError **error);

/* The entries for mailbox ("" any) and language that fit text, the best first;
 * of FaqHit. rows: of FaqRow. all: also those below the threshold, for
 * people who look. */
GPtrArray *faq_choose(const GPtrArray *rows, const char *text,
    const char *language, const char *mailbox, gboolean all);

#endif
