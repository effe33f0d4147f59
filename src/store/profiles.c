/* profiles.c - see profiles.h. Used by policy/customer and the command line;
 * mails reach a profile through its addresses (parties.c). */
#include "store/profiles.h"

#include "store/rows.h"

void
profile_free(Profile *profile)
{
	if (profile == NULL)
		return;
	g_free(profile->name);
	g_free(profile->language);
	g_free(profile->tone);
	g_free(profile);
}

static gpointer
read_profile(StoreRows *rows)
{
	Profile *profile = g_new0(Profile, 1);

	profile->id = store_int(rows, 0);
	profile->name = rows_text(rows, 1);
	profile->named = store_int(rows, 2) == 1;
	profile->language = rows_text(rows, 3);
	profile->tone = rows_text(rows, 4);
	profile->told = store_int(rows, 5) == 1;
	return profile;
}

Profile *
profile_by_id(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_one(store_query(txn, STMT_PARTY_GET, error, id),
	    read_profile, error);
}

gboolean
profile_update(StoreTxn *txn, const Profile *profile, GError **error)
{
	return store_run(txn, STMT_PARTY_UPDATE, NULL, error, profile->id,
	    profile->name, (gint64)(profile->named ? 1 : 0), profile->language,
	    profile->tone, (gint64)(profile->told ? 1 : 0));
}

static gpointer
read_address(StoreRows *rows)
{
	return address_row_read(rows);
}

static void
free_address(gpointer data)
{
	address_row_free(data);
}

static void
free_ticket(gpointer data)
{
	ticket_free(data);
}

GPtrArray *
profile_addresses(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_collect(store_query(txn, STMT_PARTY_ADDRESSES, error, id),
	    read_address, free_address, error);
}

GPtrArray *
profile_tickets(StoreTxn *txn, gint64 id, GError **error)
{
	return rows_collect(store_query(txn, STMT_PARTY_TICKETS, error, id),
	    ticket_read, free_ticket, error);
}

static void
inherit(char **mine, const char *his)
{
	if (**mine != '\0')
		return;
	g_free(*mine);
	*mine = g_strdup(his);
}

gboolean
profile_merge(StoreTxn *txn, const Profile *from, Profile *into, GError **error)
{
	if (from->named && !into->named) {
		g_free(into->name);
		into->name = g_strdup(from->name);
		into->named = TRUE;
	}
	inherit(&into->name, from->name);
	if (*into->language == '\0' || (from->told && !into->told)) {
		g_free(into->language);
		into->language = g_strdup(from->language);
		into->told = from->told;
	}
	inherit(&into->tone, from->tone);
	return store_run(txn, STMT_PARTY_MERGE, NULL, error, from->id,
		   into->id) &&
	       store_run(txn, STMT_PARTY_DELETE, NULL, error, from->id) &&
	       profile_update(txn, into, error);
}
