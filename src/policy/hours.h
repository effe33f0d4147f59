/* hours.h - working hours as the configuration writes them. */
#ifndef POLICY_HOURS_H
#define POLICY_HOURS_H

#include "javob.h"

/* Seconds of the day; end <= start: it ends on the next day. */
typedef struct HoursSpan {
	int start;
	int end;
} HoursSpan;

/* 0 is Monday; last < first: round the week's end ("Sat-Mon"). */
typedef struct HoursDays {
	int first;
	int last;
} HoursDays;

/* "Mon-Fri,Sun 09:00-13:00,14:00-18:00" */
typedef struct HoursRule {
	GArray *days;  /* of HoursDays */
	GArray *spans; /* of HoursSpan */
} HoursRule;

/* Rules between semicolons; "24/7" is one rule for all days, 0:00 to 24:00.
 * Array of HoursRule; free with g_ptr_array_unref. NULL with error CONFIG
 * that quotes the place and says what would be right. */
GPtrArray *hours_parse(const char *text, GError **error);

/* TRUE for "24/7". */
gboolean hours_always(const char *text);

#endif
