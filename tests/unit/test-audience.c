/* test-audience.c - who hears of a ticket's news, and when. */
#include "policy/audience.h"

enum { ANN = 7, BOB = 8, HOUR = 3600 };

/* 2026-11-23, a Monday, in Tashkent (UTC+5). */
static gint64
at(int hour, int minute)
{
	g_autoptr(GTimeZone) zone =
	    g_time_zone_new_identifier("Asia/Tashkent");
	g_autoptr(GDateTime) when =
	    g_date_time_new(zone, 2026, 11, 23, hour, minute, 0);

	return g_date_time_to_unix(when);
}

static const struct {
	const char *title, *notify, *digest, *quiet;
	gint64 holder;
	int hour, minute;
	Audience want;
	gint64 wait; /* minutes */
} cases[] = {
	{ "all is at once", "all", "", "", 0, 10, 0, AUDIENCE_NOW, 0 },
	{ "all is also a colleague's", "all", "", "", BOB, 10, 0, AUDIENCE_NOW,
	    0 },
	{ "mine is not a colleague's", "mine", "", "", BOB, 10, 0,
	    AUDIENCE_NONE, 0 },
	{ "mine is not nobody's", "mine", "", "", 0, 10, 0, AUDIENCE_NONE, 0 },
	{ "mine is mine", "mine", "", "", ANN, 10, 0, AUDIENCE_NOW, 0 },
	{ "unassigned is nobody's", "unassigned", "", "", 0, 10, 0,
	    AUDIENCE_NOW, 0 },
	{ "unassigned is what I have taken", "unassigned", "", "", ANN, 10, 0,
	    AUDIENCE_NOW, 0 },
	{ "unassigned is not a colleague's", "unassigned", "", "", BOB, 10, 0,
	    AUDIENCE_NONE, 0 },
	{ "none is none", "none", "", "", ANN, 10, 0, AUDIENCE_NONE, 0 },
	{ "quiet hours over midnight, before it", "all", "", "22:00-07:00", 0,
	    23, 30, AUDIENCE_LATER, 450 },
	{ "quiet hours over midnight, after it", "all", "", "22:00-07:00", 0,
	    6, 59, AUDIENCE_LATER, 1 },
	{ "they end", "all", "", "22:00-07:00", 0, 7, 0, AUDIENCE_NOW, 0 },
	{ "they begin", "all", "", "22:00-07:00", 0, 22, 0, AUDIENCE_LATER,
	    540 },
	{ "quiet hours at noon", "all", "", "12:00-13:00", 0, 12, 15,
	    AUDIENCE_LATER, 45 },
	{ "a digest at the next of its hours", "digest", "09:00, 14:00", "", 0,
	    10, 0, AUDIENCE_DIGEST, 240 },
	{ "and tomorrow after the last", "digest", "09:00, 14:00", "", 0, 15, 0,
	    AUDIENCE_DIGEST, 1080 },
	{ "what comes at that hour is in the next", "digest", "09:00", "", 0, 9,
	    0, AUDIENCE_DIGEST, 1440 },
	{ "a digest every half hour", "digest", "30m", "", 0, 10, 10,
	    AUDIENCE_DIGEST, 20 },
	{ "not in quiet hours", "digest", "1h", "22:00-07:00", 0, 22, 30,
	    AUDIENCE_DIGEST, 510 },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Agent) agent = agent_new("ann@x.example");
	Site site = { 0 };
	gint64 now = at(cases[i].hour, cases[i].minute), when;

	site.queues = g_ptr_array_new();
	site.calendars = g_ptr_array_new();
	g_free(agent->notify);
	agent->notify = g_strdup(cases[i].notify);
	g_free(agent->digest);
	agent->digest = g_strdup(cases[i].digest);
	g_free(agent->quiet);
	agent->quiet = g_strdup(cases[i].quiet);
	g_free(agent->zone);
	agent->zone = g_strdup("Asia/Tashkent");
	g_assert_cmpint(
	    audience_of(agent, &site, ANN, cases[i].holder, now, &when), ==,
	    cases[i].want);
	g_assert_cmpint((when - now) / 60, ==, cases[i].wait);
	g_ptr_array_unref(site.queues);
	g_ptr_array_unref(site.calendars);
}

/* Who is away hears nothing; who has no row has the defaults. */
static void
test_away(void)
{
	g_autoptr(Agent) agent = agent_new("ann@x.example");
	gint64 now = at(10, 0), when;

	agent->away_until = now + HOUR;
	g_assert_cmpint(audience_of(agent, NULL, ANN, 0, now, &when), ==,
	    AUDIENCE_NONE);
	g_assert_cmpint(audience_of(NULL, NULL, ANN, 0, now, &when), ==,
	    AUDIENCE_NOW);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/audience/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/audience/who is away hears nothing", test_away);
	return g_test_run();
}
