/* cmd_calendar.c - javob calendar: which hours are worked, and whether the
 * arithmetic of working time is right for them. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "ground/span.h"
#include "options.h"
#include "policy/calendar.h"
#include "policy/holidays.h"

#define DAY 86400

enum { DAYS_SHOWN = 14, DAYS_MOST = 4000, SPANS = 200, DAYS_TRIED = 21 };

/* --- show -------------------------------------------------------------------- */

/* The instant at which the local day begins; noon is never skipped. */
static gint64
day_begin(const Calendar *calendar, const GDate *date)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(
	    calendar_timezone(calendar));
	g_autoptr(GDateTime) noon = g_date_time_new(zone,
	    g_date_get_year(date), (int)g_date_get_month(date),
	    g_date_get_day(date), 12, 0, 0);
	gint64 at = g_date_time_to_unix(noon) - 12 * 3600;

	/* Where the clocks were changed in the morning. */
	return at + calendar_offset(calendar, at + 12 * 3600) -
	    calendar_offset(calendar, at);
}

static char *
clock_text(const Calendar *calendar, gint64 when, gint64 begin)
{
	gint64 second = (when + calendar_offset(calendar, when)) % DAY;

	if (second == 0 && when > begin)
		second = DAY;
	return g_strdup_printf("%02d:%02d", (int)(second / 3600),
	    (int)(second / 60 % 60));
}

static char *
spans_text(const Calendar *calendar, gint64 begin, gint64 end, char sep)
{
	GString *out = g_string_new(NULL);
	gint64 at = calendar_next_opening(calendar, begin);

	while (at < end) {
		gint64 close = MIN(calendar_closes(calendar, at), end);
		g_autofree char *from = clock_text(calendar, at, begin);
		/* What an hour that is there twice reads as is its last. */
		g_autofree char *to = close == end
		    ? g_strdup("24:00")
		    : clock_text(calendar, close, begin);

		if (out->len > 0)
			g_string_append_c(out, sep);
		g_string_append_printf(out, "%s-%s", from, to);
		at = calendar_next_opening(calendar, close);
	}
	return g_string_free(out, FALSE);
}

static void
print_json(const char *day, const char *spans, const char *holiday,
    gint64 worked, gint64 offset)
{
	g_auto(GStrv) parts = g_strsplit(spans, ",", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autofree char *text = NULL;
	Json out;

	for (guint i = 0; *spans != '\0' && parts[i] != NULL; i++)
		g_ptr_array_add(list, parts[i]);
	json_begin(&out);
	json_int(&out, "version", 1);
	json_text(&out, "day", day);
	json_list(&out, "open", list);
	json_int(&out, "worked", worked);
	json_text(&out, "holiday", holiday);
	json_int(&out, "utc_offset", offset);
	text = json_end(&out);
	puts(text);
}

static void
print_day(const Calendar *calendar, const GDate *date, gboolean json)
{
	GDate next = *date;
	char day[32], name[32];
	gint64 begin = day_begin(calendar, date), end, worked;
	const char *holiday = calendar_holiday(calendar, begin + DAY / 2);
	g_autofree char *spans = NULL, *length = NULL;

	g_date_add_days(&next, 1);
	end = day_begin(calendar, &next);
	g_date_strftime(day, sizeof day, "%Y-%m-%d", date);
	g_date_strftime(name, sizeof name, "%a", date);
	spans = spans_text(calendar, begin, end, ',');
	worked = calendar_between(calendar, begin, end);
	length = span_format(worked);
	if (json) {
		print_json(day, spans, holiday, worked,
		    calendar_offset(calendar, end - 1));
		return;
	}
	printf("%s %s  ", day, name);
	if (worked > 0)
		printf("%s  %s", spans, length);
	else
		printf("closed");
	if (holiday != NULL)
		printf("%s%s", *holiday != '\0' ? "  " : "  holiday", holiday);
	if (end - begin != DAY)
		printf("  (a day of %d hours)", (int)((end - begin) / 3600));
	putchar('\n');
}

static gboolean
take_day(const char *text, GDate *date)
{
	int year, month, day, end = 0;

	g_date_clear(date, 1);
	if (text == NULL ||
	    sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 ||
	    text[end] != '\0' || year < 1 || year > 9998 ||
	    !g_date_valid_dmy((GDateDay)day, (GDateMonth)month,
		(GDateYear)year))
		return FALSE;
	g_date_set_dmy(date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	return TRUE;
}

static int
show(const Calendar *calendar, const char *from, const char *to, gboolean json)
{
	gint64 now = clock_now();
	g_autoptr(GDateTime) today = g_date_time_new_from_unix_utc(
	    now + calendar_offset(calendar, now));
	GDate first, last;

	g_date_clear(&first, 1);
	g_date_set_dmy(&first,
	    (GDateDay)g_date_time_get_day_of_month(today),
	    (GDateMonth)g_date_time_get_month(today),
	    (GDateYear)g_date_time_get_year(today));
	if (from != NULL && !take_day(from, &first))
		return cmd_usage(
		    &cmd_calendar, "--from takes a day, such as 2026-03-21");
	last = first;
	g_date_add_days(&last, DAYS_SHOWN - 1);
	if (to != NULL && !take_day(to, &last))
		return cmd_usage(
		    &cmd_calendar, "--to takes a day, such as 2026-03-31");
	if (g_date_days_between(&first, &last) > DAYS_MOST)
		return cmd_usage(
		    &cmd_calendar, "not more than ten years at once");
	for (; g_date_compare(&first, &last) <= 0; g_date_add_days(&first, 1))
		print_day(calendar, &first, json);
	return 0;
}

/* --- test -------------------------------------------------------------------- */

/* The sum of working time, minute by minute by the zone's own clock. */
static gint64
slow_between(const Calendar *calendar, gint64 from, gint64 to)
{
	gint64 sum = 0;

	for (gint64 at = from; at < to;) {
		gint64 next = MIN(at - at % 60 + 60, to);

		if (calendar_shows_open(calendar, at))
			sum += next - at;
		at = next;
	}
	return sum;
}

/* Adding that sum leads back to where it came from: to the end of the last
 * working minute. */
static gboolean
one_span(const Calendar *calendar, gint64 from, gint64 to)
{
	gint64 sum = slow_between(calendar, from, to);
	gint64 end = calendar_add(calendar, from, sum);

	return calendar_between(calendar, from, to) == sum &&
	    end <= to && slow_between(calendar, from, end) == sum &&
	    calendar_is_open(calendar, from) ==
		calendar_shows_open(calendar, from);
}

static gboolean
test_one(const Calendar *calendar, gint64 now)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)now);
	gint64 opening = calendar_next_opening(calendar, now);
	g_autofree char *when = cmd_when(opening);

	for (guint i = 0; i < SPANS; i++) {
		gint64 from = now + g_rand_int_range(rand, 0, 366) * DAY +
		    g_rand_int_range(rand, 0, DAY);
		gint64 to = from +
		    g_rand_int_range(rand, 0, DAYS_TRIED * DAY);

		if (!one_span(calendar, from, to)) {
			g_autofree char *a = clock_rfc3339(from);
			g_autofree char *b = clock_rfc3339(to);

			printf("wrong  %s: working time from %s to %s differs "
			       "from a count minute by minute\n",
			    calendar_name(calendar), a, b);
			return FALSE;
		}
	}
	if (opening == G_MAXINT64) {
		printf("wrong  %s: does not open within two years\n",
		    calendar_name(calendar));
		return FALSE;
	}
	printf("right  %s: %d spans of the year ahead as counted minute by "
	       "minute; opens %s\n",
	    calendar_name(calendar), SPANS, when);
	return TRUE;
}

