/* parties.c - rows of addresses. Read by policy/facts, written by
 * policy/effects. */
#include "store/parties.h"

#include "store/rows.h"

enum { HOUR = 3600, DAY = 86400 };

void
address_row_free(AddressRow *row)
{
	if (row == NULL)
		return;
	g_free(row->address);
	g_free(row->written);
	g_free(row->name);
	g_free(row->language);
	g_free(row->tone);
	g_free(row->role);
	g_free(row);
}

AddressRow *
address_row_read(StoreRows *rows)
{
	AddressRow *row = g_new0(AddressRow, 1);

	row->id = store_int(rows, 0);
	row->address = rows_text(rows, 1);
	row->written = rows_text(rows, 2);
	row->name = rows_text(rows, 3);
	row->language = rows_text(rows, 4);
	row->first_seen = store_int(rows, 5);
	row->undeliverable = store_int(rows, 6);
	row->party = store_int(rows, 7);
	row->tone = rows_text(rows, 8);
	row->told = store_int(rows, 9) == 1;
	row->role = g_strdup("");
	return row;
}

static gpointer
read_row(StoreRows *rows)
{
	return address_row_read(rows);
}

AddressRow *
party_by_id(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_one(
	    store_query(txn, STMT_ADDRESS_BY_ID, error, id), read_row, error);
}

AddressRow *
party_by_address(StoreTxn *txn, const char *folded, GError **error)
{
	return rows_one(store_query(txn, STMT_ADDRESS_BY_ADDRESS, error,
			    folded),
	    read_row, error);
}

AddressRow *
party_need(StoreTxn *txn, const char *folded, const char *written,
    const char *name, gint64 now, GError **error)
{
	g_autoptr(GError) reason = NULL;
	AddressRow *row = party_by_address(txn, folded, &reason);
	gint64 id, party;

	if (row != NULL)
		return row;
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	if (!store_run_int(
		txn, STMT_PARTY_INSERT, &party, NULL, error, name) ||
	    !store_run_int(txn, STMT_ADDRESS_INSERT, &id, NULL, error, folded,
		written, party, now))
		return NULL;
	return party_by_id(txn, id, error);
}

gboolean
party_set_name(StoreTxn *txn, gint64 id, const char *name, GError **error)
{
	return store_run(txn, STMT_ADDRESS_SET_NAME, NULL, error, id, name);
}

gboolean
party_set_language(StoreTxn *txn, gint64 id, const char *language,
    GError **error)
{
	return store_run(
	    txn, STMT_ADDRESS_SET_LANGUAGE, NULL, error, id, language);
}

gboolean
party_set_undeliverable(StoreTxn *txn, gint64 id, gint64 since, GError **error)
{
	return store_run(
	    txn, STMT_ADDRESS_SET_UNDELIVERABLE, NULL, error, id, since);
}

gboolean
automatic_counts(StoreTxn *txn, gint64 address, const char *domain,
    const char *subject_key, gint64 now, AutomaticCounts *counts,
    GError **error)
{
	g_autoptr(StoreRows) rows = store_query(txn, STMT_AUTOMATIC_TO_ADDRESS,
	    error, address, now - HOUR, subject_key, now - DAY);
	g_autoptr(StoreRows) unproven = NULL;

	if (rows == NULL || !store_next(rows, error))
		return FALSE;
	counts->address_hour = store_int(rows, 0);
	counts->address_day = store_int(rows, 1);
	counts->same_subject_day = store_int(rows, 2);
	unproven = store_query(
	    txn, STMT_AUTOMATIC_UNPROVEN, error, domain, now - HOUR);
	if (unproven == NULL || !store_next(unproven, error))
		return FALSE;
	counts->unproven_domain_hour = store_int(unproven, 0);
	counts->unproven_hour = store_int(unproven, 1);
	return TRUE;
}

gboolean
automatic_add(StoreTxn *txn, gint64 address, const char *domain,
    const char *subject_key, const AutomaticCause *cause, gint64 outbox,
    gboolean authenticated, gint64 now, GError **error)
{
	return store_run(txn, STMT_AUTOMATIC_INSERT, NULL, error, address,
	    domain, subject_key, cause->words, outbox,
	    (gint64)(cause->again ? 1 : 0), (gint64)(authenticated ? 1 : 0),
	    now);
}

static gpointer
read_cause(StoreRows *rows)
{
	AutomaticCause *cause = g_new0(AutomaticCause, 1);

	cause->words = rows_text(rows, 0);
	cause->again = store_int(rows, 1) != 0;
	return cause;
}

static void
free_cause(gpointer data)
{
	AutomaticCause *cause = data;

	g_free(cause->words);
	g_free(cause);
}

GPtrArray *
automatic_causes(StoreTxn *txn, gint64 address, const char *domain,
    gint64 received, GError **error)
{
	g_autoptr(GPtrArray) causes = rows_collect(
	    store_query(txn, STMT_AUTOMATIC_WORDS, error, address,
		received - DAY, received),
	    read_cause, free_cause, error);
	g_autoptr(GPtrArray) others = NULL;

	if (causes == NULL || domain == NULL)
		return g_steal_pointer(&causes);
	others = rows_collect(
	    store_query(txn, STMT_AUTOMATIC_WORDS_UNPROVEN, error, domain,
		address, received - DAY, received),
	    read_cause, free_cause, error);
	if (others == NULL)
		return NULL;
	for (guint i = 0; i < others->len; i++) {
		AutomaticCause *cause = others->pdata[i];

		cause->other = TRUE;
	}
	g_ptr_array_extend_and_steal(causes, g_steal_pointer(&others));
	return g_steal_pointer(&causes);
}

gboolean
automatic_purge(StoreTxn *txn, gint64 now, GError **error)
{
	return store_run(txn, STMT_AUTOMATIC_PURGE, NULL, error,
	    now - 2 * (gint64)DAY);
}
