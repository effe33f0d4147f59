/* people_time.c - see people_time.h. */
#include "policy/people_time.h"

#include "policy/calendar.h"

#define HOUR 3600
#define DAY  86400

enum { EVENING = 18 * HOUR };

static gint64
round_to(gint64 when, gint64 unit, gint64 offset)
{
	gint64 local = when + offset;

	return (local + unit - 1) / unit * unit - offset;
}

static gint64
local_midnight(gint64 when, gint64 offset)
{
	gint64 local = when + offset;

	return local - (local % DAY + DAY) % DAY - offset;
}

/* The end of the working time of the day that `when` is in, or of the next
 * one that has any; of one that never closes, 18:00. */
static gint64
evening(const Calendar *calendar, gint64 when)
{
	gint64 offset = calendar != NULL ? calendar_offset(calendar, when) : 0;
	gint64 day = local_midnight(when, offset);
	gint64 close, next;

	if (calendar == NULL || calendar_always(calendar)) {
		close = day + EVENING;
		return close >= when ? close : close + DAY;
	}
	for (int i = 0; i < 400; i++) {
		/* A day has 23 to 25 hours: half a day more is in the next. */
		next = day + DAY + DAY / 2;
		next = local_midnight(next, calendar_offset(calendar, next));
		close = calendar_closing(calendar, day, next);
		if (close >= when)
			return close;
		day = next;
	}
	return when;
}

static gint64
friday(const Calendar *calendar, gint64 when)
{
	gint64 offset = calendar != NULL ? calendar_offset(calendar, when) : 0;
	gint64 day = (local_midnight(when, offset) + offset) / DAY;
	gint64 to = (4 - (day + 3) % 7 + 7) % 7; /* 1970-01-01: a Thursday */

	return to == 0 ? when : local_midnight(when, offset) + to * DAY;
}

gint64
people_time_round(const Calendar *calendar, gint64 now, gint64 when)
{
	gint64 length = when - now, offset, opening;

	if (length > 14 * DAY)
		return evening(calendar, friday(calendar, when));
	if (length > 12 * HOUR)
		return evening(calendar, when);
	offset = calendar != NULL ? calendar_offset(calendar, when) : 0;
	when = round_to(when, length > 4 * HOUR ? HOUR : HOUR / 2, offset);
	/* At the closing itself somebody is still there. */
	if (calendar == NULL || calendar_is_open(calendar, when - 1))
		return when;
	opening = calendar_next_opening(calendar, when);
	return opening == G_MAXINT64 ? when : opening + HOUR;
}
