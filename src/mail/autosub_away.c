/* autosub_away.c - the rows of words/outofoffice.tsv. They are matched
 * narrowly: a person who writes about automatic answers is a person. */
#include "mail/autosub_away.h"

#include <string.h>

#include "ground/text.h"
#include "mail/grams.h"
#include "mail/wordlist.h"
#include "mail/words.h"

#define BODY_CHARACTERS 600
#define PREFIX_MOST     120 /* octets */

enum {
	IS_STRONG = 1 << 0,
	IS_WEAK = 1 << 1,
	IS_PREFIX = 1 << 2, /* may stand before a colon; else it is the whole */
};

typedef struct Phrase {
	char *text;
	gsize length;
	char *after; /* what follows {date}; NULL if there is none */
	AwayWeight weight;
} Phrase;

typedef struct Table {
	WordList *subjects; /* for each weight three bits */
	WordList *replies;
	GArray *brackets, *suffixes, *phrases; /* of Phrase */
} Table;

/* Off the end: "~", colon, white space, marks. */
static char *
fold_row(const char *text)
{
	char *folded = text_fold(text);
	gsize length = strlen(folded);

	while (length > 0 && strchr("~: .!", folded[length - 1]) != NULL)
		folded[--length] = '\0';
	return folded;
}

static void
add_phrase(GArray *list, const char *text, AwayWeight weight)
{
	const char *hole = strstr(text, "{date}");
	Phrase phrase = { .weight = weight };

	phrase.text = hole != NULL ? g_strndup(text, (gsize)(hole - text))
				   : g_strdup(text);
	phrase.length = strlen(phrase.text);
	if (hole != NULL)
		phrase.after = g_strdup(hole + strlen("{date}"));
	g_array_append_val(list, phrase);
}

static void
add_row(const char *const *column, gpointer data)
{
	Table *table = data;
	const char *place = column[2];
	g_autofree char *text = fold_row(column[3]);
	AwayWeight weight =
	    strcmp(column[4], "strong") == 0 ? AWAY_STRONG : AWAY_WEAK;
	guint bits = weight == AWAY_STRONG ? IS_STRONG : IS_WEAK;

	if (*text == '\0')
		return;
	if (strcmp(place, "body") == 0) {
		add_phrase(table->phrases, text, weight);
	} else if (strcmp(place, "subject-suffix") == 0) {
		add_phrase(table->suffixes, text, weight);
	} else if (strcmp(place, "reply-prefix") == 0) {
		wordlist_add(table->replies, text, 1);
	} else if (strcmp(place, "subject-whole") == 0) {
		wordlist_add(table->subjects, text, bits);
	} else if (*text == '[' || g_str_has_prefix(text, "\u3010")) {
		add_phrase(table->brackets, text, weight);
	} else {
		wordlist_add(table->subjects, text, bits << 3);
		wordlist_add(table->subjects, text, bits);
	}
}

static const Table *
table_get(void)
{
	static Table *table;

	if (g_once_init_enter(&table)) {
		Table *made = g_new0(Table, 1);

		made->subjects = wordlist_new();
		made->replies = wordlist_new();
		made->brackets = g_array_new(FALSE, TRUE, sizeof(Phrase));
		made->suffixes = g_array_new(FALSE, TRUE, sizeof(Phrase));
		made->phrases = g_array_new(FALSE, TRUE, sizeof(Phrase));
		words_each(WORDS_AWAY, add_row, made);
		g_once_init_leave(&table, made);
	}
	return table;
}

gboolean
autosub_is_reply_prefix(const char *word, gsize length)
{
	return wordlist_find(table_get()->replies, word, length) != 0;
}

static AwayWeight
weight_of(guint bits)
{
	return (bits & IS_STRONG) != 0 ? AWAY_STRONG
	       : (bits & IS_WEAK) != 0 ? AWAY_WEAK
				       : AWAY_NO;
}

