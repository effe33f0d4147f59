/* store.c - the contract of store.h over a driver (driver.h).
 *
 * What holds whatever the database: one transaction at a time; the first
 * error inside it stands, and everything after it fails with the same words,
 * until the transaction or its savepoint is given up. PostgreSQL behaves so by
 * itself; SQLite would go on and commit half a mail. Called by all that keep
 * rows; hands on to sqlite.c. */
#include "store/driver.h"

#include <string.h>
#include <unistd.h>

#include "ground/error.h"

enum { WAIT_MS = 30000 };

struct Store {
	const StoreDriver *driver;
	gpointer db;
	pid_t pid; /* a connection must not be used across a fork */
	guint wait_ms;
	StoreTxn *txn; /* the open one, or NULL */
};

struct StoreTxn {
	Store *store;
	gboolean write;
	guint saved;     /* savepoints that are open */
	GError *failed;  /* first error, or NULL */
	StoreRows *rows; /* those being read */
};

struct StoreRows {
	StoreTxn *txn; /* NULL: the transaction has ended */
	const StoreDriver *driver;
	StoreStmt stmt;
	gpointer cursor; /* NULL: read to the end */
	StoreRows *next;
};

const StoreStatement store_statements[STMT_COUNT] = {
#define STMT(name, binds, sql) { #name, binds, sql },
#include "store/stmt.def"
#undef STMT
};

static const StoreDriver *const drivers[] = { &store_sqlite };

char *
store_words(const char *sql, const StoreWord *words)
{
	GString *text = g_string_new(sql);

	for (; words->word != NULL; words++)
		g_string_replace(text, words->word, words->instead, 0);
	return g_string_free(text, FALSE);
}

const StoreDriver *
store_driver(const Store *store, gpointer *db)
{
	*db = store->db;
	return store->driver;
}

/* Keeps the first error of a transaction and gives it to the caller. */
static gboolean
fail(StoreTxn *txn, GError *why, GError **error)
{
	if (txn->failed == NULL)
		txn->failed = g_error_copy(why);
	g_propagate_error(error, why);
	return FALSE;
}

static gboolean
is_sound(const StoreTxn *txn, GError **error)
{
	if (txn->failed == NULL)
		return TRUE;
	if (error != NULL)
		*error = g_error_copy(txn->failed);
	return FALSE;
}

/* Open and close. */

static const StoreDriver *
find_driver(const char *url, GError **error)
{
	if (url == NULL || g_str_equal(url, "sqlite"))
		url = "";
	for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++) {
		const char *scheme = drivers[i]->scheme;

		if (*scheme == '\0' ? *url == '\0'
				    : g_str_has_prefix(url, scheme))
			return drivers[i];
	}
	/* Not the url itself: it may hold a password. */
	error_config(error, "this javob was built without a driver for the "
			    "store's url: write store = sqlite");
	return NULL;
}

Store *
store_open(const char *state_dir, const char *url, GError **error)
{
	const StoreDriver *driver = find_driver(url, error);
	gpointer db;
	Store *store;

	if (driver == NULL)
		return NULL;
	db = driver->open(state_dir, url, error);
	if (db == NULL)
		return NULL;
	store = g_new0(Store, 1);
	store->driver = driver;
	store->db = db;
	store->pid = getpid();
	store->wait_ms = WAIT_MS;
	return store;
}

gboolean
store_create(const char *state_dir, const char *url, GError **error)
{
	const StoreDriver *driver = find_driver(url, error);

	return driver != NULL && driver->create(state_dir, url, error);
}

void
store_wait(Store *store, guint wait_ms)
{
	store->wait_ms = wait_ms;
}

void
store_close(Store *store)
{
	if (store == NULL)
		return;
	g_return_if_fail(store->txn == NULL);
	/* A child that inherited it leaves the parent's files alone. */
	if (store->pid == getpid())
		store->driver->close(store->db);
	g_free(store);
}

void
store_tidy(Store *store, gboolean idle)
{
	g_return_if_fail(store->txn == NULL);
	store->driver->tidy(store->db, idle);
}

gboolean
store_scrub(Store *store, GError **error)
{
	g_return_val_if_fail(store->txn == NULL, FALSE);
	return store->driver->scrub(store->db, error);
}

gboolean
store_backup(Store *store, const char *file, GError **error)
{
	g_return_val_if_fail(store->txn == NULL, FALSE);
	return store->driver->backup(store->db, file, error);
}

gboolean
store_verify(Store *store, GPtrArray *faults, GError **error)
{
	g_return_val_if_fail(store->txn == NULL, FALSE);
	return store->driver->verify(store->db, faults, error);
}

/* Transactions. */

