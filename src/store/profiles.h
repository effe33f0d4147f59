/* profiles.h - who is behind addresses: one row of table party, however many
 * addresses he writes from. */
#ifndef STORE_PROFILES_H
#define STORE_PROFILES_H

#include "store/parties.h"
#include "store/tickets.h"

typedef struct Profile {
	gint64 id;
	char *name;     /* "" when not known */
	gboolean named; /* by an agent: mails change it no more */
	char *language; /* BCP 47; "" when not known */
	gboolean told;  /* the language: by an agent */
	char *tone;     /* register: formal, informal; "" when not known */
} Profile;
void profile_free(Profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)

/* NULL without error when there is none. */
Profile *profile_by_id(StoreTxn *txn, gint64 id, GError **error);
/* name, named, language, told, tone. */
gboolean profile_update(StoreTxn *txn, const Profile *profile, GError **error);
/* of AddressRow, the oldest first. */
GPtrArray *profile_addresses(StoreTxn *txn, gint64 id, GError **error);
/* of Ticket: those that he opened or takes part in. */
GPtrArray *profile_tickets(StoreTxn *txn, gint64 id, GError **error);

/* All addresses of `from` are `into`'s from now on, which also gets what it
 * does not know itself; `from` is no more. */
gboolean profile_merge(StoreTxn *txn, const Profile *from, Profile *into,
    GError **error);

#endif
