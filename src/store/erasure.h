/* erasure.h - all rows that are about one person: found, and destroyed.
 *
 * His are: what he wrote; letters to him; on tickets that he opened,
 * everything but the mails of other people; and anywhere, what is internal,
 * machine-made or a letter of ours and names one of his addresses. */
#ifndef STORE_ERASURE_H
#define STORE_ERASURE_H

#include "store/store.h"

/* Message ids, ascending; of gint64. addresses: of AddressRow, all of the
 * profile's. */
GArray *erasure_messages(StoreTxn *txn, gint64 profile,
    const GPtrArray *addresses, GError **error);

typedef struct ErasureCounts {
	guint addresses, messages;
	guint tickets; /* gone as a whole */
	guint left;    /* other people's mails keep it */
} ErasureCounts;

/* Destroys the rows. What was taken stays known by its digest, so that a copy
 * of an old mail does not bring him back. Notes that the file must be
 * scrubbed. */
gboolean erasure_run(StoreTxn *txn, gint64 profile, const GPtrArray *addresses,
    ErasureCounts *counts, GError **error);

/* TRUE from erasure_run until erasure_end: freed pages, index and WAL may
 * still hold what was erased. */
gboolean erasure_is_due(StoreTxn *txn, gboolean *due, GError **error);
/* Rebuilds the full-text index and scrubs the file. Outside transactions. */
gboolean erasure_end(Store *store, GError **error);

#endif
