/* test-calendar.c - working time: cases by hand, and random ones against a
 * slow reference that asks the zone about every minute. */
#include "policy/calendar.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/clock.h"
#include "policy/holidays.h"

#define HOUR   3600
#define OFFICE "Mon-Fri 09:00-18:00; Sat 10:00-14:00"

static gint64
at(const char *text)
{
	gint64 when = 0;

	if (!clock_parse(text, &when))
		g_error("bad time \"%s\" in the test", text);
	return when;
}

static Calendar *
make(const char *zone, const char *hours, const char *holidays)
{
	g_auto(GStrv) days = g_strsplit(holidays, ",", -1);
	g_autoptr(GError) error = NULL;
	Calendar *calendar = calendar_new("test", zone, hours,
	    (const char *const *)days, NULL, &error);

	g_assert_no_error(error);
	return calendar;
}

/* Holidays in all: 2026-11-26 and every 03-21. Tashkent is UTC+5. */
static const struct {
	const char *title, *zone, *hours, *from;
	gint64 seconds;
	const char *want; /* from + seconds of working time */
	const char *opening;
} cases[] = {
	{ "within a working day", "Asia/Tashkent", OFFICE,
	    "2026-11-23T05:00:00Z", HOUR, "2026-11-23T06:00:00Z",
	    "2026-11-23T05:00:00Z" },
	{ "from before the opening", "Asia/Tashkent", OFFICE,
	    "2026-11-22T20:00:00Z", HOUR, "2026-11-23T05:00:00Z",
	    "2026-11-23T04:00:00Z" },
	{ "the opening second is open", "Asia/Tashkent", OFFICE,
	    "2026-11-23T04:00:00Z", 1, "2026-11-23T04:00:01Z",
	    "2026-11-23T04:00:00Z" },
	{ "the closing second is closed", "Asia/Tashkent", OFFICE,
	    "2026-11-23T13:00:00Z", 1, "2026-11-24T04:00:01Z",
	    "2026-11-24T04:00:00Z" },
	{ "a sum that ends at the closing stays there", "Asia/Tashkent", OFFICE,
	    "2026-11-23T12:00:00Z", HOUR, "2026-11-23T13:00:00Z",
	    "2026-11-23T12:00:00Z" },
	{ "one second more goes on in the morning", "Asia/Tashkent", OFFICE,
	    "2026-11-23T12:00:00Z", HOUR + 1, "2026-11-24T04:00:01Z",
	    "2026-11-23T12:00:00Z" },
	{ "nothing to add is now, closed or not", "Asia/Tashkent", OFFICE,
	    "2026-11-22T20:00:00Z", 0, "2026-11-22T20:00:00Z",
	    "2026-11-23T04:00:00Z" },
	{ "over a holiday", "Asia/Tashkent", OFFICE, "2026-11-25T12:00:00Z",
	    2 * HOUR, "2026-11-27T05:00:00Z", "2026-11-25T12:00:00Z" },
	{ "over a weekend", "Asia/Tashkent", OFFICE, "2026-11-28T08:30:00Z",
	    HOUR, "2026-11-30T04:30:00Z", "2026-11-28T08:30:00Z" },
	{ "a yearly holiday counts in any year", "Asia/Tashkent", "24/7",
	    "2031-03-20T18:59:59Z", 2, "2031-03-21T19:00:01Z",
	    "2031-03-20T18:59:59Z" },
	{ "over a split day", "UTC", "Mon-Fri 09:00-13:00,14:00-18:00",
	    "2026-11-23T12:00:00Z", 2 * HOUR, "2026-11-23T15:00:00Z",
	    "2026-11-23T12:00:00Z" },
	{ "through midnight", "UTC", "Mon 22:00-06:00", "2026-11-23T23:00:00Z",
	    7 * HOUR, "2026-11-24T06:00:00Z", "2026-11-23T23:00:00Z" },
	{ "a holiday ends the night at midnight", "UTC", "Mon-Sun 22:00-06:00",
	    "2026-11-25T23:00:00Z", HOUR + 1, "2026-11-27T00:00:01Z",
	    "2026-11-25T23:00:00Z" },
	{ "Sunday night runs into Monday", "UTC", "Sun 20:00-02:00",
	    "2026-11-23T01:00:00Z", HOUR, "2026-11-23T02:00:00Z",
	    "2026-11-23T01:00:00Z" },
	{ "spans that touch are one", "UTC", "Mon 09:00-12:00,12:00-15:00",
	    "2026-11-23T09:00:00Z", 6 * HOUR, "2026-11-23T15:00:00Z",
	    "2026-11-23T09:00:00Z" },
	{ "spans that overlap count once", "UTC",
	    "Mon 09:00-13:00; Mon 12:00-15:00,10:00-11:00",
	    "2026-11-23T09:00:00Z", 6 * HOUR, "2026-11-23T15:00:00Z",
	    "2026-11-23T09:00:00Z" },
	{ "days round the week's end", "UTC", "Sat-Mon 10:00-11:00",
	    "2026-11-20T00:00:00Z", 3 * HOUR, "2026-11-23T11:00:00Z",
	    "2026-11-21T10:00:00Z" },
	{ "29 February", "UTC", "Mon-Fri 09:00-17:00", "2028-02-28T16:00:00Z",
	    10 * HOUR, "2028-03-01T10:00:00Z", "2028-02-28T16:00:00Z" },
	{ "the hour that summer time skips is not worked", "Europe/Berlin",
	    "24/7", "2026-03-28T23:00:00Z", 3 * HOUR, "2026-03-29T02:00:00Z",
	    "2026-03-28T23:00:00Z" },
	{ "a span inside the skipped hour is none", "Europe/Berlin",
	    "Sun 02:15-02:45", "2026-03-29T00:00:00Z", 1,
	    "2026-04-05T00:15:01Z", "2026-04-05T00:15:00Z" },
	{ "a span over the skipped hour is shorter", "Europe/Berlin",
	    "Sun 01:00-04:00", "2026-03-29T00:00:00Z", 2 * HOUR,
	    "2026-03-29T02:00:00Z", "2026-03-29T00:00:00Z" },
	{ "the hour that comes twice is worked twice", "Europe/Berlin",
	    "Sun 02:00-03:00", "2026-10-25T00:00:00Z", 2 * HOUR,
	    "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z" },
	{ "office hours move with summer time", "America/New_York",
	    "Mon-Fri 09:00-17:00", "2026-03-06T21:00:00Z", 2 * HOUR,
	    "2026-03-09T14:00:00Z", "2026-03-06T21:00:00Z" },
	{ "the rules hold far ahead", "Europe/Berlin", "Mon-Fri 09:00-17:00",
	    "2055-07-01T00:00:00Z", HOUR, "2055-07-01T08:00:00Z",
	    "2055-07-01T07:00:00Z" },
	{ "before 1970", "UTC", "Mon-Fri 09:00-17:00", "1969-12-31T16:30:00Z",
	    HOUR, "1970-01-01T09:30:00Z", "1969-12-31T16:30:00Z" },
};

