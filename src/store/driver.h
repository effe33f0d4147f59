/* driver.h - what a database does for store.c; only store/ includes it.
 *
 * A driver is one table of functions. store.c keeps the rules that hold for
 * every database (one transaction at a time, the first error stands) and asks
 * the driver for the rest. `db` is the driver's own connection. */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/store.h"

/* Version of schema.sql: the row "schema" of meta. */
#define STORE_SCHEMA 1

/* More arguments than any statement has. */
#define STORE_ARGS_MOST 32

/* A line of stmt.def. */
typedef struct StoreStatement {
	const char *name;
	const char *binds;
	const char *sql;
} StoreStatement;
extern const StoreStatement store_statements[STMT_COUNT];

/* An argument, borrowed from the caller. */
typedef struct StoreArg {
	char type; /* i, s, b: which of the next three */
	gint64 number;
	const char *text;
	GBytes *octets;
} StoreArg;

/* A word of schema.sql or stmt.def that each database spells differently. */
typedef struct StoreWord {
	const char *word;
	const char *instead;
} StoreWord;

/* sql with the words replaced (table ends with NULL); free with g_free. */
char *store_words(const char *sql, const StoreWord *words);

typedef struct StoreDriver {
	const char *scheme; /* how its url begins; "" serves an empty url */

	gboolean (
	    *create)(const char *state_dir, const char *url, GError **error);
	gpointer (
	    *open)(const char *state_dir, const char *url, GError **error);
	void (*close)(gpointer db);
	void (*tidy)(gpointer db, gboolean idle);
	gboolean (*scrub)(gpointer db, GError **error);
	gboolean (*backup)(gpointer db, const char *file, GError **error);
	gboolean (*verify)(gpointer db, GPtrArray *faults, GError **error);

	gboolean (
	    *begin)(gpointer db, gboolean write, guint wait_ms, GError **error);
	gboolean (*commit)(gpointer db, GError **error);
	void (*rollback)(gpointer db);
	gboolean (*savepoint)(gpointer db, GError **error);
	gboolean (*release)(gpointer db, GError **error);
	gboolean (*undo)(gpointer db, GError **error);

	/* Makes a statement ready with its arguments; nothing has run yet.
	 * keep: the arguments may be gone before it is read to the end. */
	gpointer (*query)(gpointer db, StoreStmt stmt, const StoreArg *args,
	    gboolean keep, GError **error);
	/* 1: a row, 0: no more, -1: error. */
	int (*step)(gpointer db, StoreStmt stmt, gpointer rows, GError **error);
	/* Gives the statement back; FALSE if its end found a fault. */
	gboolean (
	    *end)(gpointer db, StoreStmt stmt, gpointer rows, GError **error);
	gint64 (*changed)(gpointer db, gpointer rows);
	gint64 (*get_int)(gpointer rows, int column);
	gboolean (*get_null)(gpointer rows, int column);
	const char *(*get_text)(gpointer rows, int column);
	GBytes *(*get_bytes)(gpointer rows, int column);

	/* Full text: words of letters and digits, folded, with spaces between.
	 * index_add and index_clear stand in the caller's transaction. */
	gboolean (*index_list)(gpointer db, guint most, GPtrArray *found,
	    GError **error);
	gboolean (*index_add)(gpointer db, gint64 message, const char *words,
	    gboolean *added, GError **error);
	gboolean (*index_clear)(gpointer db, GError **error);
	/* Calls each with the ticket of a message that has all the words, the
	 * newest message first, until it says FALSE. */
	gboolean (*index_find)(gpointer db, const char *words,
	    gboolean (*each)(gint64 ticket, gpointer data), gpointer data,
	    GError **error);
} StoreDriver;

/* A message that index_list found, as it stands in its row. */
typedef struct IndexEntry {
	gint64 message;
	char *text;
} IndexEntry;
void index_entry_free(IndexEntry *entry);

extern const StoreDriver store_sqlite;

/* For search.c: what stands behind an open Store. */
const StoreDriver *store_driver(const Store *store, gpointer *db);

#endif
