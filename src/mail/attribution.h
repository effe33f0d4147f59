/* attribution.h - "On Monday Ann wrote:", in any language and program, by the
 * table words/attribution.tsv. */
#ifndef MAIL_ATTRIBUTION_H
#define MAIL_ATTRIBUTION_H

#include <glib.h>

typedef enum AttributionMatch {
	ATTRIBUTION_NO,
	ATTRIBUTION_BARE,   /* "Ann wrote:", counts above quoted text only */
	ATTRIBUTION_FULL,   /* with a date or an address, as its row wants */
	ATTRIBUTION_HEADED, /* the same, and where it begins is known */
} AttributionMatch;

/* text: folded, perhaps several lines. has_address: the line holds one. work:
 * counts what was done. */
AttributionMatch attribution_match(const char *text, gsize length,
    gboolean *has_address, guint64 *work);

/* Could a line that ends so be (the end of) an attribution? Quick. */
gboolean attribution_may_end(const char *text, gsize length);

/* The word (folded) is the "wrote" of some row. */
gboolean attribution_is_verb(const char *word, gsize length);

#endif
