/* dsn_words.h - what mail servers write when they give up, by the table
 * words/bounces.tsv. */
#ifndef MAIL_DSN_WORDS_H
#define MAIL_DSN_WORDS_H

#include <glib.h>

typedef struct DsnSigns {
	gboolean in_subject; /* a row of the subject matched */
	gboolean in_text;    /* a sentence that only reports hold */
	gboolean is_delay;   /* it will be tried again */
	const char *reason;  /* ".1.1": last two parts of a status code (RFC
			      * 3463); NULL when not said */
} DsnSigns;

/* subject: decoded; text: the report without the returned mail. */
void dsn_words_find(const char *subject, const char *text, DsnSigns *signs);

/* The author's address is one that only mail servers have. */
gboolean dsn_words_author(const char *address);

/* The returned mail begins at this line. */
gboolean dsn_words_divider(const char *line);

/* What stands before a colon says that a recipient follows. */
gboolean dsn_words_label(const char *label, gsize length);

#endif
