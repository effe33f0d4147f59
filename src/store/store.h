/* store.h - rows and transactions: the contract of the store's drivers.
 *
 * A Store is one connection, used by one thread at a time and never across a
 * fork. SQL text is in stmt.def only; code names a statement by its number.
 * On any error inside a transaction the caller lets it go: it rolls back. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "javob.h"

/* Statements of stmt.def: STMT_TICKET_BY_ID ... */
typedef enum StoreStmt {
#define STMT(name, binds, sql) STMT_##name,
#include "store/stmt.def"
#undef STMT
	STMT_COUNT
} StoreStmt;

/* Opens the store that must exist: TEMPORARY with the remedy in the message if
 * it is missing, locked, damaged or of another schema. Never makes one. */
Store *store_open(const char *state_dir, const char *url, GError **error);
/* For `javob init`: makes an empty one; PERMANENT if there is one. */
gboolean store_create(const char *state_dir, const char *url, GError **error);
/* How long store_begin waits for its turn; 30 s unless told. */
void store_wait(Store *store, guint wait_ms);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* A write transaction: waits (30 s at most) for its turn among the writers of
 * this store, on one advisory lock, then BEGIN IMMEDIATE. */
StoreTxn *store_begin(Store *store, GError **error);
/* A read transaction: one snapshot. */
StoreTxn *store_begin_read(Store *store, GError **error);
/* Returns after the commit is on disk (synchronous=FULL). Frees txn. */
gboolean store_commit(StoreTxn *txn, GError **error);
void store_rollback(StoreTxn *txn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreTxn, store_rollback)

/* One mail of many in a commit, or one command of many in a mail: what it
 * wrote can be taken back alone. They nest; the newest is meant. */
gboolean store_savepoint(StoreTxn *txn, GError **error);
gboolean store_release(StoreTxn *txn, GError **error);
gboolean store_undo(StoreTxn *txn, GError **error);

/* Rows of a running statement. */
typedef struct StoreRows StoreRows;

/* Starts statement stmt. Arguments follow as its `binds` string in stmt.def
 * says, one letter each: i gint64, s const char * (NULL is SQL NULL),
 * b GBytes * (NULL is SQL NULL). Read with store_next until FALSE. */
StoreRows *store_query(StoreTxn *txn, StoreStmt stmt, GError **error, ...);
/* TRUE: a row is there. FALSE: no more, or error set. */
gboolean store_next(StoreRows *rows, GError **error);
gint64 store_int(StoreRows *rows, int column); /* 0 for NULL */
gboolean store_is_null(StoreRows *rows, int column);
/* Borrowed until the next store_next; NULL for SQL NULL. */
const char *store_text(StoreRows *rows, int column);
GBytes *store_bytes(StoreRows *rows, int column); /* NULL for NULL; unref */
void store_rows_free(StoreRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreRows, store_rows_free)

/* Runs a statement without rows. changed: rows changed; may be NULL. */
gboolean store_run(StoreTxn *txn, StoreStmt stmt, gint64 *changed,
    GError **error, ...);
/* Runs a statement that gives one row with one integer (RETURNING id, count);
 * *found FALSE and *value untouched when it gives none; found may be NULL. */
gboolean store_run_int(StoreTxn *txn, StoreStmt stmt, gint64 *value,
    gboolean *found, GError **error, ...);

/* Moves the WAL into the file when it is idle time or above 16 MiB; cheap
 * when there is nothing to do. The ingest role calls it. */
void store_tidy(Store *store, gboolean idle);

/* Writes the file anew without what was deleted, and empties the WAL: nothing
 * deleted can be read from either afterwards. Others wait meanwhile, which
 * takes about as long as a backup. TEMPORARY when a reader held the WAL. */
gboolean store_scrub(Store *store, GError **error);

/* A whole copy in FILE while others write; FILE must not exist. */
gboolean store_backup(Store *store, const char *file, GError **error);
/* Integrity, schema version, foreign keys; one text per fault. */
gboolean store_verify(Store *store, GPtrArray *faults, GError **error);

#endif
