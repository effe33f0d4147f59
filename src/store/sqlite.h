/* sqlite.h - what the files of the SQLite driver share; nobody else includes
 * it. sqlite.c: transactions and statements; sqlite_file.c: make and open;
 * sqlite_care.c: checkpoint, backup, check; sqlite_index.c: full text. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "store/driver.h"

/* How long a foreign program may hold the file; and the size of the WAL, 16
 * MiB, at which it is moved into the file. */
enum { SQLITE_WAIT_MS = 30000, SQLITE_CHECKPOINT_PAGES = 4096 };

/* Statements of the driver's own: SQL that PostgreSQL does not share. */
typedef enum SqliteOwn {
	OWN_BEGIN,
	OWN_BEGIN_READ,
	OWN_COMMIT,
	OWN_ROLLBACK,
	OWN_SAVEPOINT,
	OWN_RELEASE,
	OWN_UNDO,
	OWN_INDEX_LIST,
	OWN_INDEX_TAKE,
	OWN_INDEX_ADD,
	OWN_INDEX_CLEAR,
	OWN_INDEX_REFILL,
	OWN_INDEX_FIND,
	OWN_COUNT
} SqliteOwn;

typedef struct Sqlite {
	sqlite3 *handle;
	char *path;
	int turn;             /* descriptor, turn.h */
	gboolean writing;     /* it is our turn */
	int wal_pages;        /* after our last commit */
	int checkpoint_pages; /* how many make store_tidy act */
	sqlite3_stmt *own[OWN_COUNT];
	sqlite3_stmt *cached[STMT_COUNT]; /* prepared at first use */
	gboolean in_use[STMT_COUNT];
} Sqlite;

/* What schema.sql's and stmt.def's words are in SQLite. */
extern const StoreWord sqlite_words[];

/* TRUE for OK, ROW and DONE, else the error with its remedy in words; what:
 * what was tried. */
gboolean sqlite_check(sqlite3 *handle, const char *path, int rc,
    const char *what, GError **error);

/* The statement, ready to bind; NULL with error. */
sqlite3_stmt *sqlite_own(Sqlite *db, SqliteOwn own, GError **error);
/* Runs it to the end, and leaves it reset. */
gboolean sqlite_run_own(Sqlite *db, SqliteOwn own, GError **error);

/* sqlite_file.c */
gboolean sqlite_create(const char *state_dir, const char *url, GError **error);
gpointer sqlite_open(const char *state_dir, const char *url, GError **error);
void sqlite_close(gpointer db);
gboolean sqlite_check_version(sqlite3 *handle, const char *path,
    GError **error);
/* An empty file, private from its first moment, for SQLite to fill. */
gboolean sqlite_make_empty(const char *path, GError **error);
/* The whole file `from` gets the name `to`, durably, if that one is free. */
gboolean sqlite_publish(const char *from, const char *to, GError **error);
/* The file and what SQLite may have put beside it. */
void sqlite_remove(const char *path);

/* sqlite_care.c */
void sqlite_tidy(gpointer db, gboolean idle);
gboolean sqlite_scrub(gpointer db, GError **error);
gboolean sqlite_backup(gpointer db, const char *file, GError **error);
gboolean sqlite_verify(gpointer db, GPtrArray *faults, GError **error);

/* sqlite_index.c */
extern const char sqlite_index_schema[];
gboolean sqlite_index_list(gpointer db, guint most, GPtrArray *found,
    GError **error);
gboolean sqlite_index_add(gpointer db, gint64 message, const char *words,
    gboolean *added, GError **error);
gboolean sqlite_index_clear(gpointer db, GError **error);
gboolean sqlite_index_find(gpointer db, const char *words,
    gboolean (*each)(gint64 ticket, gpointer data), gpointer data,
    GError **error);

#endif
