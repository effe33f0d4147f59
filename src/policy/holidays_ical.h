/* holidays_ical.h - all-day events of an iCalendar file, by libical. */
#ifndef POLICY_HOLIDAYS_ICAL_H
#define POLICY_HOLIDAYS_ICAL_H

#include "javob.h"

/* Called for each day of each event; day: days since 1970-01-01. */
typedef void (*HolidaysDay)(gint64 day, const char *name, gpointer data);

/* Series are followed to the end of 2100. FALSE with error CONFIG that names
 * path and what is wrong; what was found before may have been told. */
gboolean holidays_read_ical(const char *path, const char *text,
    HolidaysDay found, gpointer data, GError **error);

#endif