static StoreTxn *
begin(Store *store, gboolean write, GError **error)
{
	StoreTxn *txn;

	g_return_val_if_fail(store->txn == NULL, NULL);
	g_return_val_if_fail(store->pid == getpid(), NULL);
	if (!store->driver->begin(store->db, write, store->wait_ms, error))
		return NULL;
	txn = g_new0(StoreTxn, 1);
	txn->store = store;
	txn->write = write;
	store->txn = txn;
	return txn;
}

StoreTxn *
store_begin(Store *store, GError **error)
{
	return begin(store, TRUE, error);
}

StoreTxn *
store_begin_read(Store *store, GError **error)
{
	return begin(store, FALSE, error);
}

/* Gives the cursor back; an error that shows only then is the
 * transaction's. */
static void
end_cursor(StoreRows *rows)
{
	StoreTxn *txn = rows->txn;
	gpointer cursor = g_steal_pointer(&rows->cursor);
	GError *why = NULL;

	if (cursor == NULL)
		return;
	for (StoreRows **at = &txn->rows; *at != NULL; at = &(*at)->next)
		if (*at == rows) {
			*at = rows->next;
			break;
		}
	if (!rows->driver->end(txn->store->db, rows->stmt, cursor, &why))
		fail(txn, why, NULL);
}

static void
free_txn(StoreTxn *txn)
{
	txn->store->txn = NULL;
	g_clear_error(&txn->failed);
	g_free(txn);
}

/* Callers often leave the last rows to the end of their scope, which comes
 * after the commit: from here on they are empty. */
static void
end_all_rows(StoreTxn *txn)
{
	while (txn->rows != NULL) {
		StoreRows *rows = txn->rows;

		end_cursor(rows);
		rows->txn = NULL;
	}
}

gboolean
store_commit(StoreTxn *txn, GError **error)
{
	const StoreDriver *driver = txn->store->driver;
	gboolean done;

	end_all_rows(txn);
	done = is_sound(txn, error) && driver->commit(txn->store->db, error);
	if (!done)
		driver->rollback(txn->store->db);
	free_txn(txn);
	return done;
}

void
store_rollback(StoreTxn *txn)
{
	if (txn == NULL)
		return;
	end_all_rows(txn);
	txn->store->driver->rollback(txn->store->db);
	free_txn(txn);
}

gboolean
store_savepoint(StoreTxn *txn, GError **error)
{
	GError *why = NULL;

	if (!is_sound(txn, error))
		return FALSE;
	if (!txn->store->driver->savepoint(txn->store->db, &why))
		return fail(txn, why, error);
	txn->saved++;
	return TRUE;
}

gboolean
store_release(StoreTxn *txn, GError **error)
{
	GError *why = NULL;

	g_return_val_if_fail(txn->saved > 0, FALSE);
	if (!is_sound(txn, error))
		return FALSE;
	if (!txn->store->driver->release(txn->store->db, &why))
		return fail(txn, why, error);
	txn->saved--;
	return TRUE;
}

gboolean
store_undo(StoreTxn *txn, GError **error)
{
	GError *why = NULL;

	g_return_val_if_fail(txn->saved > 0, FALSE);
	/* Fails when the fault has cost the whole transaction (disk full):
	 * then the first error goes on standing. */
	if (!txn->store->driver->undo(txn->store->db, &why)) {
		if (txn->failed == NULL)
			return fail(txn, why, error);
		g_error_free(why);
		return is_sound(txn, error);
	}
	g_clear_error(&txn->failed);
	txn->saved--;
	return TRUE;
}

/* Statements. */

/* PostgreSQL refuses text that is no UTF-8, SQLite takes it: refuse always. */
static gboolean
check_text(StoreStmt stmt, const char *text, GError **error)
{
	if (text == NULL || g_utf8_validate(text, -1, NULL))
		return TRUE;
	return error_permanent(error, "store: %s: text is not UTF-8",
	    store_statements[stmt].name);
}

static gboolean
take_args(StoreStmt stmt, StoreArg *args, va_list list, GError **error)
{
	const char *binds = store_statements[stmt].binds;

	g_assert(strlen(binds) <= STORE_ARGS_MOST);
	for (int i = 0; binds[i] != '\0'; i++) {
		args[i].type = binds[i];
		switch (binds[i]) {
		case 'i':
			args[i].number = va_arg(list, gint64);
			break;
		case 's':
			args[i].text = va_arg(list, const char *);
			if (!check_text(stmt, args[i].text, error))
				return FALSE;
			break;
		case 'b':
			args[i].octets = va_arg(list, GBytes *);
			break;
		default:
			g_assert_not_reached();
		}
	}
	return TRUE;
}

