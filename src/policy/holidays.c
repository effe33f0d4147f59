/* holidays.c - days on which a desk is closed, from the configuration, from
 * plain lists and from iCalendar files. calendar.c asks, once per day. */
#include "policy/holidays.h"

#include <string.h>

#include "ground/error.h"

#define EPOCH_JULIAN    719163 /* of 1970-01-01, as GDate counts */
#define FILE_MOST       (1024 * 1024)
#define EVENT_DAYS_MOST 366
#define YEARLY_SIZE     (13 * 32)

struct Holidays {
	GHashTable *dates;          /* days since 1970 */
	guint8 yearly[YEARLY_SIZE]; /* by month * 32 + day */
};

/* Exactly `count` digits. */
static gboolean
take_number(const char **at, int count, int *number)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!g_ascii_isdigit((*at)[i]))
			return FALSE;
		value = value * 10 + g_ascii_digit_value((*at)[i]);
	}
	*at += count;
	*number = value;
	return TRUE;
}

static gint64
day_number(const GDate *date)
{
	return (gint64)g_date_get_julian(date) - EPOCH_JULIAN;
}

static void
add_date(Holidays *holidays, gint64 day)
{
	g_hash_table_add(holidays->dates, GINT_TO_POINTER((int)day));
}

/* "2026-03-21" or "03-21"; FALSE if it is neither, or no such day. */
static gboolean
add_day(Holidays *holidays, const char *text)
{
	const char *at = text;
	int year = 2000; /* a leap year: 02-29 may be a yearly holiday */
	int month, day;
	gboolean yearly = strlen(text) == 5;
	GDate date;

	if (!yearly && (!take_number(&at, 4, &year) || *at++ != '-'))
		return FALSE;
	if (!take_number(&at, 2, &month) || *at++ != '-' ||
	    !take_number(&at, 2, &day) || *at != '\0')
		return FALSE;
	if (year < 1 || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month,
			    (GDateYear)year))
		return FALSE;
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month,
	    (GDateYear)year);
	if (yearly)
		holidays->yearly[month * 32 + day] = 1;
	else
		add_date(holidays, day_number(&date));
	return TRUE;
}

static gboolean
add_list(Holidays *holidays, const char *path, char **lines, GError **error)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		char *comment = strchr(lines[i], '#');

		if (comment != NULL)
			*comment = '\0';
		g_strstrip(lines[i]);
		/* What follows the day is its name: "03-21 Navroʻz". */
		lines[i][strcspn(lines[i], " \t")] = '\0';
		if (*lines[i] != '\0' && !add_day(holidays, lines[i]))
			return error_config(error,
			    "%s:%u: holiday \"%s\": right would be "
			    "\"2026-03-21\", or \"03-21\" for every year",
			    path, i + 1, lines[i]);
	}
	return TRUE;
}

/* What of an iCalendar event decides. */
typedef struct Event {
	guint line;
	char start[16]; /* "20260321" */
	char end[16];
	char *rule; /* borrowed */
} Event;

/* DTSTART;VALUE=DATE:20260321 - the value only if it is a plain day. */
static void
event_day(const char *value, char *out)
{
	if (strlen(value) == 8 && strspn(value, "0123456789") == 8)
		g_strlcpy(out, value, 16);
}

