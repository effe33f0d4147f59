/* quotewords.h - what programs write around quotations and below a text, by
 * the tables words/outlook-headers.tsv and words/signatures.tsv. */
#ifndef MAIL_QUOTEWORDS_H
#define MAIL_QUOTEWORDS_H

#include <glib.h>

/* Fields of a quoted header block; some words mean more than one. */
enum {
	FIELD_FROM = 1 << 0,
	FIELD_DATE = 1 << 1,
	FIELD_TO = 1 << 2,
	FIELD_SUBJECT = 1 << 3,
	FIELD_OTHER = 1 << 4,
};

typedef enum Separator {
	SEPARATOR_NONE,
	SEPARATOR_ORIGINAL = 1 << 0,  /* a reply's quotation is below */
	SEPARATOR_FORWARDED = 1 << 1, /* a forward is below */
	SEPARATOR_DASHED = 1 << 2,    /* the row wants dashes in front */
} Separator;

/* word: folded, without the colon. 0: no label. */
guint quotewords_label(const char *word, gsize length);

/* text: folded, without dashes around and colon. Bits of Separator. */
guint quotewords_separator(const char *text, gsize length);

/* "Please type your reply above this line". line: folded, as it stands. */
gboolean quotewords_is_above(const char *line, gsize length);

/* A whole line that a phone or program adds. */
gboolean quotewords_is_client(const char *line, gsize length);

/* A paragraph that begins so is the footer of an office or a list. */
gboolean quotewords_is_footer(const char *line, gsize length,
    gboolean below_rule);

#endif
