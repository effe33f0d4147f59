/* quoteline.h - the lines of a mail's text and what each looks like.
 *
 * What mail programs write around quotations is in words/; quote.c decides
 * what the looks mean. */
#ifndef MAIL_QUOTELINE_H
#define MAIL_QUOTELINE_H

#include <glib.h>

typedef enum QuoteLook {
	LOOK_BLANK = 1 << 0,
	LOOK_QUOTED = 1 << 1,    /* begins with ">" */
	LOOK_ENDING = 1 << 2,    /* ends as attributions do: colon, dashes */
	LOOK_VERB = 1 << 3,      /* holds "wrote" in some language */
	LOOK_ADDRESS = 1 << 4,   /* holds "@" */
	LOOK_BRACKETED = 1 << 5, /* that address is in brackets */
	LOOK_DATE = 1 << 6,      /* holds a year, a time or a dotted date */
	LOOK_DIGIT = 1 << 7,     /* begins with a digit */
	LOOK_RULE = 1 << 8,      /* nothing but dashes, underscores, stars */
	LOOK_ORIGINAL = 1 << 9,  /* "-----Original Message-----" */
	LOOK_FORWARDED = 1 << 10,
	LOOK_DELIMITER = 1 << 11, /* "-- ", also when the space got lost */
	LOOK_DASHED = 1 << 12,    /* dashes on both sides of some words */
	LOOK_TAIL = 1 << 13,      /* ends as some row of attribution.tsv */
	LOOK_LOOSE = 1 << 14,     /* ends with "wrote" and no colon */
	LOOK_NUMBER = 1 << 15,    /* holds a digit */
	LOOK_CLOCK = 1 << 16,     /* holds a time of day */
	LOOK_ABOVE = 1 << 17,     /* a desk asks to write above this line */
} QuoteLook;

/* VERB, DATE, LOOSE, NUMBER and CLOCK are looked for in so many lines that end
 * with one that may end an attribution. */
#define QUOTELINE_NEAR 5

typedef struct QuoteLine {
	gsize start, end;   /* in the body, without the LF */
	const char *folded; /* belongs to the QuoteLines; no end of its own */
	gsize length;       /* of folded */
	guint looks;        /* of QuoteLook */
	guint field; /* it begins with such a label: FIELD_ of quotewords.h */
} QuoteLine;

typedef struct QuoteLines {
	GArray *lines; /* of QuoteLine */
	char *folded;
} QuoteLines;

/* body: valid UTF-8, LF; must live as long as the lines are looked at. */
QuoteLines *quoteline_split(const char *body);
void quoteline_free(QuoteLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QuoteLines, quoteline_free)

/* Makes two lines of line i: the second begins with its word-th word (the first
 * is 0). body: as for quoteline_split. */
void quoteline_break(QuoteLines *lines, const char *body, guint i, guint word);

/* The whole line is what a telephone or a mail program adds at the end. */
gboolean quoteline_is_client(const QuoteLine *line);

/* The whole line is "Original Message" in some language, without dashes. */
gboolean quoteline_is_separator(const QuoteLine *line);

/* It begins with a small letter. body: as for quoteline_split. */
gboolean quoteline_is_lower(const QuoteLine *line, const char *body);

/* A footer begins here, if a paragraph does. */
gboolean quoteline_is_footer(const QuoteLine *line, gboolean below_rule);

#endif
