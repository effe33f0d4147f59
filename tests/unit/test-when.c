/* test-when.c - times as agents write them. */
#include "policy/when.h"

#include "ground/clock.h"
#include "ground/error.h"
#include "policy/calendar.h"

/* Thursday, 26 November 2026, 17:00 in Tashkent; the desk closes at 18:00, on
 * Saturdays at 14:00, and is closed on Sundays. */
static const struct {
	const char *language, *text, *want; /* NULL: refused */
} cases[] = {
	{ "en", "by tomorrow 18:00", "2026-11-27T13:00:00Z" },
	{ "en", "tomorrow", "2026-11-27T13:00:00Z" },
	{ "en", "Friday 15:00", "2026-11-27T10:00:00Z" },
	{ "en", "saturday", "2026-11-28T09:00:00Z" },
	{ "en", "thursday", "2026-11-26T13:00:00Z" },
	{ "en", "thursday 9:00", "2026-12-03T04:00:00Z" },
	{ "en", "until monday", "2026-11-30T13:00:00Z" },
	{ "en", "in 2 working days", "2026-11-28T09:00:00Z" },
	{ "en", "in 3 working days", "2026-11-30T13:00:00Z" },
	{ "en", "in 3 hours", "2026-11-26T15:00:00Z" },
	{ "en", "in an hour", "2026-11-26T13:00:00Z" },
	{ "en", "2h30m", "2026-11-26T14:30:00Z" },
	{ "en", "in 90 minutes", "2026-11-26T13:30:00Z" },
	{ "en", "in 2 days at 10:00", "2026-11-28T05:00:00Z" },
	{ "en", "in a week", "2026-12-03T13:00:00Z" },
	{ "en", "9:00", "2026-11-27T04:00:00Z" },
	{ "en", "tomorrow 6pm", "2026-11-27T13:00:00Z" },
	{ "en", "tomorrow at 6 pm", "2026-11-27T13:00:00Z" },
	{ "en", "tomorrow noon", "2026-11-27T07:00:00Z" },
	{ "en", "2026-12-01", "2026-12-01T13:00:00Z" },
	{ "en", "2026-12-01 09:30", "2026-12-01T04:30:00Z" },
	{ "en", "1.12.", "2026-12-01T13:00:00Z" },
	{ "en", "1.3. 10:00", "2027-03-01T05:00:00Z" },
	{ "en", "01.12.2026 10:00", "2026-12-01T05:00:00Z" },
	{ "ru", "завтра к 18:00", "2026-11-27T13:00:00Z" },
	{ "ru", "в пятницу 15:00", "2026-11-27T10:00:00Z" },
	{ "ru", "через 2 рабочих дня", "2026-11-28T09:00:00Z" },
	{ "ru", "через час", "2026-11-26T13:00:00Z" },
	{ "uz-Latn", "ertaga soat 18:00 gacha", "2026-11-27T13:00:00Z" },
	{ "uz-Latn", "2 ish kunidan keyin", NULL },
	{ "uz-Latn", "2 ish kunda", "2026-11-28T09:00:00Z" },
	{ "uz-Cyrl", "эртага 18:00", "2026-11-27T13:00:00Z" },
	{ "de", "bis morgen um 18 Uhr", "2026-11-27T13:00:00Z" },
	{ "de", "in 2 Werktagen", "2026-11-28T09:00:00Z" },
	{ "fr", "dans 2 jours ouvrés", "2026-11-28T09:00:00Z" },
	{ "fr", "demain 18h30", "2026-11-27T13:30:00Z" },
	{ "es", "mañana 18:00", "2026-11-27T13:00:00Z" },
	{ "tr", "yarın 18:00", "2026-11-27T13:00:00Z" },
	{ "uk", "завтра", "2026-11-27T13:00:00Z" },
	{ "ar", "غدا 18:00", "2026-11-27T13:00:00Z" },
	{ "fa", "فردا ساعت 18:00", "2026-11-27T13:00:00Z" },
	{ "ru", "tomorrow 18:00", "2026-11-27T13:00:00Z" },
	{ "en", "sunday", NULL },
	{ "en", "sunday 12:00", "2026-11-29T07:00:00Z" },
	{ "en", "today 9:00", NULL },
	{ "en", "2026-11-25", NULL },
	{ "en", "soon", NULL },
	{ "en", "tomorrow soon", NULL },
	{ "en", "завтра", NULL },
	{ "en", "25:00", NULL },
	{ "en", "2026-13-45", NULL },
	{ "en", "7", NULL },
	{ "en", "by", NULL },
	{ "en", "", NULL },
	{ "en", "in 9999 weeks", NULL },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error = NULL;
	g_autoptr(Calendar) calendar = calendar_new("office", "Asia/Tashkent",
	    "Mon-Fri 09:00-18:00; Sat 10:00-14:00", NULL, ".", NULL);
	WhenScene scene = { cases[i].language, "Asia/Tashkent", calendar,
		G_GINT64_CONSTANT(1795694400) };
	g_autofree char *got = NULL;
	gint64 when = 0;
	gboolean read = when_parse(cases[i].text, &scene, &when, &error);

	if (cases[i].want == NULL) {
		g_assert_false(read);
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
		return;
	}
	g_assert_no_error(error);
	got = clock_rfc3339(when);
	g_assert_cmpstr(got, ==, cases[i].want);
}

static void
test_no_calendar(void)
{
	WhenScene scene = { "en", "UTC", NULL, G_GINT64_CONSTANT(1795694400) };
	gint64 when = 0;

	g_assert_true(when_parse("sunday", &scene, &when, NULL));
	g_assert_cmpint(when, ==, G_GINT64_CONSTANT(1795694400) + 3 * 86400 +
				      6 * 3600);
	g_assert_true(when_parse("in 2 working days", &scene, &when, NULL));
	g_assert_cmpint(when, ==, G_GINT64_CONSTANT(1795694400) + 4 * 86400 +
				      6 * 3600);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/when/%s: %s", cases[i].language,
			cases[i].text);

		g_strdelimit(path + 6, "/", '.');
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/when/no calendar", test_no_calendar);
	return g_test_run();
}
