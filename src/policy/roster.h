/* roster.h - all agents of the desk: those of the store, and those whom a
 * [queue] of the configuration names, who have the defaults. */
#ifndef POLICY_ROSTER_H
#define POLICY_ROSTER_H

#include "policy/site.h"
#include "store/agents.h"

/* of Agent, by address; queues as both say. NULL with error from the store. */
GPtrArray *roster_read(StoreTxn *txn, const Site *site, GError **error);

/* Borrowed; NULL: he is no agent. address: as written. */
const Agent *roster_find(const GPtrArray *roster, const char *address);
#define roster_has(roster, address) (roster_find(roster, address) != NULL)

/* TRUE if there is such a role, and he may do what it allows. */
gboolean agent_may_answer(const Agent *agent);    /* all but observers */
gboolean agent_is_supervisor(const Agent *agent); /* sees and may do all */

/* The zone in which he reads and writes times: his own, else that of his
 * calendar, else that of his first queue's, else UTC. Borrowed. */
const char *agent_zone(const Agent *agent, const Site *site);
/* His working hours; NULL: day and night. Borrowed. */
const Calendar *agent_calendar(const Agent *agent, const Site *site);

/* What can be set: "name", "team", "role", "queues", "language", "languages",
 * "zone", "notify", "digest", "quiet-hours", "calendar", "away-until",
 * "away-note", "key"; NULL-terminated. */
extern const char *const agent_fields[];

/* As `javob agent set` writes it. PERMANENT, saying what would be right. */
gboolean agent_set(Agent *agent, const Site *site, const char *field,
    const char *value, GError **error);
/* The same as text, free with g_free; NULL: no such field. */
char *agent_get(const Agent *agent, const char *field);

/* "30m" to *every seconds, or "09:00, 14:00" to *times, seconds of the day (of
 * int, free with g_array_unref); the other one 0 or NULL. FALSE: neither. */
gboolean agent_digest_parse(const char *text, gint64 *every, GArray **times);
/* "22:00-07:00" to seconds of the day. FALSE: no hours. */
gboolean agent_quiet_parse(const char *text, int *start, int *end);

#endif
