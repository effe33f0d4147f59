/* calendar.c - working hours, holidays, time zones.
 *
 * An instant is working time when its local clock, by the zone's rules at
 * that instant, stands in one of the day's spans and the local date is no
 * holiday. So an hour that summer time skips is never worked, one that it
 * repeats is worked twice, and a span over midnight is cut where a holiday
 * begins or ends. All questions are answered from the pieces of working time
 * in one UTC day, computed once and kept: UTC days never overlap, which
 * local ones do where clocks go back over midnight. */
#include "policy/calendar.h"

#include <string.h>

#include "ground/error.h"
#include "policy/holidays.h"
#include "policy/hours.h"

#define DAY        86400
#define TWO_YEARS  731   /* days */
#define CENTURY    36525 /* days; longer sums are taken for endless */
#define CACHE_DAYS 64    /* a power of two */
#define NOT_CACHED G_MININT64

/* Years 1 to 9999, where the zone and the dates mean something. */
#define TIME_LEAST G_GINT64_CONSTANT(-62135510400)
#define TIME_MOST  G_GINT64_CONSTANT(253402214400)

/* Working time, in seconds from the begin of a UTC day. */
typedef struct Piece {
	int start;
	int end;
} Piece;

typedef struct Day {
	gint64 number;  /* days since 1970, or NOT_CACHED */
	GArray *pieces; /* of Piece; in order, apart */
} Day;

struct Calendar {
	char *name;
	char *zone_name;
	char *hours;
	GTimeZone *zone;
	GArray *week[7]; /* of HoursSpan; in order, apart, end <= DAY */
	Holidays *holidays;
	Day *cache;
};

static gint64
day_of(gint64 when)
{
	return when / DAY - (when % DAY < 0);
}

static int
weekday_of(gint64 day)
{
	gint64 n = (day + 3) % 7; /* 1970-01-01 was a Thursday */

	return (int)(n < 0 ? n + 7 : n);
}

static int
compare_spans(gconstpointer a, gconstpointer b)
{
	return ((const HoursSpan *)a)->start - ((const HoursSpan *)b)->start;
}

/* In order, and spans that overlap or touch made one. */
static void
tidy_spans(GArray *spans)
{
	guint kept = 0;

	g_array_sort(spans, compare_spans);
	for (guint i = 1; i < spans->len; i++) {
		HoursSpan *last = &g_array_index(spans, HoursSpan, kept);
		HoursSpan next = g_array_index(spans, HoursSpan, i);

		if (next.start <= last->end)
			last->end = MAX(last->end, next.end);
		else
			g_array_index(spans, HoursSpan, ++kept) = next;
	}
	if (spans->len > 0)
		g_array_set_size(spans, kept + 1);
}

static void
add_spans(Calendar *calendar, int weekday, const GArray *spans)
{
	for (guint i = 0; i < spans->len; i++) {
		HoursSpan span = g_array_index(spans, HoursSpan, i);
		HoursSpan rest = { 0, span.end };

		if (span.end <= span.start) { /* over midnight */
			span.end = DAY;
			if (rest.end > 0)
				g_array_append_val(
				    calendar->week[(weekday + 1) % 7], rest);
		}
		g_array_append_val(calendar->week[weekday], span);
	}
}

static gboolean
read_hours(Calendar *calendar, GError **error)
{
	g_autoptr(GPtrArray) rules = hours_parse(calendar->hours, error);

	if (rules == NULL)
		return FALSE;
	for (guint i = 0; i < rules->len; i++) {
		const HoursRule *rule = rules->pdata[i];

		for (guint j = 0; j < rule->days->len; j++) {
			const HoursDays *days =
			    &g_array_index(rule->days, HoursDays, j);
			int count = (days->last - days->first + 7) % 7 + 1;

			for (int k = 0; k < count; k++)
				add_spans(calendar, (days->first + k) % 7,
				    rule->spans);
		}
	}
	for (guint i = 0; i < G_N_ELEMENTS(calendar->week); i++)
		tidy_spans(calendar->week[i]);
	return TRUE;
}

/* Names of the tz database only: GLib would take "+05" and POSIX rules too,
 * which no letter can name to a customer. */
static gboolean
zone_name_ok(const char *name)
{
	gboolean path = strchr(name, '/') != NULL;

	if (!g_ascii_isalpha(*name) || strstr(name, "..") != NULL)
		return FALSE;
	for (const char *p = name; *p != '\0'; p++) {
		if (!g_ascii_isalpha(*p) && strchr("_-/", *p) == NULL &&
		    !(path && (g_ascii_isdigit(*p) || *p == '+')))
			return FALSE;
	}
	return TRUE;
}

