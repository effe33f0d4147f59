/* alike.c - texts by their first words. Used by policy, which keeps the keys of
 * mails that got an automatic letter: two machines without any marker that
 * change their subject each time are known by what they say (AC-01).
 *
 * Words of capitals, and those that hold a digit or belong to an address or a
 * link, are what such machines put in anew. Only the beginning counts: people
 * have the same signature and the same disclaimer below every mail. */
#include "mail/alike.h"

#include <string.h>

#include "ground/text.h"

enum {
	WORDS_MOST = 24,
	WORDS_LEAST = 2,
	DIGITS = 4,             /* of one word in a key */
	ENOUGH = 4, OF_ALL = 5, /* so many words in common of so many */
	TEXT_MOST = 4096,       /* octets looked at */
};

static gboolean
is_told_anew(const char *word, gsize length)
{
	gboolean small = FALSE, big = FALSE;

	for (const char *p = word; p < word + length; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isdigit(c) || c == '@' || c == '/' || c == '=')
			return TRUE;
		if (g_unichar_isalpha(c) && g_unichar_isupper(c))
			big = TRUE;
		else if (g_unichar_isalpha(c))
			small = TRUE;
	}
	return !small && (!big || length > 1);
}

/* FNV-1a, folded to 16 bits: enough to tell 24 words from others. */
static guint16
digest(const char *word)
{
	guint32 hash = 2166136261u;

	for (const char *p = word; *p != '\0'; p++)
		hash = (hash ^ (guint8)*p) * 16777619u;
	return (guint16)(hash ^ hash >> 16);
}

static void
add_word(GString *key, const char *word, gsize length)
{
	g_autofree char *plain = g_strndup(word, length);
	g_autofree char *folded = g_utf8_casefold(plain, -1);

	g_string_append_printf(key, "%04x", digest(folded));
}

static gboolean
is_inside_word(gunichar c)
{
	return !g_unichar_isspace(c) && c != '>' && c != '|';
}

char *
alike_key(const char *text)
{
	g_autofree char *valid = text_valid(
	    text, (gssize)MIN(strlen(text), TEXT_MOST));
	GString *key = g_string_new(NULL);
	const char *p = valid;

	while (*p != '\0' && key->len < WORDS_MOST * DIGITS) {
		const char *start;

		while (*p != '\0' && !is_inside_word(g_utf8_get_char(p)))
			p = g_utf8_next_char(p);
		start = p;
		while (*p != '\0' && is_inside_word(g_utf8_get_char(p)))
			p = g_utf8_next_char(p);
		if (p > start && !is_told_anew(start, (gsize)(p - start)))
			add_word(key, start, (gsize)(p - start));
	}
	return g_string_free(key, FALSE);
}

/* The longest common subsequence, in words. */
static gsize
in_common(const char *a, gsize a_words, const char *b, gsize b_words)
{
	gsize row[WORDS_MOST + 1] = { 0 };

	for (gsize i = 0; i < a_words; i++) {
		gsize corner = 0;

		for (gsize j = 0; j < b_words; j++) {
			gsize above = row[j + 1];

			row[j + 1] = memcmp(a + i * DIGITS, b + j * DIGITS,
					 DIGITS) == 0
			    ? corner + 1
			    : MAX(above, row[j]);
			corner = above;
		}
	}
	return row[b_words];
}

guint
alike_words(const char *key)
{
	return (guint)MIN(strlen(key) / DIGITS, WORDS_MOST);
}

gboolean
alike_keys(const char *a, const char *b)
{
	gsize a_words = alike_words(a), b_words = alike_words(b);

	if (a_words < WORDS_LEAST || b_words < WORDS_LEAST)
		return FALSE;
	return in_common(a, a_words, b, b_words) * OF_ALL >=
	    MAX(a_words, b_words) * ENOUGH;
}