static void
test_case(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(Calendar) calendar =
	    make(cases[i].zone, cases[i].hours, "2026-11-26,03-21");
	gint64 from = at(cases[i].from);
	gint64 end = calendar_add(calendar, from, cases[i].seconds);
	g_autofree char *got = clock_rfc3339(end);
	g_autofree char *opening =
	    clock_rfc3339(calendar_next_opening(calendar, from));

	g_assert_cmpstr(got, ==, cases[i].want);
	g_assert_cmpstr(opening, ==, cases[i].opening);
	g_assert_cmpint(calendar_between(calendar, from, end), ==,
	    cases[i].seconds);
	g_assert_cmpint(calendar_is_open(calendar, from), ==,
	    strcmp(cases[i].from, cases[i].opening) == 0);
}

static const struct {
	const char *zone, *hours, *holidays;
} wrong[] = {
	{ "Mars/Olympus", OFFICE, "" },
	{ "", OFFICE, "" },
	{ "+05:00", OFFICE, "" },
	{ "EST5", OFFICE, "" },
	{ "EST5EDT,M3.2.0,M11.1.0", OFFICE, "" },
	{ "../../etc/passwd", OFFICE, "" },
	{ "/etc/localtime", OFFICE, "" },
	{ "Tashkent", OFFICE, "" },
	{ "UTC", "", "" },
	{ "UTC", ";", "" },
	{ "UTC", "Mon-Fri", "" },
	{ "UTC", "09:00-18:00", "" },
	{ "UTC", "Mo 09:00-18:00", "" },
	{ "UTC", "Monk 09:00-18:00", "" },
	{ "UTC", "Mon 9-18", "" },
	{ "UTC", "Mon 09:00-18:60", "" },
	{ "UTC", "Mon 09:00-24:01", "" },
	{ "UTC", "Mon 09:00-09:00", "" },
	{ "UTC", "Mon 24:00-09:00", "" },
	{ "UTC", "Mon 09:00-12:00,", "" },
	{ "UTC", "Mon 09:00-12:00 13:00-14:00", "" },
	{ "UTC", "24/7; Mon 09:00-12:00", "" },
	{ "UTC", OFFICE, "2026-02-29" },
	{ "UTC", OFFICE, "02-30" },
	{ "UTC", OFFICE, "2026-3-21" },
	{ "UTC", OFFICE, "no-such-file" },
};

