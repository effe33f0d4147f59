/* pattern.h - lines with holes, such as "On {date}, {who} wrote:".
 *
 * What the holes mean is said at the head of words/attribution.tsv. A line is
 * prepared once (pattern_line) and then compared with many patterns; the time
 * of one comparison grows with length of line times parts of pattern, whatever
 * is written there. */
#ifndef MAIL_PATTERN_H
#define MAIL_PATTERN_H

#include <glib.h>

#define PATTERN_LINE_MOST 480 /* octets of a line, squeezed */

typedef struct Pattern Pattern;

/* text: folded. Holes that are not known are taken as they stand. */
Pattern *pattern_new(const char *text);
void pattern_free(Pattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pattern, pattern_free)

/* What stands after the last hole and must end the line; "" if nothing. */
const char *pattern_tail(const Pattern *pattern);
/* It begins with a text, not with a hole. */
gboolean pattern_has_head(const Pattern *pattern);

/* A line that can be compared. */
typedef struct PatternLine {
	guint length;
	gboolean has_address;
	gboolean has_digit;
	char text[PATTERN_LINE_MOST + 1];
	/* For each place: how many numbers begin before it; where the last
	 * year or date of digits, the last clock, and the last "@" before it
	 * begin, -1 if none; an address may end there. */
	guint16 numbers[PATTERN_LINE_MOST + 1];
	gint16 day[PATTERN_LINE_MOST + 1];
	gint16 clock[PATTERN_LINE_MOST + 1];
	/* Words (not numbers) that begin before it; a date may begin there. */
	guint16 words[PATTERN_LINE_MOST + 1];
	guint8 opens[PATTERN_LINE_MOST + 1];
	gint16 at[PATTERN_LINE_MOST + 1];
	guint8 closed[PATTERN_LINE_MOST + 1];
} PatternLine;

/* text: folded, perhaps several lines. What counts nothing is left out: white
 * space (but one space between two digits), stars, direction marks. FALSE if it
 * is too long. */
gboolean pattern_line(PatternLine *line, const char *text, gsize length);

/* work: counts what was done, for callers that set a limit. */
gboolean pattern_matches(const Pattern *pattern, const PatternLine *line,
    guint64 *work);

#endif
