/* audience.c - an agent's settings and the hour, against a ticket's news. Asked
 * by policy/notify of each agent of the queue. */
#include "policy/audience.h"

enum { DAY = 86400 };

/* Seconds of the day there. */
static gint64
second_of_day(const char *zone_name, gint64 now)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(zone_name);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now);
	g_autoptr(GDateTime) there =
	    zone != NULL ? g_date_time_to_timezone(utc, zone) : NULL;

	if (there == NULL)
		return now % DAY;
	return g_date_time_get_hour(there) * 3600 +
	    g_date_time_get_minute(there) * 60 +
	    g_date_time_get_second(there);
}

/* From at, in seconds of the day, to the next such second. */
static gint64
until(gint64 at, gint64 second)
{
	return (second - at + DAY) % DAY;
}

/* The end of the quiet hours in which when falls; else when. */
static gint64
after_quiet(const Agent *agent, const Site *site, gint64 when)
{
	gint64 at = second_of_day(agent_zone(agent, site), when);
	int start, end;

	if (!agent_quiet_parse(agent->quiet, &start, &end) ||
	    until(start, at) >= until(start, end))
		return when;
	return when + until(at, end);
}

static gint64
next_digest(const Agent *agent, const Site *site, gint64 now)
{
	g_autoptr(GArray) times = NULL;
	gint64 at = second_of_day(agent_zone(agent, site), now);
	gint64 every, wait = DAY;

	if (!agent_digest_parse(agent->digest, &every, &times))
		return now;
	if (times == NULL)
		return (now / every + 1) * every;
	for (guint i = 0; i < times->len; i++) {
		gint64 that = until(at, g_array_index(times, int, i));

		if (that > 0)
			wait = MIN(wait, that);
	}
	return now + wait;
}

static gboolean
wants(const Agent *agent, gint64 row, gint64 holder)
{
	if (g_str_equal(agent->notify, "none"))
		return FALSE;
	if (g_str_equal(agent->notify, "mine"))
		return holder == row;
	/* What he has taken is no longer unassigned, and still his. */
	if (g_str_equal(agent->notify, "unassigned"))
		return holder == 0 || holder == row;
	return TRUE;
}

Audience
audience_of(const Agent *agent, const Site *site, gint64 row, gint64 holder,
    gint64 now, gint64 *when)
{
	*when = now;
	if (agent == NULL)
		return AUDIENCE_NOW;
	if (!wants(agent, row, holder) || agent_is_away(agent, now))
		return AUDIENCE_NONE;
	if (g_str_equal(agent->notify, "digest")) {
		*when = after_quiet(
		    agent, site, next_digest(agent, site, now));
		return AUDIENCE_DIGEST;
	}
	*when = after_quiet(agent, site, now);
	return *when > now ? AUDIENCE_LATER : AUDIENCE_NOW;
}