/* A list that ends with this year is no fault yet, but somebody must know. */
static void
note_lists(const Site *site, const Calendar *calendar, gint64 now)
{
	const ConfigSection *section = config_section(
	    site->config, "calendar", calendar_name(calendar));
	const char *const *entries = config_list(section, "holidays");
	g_autoptr(GDateTime) soon = g_date_time_new_from_unix_utc(
	    now + 90 * (gint64)DAY);

	for (; entries != NULL && *entries != NULL; entries++) {
		int until = holidays_known_until(*entries);

		if (until != 0 && until < g_date_time_get_year(soon))
			printf("note   %s: the list \"%s\" knows the days that "
			       "move up to %d: add later ones\n",
			    calendar_name(calendar), *entries, until);
	}
}

static int
test(const Site *site)
{
	gboolean well = TRUE;
	gint64 now = clock_now();

	for (guint i = 0; i < site->calendars->len; i++) {
		well = test_one(site->calendars->pdata[i], now) && well;
		note_lists(site, site->calendars->pdata[i], now);
	}
	if (site->calendars->len == 0)
		puts("no calendar is configured: every hour is worked");
	return well ? 0 : 1;
}

static int
run(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *from = cmd_value(&argc, argv, "--from");
	const char *to = cmd_value(&argc, argv, "--to");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	const Calendar *calendar;

	if (cmd_unknown(argc, argv) != NULL || argc < 2 ||
	    argc != (g_str_equal(argv[1], "show") ? 3 : 2) ||
	    (argc == 2 && !g_str_equal(argv[1], "test")))
		return cmd_usage(&cmd_calendar, NULL);
	site = options_load(options_path(config), &error);
	if (site == NULL)
		return cmd_fail(error);
	if (argc == 2)
		return test(site);
	calendar = site_calendar(site, argv[2]);
	if (calendar == NULL) {
		error_permanent(&error,
		    "there is no [calendar %s] in the configuration", argv[2]);
		return cmd_fail(error);
	}
	return show(calendar, from, to, json);
}

const Command cmd_calendar = { "calendar",
	"show NAME [--from DAY] [--to DAY] [--json] | test",
	"working hours day by day, and whether they are counted right", run };
