/* customer.h - what a person at the desk does with what is known of a customer:
 * one profile over all his addresses, and its end. */
#ifndef POLICY_CUSTOMER_H
#define POLICY_CUSTOMER_H

#include "policy/site.h"
#include "store/profiles.h"
#include "store/spool.h"

typedef struct Customer {
	Profile *profile;
	GPtrArray *addresses; /* of AddressRow, the oldest first */
} Customer;
void customer_free(Customer *customer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Customer, customer_free)

/* Whoever is behind the address. NULL with error: PERMANENT if nobody is. */
Customer *customer_find(StoreTxn *txn, const char *address, GError **error);

/* What an agent knows of him; NULL: stays as it is, "": not known. */
typedef struct CustomerWords {
	const char *name, *language;
	const char *tone;     /* register: formal, informal */
	gboolean deliverable; /* the marks of bounces go */
} CustomerWords;
gboolean customer_set(StoreTxn *txn, const Customer *customer,
    const CustomerWords *words, GError **error);

/* The addresses of the one are the other's from now on. A line on what was
 * done, free with g_free; NULL with error. */
char *customer_merge(StoreTxn *txn, const Site *site, const char *from,
    const char *into, const char *actor, gint64 now, GError **error);

/* Destroys all that is stored about him: rows, mails, queue, spool,
 * quarantine, full-text index, WAL. What stays: other people's mails on his
 * tickets, and an event without his data. Takes long (the file is written
 * anew); mail waits in the spool meanwhile. Asked again after it was cut off,
 * it comes to its end. */
char *customer_erase(Store *store, Spool *spool, const Site *site,
    const char *address, const char *actor, gint64 now, GError **error);

#endif
