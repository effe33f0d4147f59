/* holidays_ical.c - see holidays_ical.h; the only file that knows libical.
 * Called by policy/holidays. */
#include "policy/holidays_ical.h"

#include <libical/ical.h>
#include <string.h>

#include "ground/error.h"

enum {
	EVENT_DAYS_MOST = 366,
	SERIES_MOST = 40000, /* days a century has: no longer series */
	LAST_YEAR = 2100,
};

typedef struct Reader {
	const char *path;
	icalcomponent *calendar;
	HolidaysDay found;
	gpointer data;
} Reader;

static void
free_component(icalcomponent *component)
{
	icalcomponent_free(component);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(icalcomponent, free_component)

static gint64
day_number(icaltimetype time)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)time.day, (GDateMonth)time.month,
	    (GDateYear)time.year);
	return (gint64)g_date_get_julian(&date) - 719163; /* 1970-01-01 */
}

static gboolean
is_day(icaltimetype time)
{
	return time.is_date && time.year >= 1 && time.year <= 9999 &&
	    g_date_valid_dmy((GDateDay)time.day, (GDateMonth)time.month,
		(GDateYear)time.year);
}

/* All of a kind: a component has one place to go on from, not one a loop. */
static GPtrArray *
properties(icalcomponent *event, icalproperty_kind kind)
{
	GPtrArray *out = g_ptr_array_new();

	for (icalproperty *p = icalcomponent_get_first_property(event, kind);
	     p != NULL; p = icalcomponent_get_next_property(event, kind))
		g_ptr_array_add(out, p);
	return out;
}

/* Any property of an event whose value is that day. */
static gboolean
names_day(icalcomponent *event, icalproperty_kind kind, icaltimetype day)
{
	for (icalproperty *p = icalcomponent_get_first_property(event, kind);
	     p != NULL; p = icalcomponent_get_next_property(event, kind)) {
		icaltimetype time = kind == ICAL_EXDATE_PROPERTY
		    ? icalproperty_get_exdate(p)
		    : icalproperty_get_recurrenceid(p);

		if (icaltime_compare_date_only(time, day) == 0)
			return TRUE;
	}
	return FALSE;
}

/* One of a series that another event of the same UID stands for. */
static gboolean
is_moved(const Reader *reader, icalcomponent *event, icaltimetype day)
{
	const char *uid = icalcomponent_get_uid(event);
	icalcompiter at = icalcomponent_begin_component(
	    reader->calendar, ICAL_VEVENT_COMPONENT);

	for (icalcomponent *other; uid != NULL &&
	     (other = icalcompiter_deref(&at)) != NULL;
	     icalcompiter_next(&at)) {
		const char *its = icalcomponent_get_uid(other);

		if (other != event && its != NULL && strcmp(its, uid) == 0 &&
		    names_day(other, ICAL_RECURRENCEID_PROPERTY, day))
			return TRUE;
	}
	return FALSE;
}

static void
tell(const Reader *reader, icalcomponent *event, icaltimetype day, int days)
{
	const char *name = icalcomponent_get_summary(event);
	gint64 first = day_number(day);

	if (names_day(event, ICAL_EXDATE_PROPERTY, day) ||
	    is_moved(reader, event, day))
		return;
	for (int i = 0; i < days; i++)
		reader->found(first + i, name != NULL ? name : "",
		    reader->data);
}

static gboolean
fault(const Reader *reader, icalcomponent *event, const char *what,
    GError **error)
{
	const char *name = icalcomponent_get_summary(event);

	return error_config(error, "%s: event \"%s\": %s", reader->path,
	    name != NULL ? name : "", what);
}