static gboolean
event_date(const char *text, GDate *date)
{
	int year, month, day;

	g_date_clear(date, 1);
	if (!take_number(&text, 4, &year) || !take_number(&text, 2, &month) ||
	    !take_number(&text, 2, &day) || year < 1 ||
	    !g_date_valid_dmy((GDateDay)day, (GDateMonth)month,
		(GDateYear)year))
		return FALSE;
	g_date_set_dmy(date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return TRUE;
}

/* DTEND is the first day after it (RFC 5545 section 3.6.1). */
static gboolean
add_event(Holidays *holidays, const char *path, const Event *event,
    GError **error)
{
	GDate start, end;
	gboolean yearly = event->rule != NULL;
	int days = 1;

	if (*event->start == '\0')
		return TRUE; /* part of a day closes nothing */
	if (yearly && g_ascii_strcasecmp(event->rule, "FREQ=YEARLY") != 0)
		return error_config(error,
		    "%s:%u: RRULE:%s: only FREQ=YEARLY is understood; write "
		    "the days one by one",
		    path, event->line, event->rule);
	if (!event_date(event->start, &start))
		return error_config(error, "%s:%u: DTSTART:%s is no day", path,
		    event->line, event->start);
	if (*event->end != '\0') {
		if (!event_date(event->end, &end))
			return error_config(error, "%s:%u: DTEND:%s is no day",
			    path, event->line, event->end);
		days = CLAMP(g_date_days_between(&start, &end), 1,
		    EVENT_DAYS_MOST);
	}
	for (int i = 0; i < days; i++, g_date_add_days(&start, 1)) {
		if (yearly)
			holidays->yearly[g_date_get_month(&start) * 32 +
					 g_date_get_day(&start)] = 1;
		else
			add_date(holidays, day_number(&start));
	}
	return TRUE;
}

static gboolean
add_icalendar(Holidays *holidays, const char *path, char **lines,
    GError **error)
{
	Event event = { 0 };
	gboolean inside = FALSE;

	for (guint i = 0; lines[i] != NULL; i++) {
		char *line = g_strchomp(lines[i]);
		char *value = strchr(line, ':');
		gsize name = strcspn(line, ";:");

		if (value == NULL)
			continue;
		value++;
		if (g_ascii_strcasecmp(line, "BEGIN:VEVENT") == 0) {
			memset(&event, 0, sizeof event);
			event.line = i + 1;
			inside = TRUE;
		} else if (g_ascii_strcasecmp(line, "END:VEVENT") == 0) {
			inside = FALSE;
			if (!add_event(holidays, path, &event, error))
				return FALSE;
		} else if (!inside) {
			continue;
		} else if (name == 7 &&
			   g_ascii_strncasecmp(line, "DTSTART", 7) == 0) {
			event_day(value, event.start);
		} else if (name == 5 &&
			   g_ascii_strncasecmp(line, "DTEND", 5) == 0) {
			event_day(value, event.end);
		} else if (name == 5 &&
			   g_ascii_strncasecmp(line, "RRULE", 5) == 0) {
			event.rule = value;
		}
	}
	return TRUE;
}

static gboolean
add_file(Holidays *holidays, const char *entry, const char *dir, GError **error)
{
	g_autofree char *path = g_path_is_absolute(entry) || dir == NULL
				    ? g_strdup(entry)
				    : g_build_filename(dir, entry, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) fault = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &fault))
		return error_config(error,
		    "holidays \"%s\": neither a day (\"2026-03-21\", \"03-21\") "
		    "nor a file that can be read: %s",
		    entry, fault->message);
	if (length > FILE_MOST || memchr(text, '\0', length) != NULL)
		return error_config(error, "%s: not a list of holidays", path);
	lines = g_strsplit(text, "\n", -1);
	if (g_ascii_strncasecmp(text, "BEGIN:VCALENDAR", 15) == 0)
		return add_icalendar(holidays, path, lines, error);
	return add_list(holidays, path, lines, error);
}

Holidays *
holidays_new(const char *const *entries, const char *dir, GError **error)
{
	g_autoptr(Holidays) holidays = g_new0(Holidays, 1);

	holidays->dates = g_hash_table_new(NULL, NULL);
	for (; entries != NULL && *entries != NULL; entries++) {
		if (!add_day(holidays, *entries) &&
		    !add_file(holidays, *entries, dir, error))
			return NULL;
	}
	return g_steal_pointer(&holidays);
}

void
holidays_free(Holidays *holidays)
{
	if (holidays == NULL)
		return;
	g_hash_table_unref(holidays->dates);
	g_free(holidays);
}

gboolean
holidays_has(const Holidays *holidays, gint64 day)
{
	GDate date;
	gint64 julian = day + EPOCH_JULIAN;

	if (julian < 1 || julian > G_MAXINT32)
		return FALSE;
	if (g_hash_table_contains(holidays->dates, GINT_TO_POINTER((int)day)))
		return TRUE;
	g_date_clear(&date, 1);
	g_date_set_julian(&date, (guint32)julian);
	return holidays
	    ->yearly[g_date_get_month(&date) * 32 + g_date_get_day(&date)];
}
