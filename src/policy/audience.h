/* audience.h - which agents hear of a ticket's news, and when: as each has set
 * it for himself (policy/roster). */
#ifndef POLICY_AUDIENCE_H
#define POLICY_AUDIENCE_H

#include "policy/effects.h"

typedef enum Audience {
	AUDIENCE_NONE,
	AUDIENCE_NOW,
	AUDIENCE_LATER,  /* a letter of its own, when his quiet hours end */
	AUDIENCE_DIGEST, /* with others in one letter */
} Audience;

/* agent: NULL is one with the defaults. holder: address row of who has the
 * ticket, 0: nobody; row: the agent's. *when: for later and digest. */
Audience audience_of(const Agent *agent, const Site *site, gint64 row,
    gint64 holder, gint64 now, gint64 *when);

#endif
