/* gate.h - may a mail be answered automatically, and did a machine write it
 * (RFC 3834; THREATS 2). */
#ifndef POLICY_GATE_H
#define POLICY_GATE_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void gate_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
