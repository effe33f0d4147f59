/* notify.h - what agents hear of a ticket. */
#ifndef POLICY_NOTIFY_H
#define POLICY_NOTIFY_H

#include "policy/effects.h"

/* Kind of the timers whose number is an agent's address row: the ticket is to
 * be in his next digest (policy/digest). */
#define NOTIFY_DIGEST "digest"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void notify_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* A letter to an agent, or all agents of the queue, about something that came
 * without a mail: a letter that failed, a bounce. cause makes it unique. */
void notify_note(const Facts *facts, const Desk *desk, gint64 now,
    const char *cause, const char *note, Effects *effects);

/* A letter to that one agent about a ticket that has come to him otherwise
 * than by mail: assigned, moved, split off. text: what the customer wrote;
 * NULL: nothing is shown. */
void notify_ticket(const Facts *facts, const Desk *desk, gint64 now,
    const AddressRow *agent, const char *cause, const char *note,
    const char *text, Effects *effects);

#endif
