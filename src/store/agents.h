/* agents.h - rows of agents: how each wants to work, beside what the
 * configuration says of its queues. Whoever a [queue] names is an agent without
 * a row, too (policy/roster). */
#ifndef STORE_AGENTS_H
#define STORE_AGENTS_H

#include "store/store.h"

typedef struct Agent {
	char *address;    /* folded */
	char *name;       /* as colleagues and customers read it; "" not known */
	char *team;       /* "" none */
	char *role;       /* agent, supervisor, observer */
	GPtrArray *queues;    /* of char *; in a roster with those that the
			       * configuration puts him in */
	char *language;   /* BCP 47, of letters to him; "" the site's */
	GPtrArray *languages; /* of char *, BCP 47, in which he answers */
	char *zone;       /* time zone; "" that of his queue's calendar */
	char *notify;     /* all, mine, unassigned, digest, none */
	char *digest;     /* when notify is digest: "30m", or "09:00, 14:00" */
	char *quiet;      /* "22:00-07:00" in his zone; "" none */
	char *calendar;   /* name of his working hours; "" his queue's */
	gint64 away_until;    /* 0: he is here */
	char *away_note;  /* for colleagues */
	char *key;        /* fingerprint of his OpenPGP or S/MIME key; "" */
	gboolean stored;  /* has a row */
} Agent;

Agent *agent_new(const char *folded); /* with the defaults */
void agent_free(Agent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)

gboolean agent_is_away(const Agent *agent, gint64 now);
/* queue: a name. */
gboolean agent_in_queue(const Agent *agent, const char *queue);

/* of Agent, by address. NULL with error. */
GPtrArray *agent_list(StoreTxn *txn, GError **error);
/* NULL without error when there is none. */
Agent *agent_by_address(StoreTxn *txn, const char *folded, GError **error);
/* Makes the row or changes it. */
gboolean agent_store(StoreTxn *txn, const Agent *agent, GError **error);
gboolean agent_remove(StoreTxn *txn, const char *folded, gboolean *removed,
    GError **error);

#endif
