/* wordlist.c - a hash table whose keys need no end: the words of a mail are
 * looked up where they stand. Open addressing; never more than half full. */
#include "mail/wordlist.h"

#include <string.h>

typedef struct Entry {
	guint32 at; /* in the pool; 0: free */
	guint32 length;
	guint32 bits;
} Entry;

#define FILTER_BITS 8192

struct WordList {
	guint64 filter[FILTER_BITS / 64]; /* of filter_bit */
	GString *pool;
	Entry *entries;
	guint size; /* a power of two */
	guint used;
};

WordList *
wordlist_new(void)
{
	WordList *list = g_new0(WordList, 1);

	list->pool = g_string_new(" "); /* so that no word is at 0 */
	list->size = 64;
	list->entries = g_new0(Entry, list->size);
	return list;
}

void
wordlist_free(WordList *list)
{
	if (list == NULL)
		return;
	g_string_free(list->pool, TRUE);
	g_free(list->entries);
	g_free(list);
}

/* A cheap look at a word: most words of a mail are in no list, and this says so
 * without reading them. */
static guint
filter_bit(const char *word, gsize length)
{
	guint32 h = (guint32)length * 0x9e3779b1U;

	h ^= (guint32)(guint8)word[0] * 0x85ebca6bU;
	h ^= (guint32)(guint8)word[length / 2] * 0xc2b2ae35U;
	h ^= (guint32)(guint8)word[length - 1] * 0x27d4eb2fU;
	return h >> 19;
}

/* FNV-1a. Nobody who writes mail chooses the entries, so no key is needed. */
static guint
hash(const char *word, gsize length)
{
	guint32 h = 2166136261U;

	for (gsize i = 0; i < length; i++)
		h = (h ^ (guint8)word[i]) * 16777619U;
	return h ^ (h >> 15);
}

static Entry *
slot_of(const WordList *list, const char *word, gsize length)
{
	guint i = hash(word, length) & (list->size - 1);

	for (;; i = (i + 1) & (list->size - 1)) {
		Entry *entry = &list->entries[i];

		if (entry->at == 0 ||
		    (entry->length == length &&
			memcmp(list->pool->str + entry->at, word, length) == 0))
			return entry;
	}
}

static void
grow(WordList *list)
{
	Entry *old = list->entries;
	guint size = list->size;

	list->size *= 2;
	list->entries = g_new0(Entry, list->size);
	for (guint i = 0; i < size; i++)
		if (old[i].at != 0)
			*slot_of(list, list->pool->str + old[i].at,
			    old[i].length) = old[i];
	g_free(old);
}

void
wordlist_add(WordList *list, const char *word, guint bits)
{
	gsize length = strlen(word);
	Entry *entry;

	if (length == 0)
		return;
	if (list->used * 2 >= list->size)
		grow(list);
	entry = slot_of(list, word, length);
	if (entry->at == 0) {
		entry->at = (guint32)list->pool->len;
		entry->length = (guint32)length;
		g_string_append_len(list->pool, word, (gssize)length);
		list->used++;
		list->filter[filter_bit(word, length) / 64] |=
		    G_GUINT64_CONSTANT(1) << filter_bit(word, length) % 64;
	}
	entry->bits |= bits;
}

guint
wordlist_find(const WordList *list, const char *word, gsize length)
{
	guint bit;

	if (length == 0)
		return 0;
	bit = filter_bit(word, length);
	if ((list->filter[bit / 64] >> bit % 64 & 1) == 0)
		return 0;
	return slot_of(list, word, length)->bits;
}
