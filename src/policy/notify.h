/* notify.h - what agents hear of a ticket. */
#ifndef POLICY_NOTIFY_H
#define POLICY_NOTIFY_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void notify_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* A letter to an agent, or all agents of the queue, about something that came
 * without a mail: a letter that failed, a bounce. cause makes it unique. */
void notify_note(const Facts *facts, const Desk *desk, gint64 now,
    const char *cause, const char *note, Effects *effects);

#endif
