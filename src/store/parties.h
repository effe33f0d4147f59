/* parties.h - rows of addresses: customers, agents, anybody. */
#ifndef STORE_PARTIES_H
#define STORE_PARTIES_H

#include "store/store.h"

typedef struct AddressRow {
	gint64 id;
	char *address; /* folded */
	char *written;
	char *name;
	char *language;       /* "" when not known */
	gint64 first_seen;
	gint64 undeliverable; /* since when; 0 */
	gint64 party;         /* who is behind it: one person, many addresses */
	gboolean told;        /* the language: by an agent */
	char *tone;           /* his register: formal, informal, "" not known */
	char *role;           /* on a ticket; "" elsewhere */
} AddressRow;

void address_row_free(AddressRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddressRow, address_row_free)

/* The row of a folded address, made if it is not there. NULL with error. */
AddressRow *party_need(StoreTxn *txn, const char *folded, const char *written,
    const char *name, gint64 now, GError **error);
/* NULL without error when there is none. */
AddressRow *party_by_id(StoreTxn *txn, gint64 id, GError **error);
AddressRow *party_by_address(StoreTxn *txn, const char *folded,
    GError **error);

/* The name of whoever is behind the address, unless an agent gave him one. */
gboolean party_set_name(StoreTxn *txn, gint64 id, const char *name,
    GError **error);
/* The language that he has written in himself. */
gboolean party_set_language(StoreTxn *txn, gint64 id, const char *language,
    GError **error);
/* since 0: deliverable again. */
gboolean party_set_undeliverable(StoreTxn *txn, gint64 id, gint64 since,
    GError **error);

/* Automatic mail that was sent, for the limits of THREATS.md 2.11. */
typedef struct AutomaticCounts {
	gint64 address_hour, address_day, same_subject_day;
	gint64 unproven_domain_hour, unproven_hour;
} AutomaticCounts;
gboolean automatic_counts(StoreTxn *txn, gint64 address, const char *domain,
    const char *subject_key, gint64 now, AutomaticCounts *counts,
    GError **error);
/* A mail that got an automatic letter. */
typedef struct AutomaticCause {
	char *words;    /* key of its text (mail/alike.h) */
	gboolean again; /* it came when another letter had been sent before, and
			 * may have been an answer to that */
	gboolean other; /* by another sender of the same domain */
} AutomaticCause;

/* outbox: the letter. */
gboolean automatic_add(StoreTxn *txn, gint64 address, const char *domain,
    const char *subject_key, const AutomaticCause *cause, gint64 outbox,
    gboolean authenticated, gint64 now, GError **error);

/* Those of the day before a mail which came at `received`, if their letter had
 * been sent by then: that mail may answer it. Of the address; with a domain also
 * of its unproven senders. An array of AutomaticCause, or NULL with error. */
GPtrArray *automatic_causes(StoreTxn *txn, gint64 address, const char *domain,
    gint64 received, GError **error);

/* Forgets what is older than any limit looks back (two days). */
gboolean automatic_purge(StoreTxn *txn, gint64 now, GError **error);

/* Reads a row whose first ADDRESS_COLUMNS are those of ADDRESS_BY_ID. */
enum { ADDRESS_COLUMNS = 10 };
AddressRow *address_row_read(StoreRows *rows);

#endif
