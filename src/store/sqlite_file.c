/* sqlite_file.c - the SQLite driver: make, open and close the file
 * STATE_DIR/javob.db; store.c calls it.
 *
 * A store is never made but by sqlite_create, and appears under its name only
 * when it is complete and on disk; so does a backup (sqlite_care.c). */
#define _GNU_SOURCE 1 /* renameat2 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/error.h"
#include "store/turn.h"

static const char schema[] =
#include "store/schema.inc"
    ;

/* Runs for every connection, whether the file is good or not. */
static const char open_sql[] = "PRAGMA trusted_schema = OFF;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA mmap_size = 0;"
			       "PRAGMA cache_size = -8192;";

/* SQLite's defaults allow a gigabyte of SQL; ours is all in stmt.def. A value
 * may be as large as the largest mail. */
static const struct Limit {
	int id;
	int most;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, 256 * 1024 * 1024 },
	{ SQLITE_LIMIT_SQL_LENGTH, 64 * 1024 },
	{ SQLITE_LIMIT_COLUMN, 100 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 20 },
	{ SQLITE_LIMIT_VDBE_OP, 100000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 32 },
	{ SQLITE_LIMIT_ATTACHED, 1 }, /* VACUUM INTO */
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, STORE_ARGS_MOST },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 10 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

/* Files. */

static gboolean
sync_path(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean synced = fd >= 0 && fsync(fd) == 0;
	int failure = errno;

	if (fd >= 0)
		close(fd);
	return synced || error_temporary(error, "cannot sync %s: %s", path,
			     g_strerror(failure));
}

/* As rename, but never in place of another file. */
static int
rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return link(from, to) == 0 && unlink(from) == 0 ? 0 : -1; /* NFS */
}

/* A whole new file gets its name, durably. */
gboolean
sqlite_publish(const char *from, const char *to, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(to);

	if (!sync_path(from, error))
		return FALSE;
	if (rename_new(from, to) < 0)
		return error_permanent(error, "cannot make %s: %s", to,
		    g_strerror(errno));
	return sync_path(directory, error);
}

/* An empty file for SQLite to fill: others must not read it for a moment. */
gboolean
sqlite_make_empty(const char *path, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);

	if (fd < 0)
		return error_permanent(error, "cannot make %s: %s", path,
		    g_strerror(errno));
	close(fd);
	return TRUE;
}

void
sqlite_remove(const char *path)
{
	static const char *const suffixes[] = { "", "-wal", "-shm",
		"-journal" };

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *file = g_strconcat(path, suffixes[i], NULL);

		unlink(file);
	}
}

/* Open. */

static gboolean
run_sql(sqlite3 *handle, const char *path, const char *sql, const char *what,
    GError **error)
{
	return sqlite_check(handle, path,
	    sqlite3_exec(handle, sql, NULL, NULL, NULL), what, error);
}

/* The first is the busy time: already a PRAGMA can find the file busy. */
static void
guard(sqlite3 *handle)
{
	sqlite3_busy_timeout(handle, SQLITE_WAIT_MS);
	sqlite3_extended_result_codes(handle, 1);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
		sqlite3_limit(handle, limits[i].id, limits[i].most);
}

/* The only call that makes handles: never SQLITE_OPEN_CREATE. */
static sqlite3 *
open_handle(const char *path, GError **error)
{
	sqlite3 *handle = NULL;
	int rc = sqlite3_open_v2(path, &handle,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_PRIVATECACHE,
	    NULL);

	if (sqlite_check(handle, path, rc, "open", error)) {
		guard(handle);
		if (!sqlite3_db_readonly(handle, "main"))
			return handle;
		/* SQLite opens for reading what it cannot open for both. */
		sqlite_check(handle, path, SQLITE_READONLY, "open", error);
	}
	sqlite3_close(handle);
	return NULL;
}

/* The version in meta, or -1 if this is no store of ours, or -2 with error. */
static gint64
read_version(sqlite3 *handle, const char *path, GError **error)
{
	sqlite3_stmt *st = NULL;
	gint64 version = -1;
	int rc = sqlite3_prepare_v2(handle,
	    "SELECT value FROM meta WHERE name = 'schema'", -1, &st, NULL);

	if (rc == SQLITE_ERROR)
		return -1; /* no such table */
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		version = sqlite3_column_int64(st, 0);
	if (!sqlite_check(handle, path, rc, "read schema version", error))
		version = -2;
	sqlite3_finalize(st);
	return version;
}

gboolean
sqlite_check_version(sqlite3 *handle, const char *path, GError **error)
{
	gint64 version = read_version(handle, path, error);

	if (version == STORE_SCHEMA)
		return TRUE;
	if (version == -2)
		return FALSE;
	if (version == -1)
		return error_temporary(error,
		    "store %s: this is a database, but none of javob: set it "
		    "aside and bring back a backup",
		    path);
	if (version > STORE_SCHEMA)
		return error_temporary(error,
		    "store %s: schema %" G_GINT64_FORMAT
		    " is newer than this javob (%d): install the javob that "
		    "wrote it, or bring back a backup from before",
		    path, version, STORE_SCHEMA);
	return error_temporary(error,
	    "store %s: schema %" G_GINT64_FORMAT
	    " is older than this javob (%d) and there is no way up from it",
	    path, version, STORE_SCHEMA);
}

