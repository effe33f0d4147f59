/* holidays.c - days on which a desk is closed, from the configuration, from
 * plain lists, from iCalendar files and from the lists of countries that are
 * compiled in (policy/holidays/). calendar.c asks, once per day. */
#include "policy/holidays.h"

#include <stdlib.h>
#include <string.h>

#include "ground/error.h"
#include "policy/holidays_ical.h"

#define EPOCH_JULIAN 719163 /* of 1970-01-01, as GDate counts */
#define FILE_MOST    (1024 * 1024)
#define YEARLY_SIZE  (13 * 32)

struct Holidays {
	GHashTable *dates;         /* days since 1970 -> name */
	char *yearly[YEARLY_SIZE]; /* by month * 32 + day; NULL: none */
};

static const struct {
	const char *country, *text;
} lists[] = {
#include "policy/holidays.inc"
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
add_date(gint64 day, const char *name, gpointer data)
{
	Holidays *holidays = data;

	g_hash_table_insert(
	    holidays->dates, GINT_TO_POINTER((int)day), g_strdup(name));
}

/* "2026-03-21" or "03-21"; FALSE if it is neither, or no such day. */
static gboolean
add_day(Holidays *holidays, const char *text, const char *name)
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
	if (yearly) {
		g_free(holidays->yearly[month * 32 + day]);
		holidays->yearly[month * 32 + day] = g_strdup(name);
	} else {
		add_date(day_number(&date), name, holidays);
	}
	return TRUE;
}

static gboolean
add_list(Holidays *holidays, const char *path, char **lines, GError **error)
{
	for (guint i = 0; lines[i] != NULL; i++) {
		char *comment = strchr(lines[i], '#'), *name;

		if (comment != NULL)
			*comment = '\0';
		g_strstrip(lines[i]);
		/* What follows the day is its name: "03-21 Navroʻz". */
		name = lines[i] + strcspn(lines[i], " \t");
		if (*name != '\0')
			*name++ = '\0';
		if (*lines[i] != '\0' &&
		    !add_day(holidays, lines[i], g_strchug(name)))
			return error_config(error,
			    "%s:%u: holiday \"%s\": right would be "
			    "\"2026-03-21\", or \"03-21\" for every year",
			    path, i + 1, lines[i]);
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
	if (g_ascii_strncasecmp(text, "BEGIN:VCALENDAR", 15) == 0)
		return holidays_read_ical(
		    path, text, add_date, holidays, error);
	lines = g_strsplit(text, "\n", -1);
	return add_list(holidays, path, lines, error);
}

static const char *
list_of(const char *country)
{
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		if (g_str_equal(lists[i].country, country))
			return lists[i].text;
	return NULL;
}

static gboolean
add_entry(Holidays *holidays, const char *entry, const char *dir,
    GError **error)
{
	const char *list = list_of(entry);
	g_auto(GStrv) lines = NULL;

	if (list == NULL)
		return add_day(holidays, entry, "") ||
		    add_file(holidays, entry, dir, error);
	lines = g_strsplit(list, "\n", -1);
	return add_list(holidays, entry, lines, error);
}

Holidays *
holidays_new(const char *const *entries, const char *dir, GError **error)
{
	g_autoptr(Holidays) holidays = g_new0(Holidays, 1);

	holidays->dates = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	for (; entries != NULL && *entries != NULL; entries++)
		if (!add_entry(holidays, *entries, dir, error))
			return NULL;
	return g_steal_pointer(&holidays);
}

void
holidays_free(Holidays *holidays)
{
	if (holidays == NULL)
		return;
	g_hash_table_unref(holidays->dates);
	for (guint i = 0; i < YEARLY_SIZE; i++)
		g_free(holidays->yearly[i]);
	g_free(holidays);
}

gboolean
holidays_has(const Holidays *holidays, gint64 day)
{
	return holidays_name(holidays, day) != NULL;
}

const char *
holidays_name(const Holidays *holidays, gint64 day)
{
	GDate date;
	gint64 julian = day + EPOCH_JULIAN;
	const char *name;

	if (julian < 1 || julian > G_MAXINT32)
		return NULL;
	name = g_hash_table_lookup(
	    holidays->dates, GINT_TO_POINTER((int)day));
	if (name != NULL)
		return name;
	g_date_clear(&date, 1);
	g_date_set_julian(&date, (guint32)julian);
	return holidays
	    ->yearly[g_date_get_month(&date) * 32 + g_date_get_day(&date)];
}

const char *const *
holidays_countries(void)
{
	static const char *names[G_N_ELEMENTS(lists) + 1];

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		names[i] = lists[i].country;
	return names;
}

int
holidays_known_until(const char *country)
{
	const char *list = list_of(country);
	int until = 0;

	for (const char *at = list; at != NULL && *at != '\0';
	     at += strcspn(at, "\n"), at += *at != '\0')
		if (strspn(at, "0123456789") == 4)
			until = MAX(until, (int)strtol(at, NULL, 10));
	return until;
}
