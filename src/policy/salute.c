/* salute.c - finds greeting, closing and signature in an agent's answer, so that
 * the frame around it repeats none and his telephone number stays at home.
 * Called by policy/answer; the words are a table. */
#include "policy/salute.h"

#include <string.h>

#include "ground/text.h"
#include "mail/words.h"

enum {
	GREETING_WORDS = 8, /* of a line that greets by its end */
	BEFORE_COMMA = 4,   /* between "Dear" and the comma */
	NAME_WORDS = 4,
	PHRASE_WORDS = 6,
	TAIL_LINES = 12,    /* of a signature */
	TAIL_LINE = 90,     /* characters of one of them */
	SENTENCE_WORDS = 5,
};

typedef struct Phrases {
	GHashTable *greetings; /* of char *: " good morning " */
	GHashTable *closings;
	GHashTable *thanks;
} Phrases;

static void
add_phrase(const char *const *column, gpointer data)
{
	Phrases *phrases = data;

	GHashTable *table = g_str_equal(column[1], "greeting")
	    ? phrases->greetings
	    : g_str_equal(column[1], "thanks") ? phrases->thanks
					       : phrases->closings;

	g_hash_table_add(table, text_words(column[2], NULL));
}

static const Phrases *
phrases_get(void)
{
	static Phrases *phrases;

	if (g_once_init_enter(&phrases)) {
		Phrases *made = g_new0(Phrases, 1);

		made->greetings = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, NULL);
		made->closings = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, NULL);
		made->thanks = g_hash_table_new_full(
		    g_str_hash, g_str_equal, g_free, NULL);
		words_each(WORDS_SALUTATION, add_phrase, made);
		g_once_init_leave(&phrases, made);
	}
	return phrases;
}

/* Words that words begins with and that are a phrase: how many, at most
 * PHRASE_WORDS; 0: none. */
static guint
phrase_at_start(GHashTable *phrases, const char *words)
{
	const char *p = words;
	guint found = 0;

	for (guint n = 1; n <= PHRASE_WORDS && p != NULL && p[1] != '\0'; n++) {
		g_autofree char *part = NULL;

		p = strchr(p + 1, ' ');
		if (p == NULL)
			break;
		part = g_strndup(words, (gsize)(p + 1 - words));
		if (g_hash_table_contains(phrases, part))
			found = n;
	}
	return found;
}

static gboolean
phrase_at_end(GHashTable *phrases, const char *words)
{
	for (const char *p = words; p != NULL && p[1] != '\0';
	     p = strchr(p + 1, ' '))
		if (g_hash_table_contains(phrases, p))
			return TRUE;
	return FALSE;
}

/* Words up to the first sign that ends a greeting; *ended: there is one. */
static char *
up_to_sign(const char *line, gboolean *ended)
{
	static const char *const signs[] = { ",", "!", ".", ":", ";",
		"\u060c", "\uff0c", "\u2014", " - " };
	gsize length = strlen(line);
	g_autofree char *head = NULL;

	*ended = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
		const char *at = strstr(line, signs[i]);

		if (at != NULL && (gsize)(at - line) < length) {
			length = (gsize)(at - line);
			*ended = TRUE;
		}
	}
	head = g_strndup(line, length);
	return text_words(head, NULL);
}

static guint
count_words(const char *words)
{
	guint n = 0;

	for (const char *p = words; *p != '\0'; p++)
		n += *p == ' ';
	return n > 0 ? n - 1 : 0;
}

static gboolean
greets(const char *line)
{
	const Phrases *phrases = phrases_get();
	g_autofree char *words = NULL, *head = NULL;
	gboolean ended;
	guint count, found;

	words = text_words(line, &count);
	if (count == 0)
		return FALSE;
	head = up_to_sign(line, &ended);
	found = phrase_at_start(phrases->greetings, words);
	/* "Good morning", "Dear Olim, thank you for ..." */
	if (found > 0 &&
	    (ended ? count_words(head) <= found + BEFORE_COMMA
		   : count <= found + BEFORE_COMMA))
		return TRUE;
	/* "Olim aka, assalomu alaykum!" */
	if (count <= GREETING_WORDS &&
	    phrase_at_end(phrases->greetings, words))
		return TRUE;
	/* "Olim," */
	return count <= NAME_WORDS && g_str_has_suffix(line, ",");
}

