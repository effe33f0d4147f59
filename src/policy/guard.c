/* guard.c - compares an outgoing text with the internal notes of its ticket.
 * Called by policy/relay. */
#include "policy/guard.h"

#include <string.h>

#include "ground/text.h"

enum { SHORTEST = 3 };

/* Start of the n-th space-separated run after p, at its leading space. */
static const char *
skip_words(const char *p, guint n)
{
	for (guint i = 0; i < n && p != NULL; i++)
		p = strchr(p + 1, ' ');
	return p;
}

/* All runs of GUARD_WORDS words, as keys; values borrow nothing. */
static GHashTable *
runs_of(const char *words)
{
	GHashTable *runs = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, NULL);

	for (const char *p = words; p != NULL && p[1] != '\0';
	     p = strchr(p + 1, ' ')) {
		const char *end = skip_words(p, GUARD_WORDS);

		if (end == NULL)
			break;
		g_hash_table_add(runs, g_strndup(p, end + 1 - p));
	}
	return runs;
}

static gboolean
shares_run(GHashTable *runs, const char *note)
{
	for (const char *p = note; p != NULL && p[1] != '\0';
	     p = strchr(p + 1, ' ')) {
		const char *end = skip_words(p, GUARD_WORDS);
		g_autofree char *run = NULL;

		if (end == NULL)
			return FALSE;
		run = g_strndup(p, end + 1 - p);
		if (g_hash_table_contains(runs, run))
			return TRUE;
	}
	return FALSE;
}

gboolean
guard_leaks(const char *text, const GPtrArray *notes)
{
	g_autofree char *words = NULL;
	g_autoptr(GHashTable) runs = NULL;
	guint count;

	if (notes == NULL || notes->len == 0)
		return FALSE;
	words = text_words(text, &count);
	runs = runs_of(words);
	for (guint i = 0; i < notes->len; i++) {
		g_autofree char *note = text_words(notes->pdata[i], &count);

		if (count >= GUARD_WORDS ? shares_run(runs, note)
			: count >= SHORTEST && strstr(words, note) != NULL)
			return TRUE;
	}
	return FALSE;
}
