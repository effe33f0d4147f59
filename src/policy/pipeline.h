/* pipeline.h - the road of one mail through policy: facts, steps, effects. */
#ifndef POLICY_PIPELINE_H
#define POLICY_PIPELINE_H

#include "policy/effects.h"

/* Runs all steps over facts. Pure: no row is written; what an agent's commands
 * would do is in effects->orders. A mail that was taken
 * before gives Effects without a ticket. */
Effects *pipeline_decide(const Facts *facts, const Desk *desk, gint64 now);

/* facts, decide, write, inside txn; an agent's commands are carried out, all of
 * them, or held. *ticket: number of the ticket it went to.
 * octets: the raw mail. dkim: see facts_read. */
gboolean pipeline_run(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, gint64 *ticket, GError **error);

/* The same, and all reasons with those of the commands are added to reasons. */
gboolean pipeline_tell(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, gint64 *ticket, GPtrArray *reasons, GError **error);

#endif