/* Does words hold a word of name? */
static gboolean
shares_word(const char *words, const char *name)
{
	g_autofree char *his = text_words(name, NULL);
	g_auto(GStrv) each = g_strsplit(his, " ", -1);

	for (guint i = 0; each[i] != NULL; i++) {
		g_autofree char *word = g_strdup_printf(" %s ", each[i]);

		if (*each[i] != '\0' && strstr(words, word) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* Nothing but his name, or a part of it. */
static gboolean
is_name(const char *line, const char *name)
{
	guint count;
	g_autofree char *words = text_words(line, &count);
	g_autofree char *his = text_words(name, NULL);

	return count > 0 && count <= NAME_WORDS &&
	    strstr(his, words) != NULL;
}

/* below: the next line, NULL: none. *signs: the writer's name stands behind
 * it. */
static gboolean
closes(const char *line, const char *below, const char *name, gboolean *signs)
{
	const Phrases *phrases = phrases_get();
	guint count, found;
	g_autofree char *words = text_words(line, &count);

	found = phrase_at_start(phrases->closings, words);
	if (found == 0 && (below == NULL || is_name(below, name)))
		found = phrase_at_start(phrases->thanks, words);
	*signs = found > 0 && count > found && count <= found + NAME_WORDS &&
	    shares_word(words, name);
	return found > 0 && (count == found || *signs);
}

/* Signatures have short lines and no sentences. */
static gboolean
may_be_signature(const char *line)
{
	guint count;
	g_autofree char *words = text_words(line, &count);
	gsize length = strlen(line);

	if (g_utf8_strlen(line, -1) > TAIL_LINE ||
	    g_str_has_prefix(words, " ps ") ||
	    g_str_has_prefix(words, " p s "))
		return FALSE;
	return count < SENTENCE_WORDS || length == 0 ||
	    strchr(".!?", line[length - 1]) == NULL;
}

typedef struct Line {
	char *text; /* without white space around */
	gsize end;  /* in the whole */
} Line;

static void
clear_line(gpointer data)
{
	Line *line = data;

	g_free(line->text);
}

/* Lines that are not blank. */
static GArray *
lines_of(const char *text)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(Line));
	const char *p = text;

	g_array_set_clear_func(lines, clear_line);
	while (*p != '\0') {
		gsize length = strcspn(p, "\n");
		Line line = { g_strstrip(g_strndup(p, length)),
			(gsize)(p - text) + length };

		if (*line.text != '\0')
			g_array_append_val(lines, line);
		else
			g_free(line.text);
		p += length + (p[length] == '\n' ? 1 : 0);
	}
	return lines;
}

Salute
salute_read(const char *text, const char *name)
{
	g_autoptr(GArray) lines = lines_of(text);
	Salute salute = { .length = strlen(text) };
	gboolean tail = TRUE;
	const char *below = NULL;
	guint last;

	if (lines->len == 0)
		return salute;
	salute.greets = greets(g_array_index(lines, Line, 0).text);
	last = lines->len - 1;
	/* A closing with nothing above it is all that he says. */
	for (guint i = last; i > 0 && last - i <= TAIL_LINES; i--) {
		const Line *line = &g_array_index(lines, Line, i);

		if (closes(line->text, below, name, &salute.signs)) {
			salute.closes = TRUE;
			salute.goes_on = !tail;
			if (tail)
				salute.length = line->end;
			return salute;
		}
		below = line->text;
		tail = tail && may_be_signature(line->text);
	}
	if (last > 0 && is_name(g_array_index(lines, Line, last).text, name))
		salute.length = g_array_index(lines, Line, last - 1).end;
	return salute;
}
