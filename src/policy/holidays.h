/* holidays.h - days on which a desk is closed. */
#ifndef POLICY_HOLIDAYS_H
#define POLICY_HOLIDAYS_H

#include "javob.h"

typedef struct Holidays Holidays;

/* entries: NULL-terminated; each "2026-03-21", yearly "03-21", the two small
 * letters of a country whose list comes with the program ("uz"), or the name
 * of a file, relative to dir: of such days, one a line with its name behind
 * it and # comments, or iCalendar (RFC 5545). Of iCalendar all-day events are
 * read, with RRULE, RDATE, EXDATE and what moves one of a series; part of a
 * day closes nothing. NULL with error CONFIG. */
Holidays *holidays_new(const char *const *entries, const char *dir,
    GError **error);
void holidays_free(Holidays *holidays);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Holidays, holidays_free)

/* day: days since 1970-01-01 of the local calendar. */
gboolean holidays_has(const Holidays *holidays, gint64 day);
/* What the list calls the day, "" if it has no name; NULL: no holiday. */
const char *holidays_name(const Holidays *holidays, gint64 day);

/* The countries whose lists come with the program; NULL-terminated. */
const char *const *holidays_countries(void);

/* Last year for which a country's list knows the days that follow the moon
 * or Easter; 0: it has none such. */
int holidays_known_until(const char *country);

#endif
