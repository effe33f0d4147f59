/* ticket.h - the states of a ticket: one transition table.
 *
 *   new ----answer----> waiting --customer--> open --answer--> waiting
 *   any --close--> closed --customer--> open      any --spam--> spam
 *   waiting, closed --bounce--> open              closed, spam --reopen--> open
 */
#ifndef POLICY_TICKET_H
#define POLICY_TICKET_H

#include "policy/effects.h"

typedef enum TicketMove {
	TICKET_CUSTOMER, /* a proven mail of the customer's */
	TICKET_ANSWER,   /* an agent's reply went out */
	TICKET_CLOSE,
	TICKET_REOPEN,
	TICKET_SPAM,
	TICKET_BOUNCE,   /* a letter of ours did not arrive */
} TicketMove;

/* Changes ticket->state (and resolved) by the table; FALSE: no change. */
gboolean ticket_move(Ticket *ticket, TicketMove move, gint64 now);

gboolean ticket_is_done(const Ticket *ticket); /* resolved, closed or spam */

/* Done for longer than the site opens tickets again (reopen-within). */
gboolean ticket_is_stale(const Ticket *ticket, const Site *site, gint64 now);

/* A step of policy/pipeline. */
void ticket_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
