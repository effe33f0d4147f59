/* spoken.h - what the customer's language means for the ticket and for what
 * is known of him. */
#ifndef POLICY_SPOKEN_H
#define POLICY_SPOKEN_H

#include "policy/effects.h"

/* A step of policy/pipeline, after thread: a new ticket gets the language that
 * facts->lang has chosen; an old one follows its customer when he writes a
 * whole text in another. What he writes is remembered of him. */
void spoken_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
