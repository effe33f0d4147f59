/* test-store.c - the contract of store.h over SQLite. Statements used:
 * META_SET, META_GET, COUNTER_SET and COUNTER_GET, for they are the simplest. */
#include "store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 4, WRITES = 100 };

typedef struct Place {
	char *dir;
	char *db;
	Store *store;
} Place;

static Store *
open_store(const Place *place)
{
	g_autoptr(GError) error = NULL;
	Store *store = store_open(place->dir, NULL, &error);

	g_assert_no_error(error);
	return store;
}

static void
set_up(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	place->dir = g_dir_make_tmp("javob-store-XXXXXX", &error);
	g_assert_no_error(error);
	place->db = g_build_filename(place->dir, "javob.db", NULL);
	store_create(place->dir, NULL, &error);
	g_assert_no_error(error);
	place->store = open_store(place);
}

static void
tear_down(Place *place, gconstpointer data)
{
	GDir *dir;
	const char *name;

	(void)data;
	store_close(place->store);
	dir = g_dir_open(place->dir, 0, NULL);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file =
		    g_build_filename(place->dir, name, NULL);

		g_unlink(file);
	}
	g_dir_close(dir);
	g_rmdir(place->dir);
	g_free(place->dir);
	g_free(place->db);
}

static StoreTxn *
begin(Store *store)
{
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = store_begin(store, &error);

	g_assert_no_error(error);
	return txn;
}

static void
commit(StoreTxn *txn)
{
	g_autoptr(GError) error = NULL;

	store_commit(txn, &error);
	g_assert_no_error(error);
}

static void
set(StoreTxn *txn, const char *name, const char *value)
{
	g_autoptr(GError) error = NULL;

	store_run(txn, STMT_META_SET, NULL, &error, name, value);
	g_assert_no_error(error);
}

/* The value of name, as another reader sees it; free with g_free. */
static char *
get(Store *store, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = store_begin_read(store, &error);
	g_autoptr(StoreRows) rows = NULL;
	char *value = NULL;

	g_assert_no_error(error);
	rows = store_query(txn, STMT_META_GET, &error, name);
	g_assert_no_error(error);
	if (store_next(rows, &error))
		value = g_strdup(store_text(rows, 0));
	g_assert_no_error(error);
	return value;
}

static gint64
count_up(StoreTxn *txn, const char *name)
{
	g_autoptr(GError) error = NULL;
	gboolean found = TRUE;
	gint64 value = 0;

	store_run_int(txn, STMT_COUNTER_GET, &value, &found, &error, name);
	g_assert_no_error(error);
	g_assert_cmpint(found, ==, value > 0);
	store_run(txn, STMT_COUNTER_SET, NULL, &error, name, ++value);
	g_assert_no_error(error);
	return value;
}

/* A statement that SQLite refuses: name is NOT NULL. */
static void
break_rule(StoreTxn *txn)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(
	    store_run(txn, STMT_META_SET, NULL, &error, "name", NULL));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

static void
assert_value(Store *store, const char *name, const char *want)
{
	g_autofree char *value = get(store, name);

	g_assert_cmpstr(value, ==, want);
}

/* Through SQLite itself, past our contract. */
static void
run_sql(const Place *place, const char *sql)
{
	sqlite3 *handle = NULL;

	g_assert_cmpint(sqlite3_open(place->db, &handle), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(handle, sql, NULL, NULL, NULL), ==,
	    SQLITE_OK);
	g_assert_cmpint(sqlite3_close(handle), ==, SQLITE_OK);
}

