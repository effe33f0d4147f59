/* seen.c - what has been taken. Asked by policy/facts and the fetch role,
 * written in the commit of the mail itself. */
#include "store/seen.h"

/* A digest: what was taken is known again, but cannot be read off. */
static char *
key_of(const char *message_id, const char *content_hash)
{
	g_autofree char *both = g_strconcat(
	    message_id, "\n", content_hash, NULL);

	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
}

gboolean
seen_find(StoreTxn *txn, const char *message_id, const char *content_hash,
    gint64 *ticket, GError **error)
{
	g_autofree char *key = key_of(message_id, content_hash);
	gboolean found = FALSE;

	*ticket = 0;
	return store_run_int(txn, STMT_SEEN_FIND, ticket, &found, error, key);
}

gboolean
seen_add(StoreTxn *txn, const char *message_id, const char *content_hash,
    gint64 ticket, gint64 message, gint64 now, GError **error)
{
	g_autofree char *key = key_of(message_id, content_hash);

	return store_run(
	    txn, STMT_SEEN_ADD, NULL, error, key, ticket, message, now);
}

gboolean
seen_uid_add(StoreTxn *txn, const char *mailbox, guint32 uidvalidity,
    guint32 uid, GError **error)
{
	return store_run(txn, STMT_IMAP_UID_ADD, NULL, error, mailbox,
	    (gint64)uidvalidity, (gint64)uid);
}

gboolean
seen_uids(StoreTxn *txn, const char *mailbox, guint32 uidvalidity,
    guint32 floor, GHashTable *uids, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = store_query(txn, STMT_IMAP_UID_LIST, error,
	    mailbox, (gint64)uidvalidity, (gint64)floor);

	if (rows == NULL)
		return FALSE;
	while (store_next(rows, &reason))
		g_hash_table_add(
		    uids, GUINT_TO_POINTER((guint)store_int(rows, 0)));
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
seen_state_get(StoreTxn *txn, const char *mailbox, guint32 *uidvalidity,
    guint32 *floor, gint64 *since, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(StoreRows) rows = store_query(
	    txn, STMT_IMAP_STATE_GET, error, mailbox);

	if (rows == NULL)
		return FALSE;
	*uidvalidity = *floor = 0;
	*since = 0;
	if (store_next(rows, &reason)) {
		*uidvalidity = (guint32)store_int(rows, 0);
		*floor = (guint32)store_int(rows, 1);
		*since = store_int(rows, 2);
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
seen_state_set(StoreTxn *txn, const char *mailbox, guint32 uidvalidity,
    guint32 floor, gint64 since, GError **error)
{
	return store_run(txn, STMT_IMAP_STATE_SET, NULL, error, mailbox,
	    (gint64)uidvalidity, (gint64)floor, since);
}