static void
test_wrong(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		const char *holidays[] = { wrong[i].holidays, NULL };
		g_autoptr(GError) error = NULL;
		g_autoptr(Calendar) calendar = calendar_new("desk",
		    wrong[i].zone, wrong[i].hours,
		    *wrong[i].holidays == '\0' ? NULL : holidays, "/", &error);

		g_test_message("%s %s %s", wrong[i].zone, wrong[i].hours,
		    wrong[i].holidays);
		g_assert_null(calendar);
		g_assert_error(error, JAVOB_ERROR, (int)JAVOB_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, "calendar desk: "));
	}
}

static void
test_right_zones(void)
{
	static const char *const zones[] = { "UTC", "Asia/Tashkent", "Turkey",
		"Europe/Berlin", "Etc/GMT+5", "W-SU", "America/Port-au-Prince",
		"America/North_Dakota/New_Salem" };

	for (guint i = 0; i < G_N_ELEMENTS(zones); i++) {
		g_autoptr(Calendar) calendar = make(zones[i], "24/7", "");

		g_assert_cmpstr(calendar_timezone(calendar), ==, zones[i]);
		g_assert_cmpstr(calendar_hours(calendar), ==, "24/7");
		g_assert_cmpstr(calendar_name(calendar), ==, "test");
	}
}

static gboolean
closed_on(const char *dir, const char *text, const char *day, GError **error)
{
	static const char *const files[] = { "days", NULL };
	g_autofree char *path = g_build_filename(dir, "days", NULL);
	g_autofree char *noon = g_strconcat(day, "T12:00:00Z", NULL);
	g_autoptr(Calendar) calendar = NULL;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	calendar = calendar_new("test", "UTC", "24/7", files, dir, error);
	g_assert_cmpint(g_unlink(path), ==, 0);
	return calendar != NULL && !calendar_is_open(calendar, at(noon));
}

#define ICS(body)                                                              \
	"BEGIN:VCALENDAR\r\nDTSTART:20260101\r\nBEGIN:VEVENT\r\n" body         \
	"END:VEVENT\r\nEND:VCALENDAR\r\n"
#define LIST  "# of 2026\n2026-03-20 # one\n\n03-21 Navroʻz\r\n02-29\n"
#define EVENT ICS("DTSTART;VALUE=DATE:20260320\r\n")
#define EVENTS                                                                 \
	ICS("DTSTART;VALUE=DATE:20260320\r\nDTEND;VALUE=DATE:20260323\r\n")
#define YEARLY ICS("DTSTART;VALUE=DATE:20200320\r\nRRULE:FREQ=YEARLY\r\n")
#define PART   ICS("DTSTART:20260320T090000Z\r\n")
#define WEEKLY                                                                 \
	ICS("DTSTART;VALUE=DATE:20260320\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n"    \
	    "EXDATE;VALUE=DATE:20260327\r\n")
/* Thanksgiving: the fourth Thursday of November. */
#define FOURTH                                                                 \
	ICS("DTSTART;VALUE=DATE:20201126\r\n"                                  \
	    "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"                       \
	    "SUMMARY:Thanksgiving\r\n")
#define LEAP ICS("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY\r\n")
#define LISTED                                                                 \
	ICS("DTSTART;VALUE=DATE:20260320\r\n"                                  \
	    "RDATE;VALUE=DATE:20260610,20260611\r\n")
