/* act.h - what agents and the sysadmin do with a ticket, a word a deed: close,
 * assign, merge and so on. The one road for the command line and for commands
 * in agents' mail.
 *
 * Each writes an event that carries what was before, so that "undo" can take
 * the newest one back. */
#ifndef POLICY_ACT_H
#define POLICY_ACT_H

#include "policy/facts.h"
#include "policy/verb.h"

typedef struct Act {
	const char *verb;
	gint64 number; /* the ticket's */
	gint64 other;  /* what VERB_TICKET and VERB_MESSAGE need */
	const char *word; /* what stands behind all other verbs */
	const char *text; /* of reply and note */
	const char *actor; /* who, for the event log */
	const char *agent; /* address of the agent that he is; NULL: none */
	const char *way;   /* "by mail"; NULL: "by command" */
	const GPtrArray *answers; /* of char *: ids of the mail that it stood
				   * in answers; NULL */
	GPtrArray *reasons; /* of char *: takes what `explain` tells; NULL */
} Act;

/* TRUE if there is such a deed. */
gboolean act_knows(const char *verb);

/* Puts argument where verb->need has its place; it must live as long. FALSE:
 * it is none. */
gboolean act_fill(Act *act, const Verb *verb, const char *argument);

/* Does it, inside txn; what was done as one line, free with g_free. NULL with
 * error: PERMANENT says why it cannot be, and the transaction must be let
 * go. */
char *act_run(StoreTxn *txn, const Desk *desk, const Act *act, gint64 now,
    GError **error);

/* What the customer wrote last; "" when nothing. NULL with error. */
char *act_last_words(StoreTxn *txn, gint64 ticket, GError **error);

#endif
