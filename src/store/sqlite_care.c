/* sqlite_care.c - the SQLite driver: checkpoints, backups and checks of an
 * open store; store.c calls it. */
#include "store/sqlite.h"

#include <string.h>
#include <sys/stat.h>

#include "ground/error.h"
#include "store/turn.h"

enum { FAULTS_MOST = 100 };

/* Checkpoints. */

static gboolean
wal_is_empty(const Sqlite *db)
{
	g_autofree char *wal = g_strconcat(db->path, "-wal", NULL);
	struct stat st;

	return stat(wal, &st) < 0 || st.st_size == 0;
}

static void
checkpoint(Sqlite *db, int mode, guint wait_ms)
{
	int pages = 0, moved = 0;

	sqlite3_busy_timeout(db->handle, (int)wait_ms);
	sqlite3_wal_checkpoint_v2(db->handle, "main", mode, &pages, &moved);
	/* A reader holds some of it: not again after each commit. */
	db->checkpoint_pages = SQLITE_CHECKPOINT_PAGES;
	if (pages > moved)
		db->checkpoint_pages += pages;
	db->wal_pages = 0;
}

/* With our turn taken nobody appends meanwhile, and the WAL starts anew. */
static void
checkpoint_alone(Sqlite *db, int mode, guint wait_ms)
{
	if (!turn_take(db->turn, wait_ms))
		return;
	checkpoint(db, mode, wait_ms);
	turn_give(db->turn);
}

void
sqlite_tidy(gpointer data, gboolean idle)
{
	Sqlite *db = data;

	if (idle && !wal_is_empty(db))
		checkpoint_alone(db, SQLITE_CHECKPOINT_TRUNCATE, 0);
	else if (db->wal_pages >= 4 * SQLITE_CHECKPOINT_PAGES)
		checkpoint_alone(db, SQLITE_CHECKPOINT_RESTART, 1000);
	else if (db->wal_pages >= db->checkpoint_pages)
		checkpoint(db, SQLITE_CHECKPOINT_PASSIVE, 0);
}

/* Scrub. */

static gboolean
run(Sqlite *db, const char *sql, GError **error)
{
	return sqlite_check(db->handle, db->path,
	    sqlite3_exec(db->handle, sql, NULL, NULL, NULL), sql, error);
}

static gboolean
empty_wal(Sqlite *db, GError **error)
{
	int rc;

	sqlite3_busy_timeout(db->handle, SQLITE_WAIT_MS);
	rc = sqlite3_wal_checkpoint_v2(
	    db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	db->checkpoint_pages = SQLITE_CHECKPOINT_PAGES;
	db->wal_pages = 0;
	return sqlite_check(db->handle, db->path, rc, "empty the WAL", error);
}

/* secure_delete writes zeros over what is deleted, but pages that were split
 * or joined before may hold copies in their gaps: only a new file has none.
 * The copy is made in a file, since the store may be larger than memory. */
gboolean
sqlite_scrub(gpointer data, GError **error)
{
	Sqlite *db = data;
	gboolean done;

	if (!turn_take(db->turn, SQLITE_WAIT_MS))
		return error_temporary(error,
		    "store %s: waited too long for our turn to write: see "
		    "which program holds store.lock (fuser)",
		    db->path);
	sqlite3_busy_timeout(db->handle, SQLITE_WAIT_MS);
	done = run(db, "PRAGMA temp_store = FILE", error) &&
	    run(db, "VACUUM", error) &&
	    run(db, "PRAGMA temp_store = MEMORY", error) &&
	    empty_wal(db, error);
	turn_give(db->turn);
	return done;
}

/* Backup: VACUUM INTO reads one snapshot, and other writers go on. */

static gboolean
vacuum_into(Sqlite *db, const char *file, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc =
	    sqlite3_prepare_v2(db->handle, "VACUUM INTO $1", -1, &st, NULL);
	gboolean done;

	sqlite3_busy_timeout(db->handle, SQLITE_WAIT_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, file, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	done = sqlite_check(db->handle, file, rc, "backup", error);
	sqlite3_finalize(st);
	return done;
}

gboolean
sqlite_backup(gpointer data, const char *file, GError **error)
{
	Sqlite *db = data;
	g_autofree char *new = g_strconcat(file, ".tmp", NULL);
	gboolean done;

	if (g_file_test(file, G_FILE_TEST_EXISTS))
		return error_permanent(error,
		    "backup %s: there is such a file already", file);
	if (g_file_test(new, G_FILE_TEST_EXISTS))
		return error_permanent(error,
		    "backup %s: another one runs, or was cut off: then remove "
		    "it",
		    new);
	if (!sqlite_make_empty(new, error))
		return FALSE;
	done = vacuum_into(db, new, error) && sqlite_publish(new, file, error);
	if (!done)
		sqlite_remove(new);
	return done;
}

/* Verify. */

static void
add_integrity(sqlite3_stmt *st, GPtrArray *faults)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);

	if (g_strcmp0(text, "ok") != 0)
		g_ptr_array_add(faults, g_strdup(text));
}

static void
add_foreign_key(sqlite3_stmt *st, GPtrArray *faults)
{
	g_ptr_array_add(faults,
	    g_strdup_printf("%s: row %lld refers to a row of %s that is not "
			    "there",
		(const char *)sqlite3_column_text(st, 0),
		sqlite3_column_int64(st, 1),
		(const char *)sqlite3_column_text(st, 2)));
}

/* A file so broken that the check itself stops is a fault too, no error. */
static gboolean
gather(Sqlite *db, const char *sql,
    void (*add)(sqlite3_stmt *st, GPtrArray *faults), GPtrArray *faults,
    GError **error)
{
	g_autoptr(GError) why = NULL;
	sqlite3_stmt *st = NULL;
	guint before = faults->len;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(st)) == SQLITE_ROW &&
		       faults->len - before < FAULTS_MOST)
			add(st, faults);
	sqlite_check(db->handle, db->path, rc, sql, &why);
	sqlite3_finalize(st);
	if (why == NULL)
		return TRUE;
	if ((rc & 0xff) == SQLITE_CORRUPT) {
		g_ptr_array_add(faults, g_strdup(why->message));
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

gboolean
sqlite_verify(gpointer data, GPtrArray *faults, GError **error)
{
	Sqlite *db = data;
	g_autoptr(GError) version = NULL;

	if (!sqlite_check_version(db->handle, db->path, &version))
		g_ptr_array_add(faults, g_strdup(version->message));
	return gather(db, "PRAGMA integrity_check(100)", add_integrity, faults,
		   error) &&
	       gather(db, "PRAGMA foreign_key_check", add_foreign_key, faults,
		   error);
}