Calendar *
calendar_new(const char *name, const char *timezone, const char *hours,
    const char *const *holidays, const char *dir, GError **error)
{
	g_autoptr(Calendar) calendar = g_new0(Calendar, 1);

	calendar->name = g_strdup(name);
	calendar->zone_name = g_strdup(timezone);
	calendar->hours = g_strdup(hours);
	calendar->cache = g_new0(Day, CACHE_DAYS);
	for (guint i = 0; i < CACHE_DAYS; i++) {
		calendar->cache[i].number = NOT_CACHED;
		calendar->cache[i].pieces =
		    g_array_new(FALSE, FALSE, sizeof(Piece));
	}
	for (guint i = 0; i < G_N_ELEMENTS(calendar->week); i++)
		calendar->week[i] =
		    g_array_new(FALSE, FALSE, sizeof(HoursSpan));
	if (zone_name_ok(timezone))
		calendar->zone = g_time_zone_new_identifier(timezone);
	if (calendar->zone == NULL) {
		error_config(error,
		    "calendar %s: time zone \"%s\" is not known here; right "
		    "would be a name like \"Asia/Tashkent\" or \"UTC\"",
		    name, timezone);
		return NULL;
	}
	if (!read_hours(calendar, error)) {
		g_prefix_error(error, "calendar %s: ", name);
		return NULL;
	}
	calendar->holidays = holidays_new(holidays, dir, error);
	if (calendar->holidays == NULL) {
		g_prefix_error(error, "calendar %s: ", name);
		return NULL;
	}
	return g_steal_pointer(&calendar);
}

void
calendar_free(Calendar *calendar)
{
	if (calendar == NULL)
		return;
	for (guint i = 0; i < CACHE_DAYS; i++)
		g_array_unref(calendar->cache[i].pieces);
	for (guint i = 0; i < G_N_ELEMENTS(calendar->week); i++)
		g_array_unref(calendar->week[i]);
	g_clear_pointer(&calendar->zone, g_time_zone_unref);
	holidays_free(calendar->holidays);
	g_free(calendar->cache);
	g_free(calendar->name);
	g_free(calendar->zone_name);
	g_free(calendar->hours);
	g_free(calendar);
}

const char *
calendar_name(const Calendar *calendar)
{
	return calendar->name;
}

const char *
calendar_timezone(const Calendar *calendar)
{
	return calendar->zone_name;
}

const char *
calendar_hours(const Calendar *calendar)
{
	return calendar->hours;
}

gboolean
calendar_always(const Calendar *calendar)
{
	return hours_always(calendar->hours);
}

static int
zone_interval(const Calendar *calendar, gint64 when)
{
	return g_time_zone_find_interval(calendar->zone, G_TIME_TYPE_UNIVERSAL,
	    when);
}

/* The instant, at most `to`, at which the zone's rule of `from` ends. GLib
 * does not tell it, but numbers the rules in order, so it can be searched. */
static gint64
rule_end(const Calendar *calendar, gint64 from, gint64 to)
{
	int rule = zone_interval(calendar, from);
	gint64 low = from;
	gint64 high = to - 1;

	if (zone_interval(calendar, high) == rule)
		return to;
	while (high - low > 1) {
		gint64 middle = low + (high - low) / 2;

		if (zone_interval(calendar, middle) == rule)
			low = middle;
		else
			high = middle;
	}
	return high;
}

gint64
calendar_offset(const Calendar *calendar, gint64 when)
{
	return g_time_zone_get_offset(
	    calendar->zone, zone_interval(calendar, when));
}

/* The part of the local date's spans that lies in [from, to) of the UTC day,
 * where the offset holds. */
static void
add_pieces(const Calendar *calendar, Day *day, gint64 date, gint32 offset,
    gint64 from, gint64 to)
{
	const GArray *spans = calendar->week[weekday_of(date)];
	gint64 midnight = date * DAY - offset;
	gint64 base = day->number * DAY;

	if (spans->len == 0 || holidays_has(calendar->holidays, date))
		return;
	for (guint i = 0; i < spans->len; i++) {
		const HoursSpan *span = &g_array_index(spans, HoursSpan, i);
		gint64 start = MAX(midnight + span->start, from);
		gint64 end = MIN(midnight + span->end, to);
		Piece piece = { (int)(start - base), (int)(end - base) };
		Piece *last = day->pieces->len == 0
				  ? NULL
				  : &g_array_index(day->pieces, Piece,
					day->pieces->len - 1);

		if (start >= end)
			continue;
		if (last != NULL && last->end == piece.start)
			last->end = piece.end;
		else
			g_array_append_val(day->pieces, piece);
	}
}

static const GArray *
pieces_of(const Calendar *calendar, gint64 number)
{
	Day *day = &calendar->cache[number & (CACHE_DAYS - 1)];
	gint64 end = (number + 1) * DAY;
	gint64 to;

	if (day->number == number)
		return day->pieces;
	day->number = number;
	g_array_set_size(day->pieces, 0);
	for (gint64 from = number * DAY; from < end; from = to) {
		int rule = zone_interval(calendar, from);
		gint32 offset = g_time_zone_get_offset(calendar->zone, rule);

		to = rule_end(calendar, from, end);
		for (gint64 date = day_of(from + offset);
		     date <= day_of(to - 1 + offset); date++)
			add_pieces(calendar, day, date, offset, from, to);
	}
	return day->pieces;
}

