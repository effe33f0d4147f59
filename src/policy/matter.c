/* matter.c - compares a mail with the ticket that it answers. Asked by
 * policy/thread for tickets that are done: there the wrong guess costs a new
 * number, while an order in a closed ticket may never be seen. */
#include "policy/matter.h"

#include <string.h>

#include "ground/text.h"
#include "policy/letter.h"

enum {
	WORD_LEAST = 3,  /* characters of a word that says something */
	LINE_LEAST = 16, /* octets of a line that is nobody's formula */
	LINE_WORDS = 3,
};

/* Calls with each word of a folded text. FALSE from the callback ends it. */
typedef gboolean (*SeeWord)(const char *word, gpointer data);

static void
each_word(const char *text, SeeWord see, gpointer data)
{
	g_autofree char *folded = text_fold(text);
	g_autoptr(GString) word = g_string_new(NULL);

	for (const char *p = folded;; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (*p != '\0' &&
		    (g_unichar_isalnum(c) || g_unichar_ismark(c))) {
			g_string_append_unichar(word, c);
			continue;
		}
		if (g_utf8_strlen(word->str, -1) >= WORD_LEAST &&
		    !see(word->str, data))
			return;
		g_string_truncate(word, 0);
		if (*p == '\0')
			return;
	}
}

static gboolean
add_word(const char *word, gpointer data)
{
	g_hash_table_add(data, g_strdup(word));
	return TRUE;
}

typedef struct Common {
	GHashTable *words;
	guint seen;
	gboolean found;
} Common;

static gboolean
look_for(const char *word, gpointer data)
{
	Common *common = data;

	common->seen++;
	common->found = g_hash_table_contains(common->words, word);
	return !common->found;
}

/* Another subject, of words that say something, as the ticket's own does. */
static gboolean
has_other_subject(const Facts *facts)
{
	g_autoptr(GHashTable) words =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *subject = letter_subject(facts->message->subject);
	Common common = { words, 0, FALSE };

	if (facts->subject_number == facts->ticket->number)
		return FALSE;
	each_word(facts->ticket->subject, add_word, words);
	if (g_hash_table_size(words) == 0)
		return FALSE;
	each_word(subject, look_for, &common);
	return common.seen > 0 && !common.found;
}

/* A line without what a quotation puts before it; NULL if it says little. */
static char *
line_of(const char *text, gsize length)
{
	guint words = 0;

	while (length > 0 && strchr("> |\t", *text) != NULL) {
		text++;
		length--;
	}
	while (length > 0 && g_ascii_isspace(text[length - 1]))
		length--;
	for (gsize i = 1; i < length; i++)
		words += text[i] == ' ' && text[i - 1] != ' ' ? 1 : 0;
	return length >= LINE_LEAST && words + 1 >= LINE_WORDS
		   ? g_strndup(text, length)
		   : NULL;
}

/* Our own formulas are in every ticket's letters: whoever quotes a letter of
 * ours is taken to mean the ticket that his mail names. */
static gboolean
shares_line(const char *body, const GPtrArray *texts)
{
	g_autoptr(GHashTable) lines =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < texts->len; i++)
		for (const char *p = texts->pdata[i]; *p != '\0';) {
			gsize length = strcspn(p, "\n");
			char *line = line_of(p, length);

			if (line != NULL)
				g_hash_table_add(lines, line);
			p += length + (p[length] == '\n');
		}
	for (const char *p = body; *p != '\0';) {
		gsize length = strcspn(p, "\n");
		g_autofree char *line = line_of(p, length);

		if (line != NULL && g_hash_table_contains(lines, line))
			return TRUE;
		p += length + (p[length] == '\n');
	}
	return FALSE;
}

gboolean
matter_is_new(const Facts *facts)
{
	if (facts->texts == NULL || facts->message == NULL)
		return FALSE;
	return has_other_subject(facts) &&
	       !shares_line(facts->message->body_text, facts->texts);
}
