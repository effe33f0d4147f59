/* sqlite.c - the SQLite driver: transactions, statements, errors in words.
 *
 * store.c calls it by the table at the end. One connection, used without
 * mutexes by one thread; a statement is prepared when it is first asked for
 * and kept. Writers queue for their turn (turn.h) before BEGIN IMMEDIATE. */
#include "store/sqlite.h"

#include <errno.h>
#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "store/turn.h"

const StoreWord sqlite_words[] = {
	{ "{id}", "INTEGER PRIMARY KEY AUTOINCREMENT" },
	/* There is one writer: nobody to skip or to lock out. */
	{ "{skip locked}", "" },
	{ "{for update}", "" },
	{ NULL, NULL },
};

static const char *const own_sql[OWN_COUNT] = {
	[OWN_BEGIN] = "BEGIN IMMEDIATE",
	[OWN_BEGIN_READ] = "BEGIN",
	[OWN_COMMIT] = "COMMIT",
	[OWN_ROLLBACK] = "ROLLBACK",
	[OWN_SAVEPOINT] = "SAVEPOINT one_mail",
	[OWN_RELEASE] = "RELEASE one_mail",
	[OWN_UNDO] = "ROLLBACK TO one_mail",
	[OWN_INDEX_LIST] =
	    "SELECT u.message, m.subject, m.from_name, m.from_address, "
	    "m.body_text FROM unindexed u JOIN message m ON m.id = u.message "
	    "ORDER BY u.message LIMIT $1",
	[OWN_INDEX_TAKE] = "DELETE FROM unindexed WHERE message = $1",
	[OWN_INDEX_ADD] =
	    "INSERT INTO message_words (rowid, words) VALUES ($1, $2)",
	[OWN_INDEX_CLEAR] =
	    "INSERT INTO message_words (message_words) VALUES ('delete-all')",
	[OWN_INDEX_REFILL] = "INSERT INTO unindexed (message) "
			     "SELECT id FROM message WHERE true "
			     "ON CONFLICT DO NOTHING",
	[OWN_INDEX_FIND] =
	    "SELECT m.ticket FROM message_words w "
	    "JOIN message m ON m.id = w.rowid "
	    "WHERE w.message_words MATCH $1 ORDER BY w.rowid DESC",
};

/* Errors. */

/* What the sysadmin can do, by SQLite's primary result code. Permanent: the
 * same rows would fail again. */
static const struct Remedy {
	int rc;
	gboolean permanent;
	const char *words;
} remedies[] = {
	{ SQLITE_FULL, FALSE,
	    "make room on that disk; javob goes on by itself" },
	{ SQLITE_IOERR, FALSE,
	    "look for disk errors in the kernel's log; javob tries again" },
	{ SQLITE_CORRUPT, FALSE,
	    "stop javobd, set the file aside and bring back a backup" },
	{ SQLITE_NOTADB, FALSE,
	    "this is no database: set it aside and bring back a backup" },
	{ SQLITE_READONLY, FALSE,
	    "let javob's user write to the file and its directory" },
	{ SQLITE_CANTOPEN, FALSE,
	    "let javob's user read and write the file and its directory" },
	{ SQLITE_PERM, FALSE,
	    "let javob's user read and write the file and its directory" },
	{ SQLITE_BUSY, FALSE,
	    "end the other program that holds the file (a shell, a copy)" },
	{ SQLITE_LOCKED, FALSE,
	    "end the other program that holds the file (a shell, a copy)" },
	{ SQLITE_NOMEM, FALSE, "give javob more memory" },
	{ SQLITE_CONSTRAINT, TRUE, "the rows contradict each other" },
	{ SQLITE_MISMATCH, TRUE, "the rows contradict each other" },
	{ SQLITE_TOOBIG, TRUE, "a value is larger than the store takes" },
	{ SQLITE_ERROR, FALSE,
	    "the store and this javob may be of different versions" },
};

static const struct Remedy *
find_remedy(sqlite3 *handle, int rc)
{
	int primary = rc & 0xff;
	int system = handle == NULL ? 0 : sqlite3_system_errno(handle);

	if (primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT))
		primary = SQLITE_FULL;
	for (gsize i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (remedies[i].rc == primary)
			return &remedies[i];
	return NULL;
}

