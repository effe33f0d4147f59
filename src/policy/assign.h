/* assign.h - sharing the work: who is given a ticket, by the rule of its queue
 * ([queue] assign), and what becomes of one that nobody works on (pass-on).
 *
 * Only those who may answer, are not away, and whose working hours it is, are
 * given anything. Pure, like all steps. */
#ifndef POLICY_ASSIGN_H
#define POLICY_ASSIGN_H

#include "policy/effects.h"

/* The queue gives anything out. */
gboolean assign_is_on(const Queue *queue);

/* A step of policy/pipeline: a customer's mail to a ticket that nobody has.
 * Before notify_step, which tells whoever has it. */
void assign_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* Kind of the timer that calls assign_due. */
#define ASSIGN_TIMER "assign"

/* A ticket is still there that nobody had, or whose agent is away, and the
 * customer still waits: it goes on, and whoever gets it hears of it. facts of
 * facts_of_ticket; effects->ticket is a copy of its ticket. */
void assign_due(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
