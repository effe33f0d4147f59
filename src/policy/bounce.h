/* bounce.h - delivery reports (RFC 3464) about letters of ours. */
#ifndef POLICY_BOUNCE_H
#define POLICY_BOUNCE_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void bounce_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