gboolean
sqlite_check(sqlite3 *handle, const char *path, int rc, const char *what,
    GError **error)
{
	const struct Remedy *remedy;
	const char *said;

	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return TRUE;
	remedy = find_remedy(handle, rc);
	said = handle != NULL && sqlite3_extended_errcode(handle) == rc
		   ? sqlite3_errmsg(handle)
		   : sqlite3_errstr(rc);
	if (remedy == NULL)
		return error_temporary(error, "store %s: %s: %s (%d)", path,
		    what, said, rc);
	return (remedy->permanent ? error_permanent : error_temporary)(error,
	    "store %s: %s: %s (%d): %s", path, what, said, rc, remedy->words);
}

static gboolean
check(Sqlite *db, int rc, const char *what, GError **error)
{
	return sqlite_check(db->handle, db->path, rc, what, error);
}

/* Statements of our own. */

sqlite3_stmt *
sqlite_own(Sqlite *db, SqliteOwn own, GError **error)
{
	int rc;

	if (db->own[own] == NULL) {
		rc = sqlite3_prepare_v3(db->handle, own_sql[own], -1,
		    SQLITE_PREPARE_PERSISTENT, &db->own[own], NULL);
		if (!check(db, rc, own_sql[own], error))
			return NULL;
	}
	return db->own[own];
}

gboolean
sqlite_run_own(Sqlite *db, SqliteOwn own, GError **error)
{
	sqlite3_stmt *st = sqlite_own(db, own, error);
	gboolean done;

	if (st == NULL)
		return FALSE;
	done = check(db, sqlite3_step(st), own_sql[own], error);
	sqlite3_reset(st);
	return done;
}

/* Transactions. */

static void
leave(Sqlite *db)
{
	if (db->writing)
		turn_give(db->turn);
	db->writing = FALSE;
}

static gboolean
begin_write(Sqlite *db, guint wait_ms, GError **error)
{
	gint64 until = clock_monotonic_ms() + wait_ms;

	if (!turn_take(db->turn, wait_ms))
		return error_temporary(error,
		    "store %s: waited %.1f s for our turn to write: %s: see "
		    "which program holds store.lock (fuser)",
		    db->path, wait_ms / 1000.0, g_strerror(errno));
	db->writing = TRUE;
	/* Only a program that is not ours can still be in the way. */
	sqlite3_busy_timeout(db->handle,
	    (int)MAX(until - clock_monotonic_ms(), 1));
	if (sqlite_run_own(db, OWN_BEGIN, error))
		return TRUE;
	leave(db);
	return FALSE;
}

static gboolean
begin(gpointer data, gboolean write, guint wait_ms, GError **error)
{
	Sqlite *db = data;

	if (write)
		return begin_write(db, wait_ms, error);
	sqlite3_busy_timeout(db->handle, (int)MIN(wait_ms, G_MAXINT));
	return sqlite_run_own(db, OWN_BEGIN_READ, error);
}

static gboolean
commit(gpointer data, GError **error)
{
	Sqlite *db = data;

	if (!sqlite_run_own(db, OWN_COMMIT, error))
		return FALSE;
	leave(db);
	return TRUE;
}

static void
rollback(gpointer data)
{
	Sqlite *db = data;

	/* A full disk has already rolled back by itself. */
	if (!sqlite3_get_autocommit(db->handle))
		sqlite_run_own(db, OWN_ROLLBACK, NULL);
	leave(db);
}

static gboolean
savepoint(gpointer data, GError **error)
{
	return sqlite_run_own(data, OWN_SAVEPOINT, error);
}

static gboolean
release(gpointer data, GError **error)
{
	return sqlite_run_own(data, OWN_RELEASE, error);
}

static gboolean
undo(gpointer data, GError **error)
{
	return sqlite_run_own(data, OWN_UNDO, error) &&
	       sqlite_run_own(data, OWN_RELEASE, error);
}

/* Statements of stmt.def. */

static sqlite3_stmt *
prepare(Sqlite *db, StoreStmt stmt, guint flags, GError **error)
{
	const StoreStatement *known = &store_statements[stmt];
	g_autofree char *sql = store_words(known->sql, sqlite_words);
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v3(db->handle, sql, -1, flags, &st, NULL);

	check(db, rc, known->name, error);
	return st;
}

/* The kept one, unless its rows are just being read: then another. */
static sqlite3_stmt *
borrow(Sqlite *db, StoreStmt stmt, GError **error)
{
	if (db->in_use[stmt])
		return prepare(db, stmt, 0, error);
	if (db->cached[stmt] == NULL)
		db->cached[stmt] =
		    prepare(db, stmt, SQLITE_PREPARE_PERSISTENT, error);
	db->in_use[stmt] = db->cached[stmt] != NULL;
	return db->cached[stmt];
}