#define LASTS  ICS("DTSTART;VALUE=DATE:20260320\r\nDURATION:P3D\r\n")
#define GONE   ICS("STATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20260320\r\n")
#define FOLDED ICS("DTSTART;VALUE=DA\r\n TE:20260320\r\n")
/* The second of a series was put off by a day. */
#define MOVED                                                                  \
	"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n"                         \
	"DTSTART;VALUE=DATE:20260320\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"   \
	"BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;VALUE=DATE:20270320\r\n"       \
	"DTSTART;VALUE=DATE:20270321\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

static void
test_files(void)
{
	static const struct {
		const char *text, *day;
		gboolean closed;
	} files[] = {
		{ LIST, "2026-03-20", TRUE },
		{ LIST, "2027-03-20", FALSE },
		{ LIST, "2027-03-21", TRUE },
		{ LIST, "2028-02-29", TRUE },
		{ LIST, "2027-03-01", FALSE },
		{ "", "2026-03-20", FALSE },
		{ EVENT, "2026-03-20", TRUE },
		{ EVENT, "2026-03-21", FALSE },
		{ EVENT, "2026-01-01", FALSE },
		{ EVENTS, "2026-03-22", TRUE },
		{ EVENTS, "2026-03-23", FALSE },
		{ YEARLY, "2031-03-20", TRUE },
		{ PART, "2026-03-20", FALSE },
		{ WEEKLY, "2026-03-20", TRUE },
		{ WEEKLY, "2026-03-27", FALSE },
		{ WEEKLY, "2026-04-03", TRUE },
		{ WEEKLY, "2026-04-10", FALSE },
		{ FOURTH, "2026-11-26", TRUE },
		{ FOURTH, "2027-11-25", TRUE },
		{ FOURTH, "2027-11-26", FALSE },
		{ LEAP, "2028-02-29", TRUE },
		{ LEAP, "2027-02-28", FALSE },
		{ LEAP, "2027-03-01", FALSE },
		{ LISTED, "2026-06-11", TRUE },
		{ LISTED, "2026-06-12", FALSE },
		{ LASTS, "2026-03-22", TRUE },
		{ LASTS, "2026-03-23", FALSE },
		{ GONE, "2026-03-20", FALSE },
		{ FOLDED, "2026-03-20", TRUE },
		{ MOVED, "2026-03-20", TRUE },
		{ MOVED, "2027-03-20", FALSE },
		{ MOVED, "2027-03-21", TRUE },
		{ MOVED, "2028-03-20", TRUE },
	};
	static const char *const bad[] = { "2026-03-20\n21 March\n",
		ICS("DTSTART;VALUE=DATE:20260320\r\nRRULE:FREQ=SOON\r\n"),
		ICS("DTSTART;VALUE=DATE:20260320\r\nRRULE:FREQ=YEARLY;"
		    "BYMONTH=13\r\n"),
		ICS("DTSTART;VALUE=DATE:20260332\r\n"),
		ICS("SUMMARY:of no day\r\n"), "BEGIN:VCALENDAR\r\n???" };
	g_autofree char *dir = g_dir_make_tmp("javob-calendar-XXXXXX", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GError) error = NULL;
		gboolean closed =
		    closed_on(dir, files[i].text, files[i].day, &error);

		g_assert_no_error(error);
		if (closed != files[i].closed)
			g_error("%s is %s by:\n%s", files[i].day,
			    closed ? "closed" : "open", files[i].text);
	}
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		closed_on(dir, bad[i], "2026-03-20", &error);
		g_assert_error(error, JAVOB_ERROR, (int)JAVOB_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, "/days:"));
	}
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* The lists that come with the program can be read, and say what they know. */
static void
test_countries(void)
{
	const char *const *countries = holidays_countries();
	guint count = 0;

	for (; *countries != NULL; countries++, count++) {
		const char *entries[] = { *countries, NULL };
		g_autoptr(GError) error = NULL;
		g_autoptr(Holidays) holidays =
		    holidays_new(entries, NULL, &error);
		int until = holidays_known_until(*countries);

		g_assert_no_error(error);
		g_assert_true(until == 0 || until >= 2028);
		g_assert_cmpint(strlen(*countries), ==, 2);
		/* Everybody's New Year, in any year, with a name. */
		g_assert_cmpstr(holidays_name(holidays, 22645), !=, "");
		g_assert_nonnull(holidays_name(holidays, 22645));
		g_assert_null(holidays_name(holidays, 22645 + 200));
	}
	g_assert_cmpuint(count, >=, 8);
}