static gpointer
start(StoreTxn *txn, StoreStmt stmt, gboolean keep, va_list list,
    GError **error)
{
	StoreArg args[STORE_ARGS_MOST];
	GError *why = NULL;
	gpointer cursor = NULL;

	g_return_val_if_fail((guint)stmt < STMT_COUNT, NULL);
	if (!is_sound(txn, error))
		return NULL;
	if (take_args(stmt, args, list, &why))
		cursor = txn->store->driver->query(txn->store->db, stmt, args,
		    keep, &why);
	if (cursor == NULL)
		fail(txn, why, error);
	return cursor;
}

StoreRows *
store_query(StoreTxn *txn, StoreStmt stmt, GError **error, ...)
{
	va_list list;
	gpointer cursor;
	StoreRows *rows;

	va_start(list, error);
	cursor = start(txn, stmt, TRUE, list, error);
	va_end(list);
	if (cursor == NULL)
		return NULL;
	rows = g_new0(StoreRows, 1);
	rows->txn = txn;
	rows->driver = txn->store->driver;
	rows->stmt = stmt;
	rows->cursor = cursor;
	rows->next = txn->rows;
	txn->rows = rows;
	return rows;
}

gboolean
store_next(StoreRows *rows, GError **error)
{
	GError *why = NULL;
	int got;

	g_return_val_if_fail(rows->txn != NULL, FALSE);
	if (!is_sound(rows->txn, error) || rows->cursor == NULL)
		return FALSE;
	got = rows->driver->step(rows->txn->store->db, rows->stmt, rows->cursor,
	    &why);
	if (got > 0)
		return TRUE;
	if (got < 0)
		fail(rows->txn, why, error);
	end_cursor(rows);
	return FALSE;
}

gint64
store_int(StoreRows *rows, int column)
{
	g_return_val_if_fail(rows->cursor != NULL, 0);
	return rows->driver->get_int(rows->cursor, column);
}

gboolean
store_is_null(StoreRows *rows, int column)
{
	g_return_val_if_fail(rows->cursor != NULL, TRUE);
	return rows->driver->get_null(rows->cursor, column);
}

const char *
store_text(StoreRows *rows, int column)
{
	g_return_val_if_fail(rows->cursor != NULL, NULL);
	return rows->driver->get_text(rows->cursor, column);
}

GBytes *
store_bytes(StoreRows *rows, int column)
{
	g_return_val_if_fail(rows->cursor != NULL, NULL);
	return rows->driver->get_bytes(rows->cursor, column);
}

void
store_rows_free(StoreRows *rows)
{
	if (rows == NULL)
		return;
	end_cursor(rows);
	g_free(rows);
}

/* What a statement gave that runs at one go. */
typedef struct Outcome {
	gboolean found;
	gint64 value;
	gint64 changed;
} Outcome;

/* Steps to the very end, so that the foreign keys of an INSERT ... RETURNING
 * are checked here and not at the commit. */
static gboolean
finish(StoreTxn *txn, StoreStmt stmt, gpointer cursor, Outcome *outcome,
    GError **error)
{
	const StoreDriver *driver = txn->store->driver;
	gpointer db = txn->store->db;
	GError *why = NULL;
	int got = driver->step(db, stmt, cursor, &why);

	if (got > 0) {
		outcome->found = TRUE;
		outcome->value = driver->get_int(cursor, 0);
		while (got > 0)
			got = driver->step(db, stmt, cursor, &why);
	}
	outcome->changed = got == 0 ? driver->changed(db, cursor) : 0;
	if (!driver->end(db, stmt, cursor, got < 0 ? NULL : &why))
		got = -1;
	return got == 0 || fail(txn, why, error);
}

gboolean
store_run(StoreTxn *txn, StoreStmt stmt, gint64 *changed, GError **error, ...)
{
	va_list list;
	gpointer cursor;
	Outcome outcome = { 0 };

	va_start(list, error);
	cursor = start(txn, stmt, FALSE, list, error);
	va_end(list);
	if (cursor == NULL || !finish(txn, stmt, cursor, &outcome, error))
		return FALSE;
	if (changed != NULL)
		*changed = outcome.changed;
	return TRUE;
}

gboolean
store_run_int(StoreTxn *txn, StoreStmt stmt, gint64 *value, gboolean *found,
    GError **error, ...)
{
	va_list list;
	gpointer cursor;
	Outcome outcome = { 0 };

	va_start(list, error);
	cursor = start(txn, stmt, FALSE, list, error);
	va_end(list);
	if (cursor == NULL || !finish(txn, stmt, cursor, &outcome, error))
		return FALSE;
	if (outcome.found)
		*value = outcome.value;
	if (found != NULL)
		*found = outcome.found;
	return TRUE;
}