static gboolean
end(gpointer data, StoreStmt stmt, gpointer rows, GError **error)
{
	Sqlite *db = data;
	int rc = sqlite3_reset(rows);
	gboolean fine = check(db, rc, store_statements[stmt].name, error);

	if (rows == db->cached[stmt]) {
		sqlite3_clear_bindings(rows);
		db->in_use[stmt] = FALSE;
	} else {
		sqlite3_finalize(rows);
	}
	return fine;
}

static int
bind_octets(sqlite3_stmt *st, int at, GBytes *octets,
    sqlite3_destructor_type life)
{
	gsize size;
	const void *data;

	if (octets == NULL)
		return sqlite3_bind_null(st, at);
	data = g_bytes_get_data(octets, &size);
	/* To SQLite, no pointer is NULL and not "no octets". */
	return sqlite3_bind_blob64(st, at, size == 0 ? "" : data, size, life);
}

static int
bind(sqlite3_stmt *st, int at, const StoreArg *arg,
    sqlite3_destructor_type life)
{
	switch (arg->type) {
	case 'i':
		return sqlite3_bind_int64(st, at, arg->number);
	case 's':
		return sqlite3_bind_text(st, at, arg->text, -1, life);
	default:
		return bind_octets(st, at, arg->octets, life);
	}
}

/* To SQLite "$2" is a name that counts in order of appearance, so each is
 * looked up. */
static int
bind_all(sqlite3_stmt *st, const char *binds, const StoreArg *args,
    sqlite3_destructor_type life)
{
	int rc = SQLITE_OK;

	for (int i = 0; binds[i] != '\0' && rc == SQLITE_OK; i++) {
		char name[8];
		int at;

		g_snprintf(name, sizeof name, "$%d", i + 1);
		at = sqlite3_bind_parameter_index(st, name);
		rc = at == 0 ? SQLITE_RANGE : bind(st, at, &args[i], life);
	}
	return rc;
}

/* SQLite would turn the reader into a writer out of turn. */
static gboolean
may_run(Sqlite *db, sqlite3_stmt *st, const char *name, GError **error)
{
	if (db->writing || sqlite3_stmt_readonly(st))
		return TRUE;
	return error_temporary(error,
	    "store %s: %s: writes in a read transaction", db->path, name);
}

static gpointer
query(gpointer data, StoreStmt stmt, const StoreArg *args, gboolean keep,
    GError **error)
{
	Sqlite *db = data;
	const StoreStatement *known = &store_statements[stmt];
	sqlite3_stmt *st = borrow(db, stmt, error);
	int rc;

	if (st == NULL)
		return NULL;
	rc = bind_all(st, known->binds, args,
	    keep ? SQLITE_TRANSIENT : SQLITE_STATIC);
	if (check(db, rc, known->name, error) &&
	    may_run(db, st, known->name, error))
		return st;
	end(db, stmt, st, NULL);
	return NULL;
}

static int
step(gpointer data, StoreStmt stmt, gpointer rows, GError **error)
{
	Sqlite *db = data;
	int rc = sqlite3_step(rows);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	check(db, rc, store_statements[stmt].name, error);
	return -1;
}

static gint64
changed(gpointer data, gpointer rows)
{
	Sqlite *db = data;

	return sqlite3_stmt_readonly(rows) ? 0 : sqlite3_changes64(db->handle);
}

static gint64
get_int(gpointer rows, int column)
{
	return sqlite3_column_int64(rows, column);
}

static gboolean
get_null(gpointer rows, int column)
{
	return sqlite3_column_type(rows, column) == SQLITE_NULL;
}

static const char *
get_text(gpointer rows, int column)
{
	return (const char *)sqlite3_column_text(rows, column);
}

static GBytes *
get_bytes(gpointer rows, int column)
{
	const void *data;

	if (get_null(rows, column))
		return NULL;
	data = sqlite3_column_blob(rows, column);
	return g_bytes_new(data, (gsize)sqlite3_column_bytes(rows, column));
}

const StoreDriver store_sqlite = {
	.scheme = "",
	.create = sqlite_create,
	.open = sqlite_open,
	.close = sqlite_close,
	.tidy = sqlite_tidy,
	.scrub = sqlite_scrub,
	.backup = sqlite_backup,
	.verify = sqlite_verify,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.savepoint = savepoint,
	.release = release,
	.undo = undo,
	.query = query,
	.step = step,
	.end = end,
	.changed = changed,
	.get_int = get_int,
	.get_null = get_null,
	.get_text = get_text,
	.get_bytes = get_bytes,
	.index_list = sqlite_index_list,
	.index_add = sqlite_index_add,
	.index_clear = sqlite_index_clear,
	.index_find = sqlite_index_find,
};
