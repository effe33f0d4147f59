/* relay.h - an agent's answer to the customer, his notes, and what is held. */
#ifndef POLICY_RELAY_H
#define POLICY_RELAY_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void relay_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* The words of a proven agent, facts->message: the answer or the note is added
 * to effects, and the commands above it to effects->orders, for policy/order
 * to carry out. NULL: done. Else why not, and *advice what to do about it; free
 * with g_free. effects->ticket must be set. */
char *relay_obey(const Facts *facts, const Desk *desk, gint64 now,
    const char **advice, Effects *effects);

/* A line for the agent on what his text has become, added to said (of char *):
 * whom it went to, or that it stayed inside. */
void relay_tell(const Facts *facts, const Effects *effects, GPtrArray *said);

#endif
