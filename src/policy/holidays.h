/* holidays.h - days on which a desk is closed. */
#ifndef POLICY_HOLIDAYS_H
#define POLICY_HOLIDAYS_H

#include "javob.h"

typedef struct Holidays Holidays;

/* entries: NULL-terminated; each "2026-03-21", yearly "03-21", or the name of
 * a file, relative to dir: of such days, one a line, with # comments, or
 * iCalendar. Of iCalendar (RFC 5545) all-day events are read, single or
 * yearly; another repetition is an error, as half a list would be a wrong
 * one. NULL with error CONFIG. */
Holidays *holidays_new(const char *const *entries, const char *dir,
    GError **error);
void holidays_free(Holidays *holidays);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Holidays, holidays_free)

/* day: days since 1970-01-01 of the local calendar. */
gboolean holidays_has(const Holidays *holidays, gint64 day);

#endif
