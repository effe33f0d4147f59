/* test-roster.c - agents of the store and of the configuration, and what can be
 * set of them. */
#include "policy/roster.h"

#include "ground/error.h"
#include "house.h"

#define OLGA "olga@shop.example"
#define NINA "nina@shop.example"

static void
keep(House *house, Agent *agent)
{
	StoreTxn *txn = house_write(house);
	g_autoptr(GError) error = NULL;

	g_assert_true(agent_store(txn, agent, &error));
	g_assert_no_error(error);
	house_commit(txn);
	agent_free(agent);
}

static GPtrArray *
roster_of(House *house)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	GPtrArray *roster = roster_read(txn, house->site, &error);

	g_assert_no_error(error);
	return roster;
}

static void
test_configuration(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) roster = roster_of(house);
	const Agent *olga = roster_find(roster, "OLGA@shop.example");

	g_assert_cmpuint(roster->len, ==, 3);
	g_assert_nonnull(olga);
	g_assert_false(olga->stored);
	g_assert_cmpstr(olga->role, ==, "agent");
	g_assert_cmpstr(olga->notify, ==, "all");
	g_assert_true(agent_in_queue(olga, "general"));
	g_assert_false(agent_in_queue(olga, "sales"));
	g_assert_cmpstr(agent_zone(olga, house->site), ==, "UTC");
	g_assert_false(roster_has(roster, NINA));
}

static void
test_both(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Agent *olga = agent_new(OLGA), *nina = agent_new(NINA);
	g_autoptr(GPtrArray) roster = NULL;
	g_autofree char *queues = NULL;
	const Agent *found;

	g_assert_true(
	    agent_set(olga, house->site, "queues", "sales", NULL));
	g_assert_true(
	    agent_set(nina, house->site, "queues", "general,sales", NULL));
	g_assert_true(
	    agent_set(nina, house->site, "role", "supervisor", NULL));
	keep(house, olga);
	keep(house, nina);
	roster = roster_of(house);
	g_assert_cmpuint(roster->len, ==, 4);
	found = roster_find(roster, OLGA);
	queues = agent_get(found, "queues");
	g_assert_cmpstr(queues, ==, "sales, general");
	found = roster_find(roster, NINA);
	g_assert_true(found->stored);
	g_assert_true(agent_is_supervisor(found));
	g_assert_true(agent_may_answer(found));
}

/* What is mail to an agent of the store, and from him. */
static void
test_at_work(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Agent *nina = agent_new(NINA);
	Message *answer = house_mail("a@shop", NINA, "It left today.");
	g_autofree char *to = NULL;
	gint64 number;

	g_assert_true(
	    agent_set(nina, house->site, "queues", "general", NULL));
	keep(house, nina);
	number = house_take(house,
	    house_mail("first@x", "ann@customer.example", "Hello"), NULL);
	g_assert_cmpuint(house_letters(house, "notify", NINA), ==, 1);
	g_assert_cmpuint(house_letters(house, "notify", OLGA), ==, 1);
	to = house_keyed(house, TOKEN_AGENT, number, house_party(house, NINA));
	house_prove(answer, "pass");
	g_assert_cmpint(house_take(house, answer, to), ==, number);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 1);
}

static void
test_observer(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Agent *nina = agent_new(NINA);
	Message *answer = house_mail("a@shop", NINA, "It left today.");
	g_autofree char *to = NULL;
	gint64 number;

	g_assert_true(
	    agent_set(nina, house->site, "queues", "general", NULL));
	g_assert_true(agent_set(nina, house->site, "role", "observer", NULL));
	keep(house, nina);
	number = house_take(house,
	    house_mail("first@x", "ann@customer.example", "Hello"), NULL);
	to = house_keyed(house, TOKEN_AGENT, number, house_party(house, NINA));
	house_prove(answer, "pass");
	house_take(house, answer, to);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(house_letters(house, "held", NINA), ==, 1);
}

