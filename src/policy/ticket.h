/* ticket.h - the states of a ticket: one transition table.
 *
 *   new ----answer----> waiting --customer--> open --answer--> waiting
 *   any --close--> closed --customer--> open      any --spam--> spam
 *   waiting, closed --bounce--> open              closed, spam --reopen--> open
 *   any --open--> open
 *   any --merge--> closed, and its mail goes to the other one
 */
#ifndef POLICY_TICKET_H
#define POLICY_TICKET_H

#include "policy/effects.h"

typedef enum TicketMove {
	TICKET_CUSTOMER, /* a proven mail of the customer's */
	TICKET_ANSWER,   /* an agent's reply went out, or he says so */
	TICKET_CLOSE,
	TICKET_REOPEN,
	TICKET_OPEN,     /* an agent has it at work, whatever it was */
	TICKET_SPAM,
	TICKET_BOUNCE,   /* a letter of ours did not arrive */
	TICKET_MERGE,    /* it is part of another one from now on */
} TicketMove;

/* Changes ticket->state (and resolved) by the table; FALSE: no change. */
gboolean ticket_move(Ticket *ticket, TicketMove move, gint64 now);

/* The same for effects->ticket, with an event that `undo` can take back; FALSE:
 * no change, no event. */
gboolean ticket_move_by(Effects *effects, TicketMove move, const char *event,
    const char *actor, const char *detail, gint64 now);

/* Undo: the state that it had before a move. */
void ticket_put_back(Ticket *ticket, const char *state, gint64 resolved,
    gint64 now);

gboolean ticket_is_done(const Ticket *ticket); /* resolved, closed or spam */

/* Done for longer than the site opens tickets again (reopen-within). */
gboolean ticket_is_stale(const Ticket *ticket, const Site *site, gint64 now);

/* A step of policy/pipeline. */
void ticket_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
