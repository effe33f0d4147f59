/* order.h - agents' commands carried out: all of a mail, or nothing. */
#ifndef POLICY_ORDER_H
#define POLICY_ORDER_H

#include "policy/act.h"

typedef struct OrderRun {
	StoreTxn *txn;
	const Desk *desk;
	const Act *as; /* number, actor, agent, way, answers, reasons */
	gint64 now;
	GPtrArray *said; /* of char *: takes a line on each */
} OrderRun;

/* Those that come before the answer (early) or the others, in their order; what
 * is only about the mail is left out. On error PERMANENT, which says what
 * cannot be, the transaction (or its savepoint) must be let go. */
gboolean orders_run(const OrderRun *run, const GPtrArray *list, gboolean early,
    GError **error);
gboolean orders_have_early(const GPtrArray *list);

/* The letter `done` to the agent who ordered it, with the lines of said. once:
 * what tells one from the next. */
gboolean orders_confirm(const OrderRun *run, const Message *message,
    const char *once, GError **error);

#endif