static void
test_names(void)
{
	g_autoptr(Calendar) calendar = make("Asia/Tashkent", OFFICE,
	    "uz,2026-03-25");

	/* The local day counts: in UTC it is the 20th still. */
	g_assert_cmpstr(calendar_holiday(calendar, at("2026-03-20T20:00:00Z")),
	    ==, "Navroʻz");
	g_assert_cmpstr(calendar_holiday(calendar, at("2026-03-20T12:00:00Z")),
	    ==, "Ramazon hayit (expected)");
	g_assert_cmpstr(calendar_holiday(calendar, at("2026-03-25T12:00:00Z")),
	    ==, "");
	g_assert_null(calendar_holiday(calendar, at("2026-03-26T12:00:00Z")));
}

static void
test_closing(void)
{
	g_autoptr(Calendar) split = make("Asia/Tashkent",
	    "Mon-Fri 09:00-13:00,14:00-18:00; Sat 20:00-02:00", "");

	g_assert_cmpint(calendar_closes(split, at("2026-11-23T05:00:00Z")), ==,
	    at("2026-11-23T08:00:00Z"));
	g_assert_cmpint(calendar_closes(split, at("2026-11-23T08:30:00Z")), ==,
	    at("2026-11-23T08:30:00Z"));
	/* Through midnight there and through that of UTC. */
	g_assert_cmpint(calendar_closes(split, at("2026-11-28T16:00:00Z")), ==,
	    at("2026-11-28T21:00:00Z"));
	g_assert_cmpint(calendar_closing(split, at("2026-11-22T19:00:00Z"),
			    at("2026-11-23T19:00:00Z")),
	    ==, at("2026-11-23T13:00:00Z"));
	g_assert_cmpint(calendar_closing(split, at("2026-11-21T21:00:00Z"),
			    at("2026-11-22T19:00:00Z")),
	    ==, G_MININT64);
	g_assert_cmpint(calendar_offset(split, 0), ==, 6 * HOUR);
	g_assert_cmpint(calendar_offset(split, at("2026-11-23T05:00:00Z")), ==,
	    5 * HOUR);
}

/* Open on Mondays only, and each of them a holiday. */
static void
test_never_open(void)
{
	g_autoptr(GString) days = g_string_new("01-01");
	g_autoptr(Calendar) calendar = NULL;
	gint64 now = at("2026-11-23T10:00:00Z");

	for (int month = 1; month <= 12; month++) {
		for (int day = 1; day <= 31; day++) {
			if (g_date_valid_dmy((GDateDay)day, (GDateMonth)month,
				2024))
				g_string_append_printf(days, ",%02d-%02d",
				    month, day);
		}
	}
	calendar = make("UTC", "Mon 09:00-10:00", days->str);
	g_assert_cmpint(calendar_next_opening(calendar, now), ==, G_MAXINT64);
	g_assert_cmpint(calendar_add(calendar, now, 1), ==, G_MAXINT64);
	g_assert_cmpint(calendar_between(calendar, now, now + 99999999), ==, 0);
	g_assert_false(calendar_is_open(calendar, now));
}

static void
test_extremes(void)
{
	g_autoptr(Calendar) calendar = make("Europe/Berlin", "24/7", "");

	g_assert_cmpint(calendar_next_opening(calendar, G_MAXINT64), ==,
	    G_MAXINT64);
	g_assert_cmpint(calendar_next_opening(calendar, G_MININT64), ==,
	    G_MAXINT64);
	g_assert_cmpint(calendar_add(calendar, 0, G_MAXINT64), ==, G_MAXINT64);
	g_assert_cmpint(calendar_add(calendar, 100, -5), ==, 100);
	g_assert_cmpint(calendar_between(calendar, 200, 100), ==, 0);
	g_assert_false(calendar_is_open(calendar, G_MININT64));
}

/* The reference: for each minute of a window, what the zone's clock shows. */

typedef struct Shift {
	int first, last; /* weekdays, 1 is Monday */
	int start, end;  /* minutes of the day; end <= start: over midnight */
} Shift;