static gboolean
follow(const Reader *reader, icalcomponent *event, icalproperty *rule,
    icaltimetype start, int days, GError **error)
{
	struct icalrecurrencetype recur = icalproperty_get_rrule(rule);
	icalrecur_iterator *at = icalrecur_iterator_new(recur, start);
	guint count = 0;

	if (at == NULL)
		return fault(reader, event, "RRULE is none that RFC 5545 has",
		    error);
	for (icaltimetype day = icalrecur_iterator_next(at);
	     !icaltime_is_null_time(day) && day.year <= LAST_YEAR &&
	     count < SERIES_MOST;
	     day = icalrecur_iterator_next(at), count++)
		tell(reader, event, day, days);
	icalrecur_iterator_free(at);
	return count < SERIES_MOST ||
	    fault(reader, event, "RRULE gives more than a day each day", error);
}

/* DTEND is the first day after it (RFC 5545 section 3.6.1). */
static int
days_of(icalcomponent *event, icaltimetype start)
{
	icaltimetype end = icalcomponent_get_dtend(event);

	if (!is_day(end))
		return 1;
	return (int)CLAMP(day_number(end) - day_number(start), 1,
	    EVENT_DAYS_MOST);
}

static gboolean
read_event(const Reader *reader, icalcomponent *event, GError **error)
{
	icaltimetype start = icalcomponent_get_dtstart(event);
	g_autoptr(GPtrArray) rules = NULL;
	g_autoptr(GPtrArray) more = NULL;
	int days;

	if (icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
		return TRUE;
	if (icaltime_is_null_time(start))
		return fault(reader, event, "DTSTART is no day", error);
	if (!start.is_date)
		return TRUE;
	if (!is_day(start))
		return fault(reader, event, "DTSTART is no day", error);
	days = days_of(event, start);
	rules = properties(event, ICAL_RRULE_PROPERTY);
	more = properties(event, ICAL_RDATE_PROPERTY);
	if (rules->len == 0)
		tell(reader, event, start, days);
	for (guint i = 0; i < rules->len; i++)
		if (!follow(reader, event, rules->pdata[i], start, days, error))
			return FALSE;
	for (guint i = 0; i < more->len; i++) {
		icaltimetype time = icalproperty_get_rdate(more->pdata[i]).time;

		if (is_day(time))
			tell(reader, event, time, days);
	}
	return TRUE;
}

/* libical leaves a note of each line that it could not read. A line that
 * decides nothing here may be as it likes. */
static gboolean
check_event(const Reader *reader, icalcomponent *event, GError **error)
{
	static const char *const deciding[] = { "DTSTART", "DTEND", "RRULE",
		"RDATE", "EXDATE", "RECURRENCE-ID" };

	for (icalproperty *p = icalcomponent_get_first_property(
		 event, ICAL_XLICERROR_PROPERTY);
	     p != NULL; p = icalcomponent_get_next_property(
			    event, ICAL_XLICERROR_PROPERTY)) {
		const char *text = icalproperty_get_xlicerror(p);

		for (guint i = 0; text != NULL && i < G_N_ELEMENTS(deciding);
		     i++)
			if (strstr(text, deciding[i]) != NULL)
				return fault(reader, event, text, error);
	}
	return TRUE;
}

gboolean
holidays_read_ical(const char *path, const char *text, HolidaysDay found,
    gpointer data, GError **error)
{
	g_autoptr(icalcomponent) root = NULL;
	Reader reader = { path, NULL, found, data };

	icalerror_set_errors_are_fatal(FALSE);
	root = icalparser_parse_string(text);
	if (root == NULL || icalcomponent_isa(root) != ICAL_VCALENDAR_COMPONENT)
		return error_config(error,
		    "%s: begins as iCalendar and cannot be read as such", path);
	reader.calendar = root;
	for (icalcompiter at = icalcomponent_begin_component(
		 root, ICAL_VEVENT_COMPONENT);
	     icalcompiter_deref(&at) != NULL; icalcompiter_next(&at)) {
		icalcomponent *event = icalcompiter_deref(&at);

		if (!check_event(&reader, event, error) ||
		    !read_event(&reader, event, error))
			return FALSE;
	}
	return TRUE;
}
