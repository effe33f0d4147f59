/* people_time.h - instants as people name them: never to the minute, and
 * never earlier than what was computed. */
#ifndef POLICY_PEOPLE_TIME_H
#define POLICY_PEOPLE_TIME_H

#include "javob.h"

/* when, rounded up as a promise made now: to the half hour when it is at most
 * four hours off, to the hour up to twelve; farther off, to the closing time
 * of that day, or of the next one that is open; beyond two weeks to that of
 * the Friday of its week. One that would fall into closed hours is an hour
 * behind the next opening.
 *
 * calendar NULL: UTC, open day and night; a day closes at 18:00 then. */
gint64 people_time_round(const Calendar *calendar, gint64 now, gint64 when);

#endif