/* How large the WAL is, for sqlite_tidy. Having a hook also turns SQLite's
 * own checkpoints off, which would fall into somebody's commit. */
static int
note_wal(void *data, sqlite3 *handle, const char *name, int pages)
{
	Sqlite *db = data;

	(void)handle;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

/* A WAL already, but after a restore from a backup. */
static gboolean
use_wal(sqlite3 *handle, const char *path, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(handle, "PRAGMA journal_mode = WAL", -1,
	    &st, NULL);
	gboolean wal;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	wal = rc == SQLITE_ROW &&
	      g_strcmp0((const char *)sqlite3_column_text(st, 0), "wal") == 0;
	sqlite3_finalize(st);
	if (!sqlite_check(handle, path, rc, "use a WAL", error))
		return FALSE;
	return wal || error_temporary(error,
			  "store %s: this file system cannot hold a WAL: use "
			  "a local disk",
			  path);
}

static gboolean
check_present(const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_temporary(error,
		    "store %s: %s: bring back a backup; only for a new site: "
		    "javob init",
		    path, g_strerror(errno));
	return S_ISREG(st.st_mode) ||
	       error_temporary(error, "store %s: not a regular file", path);
}

gpointer
sqlite_open(const char *state_dir, const char *url, GError **error)
{
	g_autofree char *path = g_build_filename(state_dir, "javob.db", NULL);
	g_autofree char *lock = g_build_filename(state_dir, "store.lock", NULL);
	sqlite3 *handle;
	Sqlite *db;

	(void)url;
	if (!check_present(path, error))
		return NULL;
	handle = open_handle(path, error);
	if (handle == NULL)
		return NULL;
	db = g_new0(Sqlite, 1);
	db->handle = handle;
	db->path = g_steal_pointer(&path);
	db->checkpoint_pages = SQLITE_CHECKPOINT_PAGES;
	db->turn = turn_open(lock);
	if (db->turn < 0)
		error_temporary(error, "cannot open %s: %s", lock,
		    g_strerror(errno));
	else if (sqlite_check_version(handle, db->path, error) &&
		 run_sql(handle, db->path, open_sql, "PRAGMA", error) &&
		 use_wal(handle, db->path, error)) {
		sqlite3_wal_hook(handle, note_wal, db);
		return db;
	}
	sqlite_close(db);
	return NULL;
}

void
sqlite_close(gpointer data)
{
	Sqlite *db = data;

	for (int i = 0; i < OWN_COUNT; i++)
		sqlite3_finalize(db->own[i]);
	for (int i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(db->cached[i]);
	sqlite3_close(db->handle);
	if (db->turn >= 0)
		close(db->turn);
	g_free(db->path);
	g_free(db);
}

/* Create. */

static gboolean
fill(sqlite3 *handle, const char *path, GError **error)
{
	g_autofree char *tables = store_words(schema, sqlite_words);
	g_autofree char *version = g_strdup_printf(
	    "INSERT INTO meta (name, value) VALUES ('schema', '%d')",
	    STORE_SCHEMA);

	return run_sql(handle, path, "PRAGMA page_size = 4096", "create",
		   error) &&
	       run_sql(handle, path, open_sql, "create", error) &&
	       use_wal(handle, path, error) &&
	       run_sql(handle, path, "BEGIN IMMEDIATE", "create", error) &&
	       run_sql(handle, path, tables, "create tables", error) &&
	       run_sql(handle, path, sqlite_index_schema, "create index",
		   error) &&
	       run_sql(handle, path, version, "create", error) &&
	       run_sql(handle, path, "COMMIT", "create", error);
}

/* The last close moves the WAL into the file and removes it. */
static gboolean
write_new(const char *path, GError **error)
{
	sqlite3 *handle;
	gboolean done;

	if (!sqlite_make_empty(path, error))
		return FALSE;
	handle = open_handle(path, error);
	if (handle == NULL)
		return FALSE;
	done = fill(handle, path, error);
	return sqlite_check(handle, path, sqlite3_close(handle), "close",
		   done ? error : NULL) &&
	       done;
}

/* A WAL without its file belongs to a store that was lost: SQLite would mix
 * it into the new one. */
static gboolean
check_absent(const char *path, GError **error)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return error_permanent(error, "store %s: there is one already",
		    path);
	if (g_file_test(wal, G_FILE_TEST_EXISTS))
		return error_permanent(error,
		    "%s is the rest of a lost store: move it away first", wal);
	return TRUE;
}

gboolean
sqlite_create(const char *state_dir, const char *url, GError **error)
{
	g_autofree char *path = g_build_filename(state_dir, "javob.db", NULL);
	g_autofree char *new = g_strdup_printf("%s.new%d", path, (int)getpid());
	gboolean done;

	(void)url;
	if (g_mkdir_with_parents(state_dir, 0700) < 0)
		return error_permanent(error, "cannot make %s: %s", state_dir,
		    g_strerror(errno));
	if (!check_absent(path, error))
		return FALSE;
	done = write_new(new, error) && sqlite_publish(new, path, error);
	if (!done)
		sqlite_remove(new);
	return done;
}