static const struct {
	const char *zone, *hours, *holidays;
	Shift shifts[4]; /* end with first 0 */
} desks[] = {
	{ "Europe/Berlin", OFFICE, "03-30,2026-10-26",
	    { { 1, 5, 540, 1080 }, { 6, 6, 600, 840 } } },
	{ "Europe/Berlin", "Mon-Sun 22:00-06:00", "03-30,2026-12-25",
	    { { 1, 7, 1320, 360 } } },
	{ "Europe/Berlin", "Sat,Sun 01:30-02:30; Mon-Fri 02:10-02:50", "",
	    { { 6, 7, 90, 150 }, { 1, 5, 130, 170 } } },
	{ "America/New_York", "Mon-Fri 08:30-12:00,13:00-17:15", "12-25,01-01",
	    { { 1, 5, 510, 720 }, { 1, 5, 780, 1035 } } },
	{ "America/New_York", "24/7", "03-08,11-01", { { 1, 7, 0, 1440 } } },
	{ "Asia/Tashkent", OFFICE, "03-21,2026-12-08,01-01",
	    { { 1, 5, 540, 1080 }, { 6, 6, 600, 840 } } },
	{ "Asia/Almaty", "Mon-Fri 23:30-00:30; Sun 00:00-24:00", "02-29",
	    { { 1, 5, 1410, 30 }, { 7, 7, 0, 1440 } } },
	{ "America/St_Johns", "Mon-Sun 23:00-23:30,00:00-00:45", "2009-11-01",
	    { { 1, 7, 1380, 1410 }, { 1, 7, 0, 45 } } },
	{ "Australia/Lord_Howe", "Fri-Sun 18:00-03:00; Wed 01:45-02:15", "",
	    { { 5, 7, 1080, 180 }, { 3, 3, 105, 135 } } },
	{ "Asia/Kathmandu", "Sun-Fri 10:00-17:00", "02-29",
	    { { 7, 7, 600, 1020 }, { 1, 5, 600, 1020 } } },
	{ "UTC", "Mon-Fri 09:00-17:00", "02-29,12-31",
	    { { 1, 5, 540, 1020 } } },
};

static const struct {
	const char *begin;
	int days;
} windows[] = {
	{ "2026-03-01T00:00:00Z", 35 }, { "2026-10-20T00:00:00Z", 21 },
	{ "2026-12-20T00:00:00Z", 21 }, /* 2026 has 53 weeks */
	{ "2020-12-24T00:00:00Z", 16 }, /* as 2020 has */ { "2028-02-24T00:00:00Z", 10 },
	{ "2054-03-22T00:00:00Z", 16 },
	{ "2024-02-22T00:00:00Z", 16 }, /* Almaty moves from +6 to +5 */
	{ "2009-10-25T00:00:00Z", 12 }, /* St John's goes back over midnight */
};

static gboolean
in_shift(const Shift *shift, int weekday, int minute)
{
	int yesterday = weekday == 1 ? 7 : weekday - 1;
	gboolean night = shift->end <= shift->start;

	if (weekday >= shift->first && weekday <= shift->last &&
	    minute >= shift->start && (night || minute < shift->end))
		return TRUE;
	return night && yesterday >= shift->first && yesterday <= shift->last &&
	       minute < shift->end;
}

static gboolean
reference_open(guint desk, GTimeZone *zone, gint64 when)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
	int minute =
	    g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local);
	g_autofree char *date = g_date_time_format(local, ",%Y-%m-%d,");
	g_autofree char *yearly = g_date_time_format(local, ",%m-%d,");
	g_autofree char *list =
	    g_strconcat(",", desks[desk].holidays, ",", NULL);

	if (strstr(list, date) != NULL || strstr(list, yearly) != NULL)
		return FALSE;
	for (const Shift *shift = desks[desk].shifts; shift->first != 0;
	     shift++) {
		if (in_shift(shift, g_date_time_get_day_of_week(local), minute))
			return TRUE;
	}
	return FALSE;
}

typedef struct Reference {
	gint64 begin, end;
	guint8 *open; /* per minute */
} Reference;

static gboolean
open_at(const Reference *r, gint64 when)
{
	return r->open[(when - r->begin) / 60];
}

