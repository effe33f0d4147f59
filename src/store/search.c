/* search.c - see search.h. What a word is, for every database alike: the same
 * function makes the words of a message and those of a question, so the two
 * can always meet. Called by the tick role, and by cli and web; the index itself is the driver's (sqlite_index.c). */
#include "store/search.h"

#include <string.h>

#include "ground/text.h"
#include "store/driver.h"

enum {
	TEXT_MOST = 256 * 1024, /* octets of a message that are indexed */
	WORD_MOST = 64,         /* letters; more is an encoded attachment */
	ASKED_MOST = 16,        /* words of a question */
};

/* Inside a word an apostrophe is no letter and no gap: o'zbek = ozbek. */
static gboolean
is_apostrophe(gunichar c)
{
	return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 ||
	       c == 0x02bb || c == 0x02bc;
}

static gboolean
is_word(gunichar c)
{
	return (g_unichar_isalnum(c) || g_unichar_ismark(c)) &&
	       !is_apostrophe(c);
}

/* Copies the word at text; returns what follows. */
static const char *
copy_word(GString *out, const char *text)
{
	guint letters = 0;

	for (;; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (is_word(c)) {
			if (letters++ < WORD_MOST)
				g_string_append_unichar(out, c);
		} else if (!is_apostrophe(c) ||
			   !is_word(g_utf8_get_char(g_utf8_next_char(text)))) {
			return text;
		}
	}
}

char *
search_words(const char *text, guint most)
{
	g_autofree char *folded = text_fold(text);
	GString *out = g_string_sized_new(strlen(folded));
	guint words = 0;

	for (const char *at = folded; *at != '\0' && words < most;)
		if (is_word(g_utf8_get_char(at))) {
			if (words++ > 0)
				g_string_append_c(out, ' ');
			at = copy_word(out, at);
		} else {
			at = g_utf8_next_char(at);
		}
	return g_string_free(out, FALSE);
}

/* Cuts between characters. */
static void
cut_text(char *text)
{
	if (strlen(text) > TEXT_MOST)
		*g_utf8_find_prev_char(text, text + TEXT_MOST) = '\0';
}

static GPtrArray *
read_pending(Store *store, guint most, GError **error)
{
	gpointer db;
	const StoreDriver *driver = store_driver(store, &db);
	g_autoptr(GPtrArray) found =
	    g_ptr_array_new_with_free_func((GDestroyNotify)index_entry_free);

	if (!driver->index_list(db, most, found, error))
		return NULL;
	/* Folding takes longer than writing: not while others wait. */
	for (guint i = 0; i < found->len; i++) {
		IndexEntry *entry = found->pdata[i];
		g_autofree char *text = g_steal_pointer(&entry->text);

		cut_text(text);
		entry->text = search_words(text, G_MAXUINT);
	}
	return g_steal_pointer(&found);
}

gboolean
store_index_pending(Store *store, guint most, guint *done, GError **error)
{
	gpointer db;
	const StoreDriver *driver = store_driver(store, &db);
	g_autoptr(GPtrArray) found = read_pending(store, most, error);
	g_autoptr(StoreTxn) txn = NULL;
	guint count = 0;

	if (found == NULL)
		return FALSE;
	if (found->len > 0) {
		txn = store_begin(store, error);
		if (txn == NULL)
			return FALSE;
	}
	for (guint i = 0; i < found->len; i++) {
		const IndexEntry *entry = found->pdata[i];
		gboolean added = FALSE;

		if (!driver->index_add(db, entry->message, entry->text, &added,
			error))
			return FALSE;
		count += added;
	}
	if (txn != NULL && !store_commit(g_steal_pointer(&txn), error))
		return FALSE;
	if (done != NULL)
		*done = count;
	return TRUE;
}

gboolean
store_index_reset(Store *store, GError **error)
{
	gpointer db;
	const StoreDriver *driver = store_driver(store, &db);
	g_autoptr(StoreTxn) txn = store_begin(store, error);

	return txn != NULL && driver->index_clear(db, error) &&
	       store_commit(g_steal_pointer(&txn), error);
}

/* Tickets found so far. */
typedef struct Found {
	GPtrArray *tickets; /* of gint64, owned */
	GHashTable *known;  /* the same, borrowed */
	guint most;
} Found;

static gboolean
add_ticket(gint64 ticket, gpointer data)
{
	Found *found = data;
	gint64 *id;

	if (g_hash_table_contains(found->known, &ticket))
		return TRUE;
	id = g_memdup2(&ticket, sizeof ticket);
	g_ptr_array_add(found->tickets, id);
	g_hash_table_add(found->known, id);
	return found->tickets->len < found->most;
}

GPtrArray *
store_search(Store *store, const char *words, guint most, GError **error)
{
	gpointer db;
	const StoreDriver *driver = store_driver(store, &db);
	g_autofree char *asked = search_words(words, ASKED_MOST);
	g_autoptr(GHashTable) known =
	    g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GPtrArray) tickets = g_ptr_array_new_with_free_func(g_free);
	Found found = { tickets, known, most };

	if (*asked != '\0' && most > 0 &&
	    !driver->index_find(db, asked, add_ticket, &found, error))
		return NULL;
	return g_steal_pointer(&tickets);
}
