/* Instants in RFC 3339 and the clock that tests hold still. */
#include "ground/clock.h"

#include <time.h>

static const struct {
	const char *title, *text;
	gboolean ok;
	gint64 want;
} cases[] = {
	{ "the epoch", "1970-01-01T00:00:00Z", TRUE, 0 },
	{ "an instant in UTC", "2026-11-27T06:29:03Z", TRUE, 1795760943 },
	{ "small letters", "2026-11-27t06:29:03z", TRUE, 1795760943 },
	{ "a space for the T", "2026-11-27 06:29:03Z", TRUE, 1795760943 },
	{ "Tashkent is five hours ahead", "2026-11-27T11:29:03+05:00", TRUE,
	    1795760943 },
	{ "half hours west", "2026-11-27T02:59:03-03:30", TRUE, 1795760943 },
	{ "parts of a second are cut", "2026-11-27T06:29:03.999Z", TRUE,
	    1795760943 },
	{ "a leap second", "2016-12-31T23:59:60Z", TRUE, 1483228800 },
	{ "a leap day", "2024-02-29T00:00:00Z", TRUE, 1709164800 },
	{ "before the epoch", "1969-12-31T23:59:59Z", TRUE, -1 },
	{ "plain seconds", "1795760943", TRUE, 1795760943 },
	{ "plain seconds before the epoch", "-5", TRUE, -5 },
	{ "29 February of a common year", "2026-02-29T00:00:00Z", FALSE, 0 },
	{ "month 13", "2026-13-01T00:00:00Z", FALSE, 0 },
	{ "day 0", "2026-01-00T00:00:00Z", FALSE, 0 },
	{ "hour 24", "2026-01-01T24:00:00Z", FALSE, 0 },
	{ "minute 60", "2026-01-01T00:60:00Z", FALSE, 0 },
	{ "second 61", "2026-01-01T00:00:61Z", FALSE, 0 },
	{ "offset of 24 hours", "2026-01-01T00:00:00+24:00", FALSE, 0 },
	{ "offset without a colon", "2026-01-01T00:00:00+0500", FALSE, 0 },
	{ "no zone", "2026-01-01T00:00:00", FALSE, 0 },
	{ "no time", "2026-01-01", FALSE, 0 },
	{ "the short form", "20260101T000000Z", FALSE, 0 },
	{ "a dot without digits", "2026-01-01T00:00:00.Z", FALSE, 0 },
	{ "something behind", "2026-01-01T00:00:00Zx", FALSE, 0 },
	{ "white space in front", " 5", FALSE, 0 },
	{ "a sign alone", "-", FALSE, 0 },
	{ "too many seconds", "99999999999999999999", FALSE, 0 },
	{ "nothing", "", FALSE, 0 },
	{ "a word", "now", FALSE, 0 },
};

static void
check(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 got = 777;

	g_assert_cmpint(clock_parse(cases[i].text, &got), ==, cases[i].ok);
	g_assert_cmpint(got, ==, cases[i].ok ? cases[i].want : 777);
}

static void
writes(void)
{
	static const struct {
		gint64 when;
		const char *want;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1795760943, "2026-11-27T06:29:03Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ G_MAXINT64, "9999-12-31T23:59:59Z" },
		{ G_MININT64, "0001-01-01T00:00:00Z" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = clock_rfc3339(rows[i].when);
		gint64 back;

		g_assert_cmpstr(got, ==, rows[i].want);
		g_assert_true(clock_parse(got, &back));
	}
}

static void
held(void)
{
	g_setenv("JAVOB_CLOCK", "1700000000", TRUE);
	g_assert_cmpint(clock_now(), ==, 1700000000);
	g_setenv("JAVOB_CLOCK", "2026-11-27T06:29:03Z", TRUE);
	g_assert_cmpint(clock_now(), ==, 1795760943);
	g_unsetenv("JAVOB_CLOCK");
	g_assert_cmpint(ABS(clock_now() - (gint64)time(NULL)), <=, 2);
}

static void
nonsense(void)
{
	g_setenv("JAVOB_CLOCK", "noon", TRUE);
	g_assert_cmpint(ABS(clock_now() - (gint64)time(NULL)), <=, 2);
	g_unsetenv("JAVOB_CLOCK");
}

static void
monotonic(void)
{
	gint64 a = clock_monotonic_ms(), b;

	g_setenv("JAVOB_CLOCK", "5", TRUE);
	b = clock_monotonic_ms();
	g_unsetenv("JAVOB_CLOCK");
	g_assert_cmpint(b, >=, a);
	g_assert_cmpint(b - a, <, 60000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/clock/%s is %s",
		    cases[i].title, cases[i].ok ? "read" : "refused");

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), check);
	}
	g_test_add_func("/clock/instants are written in UTC", writes);
	g_test_add_func("/clock/JAVOB_CLOCK holds the clock still", held);
	g_test_add_func("/clock/a JAVOB_CLOCK that is no time is ignored",
	    nonsense);
	g_test_add_func("/clock/time-outs do not stand still", monotonic);
	return g_test_run();
}