AwayWeight
autosub_away_subject(const char *subject)
{
	const Table *table = table_get();
	const char *colon = strchr(subject, ':');
	gsize length = strlen(subject), head = 0;
	AwayWeight best = AWAY_NO;

	for (guint i = 0; i < table->brackets->len; i++) {
		const Phrase *phrase =
		    &g_array_index(table->brackets, Phrase, i);

		if (g_str_has_prefix(subject, phrase->text))
			best = MAX(best, phrase->weight);
	}
	if (colon != NULL && colon - subject < PREFIX_MOST) {
		head = (gsize)(colon - subject);
		while (head > 0 && subject[head - 1] == ' ')
			head--;
		best = MAX(best,
		    weight_of(
			wordlist_find(table->subjects, subject, head) >> 3));
	}
	while (length > 0 && strchr(" .!:", subject[length - 1]) != NULL)
		length--;
	return MAX(best,
	    weight_of(wordlist_find(table->subjects, subject, length)));
}

AwayWeight
autosub_away_suffix(const char *subject)
{
	const Table *table = table_get();
	g_autofree char *text = fold_row(subject);
	AwayWeight best = AWAY_NO;

	for (guint i = 0; i < table->suffixes->len; i++) {
		const Phrase *phrase =
		    &g_array_index(table->suffixes, Phrase, i);
		const char *found = strstr(text, phrase->text);

		if (found == NULL || found == text || found[-1] != ' ')
			continue;
		if (phrase->after != NULL
			? g_str_has_suffix(text, phrase->after)
			: found[strlen(phrase->text)] == '\0')
			best = MAX(best, phrase->weight);
	}
	return best;
}

/* Does somebody quote what stands at p? */
static gboolean
is_cited(const char *text, const char *p)
{
	static const char *const marks[] = { "\"", "'", "\u201c", "\u201e",
		"\u201d", "\u00ab", "\u300c", "(" };

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		gsize n = strlen(marks[i]);

		if ((gsize)(p - text) >= n && memcmp(p - n, marks[i], n) == 0)
			return TRUE;
	}
	return FALSE;
}

/* As text_fold, on one line: phrases may be wrapped. */
static char *
fold_beginning(const char *text)
{
	const char *end = text;
	g_autofree char *begin = NULL;
	char *folded, *to;

	for (guint n = 0; *end != '\0' && n < BODY_CHARACTERS; n++)
		end = g_utf8_next_char(end);
	begin = g_strndup(text, (gsize)(end - text));
	to = folded = text_fold(begin);
	for (const char *p = folded; *p != '\0'; p++) {
		char c = *p == '\n' || *p == '\t' ? ' ' : *p;

		if (c != ' ' || to == folded || to[-1] != ' ')
			*to++ = c;
	}
	*to = '\0';
	return folded;
}

/* Rows that overlap in the text are one sign. */
void
autosub_away_body(const char *text, guint *strong, guint *weak)
{
	const Table *table = table_get();
	g_autofree char *folded = fold_beginning(text);
	const char *begin = NULL, *end = NULL;
	Grams grams;

	*strong = *weak = 0;
	/* Machines ask nothing. */
	if (strchr(folded, '?') != NULL || strstr(folded, "\u061f") != NULL)
		return;
	grams_of(&grams, folded);
	for (guint i = 0; i < table->phrases->len; i++) {
		const Phrase *phrase =
		    &g_array_index(table->phrases, Phrase, i);
		const char *found;

		if (!grams_may_hold(&grams, phrase->text, phrase->length))
			continue;
		found = strstr(folded, phrase->text);
		if (found == NULL || is_cited(folded, found))
			continue;
		if (phrase->weight != AWAY_STRONG) {
			++*weak;
			continue;
		}
		if (begin != NULL && found < end &&
		    found + phrase->length > begin)
			continue;
		begin = found;
		end = found + phrase->length;
		++*strong;
	}
}