gint64
calendar_next_opening(const Calendar *calendar, gint64 when)
{
	gint64 first = day_of(when);

	if (when < TIME_LEAST || when > TIME_MOST)
		return G_MAXINT64;
	for (gint64 day = first; day <= first + TWO_YEARS; day++) {
		const GArray *pieces = pieces_of(calendar, day);

		for (guint i = 0; i < pieces->len; i++) {
			const Piece *piece = &g_array_index(pieces, Piece, i);

			if (day * DAY + piece->end > when)
				return MAX(day * DAY + piece->start, when);
		}
	}
	return G_MAXINT64;
}

gboolean
calendar_is_open(const Calendar *calendar, gint64 when)
{
	const GArray *pieces;
	gint64 second;

	if (when < TIME_LEAST || when > TIME_MOST)
		return FALSE;
	second = when - day_of(when) * DAY;
	pieces = pieces_of(calendar, day_of(when));
	for (guint i = 0; i < pieces->len; i++) {
		const Piece *piece = &g_array_index(pieces, Piece, i);

		if (second >= piece->start && second < piece->end)
			return TRUE;
	}
	return FALSE;
}

gboolean
calendar_shows_open(const Calendar *calendar, gint64 when)
{
	gint64 local = when + calendar_offset(calendar, when);
	gint64 date = day_of(local);
	const GArray *spans = calendar->week[weekday_of(date)];

	if (holidays_has(calendar->holidays, date))
		return FALSE;
	for (guint i = 0; i < spans->len; i++) {
		const HoursSpan *span = &g_array_index(spans, HoursSpan, i);

		if (local - date * DAY >= span->start &&
		    local - date * DAY < span->end)
			return TRUE;
	}
	return FALSE;
}

const char *
calendar_holiday(const Calendar *calendar, gint64 when)
{
	return holidays_name(calendar->holidays,
	    day_of(when + calendar_offset(calendar, when)));
}

gint64
calendar_closes(const Calendar *calendar, gint64 when)
{
	gint64 end = when, last = day_of(when) + TWO_YEARS;

	for (gint64 day = day_of(when); day <= last && end / DAY >= day;
	     day++) {
		const GArray *pieces = pieces_of(calendar, day);

		for (guint i = 0; i < pieces->len; i++) {
			const Piece *piece = &g_array_index(pieces, Piece, i);

			if (day * DAY + piece->start <= end &&
			    day * DAY + piece->end > end)
				end = day * DAY + piece->end;
		}
	}
	return end;
}

gint64
calendar_closing(const Calendar *calendar, gint64 from, gint64 to)
{
	for (gint64 day = day_of(to - 1); day >= day_of(from); day--) {
		const GArray *pieces = pieces_of(calendar, day);

		for (guint i = pieces->len; i > 0; i--) {
			const Piece *piece =
			    &g_array_index(pieces, Piece, i - 1);
			gint64 start = MAX(day * DAY + piece->start, from);
			gint64 end = MIN(day * DAY + piece->end, to);

			if (start < end)
				return end;
		}
	}
	return G_MININT64;
}

gint64
calendar_add(const Calendar *calendar, gint64 when, gint64 seconds)
{
	gint64 first = day_of(when);
	gint64 worked = first; /* last day with working time */
	gint64 left = seconds;

	if (seconds <= 0)
		return when;
	if (when < TIME_LEAST || when > TIME_MOST)
		return G_MAXINT64;
	for (gint64 day = first;
	     day <= worked + TWO_YEARS && day <= first + CENTURY; day++) {
		const GArray *pieces = pieces_of(calendar, day);

		for (guint i = 0; i < pieces->len; i++) {
			const Piece *piece = &g_array_index(pieces, Piece, i);
			gint64 start = MAX(day * DAY + piece->start, when);
			gint64 end = day * DAY + piece->end;

			if (start >= end)
				continue;
			if (end - start >= left)
				return start + left;
			left -= end - start;
			worked = day;
		}
	}
	return G_MAXINT64;
}

gint64
calendar_between(const Calendar *calendar, gint64 from, gint64 to)
{
	gint64 sum = 0;

	from = MAX(from, TIME_LEAST);
	to = MIN(to, TIME_MOST);
	for (gint64 day = day_of(from); day * DAY < to; day++) {
		const GArray *pieces = pieces_of(calendar, day);

		for (guint i = 0; i < pieces->len; i++) {
			const Piece *piece = &g_array_index(pieces, Piece, i);
			gint64 start = MAX(day * DAY + piece->start, from);
			gint64 end = MIN(day * DAY + piece->end, to);

			if (start < end)
				sum += end - start;
		}
	}
	return sum;
}
