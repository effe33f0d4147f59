/* ack.h - the acknowledgement of a new ticket. */
#ifndef POLICY_ACK_H
#define POLICY_ACK_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void ack_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
