/* quote_find.h - where a quotation begins: attributions, header blocks, and
 * markers. For quote.c. */
#ifndef MAIL_QUOTE_FIND_H
#define MAIL_QUOTE_FIND_H

#include <glib.h>

#include "mail/quoteline.h"

/* What is asked about: lines begin .. end - 1. */
typedef struct QuoteRange {
	const GArray *lines; /* of QuoteLine */
	guint begin, end;
	guint64 work; /* spent on attributions; a mail has so much */
	struct QuoteAnswer *answers; /* what was found out already */
} QuoteRange;

/* All lines; what was found out about them before is kept. range is all zero
 * at first. */
void quote_range_init(QuoteRange *range, const GArray *lines);
void quote_range_clear(QuoteRange *range);

typedef enum Attribution {
	ATTRIBUTION_NONE,
	ATTRIBUTION_WEAK, /* counts with a quotation below */
	ATTRIBUTION_SURE, /* counts alone */
} Attribution;

/* Does an attribution end at line last? first: where it begins. */
Attribution quote_find_attribution(QuoteRange *range, guint last, guint *first);

/* Line i ends with an attribution that the writer's last words stand before:
 * the number of its word that begins it, or 0. */
guint quote_find_inside(QuoteRange *range, guint i);

/* Does the header of a quoted mail begin at line i? */
gboolean quote_find_block(const QuoteRange *range, guint i);

/* Is the next line that is not blank a quoted one? */
gboolean quote_find_quoted_below(const QuoteRange *range, guint i);

/* Line in which our own marker begins, in any form, or -1. */
gint quote_find_marker(const char *body);

#endif
