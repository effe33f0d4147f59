/* words.h - what mail programs and robots write, as tables.
 *
 * The rows are in words/NAME.tsv, compiled in; a site may add rows of its own
 * (the head of each file says how it is read). Modules read their table once,
 * when they are first used. The tables are the one state of the process that
 * message_parse needs besides its argument: set once, then only read. */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include <glib.h>

typedef enum WordsTable {
	WORDS_ATTRIBUTION, /* lang client pattern guard example source sure */
	WORDS_HEADERS,     /* kind field lang client text source sure */
	WORDS_SIGNATURES,  /* lang client kind text source sure */
	WORDS_AWAY,        /* lang product place text weight source sure */
	WORDS_BOUNCES,     /* lang product place text class permanence source
			    * sure */
	WORDS_FIELDS,      /* field condition meaning weight source */
	WORDS_CLOSING,     /* lang class text */
	WORDS_VERBS,       /* lang verb word */
	WORDS_WHEN,        /* lang meaning word */
	WORDS_MARKS,       /* lang class words */
	WORDS_SALUTATION,  /* lang class text */
	WORDS_TABLES,
} WordsTable;

/* column: the fields of one row, in the order above, valid during the call. In
 * built-in rows those that only people read (client, product, example, source,
 * sure; lang, but for verbs, times and marks) are "". */
typedef void (*WordsRow)(const char *const *column, gpointer data);

/* Every row of table, the built-in ones first. */
void words_each(WordsTable table, WordsRow row, gpointer data);

/* Reads the tables that stand in directory; none of them needs to be there.
 * FALSE with error CONFIG, which names file and line, if a row is no row. */
gboolean words_check(const char *directory, GError **error);

/* The same, and their rows count from now on. To be called before anything is
 * parsed, at most once. */
gboolean words_add(const char *directory, GError **error);

#endif
