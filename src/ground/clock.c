/* clock.c - the only asker of the time.
 *
 * Everything else is given `now`, so that a test can choose the day. */
#include "ground/clock.h"

#include <stdlib.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 3600 };

gint64
clock_now(void)
{
	const char *still = getenv("JAVOB_CLOCK");
	gint64 when;

	if (still != NULL && clock_parse(still, &when))
		return when;
	return (gint64)time(NULL);
}

gint64
clock_monotonic_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

char *
clock_rfc3339(gint64 when)
{
	g_autoptr(GDateTime) t = NULL;

	/* Years 1 to 9999 are all that RFC 3339 and GDateTime can say. */
	when = CLAMP(when, G_GINT64_CONSTANT(-62135596800),
	    G_GINT64_CONSTANT(253402300799));
	t = g_date_time_new_from_unix_utc(when);
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ",
	    g_date_time_get_year(t), g_date_time_get_month(t),
	    g_date_time_get_day_of_month(t), g_date_time_get_hour(t),
	    g_date_time_get_minute(t), g_date_time_get_second(t));
}

/* Reads just so many digits; -1 if there are other characters. */
static int
digits(const char **p, int count)
{
	int n = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (!g_ascii_isdigit(**p))
			return -1;
		n = n * 10 + (**p - '0');
	}
	return n;
}

static gboolean
skip(const char **p, char c)
{
	if (g_ascii_toupper(**p) != c)
		return FALSE;
	(*p)++;
	return TRUE;
}

/* time-offset = "Z" / ("+" / "-") time-hour ":" time-minute */
static gboolean
parse_offset(const char *p, int *offset)
{
	int sign, hour, minute;

	*offset = 0;
	if (skip(&p, 'Z'))
		return *p == '\0';
	if (*p != '+' && *p != '-')
		return FALSE;
	sign = *p++ == '-' ? -1 : 1;
	if ((hour = digits(&p, 2)) < 0 || hour > 23 || !skip(&p, ':') ||
	    (minute = digits(&p, 2)) < 0 || minute > 59)
		return FALSE;
	*offset = sign * (hour * HOUR + minute * MINUTE);
	return *p == '\0';
}

/* date-time of RFC 3339 section 5.6; a space may stand for the T. */
static gboolean
parse_instant(const char *p, gint64 *when)
{
	g_autoptr(GDateTime) day = NULL;
	int y, m, d, hour, minute, second, offset;

	if ((y = digits(&p, 4)) < 1 || !skip(&p, '-') ||
	    (m = digits(&p, 2)) < 1 || !skip(&p, '-') ||
	    (d = digits(&p, 2)) < 1 || (!skip(&p, 'T') && !skip(&p, ' ')) ||
	    (hour = digits(&p, 2)) < 0 || hour > 23 || !skip(&p, ':') ||
	    (minute = digits(&p, 2)) < 0 || minute > 59 || !skip(&p, ':') ||
	    (second = digits(&p, 2)) < 0 || second > 60)
		return FALSE;
	if (skip(&p, '.')) {
		if (!g_ascii_isdigit(*p))
			return FALSE;
		while (g_ascii_isdigit(*p))
			p++;
	}
	if (!parse_offset(p, &offset))
		return FALSE;
	day = g_date_time_new_utc(y, m, d, 0, 0, 0);
	if (day == NULL)
		return FALSE;
	*when = g_date_time_to_unix(day) + hour * HOUR + minute * MINUTE +
		second - offset;
	return TRUE;
}

gboolean
clock_parse(const char *text, gint64 *when)
{
	const char *p = text;

	if (*p == '-')
		p++;
	if (*p == '\0')
		return FALSE;
	while (g_ascii_isdigit(*p))
		p++;
	if (*p == '\0')
		return g_ascii_string_to_signed(text, 10, G_MININT64,
		    G_MAXINT64, when, NULL);
	return parse_instant(text, when);
}
