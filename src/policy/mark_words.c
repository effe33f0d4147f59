/* mark_words.c - the table of marks.tsv by language, read at the first use.
 * Called by policy/mark. */
#include "policy/mark_words.h"

#include <stdlib.h>
#include <string.h>

#include "ground/text.h"
#include "mail/words.h"

/* A word of the table: its classes, and its number. */
typedef struct Entry {
	guint classes;
	int number;
} Entry;

struct MarkWords {
	GHashTable *entries; /* char * -> Entry * */
	GPtrArray *endings;  /* of char *: those of class "from" */
	GPtrArray *also;     /* of char *: languages */
};

static const struct {
	const char *class;
	MarkWord bit;
} classes[] = {
	{ "name", MARK_NAME },
	{ "fill", MARK_FILL },
	{ "unit", MARK_UNIT },
	{ "of", MARK_OF },
	{ "from", MARK_FROM },
	{ "not", MARK_NOT },
	{ "taken", MARK_TAKEN },
	{ "but", MARK_BUT },
	{ "go", MARK_GO },
	{ "abbr", MARK_ABBR },
};

static MarkWords *
words_new(void)
{
	MarkWords *words = g_new0(MarkWords, 1);

	words->entries =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	words->endings = g_ptr_array_new_with_free_func(g_free);
	words->also = g_ptr_array_new_with_free_func(g_free);
	return words;
}

static guint
bit_of(const char *class, int *number)
{
	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
		if (g_str_equal(classes[i].class, class))
			return classes[i].bit;
	*number = atoi(class);
	return MARK_NUMBER;
}

static void
add_word(MarkWords *words, const char *text, guint bit, int number)
{
	g_autofree char *word = text_alike(text);
	Entry *entry = g_hash_table_lookup(words->entries, word);

	if (entry == NULL) {
		entry = g_new0(Entry, 1);
		g_hash_table_insert(words->entries, g_strdup(word), entry);
	}
	/* The first language that has a number for it decides. */
	if (bit == MARK_NUMBER && (entry->classes & MARK_NUMBER) == 0)
		entry->number = number;
	entry->classes |= bit;
	if (bit == MARK_FROM)
		g_ptr_array_add(words->endings, g_steal_pointer(&word));
}

static void
add_row(const char *const *column, gpointer data)
{
	GHashTable *languages = data;
	MarkWords *words = g_hash_table_lookup(languages, column[0]);
	g_auto(GStrv) list = g_strsplit(column[2], "|", -1);
	gboolean also = g_str_equal(column[1], "also");
	int number = -1;
	guint bit = also ? 0 : bit_of(column[1], &number);

	if (words == NULL) {
		words = words_new();
		g_hash_table_insert(languages, g_strdup(column[0]), words);
	}
	for (guint i = 0; list[i] != NULL; i++)
		if (also)
			g_ptr_array_add(words->also, g_strdup(list[i]));
		else if (list[i][0] != '\0')
			add_word(words, list[i], bit, number);
}

/* A neighbour's words count where the own language does not have them. */
static void
add_neighbour(MarkWords *words, const MarkWords *other)
{
	GHashTableIter iter;
	gpointer word, entry;

	g_hash_table_iter_init(&iter, other->entries);
	while (g_hash_table_iter_next(&iter, &word, &entry))
		if (!g_hash_table_contains(words->entries, word))
			g_hash_table_insert(words->entries, g_strdup(word),
			    g_memdup2(entry, sizeof(Entry)));
	for (guint i = 0; i < other->endings->len; i++)
		g_ptr_array_add(
		    words->endings, g_strdup(other->endings->pdata[i]));
}

static GHashTable *
read_alone(void)
{
	GHashTable *languages =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	words_each(WORDS_MARKS, add_row, languages);
	return languages;
}

static GHashTable *
read_table(void)
{
	GHashTable *alone = read_alone(), *joined = read_alone();
	GHashTableIter iter;
	gpointer tag, value;

	g_hash_table_iter_init(&iter, joined);
	while (g_hash_table_iter_next(&iter, &tag, &value)) {
		MarkWords *words = value;

		for (guint i = 0; i < words->also->len; i++) {
			MarkWords *other = g_hash_table_lookup(
			    alone, words->also->pdata[i]);

			if (other != NULL)
				add_neighbour(words, other);
		}
	}
	g_hash_table_iter_init(&iter, alone);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		MarkWords *words = value;

		g_hash_table_unref(words->entries);
		g_ptr_array_unref(words->endings);
		g_ptr_array_unref(words->also);
		g_free(words);
	}
	g_hash_table_unref(alone);
	return joined;
}

const MarkWords *
mark_words(const char *language)
{
	static GHashTable *table;
	g_autofree char *tag = g_strdup(language != NULL ? language : "en");

	if (g_once_init_enter(&table))
		g_once_init_leave(&table, read_table());
	/* "uz-Cyrl-UZ", "uz-Cyrl", "uz". */
	for (;;) {
		const MarkWords *words = g_hash_table_lookup(table, tag);
		char *dash = strrchr(tag, '-');

		if (words != NULL)
			return words;
		if (dash == NULL)
			return g_hash_table_lookup(table, "en");
		*dash = '\0';
	}
}

guint
mark_word(const MarkWords *words, const char *word, int *number)
{
	const Entry *entry = g_hash_table_lookup(words->entries, word);

	if (entry != NULL) {
		*number = entry->number;
		return entry->classes;
	}
	for (guint i = 0; i < words->endings->len; i++) {
		const char *ending = words->endings->pdata[i];
		g_autofree char *stem = NULL;

		if (!g_str_has_suffix(word, ending))
			continue;
		stem = g_strndup(word, strlen(word) - strlen(ending));
		entry = g_hash_table_lookup(words->entries, stem);
		if (entry == NULL || (entry->classes & MARK_NUMBER) == 0)
			continue;
		*number = entry->number;
		return MARK_NUMBER | MARK_FROM;
	}
	return 0;
}
