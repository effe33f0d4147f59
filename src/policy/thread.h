/* thread.h - which ticket a mail belongs to, and whether its sender is proven
 * for it. */
#ifndef POLICY_THREAD_H
#define POLICY_THREAD_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void thread_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