static gint64
reference_between(const Reference *r, gint64 from, gint64 to)
{
	gint64 sum = 0;

	for (gint64 t = from; t < to;) {
		gint64 next = MIN(to, t - (t - r->begin) % 60 + 60);

		sum += open_at(r, t) ? next - t : 0;
		t = next;
	}
	return sum;
}

/* -1: not within the window. */
static gint64
reference_add(const Reference *r, gint64 from, gint64 seconds)
{
	for (gint64 t = from; t < r->end;) {
		gint64 next = t - (t - r->begin) % 60 + 60;

		if (open_at(r, t)) {
			if (seconds <= next - t)
				return t + seconds;
			seconds -= next - t;
		}
		t = next;
	}
	return -1;
}

static gint64
reference_opening(const Reference *r, gint64 from)
{
	for (gint64 t = from; t < r->end; t = t - (t - r->begin) % 60 + 60) {
		if (open_at(r, t))
			return t;
	}
	return -1;
}

static void
same(gint64 got, gint64 want, const Reference *r)
{
	if (want < 0)
		g_assert_cmpint(got, >=, r->end);
	else
		g_assert_cmpint(got, ==, want);
}

static void
compare_triple(const Calendar *calendar, const Reference *r)
{
	int length = (int)(r->end - r->begin);
	gint64 from = r->begin + g_test_rand_int_range(0, length);
	gint64 to = r->begin + g_test_rand_int_range(0, length);
	gint64 seconds =
	    g_test_rand_int_range(1, 200 * 60) * (g_test_rand_bit() ? 60 : 1);

	if (g_test_rand_bit()) { /* edges are on whole minutes */
		from -= (from - r->begin) % 60;
		to -= (to - r->begin) % 60;
	}
	g_assert_cmpint(calendar_is_open(calendar, from), ==, open_at(r, from));
	g_assert_cmpint(calendar_between(calendar, from, to), ==,
	    reference_between(r, from, to));
	same(calendar_add(calendar, from, seconds),
	    reference_add(r, from, seconds), r);
	same(calendar_next_opening(calendar, from), reference_opening(r, from),
	    r);
	g_assert_cmpint(
	    calendar_shows_open(calendar, from), ==, open_at(r, from));
}

/* TRIPLES in the environment: so many in all, not the few of make check. */
static int
triples(void)
{
	const char *all = g_getenv("TRIPLES");
	int parts = (int)(G_N_ELEMENTS(desks) * G_N_ELEMENTS(windows));

	return all != NULL ? (atoi(all) + parts - 1) / parts : 120;
}

static void
test_reference(gconstpointer data)
{
	guint desk = GPOINTER_TO_UINT(data);
	g_autoptr(GTimeZone) zone =
	    g_time_zone_new_identifier(desks[desk].zone);
	g_autoptr(Calendar) calendar =
	    make(desks[desk].zone, desks[desk].hours, desks[desk].holidays);

	for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
		int minutes = windows[i].days * 24 * 60;
		g_autofree guint8 *open = g_malloc0((gsize)minutes);
		gint64 begin = at(windows[i].begin);
		Reference r = { begin, begin + minutes * 60, open };

		for (int m = 0; m < minutes; m++)
			open[m] =
			    (guint8)reference_open(desk, zone, begin + m * 60);
		for (int n = 0; n < triples(); n++)
			compare_triple(calendar, &r);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/calendar/%s", cases[i].title);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
	}
	g_test_add_func("/calendar/what is wrong is said", test_wrong);
	g_test_add_func("/calendar/zones are those of the tz database",
	    test_right_zones);
	g_test_add_func("/calendar/holidays are read from files", test_files);
	g_test_add_func("/calendar/lists of countries", test_countries);
	g_test_add_func("/calendar/holidays have names", test_names);
	g_test_add_func("/calendar/when it closes", test_closing);
	g_test_add_func("/calendar/a desk that never opens", test_never_open);
	g_test_add_func("/calendar/no time is too strange", test_extremes);
	for (guint i = 0; i < G_N_ELEMENTS(desks); i++) {
		g_autofree char *path =
		    g_strdup_printf("/calendar/as minute by minute: %s, %s",
			desks[i].zone, desks[i].hours);

		g_strdelimit(path + strlen("/calendar/"), "/", ' ');
		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_reference);
	}
	return g_test_run();
}
