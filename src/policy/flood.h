/* flood.h - new tickets of strangers by the hundred: each is kept and can be
 * listed, but an agent gets a few letters of their own and then one for all. */
#ifndef POLICY_FLOOD_H
#define POLICY_FLOOD_H

#include "policy/effects.h"

/* Whether the i-th of facts->agents gets no letter of this new ticket; effects
 * remembers it. *note: what he is told on the first one that waits, else
 * NULL. */
gboolean flood_waits(const Facts *facts, guint i, const char **note,
    Effects *effects);

/* The hour is over: one letter with all that wait for the agent (an address
 * row), on the ticket of facts. */
gboolean flood_tell(StoreTxn *txn, const Facts *facts, const Desk *desk,
    gint64 agent, gint64 now, Effects *effects, GError **error);

#endif
