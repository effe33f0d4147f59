/* relay.h - an agent's answer to the customer, his notes, and what is held. */
#ifndef POLICY_RELAY_H
#define POLICY_RELAY_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void relay_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