static void
assert_refused(const Place *place, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(place->dir, NULL, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_nonnull(strstr(error->message, "javob.db"));
	if (strstr(error->message, words) == NULL)
		g_error("no \"%s\" in: %s", words, error->message);
}

/* Transactions. */

static void
test_commit(Place *place, gconstpointer data)
{
	StoreTxn *txn = begin(place->store);

	(void)data;
	set(txn, "a", "1");
	set(txn, "a", "2");
	commit(txn);
	store_close(place->store);
	place->store = open_store(place);
	assert_value(place->store, "a", "2");
}

static void
test_rollback(Place *place, gconstpointer data)
{
	(void)data;
	{
		g_autoptr(StoreTxn) txn = begin(place->store);

		set(txn, "a", "1");
	}
	assert_value(place->store, "a", NULL);
	commit(begin(place->store));
}

static void
test_first_error_stands(Place *place, gconstpointer data)
{
	g_autoptr(GError) later = NULL;
	g_autoptr(GError) last = NULL;
	StoreTxn *txn = begin(place->store);

	(void)data;
	set(txn, "a", "1");
	break_rule(txn);
	g_assert_false(store_run(txn, STMT_META_SET, NULL, &later, "b", "1"));
	g_assert_nonnull(strstr(later->message, "META_SET"));
	g_assert_false(store_commit(txn, &last));
	g_assert_cmpstr(last->message, ==, later->message);
	assert_value(place->store, "a", NULL);
	assert_value(place->store, "b", NULL);
}

static void
test_savepoint(Place *place, gconstpointer data)
{
	StoreTxn *txn = begin(place->store);

	(void)data;
	set(txn, "first", "1");
	g_assert_true(store_savepoint(txn, NULL));
	set(txn, "second", "1");
	break_rule(txn);
	g_assert_false(store_release(txn, NULL));
	g_assert_true(store_undo(txn, NULL));
	g_assert_true(store_savepoint(txn, NULL));
	set(txn, "third", "1");
	g_assert_true(store_release(txn, NULL));
	commit(txn);
	assert_value(place->store, "first", "1");
	assert_value(place->store, "second", NULL);
	assert_value(place->store, "third", "1");
}

static void
test_error_before_savepoint(Place *place, gconstpointer data)
{
	StoreTxn *txn = begin(place->store);

	(void)data;
	break_rule(txn);
	g_assert_false(store_savepoint(txn, NULL));
	g_assert_false(store_commit(txn, NULL));
}

static void
test_snapshot(Place *place, gconstpointer data)
{
	g_autoptr(Store) other = open_store(place);
	g_autoptr(StoreTxn) reader = NULL;
	g_autoptr(StoreRows) before = NULL;
	g_autoptr(StoreRows) after = NULL;
	StoreTxn *txn = begin(other);

	(void)data;
	set(txn, "a", "old");
	commit(txn);
	reader = store_begin_read(place->store, NULL);
	before = store_query(reader, STMT_META_GET, NULL, "a");
	g_assert_true(store_next(before, NULL));
	txn = begin(other);
	set(txn, "a", "new");
	commit(txn);
	after = store_query(reader, STMT_META_GET, NULL, "a");
	g_assert_true(store_next(after, NULL));
	g_assert_cmpstr(store_text(before, 0), ==, "old");
	g_assert_cmpstr(store_text(after, 0), ==, "old");
	assert_value(other, "a", "new");
}

static void
test_reader_must_not_write(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = store_begin_read(place->store, NULL);

	(void)data;
	g_assert_false(store_run(txn, STMT_META_SET, NULL, &error, "a", "1"));
	g_assert_nonnull(strstr(error->message, "read transaction"));
}

static void
test_rows_outlive_commit(Place *place, gconstpointer data)
{
	g_autoptr(StoreTxn) txn = begin(place->store);
	g_autoptr(StoreRows) rows =
	    store_query(txn, STMT_META_GET, NULL, "schema");

	(void)data;
	g_assert_true(store_next(rows, NULL));
	g_assert_cmpint(store_int(rows, 0), ==, 1);
	g_assert_false(store_is_null(rows, 0));
	set(txn, "a", "1");
	commit(g_steal_pointer(&txn));
	assert_value(place->store, "a", "1");
}

static void
test_counter(Place *place, gconstpointer data)
{
	StoreTxn *txn = begin(place->store);

	(void)data;
	g_assert_cmpint(count_up(txn, "ticket"), ==, 1);
	g_assert_cmpint(count_up(txn, "ticket"), ==, 2);
	g_assert_cmpint(count_up(txn, "other"), ==, 1);
	commit(txn);
}

static void
test_bad_text(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = begin(place->store);

	(void)data;
	g_assert_false(
	    store_run(txn, STMT_META_SET, NULL, &error, "a", "\xcf\xf0"));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

static void
test_turn(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) other = open_store(place);
	StoreTxn *txn = begin(place->store);

	(void)data;
	store_wait(other, 20);
	g_assert_null(store_begin(other, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_nonnull(strstr(error->message, "turn"));
	commit(txn);
	commit(begin(other));
}

static void
test_foreign_lock(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	sqlite3 *shell = NULL;

	(void)data;
	g_assert_cmpint(sqlite3_open(place->db, &shell), ==, SQLITE_OK);
	sqlite3_exec(shell, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	store_wait(place->store, 20);
	g_assert_null(store_begin(place->store, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_nonnull(strstr(error->message, "other program"));
	sqlite3_close(shell);
	commit(begin(place->store));
}

/* Open, create, backup, verify. */

static void
test_missing(Place *place, gconstpointer data)
{
	(void)data;
	g_clear_pointer(&place->store, store_close);
	g_unlink(place->db);
	assert_refused(place, "backup");
	g_assert_false(g_file_test(place->db, G_FILE_TEST_EXISTS));
}

static void
test_empty_file(Place *place, gconstpointer data)
{
	GStatBuf st;

	(void)data;
	g_clear_pointer(&place->store, store_close);
	g_assert_true(g_file_set_contents(place->db, "", 0, NULL));
	assert_refused(place, "none of javob");
	g_assert_cmpint(g_stat(place->db, &st), ==, 0);
	g_assert_cmpint(st.st_size, ==, 0);
}

static void
test_garbage(Place *place, gconstpointer data)
{
	g_autofree char *garbage = g_strnfill(9000, 'x');

	(void)data;
	g_clear_pointer(&place->store, store_close);
	g_assert_true(g_file_set_contents(place->db, garbage, -1, NULL));
	assert_refused(place, "no database");
}

static void
test_other_schema(Place *place, gconstpointer data)
{
	(void)data;
	g_clear_pointer(&place->store, store_close);
	run_sql(place, "UPDATE meta SET value = '2' WHERE name = 'schema'");
	assert_refused(place, "newer");
	run_sql(place, "UPDATE meta SET value = '0' WHERE name = 'schema'");
	assert_refused(place, "older");
	run_sql(place, "DELETE FROM meta");
	assert_refused(place, "none of javob");
}

static void
test_unknown_url(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(store_open(place->dir, "oracle://u:secret@h", &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_null(strstr(error->message, "secret"));
}

static void
test_create_twice(Place *place, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = begin(place->store);

	(void)data;
	set(txn, "a", "1");
	commit(txn);
	g_assert_false(store_create(place->dir, NULL, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	assert_value(place->store, "a", "1");
}

static void
test_create_beside_wal(Place *place, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(place->db, "-wal", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_clear_pointer(&place->store, store_close);
	g_rename(place->db, wal);
	g_assert_false(store_create(place->dir, NULL, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	g_assert_nonnull(strstr(error->message, "lost store"));
}

static void
assert_private(const char *path)
{
	GStatBuf st;

	g_assert_cmpint(g_stat(path, &st), ==, 0);
	g_assert_cmphex(st.st_mode & 0777, ==, 0600);
}

static void
test_private_files(Place *place, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(place->db, "-wal", NULL);
	g_autofree char *lock =
	    g_build_filename(place->dir, "store.lock", NULL);

	(void)data;
	commit(begin(place->store));
	assert_private(place->db);
	assert_private(wal);
	assert_private(lock);
}

static void
test_backup(Place *place, gconstpointer data)
{
	g_autoptr(Store) other = open_store(place);
	g_autofree char *copy = g_build_filename(place->dir, "copy", NULL);
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = begin(place->store);
	StoreTxn *half;

	(void)data;
	set(txn, "a", "saved");
	commit(txn);
	half = begin(other);
	set(half, "a", "not committed");
	store_backup(place->store, copy, &error);
	g_assert_no_error(error);
	store_rollback(half);
	assert_private(copy);
	g_assert_false(store_backup(place->store, copy, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);

	/* Brought back, it is a store again. */
	g_clear_pointer(&other, store_close);
	g_clear_pointer(&place->store, store_close);
	g_assert_cmpint(g_rename(copy, place->db), ==, 0);
	place->store = open_store(place);
	assert_value(place->store, "a", "saved");
}

static void
assert_verified(Store *store, const char *want)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	store_verify(store, faults, &error);
	g_assert_no_error(error);
	if (want == NULL && faults->len > 0)
		g_error("unexpected fault: %s", (char *)faults->pdata[0]);
	if (want != NULL) {
		g_assert_cmpuint(faults->len, >, 0);
		g_assert_nonnull(strstr(faults->pdata[0], want));
	}
}

static void
test_verify(Place *place, gconstpointer data)
{
	(void)data;
	assert_verified(place->store, NULL);
	run_sql(place, "INSERT INTO event (ticket, at, event, actor, detail, "
		       "change) VALUES (4711, 1, 'x', 'y', '', '')");
	assert_verified(place->store, "event: row 1 refers to a row of ticket");
}

static void
test_verify_damaged(Place *place, gconstpointer data)
{
	static const char zeros[4096];
	int fd;

	(void)data;
	store_tidy(place->store, TRUE);
	g_clear_pointer(&place->store, store_close);
	fd = open(place->db, O_WRONLY);
	g_assert_cmpint(pwrite(fd, zeros, sizeof zeros, 5 * 4096), >, 0);
	close(fd);
	place->store = open_store(place);
	assert_verified(place->store, "");
}

static void
test_tidy(Place *place, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(place->db, "-wal", NULL);
	StoreTxn *txn = begin(place->store);
	GStatBuf st;

	(void)data;
	set(txn, "a", "1");
	commit(txn);
	store_tidy(place->store, FALSE);
	g_assert_cmpint(g_stat(wal, &st), ==, 0);
	g_assert_cmpint(st.st_size, >, 0);
	store_tidy(place->store, TRUE);
	g_assert_cmpint(g_stat(wal, &st), ==, 0);
	g_assert_cmpint(st.st_size, ==, 0);
	assert_value(place->store, "a", "1");
}

static void
test_wal_is_bounded(Place *place, gconstpointer data)
{
	g_autofree char *wal = g_strconcat(place->db, "-wal", NULL);
	g_autofree char *large = g_strnfill(1024 * 1024, 'x');
	GStatBuf st;

	(void)data;
	for (int i = 0; i < 48; i++) {
		g_autofree char *name = g_strdup_printf("n%d", i % 4);
		StoreTxn *txn = begin(place->store);

		set(txn, name, large);
		commit(txn);
		store_tidy(place->store, FALSE);
	}
	g_assert_cmpint(g_stat(wal, &st), ==, 0);
	g_assert_cmpint(st.st_size, <, 24 * 1024 * 1024);
}

/* A limit on the size of files stands in for a full disk. */
static G_GNUC_NORETURN void
fill_disk(const Place *place)
{
	const struct rlimit full = { 2 * 1024 * 1024, RLIM_INFINITY };
	const struct rlimit roomy = { RLIM_INFINITY, RLIM_INFINITY };
	g_autofree char *large = g_strnfill(8 * 1024 * 1024, 'x');
	g_autoptr(GError) error = NULL;
	Store *store = open_store(place);
	StoreTxn *txn;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &full);
	txn = begin(store);
	set(txn, "a", "small");
	if (store_run(txn, STMT_META_SET, NULL, &error, "b", large) &&
	    store_commit(g_steal_pointer(&txn), &error))
		_exit(1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	store_rollback(txn);
	/* Room again: the same connection goes on. */
	setrlimit(RLIMIT_FSIZE, &roomy);
	txn = begin(store);
	set(txn, "b", large);
	commit(txn);
	store_close(store);
	_exit(0);
}

static void
test_full_disk(Place *place, gconstpointer data)
{
	pid_t child;
	int status = -1;

	(void)data;
	g_clear_pointer(&place->store, store_close);
	child = fork();
	if (child == 0)
		fill_disk(place);
	waitpid(child, &status, 0);
	g_assert_cmpint(status, ==, 0);
	place->store = open_store(place);
	assert_value(place->store, "a", NULL);
	assert_verified(place->store, NULL);
}

/* Processes. */

/* Child: counts up and says each number it was told to be committed. */
static G_GNUC_NORETURN void
count_for_ever(const Place *place, int out)
{
	Store *store = open_store(place);

	for (gint64 number;;) {
		StoreTxn *txn = begin(store);

		number = count_up(txn, "a");
		if (count_up(txn, "b") != number)
			_exit(1);
		commit(txn);
		if (write(out, &number, sizeof number) < 0)
			_exit(1);
	}
}

static gint64
read_last(int in)
{
	gint64 number, last = 0;

	while (read(in, &number, sizeof number) == sizeof number)
		last = number;
	return last;
}

static void
kill_once(const Place *place, guint after_us)
{
	int ends[2];
	gint64 last;
	pid_t child;

	g_assert_cmpint(pipe(ends), ==, 0);
	child = fork();
	if (child == 0)
		count_for_ever(place, ends[1]);
	close(ends[1]);
	g_usleep(after_us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	last = read_last(ends[0]);
	close(ends[0]);
	{
		g_autoptr(Store) store = open_store(place);
		g_autoptr(StoreTxn) txn = NULL;
		gint64 a, b;

		store_wait(store, 1000);
		txn = begin(store);
		a = count_up(txn, "a");
		b = count_up(txn, "b");
		g_assert_cmpint(a, ==, b);
		g_assert_cmpint(a, >, last);
	}
}

static void
test_kill(Place *place, gconstpointer data)
{
	(void)data;
	g_clear_pointer(&place->store, store_close);
	for (guint i = 0; i < 20; i++)
		kill_once(place, 5000 + i * 1700);
	place->store = open_store(place);
	assert_verified(place->store, NULL);
}

static G_GNUC_NORETURN void
write_many(const Place *place)
{
	Store *store = open_store(place);

	for (int i = 0; i < WRITES; i++) {
		StoreTxn *txn = begin(store);

		count_up(txn, "a");
		commit(txn);
	}
	store_close(store);
	_exit(0);
}

static void
test_writers(Place *place, gconstpointer data)
{
	pid_t children[WRITERS];
	StoreTxn *txn;

	(void)data;
	g_clear_pointer(&place->store, store_close);
	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == 0)
			write_many(place);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = -1;

		waitpid(children[i], &status, 0);
		g_assert_cmpint(status, ==, 0);
	}
	place->store = open_store(place);
	txn = begin(place->store);
	g_assert_cmpint(count_up(txn, "a"), ==, WRITERS * WRITES + 1);
	commit(txn);
}

typedef void (*Test)(Place *place, gconstpointer data);

static const struct {
	const char *title;
	Test test;
} tests[] = {
	{ "what was committed is there after the store is opened again",
	    test_commit },
	{ "a transaction that leaves its scope takes its rows along",
	    test_rollback },
	{ "after an error nothing more is taken until rollback",
	    test_first_error_stands },
	{ "one bad mail of many is taken back alone", test_savepoint },
	{ "a savepoint does not hide an earlier error",
	    test_error_before_savepoint },
	{ "a reader sees one moment while others write", test_snapshot },
	{ "a read transaction refuses to write", test_reader_must_not_write },
	{ "rows left open do not disturb the commit",
	    test_rows_outlive_commit },
	{ "counters begin at one and are apart from each other", test_counter },
	{ "text that is not UTF-8 is refused", test_bad_text },
	{ "a writer waits its turn and not for ever", test_turn },
	{ "a foreign program holding the file is named as such",
	    test_foreign_lock },
	{ "a missing store is an error and is not made", test_missing },
	{ "an empty file is no store and stays empty", test_empty_file },
	{ "a file of another kind is no store", test_garbage },
	{ "another schema version is refused in clear words",
	    test_other_schema },
	{ "an unknown url is an error that hides its password",
	    test_unknown_url },
	{ "a store is never made over another", test_create_twice },
	{ "a store is not made beside the WAL of a lost one",
	    test_create_beside_wal },
	{ "all files of the store are private", test_private_files },
	{ "a backup holds what is committed and can be brought back",
	    test_backup },
	{ "a reference to nothing is found", test_verify },
	{ "a damaged page is found", test_verify_damaged },
	{ "idle time empties the WAL", test_tidy },
	{ "the WAL does not grow beyond its bound", test_wal_is_bounded },
	{ "a full disk loses nothing and is left behind without restart",
	    test_full_disk },
	{ "kill -9 loses no acknowledged commit and leaves no half one",
	    test_kill },
	{ "four writers at once lose nothing and none gives up", test_writers },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strconcat("/store/", tests[i].title, NULL);

		g_test_add(path, Place, NULL, set_up, tests[i].test, tear_down);
	}
	return g_test_run();
}
