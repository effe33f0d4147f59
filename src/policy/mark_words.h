/* mark_words.h - the words that stand beside a mark, of one language and those
 * that are read with it (mail/words/marks.tsv). Private to policy/mark. */
#ifndef POLICY_MARK_WORDS_H
#define POLICY_MARK_WORDS_H

#include <glib.h>

/* What a word may be; several at once. */
typedef enum MarkWord {
	MARK_NAME = 1 << 0,   /* names the mark: "rating" */
	MARK_FILL = 1 << 1,   /* "I give it a" */
	MARK_UNIT = 1 << 2,   /* "points" */
	MARK_OF = 1 << 3,     /* "4 of 5" */
	MARK_FROM = 1 << 4,   /* "5-тен 4" */
	MARK_NOT = 1 << 5,    /* "not 5" */
	MARK_TAKEN = 1 << 6,  /* "5 emas" */
	MARK_BUT = 1 << 7,    /* another thought begins */
	MARK_GO = 1 << 8,     /* "10/10 would recommend" */
	MARK_ABBR = 1 << 9,   /* "No." */
	MARK_NUMBER = 1 << 10, /* the number in *number */
} MarkWord;

typedef struct MarkWords MarkWords;

/* BCP-47, "uz" and "uz-Latn" are one; an unknown language reads as English.
 * Valid for ever. */
const MarkWords *mark_words(const char *language);

/* word: as text_alike gives it. A number with the ending of a scale on it
 * ("beshdan") is MARK_NUMBER and MARK_FROM. 0: a word like any other. */
guint mark_word(const MarkWords *words, const char *word, int *number);

#endif
