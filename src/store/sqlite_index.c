/* sqlite_index.c - the SQLite driver: full text by FTS5. search.c calls it
 * through the driver's table and hands it words only: letters and digits.
 *
 * The index keeps no copy of the text (content=''); a row's id is the
 * message's. All of it can be made again from the table message. */
#include "store/sqlite.h"

const char sqlite_index_schema[] =
    "CREATE VIRTUAL TABLE message_words USING fts5(words, content = '', "
    "tokenize = 'unicode61 remove_diacritics 2');";

void
index_entry_free(IndexEntry *entry)
{
	if (entry == NULL)
		return;
	g_free(entry->text);
	g_free(entry);
}

static gboolean
check(Sqlite *db, int rc, GError **error)
{
	return sqlite_check(db->handle, db->path, rc, "full-text index", error);
}

/* Columns 1 to 4 are texts, NOT NULL. */
static IndexEntry *
read_entry(sqlite3_stmt *st)
{
	IndexEntry *entry = g_new0(IndexEntry, 1);
	GString *text = g_string_new(NULL);

	entry->message = sqlite3_column_int64(st, 0);
	for (int i = 1; i <= 4; i++) {
		g_string_append(text, (const char *)sqlite3_column_text(st, i));
		g_string_append_c(text, '\n');
	}
	entry->text = g_string_free(text, FALSE);
	return entry;
}

gboolean
sqlite_index_list(gpointer data, guint most, GPtrArray *found, GError **error)
{
	Sqlite *db = data;
	sqlite3_stmt *st = sqlite_own(db, OWN_INDEX_LIST, error);
	gboolean done;
	int rc;

	if (st == NULL)
		return FALSE;
	sqlite3_bind_int64(st, 1, most);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		g_ptr_array_add(found, read_entry(st));
	done = check(db, rc, error);
	sqlite3_reset(st);
	return done;
}

/* Two that index at the same time: only who takes the row adds it. */
gboolean
sqlite_index_add(gpointer data, gint64 message, const char *words,
    gboolean *added, GError **error)
{
	Sqlite *db = data;
	sqlite3_stmt *take = sqlite_own(db, OWN_INDEX_TAKE, error);
	sqlite3_stmt *add = sqlite_own(db, OWN_INDEX_ADD, error);
	gboolean taken;

	if (take == NULL || add == NULL)
		return FALSE;
	sqlite3_bind_int64(take, 1, message);
	if (!sqlite_run_own(db, OWN_INDEX_TAKE, error))
		return FALSE;
	taken = sqlite3_changes(db->handle) > 0;
	if (taken) {
		sqlite3_bind_int64(add, 1, message);
		sqlite3_bind_text(add, 2, words, -1, SQLITE_TRANSIENT);
		if (!sqlite_run_own(db, OWN_INDEX_ADD, error))
			return FALSE;
	}
	*added = taken;
	return TRUE;
}

gboolean
sqlite_index_clear(gpointer db, GError **error)
{
	return sqlite_run_own(db, OWN_INDEX_CLEAR, error) &&
	       sqlite_run_own(db, OWN_INDEX_REFILL, error);
}

/* "paket" "kelm"* ...: each word quoted, since FTS5 has a language of its
 * own (AND, NEAR, column names); the star finds longer forms too, for Turkic
 * and Slavic words carry endings. */
static char *
match_expression(const char *words)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	GString *match = g_string_new(NULL);

	for (char **word = list; *word != NULL; word++)
		if (**word != '\0')
			g_string_append_printf(match, "\"%s\" * ", *word);
	return g_string_free(match, FALSE);
}

gboolean
sqlite_index_find(gpointer data, const char *words,
    gboolean (*each)(gint64 ticket, gpointer data), gpointer each_data,
    GError **error)
{
	Sqlite *db = data;
	g_autofree char *match = match_expression(words);
	sqlite3_stmt *st = sqlite_own(db, OWN_INDEX_FIND, error);
	gboolean done;
	int rc;

	if (st == NULL)
		return FALSE;
	sqlite3_bind_text(st, 1, match, -1, SQLITE_TRANSIENT);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (!each(sqlite3_column_int64(st, 0), each_data))
			break;
	done = check(db, rc, error);
	sqlite3_reset(st);
	return done;
}