static void
test_away(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Agent) agent = agent_new(OLGA);
	g_autofree char *until = NULL;

	g_assert_true(
	    agent_set(agent, house->site, "zone", "Asia/Tashkent", NULL));
	g_assert_true(
	    agent_set(agent, house->site, "away-until", "2026-11-28", NULL));
	until = agent_get(agent, "away-until");
	g_assert_cmpstr(until, ==, "2026-11-27T19:00:00Z");
	g_assert_true(agent_is_away(agent, HOUSE_NOW));
	g_assert_false(agent_is_away(agent, agent->away_until));
	g_assert_true(agent_set(agent, house->site, "away-until", "", NULL));
	g_assert_false(agent_is_away(agent, HOUSE_NOW));
}

static const struct {
	const char *title, *field, *value, *want; /* NULL: refused */
} settings[] = {
	{ "a name is one line", "name", "Olga\nK.", "Olga K." },
	{ "a name may be taken away", "name", "", "" },
	{ "a role", "role", "observer", "observer" },
	{ "no such role", "role", "boss", NULL },
	{ "no such queue", "queues", "general,night", NULL },
	{ "languages", "languages", "uz-Latn ru, en", "uz-Latn, ru, en" },
	{ "no language", "language", "русский", NULL },
	{ "no zone", "zone", "Mars/Olympus", NULL },
	{ "notify", "notify", "mine", "mine" },
	{ "no such notify", "notify", "some", NULL },
	{ "a digest by span", "digest", "30m", "30m" },
	{ "a digest by hours", "digest", "9:00, 14:30", "9:00, 14:30" },
	{ "a digest too often", "digest", "1s", NULL },
	{ "no digest", "digest", "now and then", NULL },
	{ "quiet hours", "quiet-hours", "22:00-07:00", "22:00-07:00" },
	{ "no hours", "quiet-hours", "22-7", NULL },
	{ "hours past the day", "quiet-hours", "22:00-24:30", NULL },
	{ "no such calendar", "calendar", "moon", NULL },
	{ "no day", "away-until", "soon", NULL },
	{ "a fingerprint with spaces", "key",
	    "0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567",
	    "0123456789ABCDEF0123456789ABCDEF01234567" },
	{ "no fingerprint", "key", "0xDEADBEEF", NULL },
	{ "no such field", "shoe-size", "44", NULL },
};

static void
test_setting(House *house, gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(Agent) agent = agent_new(OLGA);
	g_autoptr(GError) error = NULL;
	g_autofree char *got = NULL;
	gboolean set = agent_set(agent, house->site, settings[i].field,
	    settings[i].value, &error);

	if (settings[i].want == NULL) {
		g_assert_false(set);
		g_assert_error(
		    error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
		return;
	}
	g_assert_no_error(error);
	got = agent_get(agent, settings[i].field);
	g_assert_cmpstr(got, ==, settings[i].want);
}

static void
test_fields(House *house G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Agent) agent = agent_new(OLGA);

	for (guint i = 0; agent_fields[i] != NULL; i++) {
		g_autofree char *value = agent_get(agent, agent_fields[i]);

		g_assert_nonnull(value);
	}
	g_assert_null(agent_get(agent, "shoe-size"));
}

#define ADD(path, function, data)                                          \
	g_test_add(path, House, data, house_set_up, function,              \
	    house_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/roster/a queue of the configuration makes agents",
	    test_configuration, NULL);
	ADD("/roster/store and configuration add up", test_both, NULL);
	ADD("/roster/an agent of the store hears and answers", test_at_work,
	    NULL);
	ADD("/roster/an observer's answer is held", test_observer, NULL);
	ADD("/roster/away until a day in his zone", test_away, NULL);
	ADD("/roster/each field can be read", test_fields, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
		g_autofree char *path =
		    g_strconcat("/roster/set: ", settings[i].title, NULL);

		ADD(path, test_setting, GUINT_TO_POINTER(i));
	}
	return g_test_run();
}
