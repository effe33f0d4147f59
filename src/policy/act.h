/* act.h - what agents and the sysadmin do with a ticket, a word a deed: close,
 * assign, merge and so on. The one road for the command line and for commands
 * in agents' mail.
 *
 * Each writes an event that carries what was before, so that "undo" can take
 * the newest one back. */
#ifndef POLICY_ACT_H
#define POLICY_ACT_H

#include "policy/facts.h"

/* What stands behind the ticket's number. */
typedef enum ActNeed {
	ACT_NOTHING,
	ACT_TICKET,  /* other: a ticket's number */
	ACT_MESSAGE, /* other: a message's id */
	ACT_QUEUE,   /* word: a queue's name */
	ACT_AGENT,   /* word: an agent's address; "-": nobody */
	ACT_TEXT,    /* text */
	ACT_TIME,    /* word: an instant, RFC 3339 */
} ActNeed;

typedef struct Act {
	const char *verb;
	gint64 number; /* the ticket's */
	gint64 other;
	const char *word;
	const char *text;
	const char *actor; /* who, for the event log */
	const char *agent; /* address of the agent that he is; NULL: none */
} Act;

/* FALSE if there is no such verb. */
gboolean act_need(const char *verb, ActNeed *need);

/* Does it, inside txn; what was done as one line, free with g_free. NULL with
 * error: PERMANENT says why it cannot be, and the transaction must be let
 * go. */
char *act_run(StoreTxn *txn, const Desk *desk, const Act *act, gint64 now,
    GError **error);

/* What the customer wrote last; "" when nothing. NULL with error. */
char *act_last_words(StoreTxn *txn, gint64 ticket, GError **error);

#endif
