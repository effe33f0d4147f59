/* calendar.h - working hours, holidays, time zones: working time to instants
 * and back. All arithmetic in seconds UTC; the zone is from the system's
 * tzdata (GTimeZone), DST included. */
#ifndef POLICY_CALENDAR_H
#define POLICY_CALENDAR_H

#include "javob.h"

/* timezone: "Asia/Tashkent" or "UTC". hours: "Mon-Fri 09:00-18:00; Sat
 * 10:00-14:00", several spans a day with commas ("09:00-13:00,14:00-18:00"),
 * "24/7". holidays and dir: see policy/holidays.h. NULL with error CONFIG
 * saying what would be right. */
Calendar *calendar_new(const char *name, const char *timezone,
    const char *hours, const char *const *holidays, const char *dir,
    GError **error);
void calendar_free(Calendar *calendar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calendar, calendar_free)

const char *calendar_name(const Calendar *calendar);
const char *calendar_timezone(const Calendar *calendar);
const char *calendar_hours(const Calendar *calendar); /* as configured */
gboolean calendar_always(const Calendar *calendar); /* "24/7" */
/* Seconds that its clocks are before UTC at that instant. */
gint64 calendar_offset(const Calendar *calendar, gint64 when);
gboolean calendar_is_open(const Calendar *calendar, gint64 when);

/* First instant >= when that is working time; G_MAXINT64 if there is none
 * within two years (all closed). */
gint64 calendar_next_opening(const Calendar *calendar, gint64 when);

/* The same the slow way: what the zone's clock shows at that instant against
 * the hours as they are written. What the others answer can be tried by it. */
gboolean calendar_shows_open(const Calendar *calendar, gint64 when);
/* The holiday that the local day of `when` is, "" if it has no name; NULL: it
 * is none. */
const char *calendar_holiday(const Calendar *calendar, gint64 when);

/* The end of the working time that `when` is in; `when` itself if closed. */
gint64 calendar_closes(const Calendar *calendar, gint64 when);

/* The end of the last working time in [from, to); G_MININT64 if there is
 * none. */
gint64 calendar_closing(const Calendar *calendar, gint64 from, gint64 to);

/* The instant when `seconds` of working time have passed since when; at a
 * closing edge the closing time itself, not the next opening. */
gint64 calendar_add(const Calendar *calendar, gint64 when, gint64 seconds);

/* Working seconds in [from, to); negative never. */
gint64 calendar_between(const Calendar *calendar, gint64 from, gint64 to);

#endif
