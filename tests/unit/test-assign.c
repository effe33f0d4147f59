/* test-assign.c - who is given a ticket, by each rule, and that it is fair. */
#include "policy/assign.h"

#include "daemon/tick.h"
#include "house.h"
#include "policy/roster.h"
#include "store/agents.h"
#include "store/shares.h"

#define RULE(rule, more)                                                       \
	"[gateway]\nstate-dir = .\nauthserv-id = mx.shop.example\n"            \
	"[mailbox support]\naddress = support@shop.example\n"                  \
	"[queue general]\nagents = cora@shop.example, olga@shop.example, "     \
	"petr@shop.example\nassign = " rule "\n" more                          \
	"[calendar night]\nhours = Mon-Fri 22:00-23:00\n"
#define CORA "cora@shop.example"
#define OLGA "olga@shop.example"
#define PETR "petr@shop.example"

static void
set(House *house, const char *address, const char *field, const char *value)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(Agent) agent = agent_by_address(txn, address, &error);

	if (agent == NULL)
		agent = agent_new(address);
	agent_set(agent, house->site, field, value, &error);
	g_assert_no_error(error);
	agent_store(txn, agent, &error);
	g_assert_no_error(error);
	house_commit(g_steal_pointer(&txn));
}

static void
go_away(House *house, const char *address, gint64 until)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(Agent) agent = agent_by_address(txn, address, &error);

	if (agent == NULL)
		agent = agent_new(address);
	agent->away_until = until;
	agent_store(txn, agent, &error);
	g_assert_no_error(error);
	house_commit(g_steal_pointer(&txn));
}

static gint64
ask_at(House *house, guint n, const char *from, gint64 now)
{
	g_autofree char *id = g_strdup_printf("q%u@customer.example", n);
	Message *mail = house_mail(id, from, "Where is it?");

	house_prove(mail, "pass");
	return house_take_at(house, mail, NULL, now);
}

static gint64
ask(House *house, guint n)
{
	g_autofree char *from = g_strdup_printf("c%u@customer.example", n);

	return ask_at(house, n, from, HOUSE_NOW);
}

/* Address of whoever has it; "" nobody. */
static char *
holder(House *house, gint64 number)
{
	g_autoptr(Ticket) ticket = house_ticket(house, number);
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(AddressRow) row = ticket->agent != 0
	    ? party_by_id(txn, ticket->agent, NULL)
	    : NULL;

	return g_strdup(row != NULL ? row->address : "");
}

static void
assert_holder(House *house, gint64 number, const char *want)
{
	g_autofree char *got = holder(house, number);

	g_assert_cmpstr(got, ==, want);
}

static void
close_ticket(House *house, gint64 number)
{
	g_autoptr(Ticket) ticket = house_ticket(house, number);
	g_autoptr(StoreTxn) txn = house_write(house);

	house_text(&ticket->state, "closed");
	ticket->resolved = HOUSE_NOW;
	g_assert_true(ticket_update(txn, ticket, NULL));
	house_commit(g_steal_pointer(&txn));
}

/* The desk's clock, and what is due by then. */
static void
tick_at(House *house, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *still = g_strdup_printf("%" G_GINT64_FORMAT, now);
	guint fired;

	g_setenv("JAVOB_CLOCK", still, TRUE);
	tick_once(house->store, &house->desk, &fired, &error);
	g_assert_no_error(error);
	g_unsetenv("JAVOB_CLOCK");
}

/* --- each rule --------------------------------------------------------------- */

static void
test_none(House *house, gconstpointer data G_GNUC_UNUSED)
{
	assert_holder(house, ask(house, 1), "");
}

static void
test_round_robin(House *house, gconstpointer data G_GNUC_UNUSED)
{
	assert_holder(house, ask(house, 1), CORA);
	assert_holder(house, ask(house, 2), OLGA);
	assert_holder(house, ask(house, 3), PETR);
	assert_holder(house, ask(house, 4), CORA);
	go_away(house, OLGA, HOUSE_NOW + 3600);
	assert_holder(house, ask(house, 5), PETR);
	assert_holder(house, ask(house, 6), CORA);
	go_away(house, OLGA, 0);
	assert_holder(house, ask(house, 7), OLGA); /* once, not twice */
	assert_holder(house, ask(house, 8), PETR);
}

static void
test_least_open(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 first = ask(house, 1);

	assert_holder(house, first, CORA);
	assert_holder(house, ask(house, 2), OLGA);
	assert_holder(house, ask(house, 3), PETR);
	assert_holder(house, ask(house, 4), CORA);
	close_ticket(house, first);
	assert_holder(house, ask(house, 5), OLGA); /* his turn among equals */
	close_ticket(house, 1003);
	assert_holder(house, ask(house, 6), PETR);
}

static void
test_last_agent(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 first = ask_at(house, 1, "ann@customer.example", HOUSE_NOW);

	assert_holder(house, first, CORA);
	assert_holder(house,
	    ask_at(house, 2, "ann@customer.example", HOUSE_NOW + 1), CORA);
	assert_holder(house, ask(house, 3), OLGA);
	go_away(house, CORA, HOUSE_NOW + 3600);
	assert_holder(house,
	    ask_at(house, 4, "ann@customer.example", HOUSE_NOW + 2), PETR);
}

static void
test_language(House *house, gconstpointer data G_GNUC_UNUSED)
{
	set(house, CORA, "languages", "ru, uz-Latn");
	assert_holder(house, ask(house, 1), OLGA); /* en: nothing is said */
	assert_holder(house, ask(house, 2), PETR);
	set(house, PETR, "languages", "en");
	assert_holder(house, ask(house, 3), PETR);
	go_away(house, PETR, HOUSE_NOW + 3600);
	go_away(house, OLGA, HOUSE_NOW + 3600);
	assert_holder(house, ask(house, 4), CORA); /* better than nobody */
}

static void
test_observer(House *house, gconstpointer data G_GNUC_UNUSED)
{
	set(house, CORA, "role", "observer");
	assert_holder(house, ask(house, 1), OLGA);
	assert_holder(house, ask(house, 2), PETR);
	assert_holder(house, ask(house, 3), OLGA);
}

static void
test_hours(House *house, gconstpointer data G_GNUC_UNUSED)
{
	set(house, CORA, "calendar", "night");
	set(house, OLGA, "calendar", "night");
	assert_holder(house, ask(house, 1), PETR);
	assert_holder(house, ask(house, 2), PETR);
}

/* --- later ------------------------------------------------------------------- */

static void
test_nobody_now(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number;

	go_away(house, CORA, HOUSE_NOW + 7200);
	go_away(house, OLGA, HOUSE_NOW + 3600);
	go_away(house, PETR, HOUSE_NOW + 7200);
	number = ask(house, 1);
	assert_holder(house, number, "");
	tick_at(house, HOUSE_NOW + 3599);
	assert_holder(house, number, "");
	tick_at(house, HOUSE_NOW + 3600);
	assert_holder(house, number, OLGA);
	g_assert_cmpuint(house_letters(house, "notify", OLGA), ==, 2);
	g_assert_cmpuint(house_letters(house, "notify", PETR), ==, 1);
}

static void
test_pass_on_unassigned(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = ask(house, 1), other = ask(house, 2);

	assert_holder(house, number, "");
	close_ticket(house, other);
	tick_at(house, HOUSE_NOW + 29 * 60);
	assert_holder(house, number, "");
	tick_at(house, HOUSE_NOW + 30 * 60);
	assert_holder(house, number, CORA);
	assert_holder(house, other, "");
	tick_at(house, HOUSE_NOW + 61 * 60); /* she is here, so it stays */
	assert_holder(house, number, CORA);
	go_away(house, CORA, HOUSE_NOW + 86400);
	tick_at(house, HOUSE_NOW + 120 * 60);
	assert_holder(house, number, CORA); /* the customer has not written */
}

static void
test_pass_on_away(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = ask(house, 1);

	assert_holder(house, number, CORA);
	go_away(house, CORA, HOUSE_NOW + 86400);
	tick_at(house, HOUSE_NOW + 30 * 60);
	assert_holder(house, number, OLGA);
	go_away(house, OLGA, HOUSE_NOW + 86400);
	tick_at(house, HOUSE_NOW + 60 * 60);
	assert_holder(house, number, PETR);
	go_away(house, PETR, HOUSE_NOW + 86400);
	tick_at(house, HOUSE_NOW + 90 * 60); /* all are away: it stays */
	assert_holder(house, number, PETR);
	tick_at(house, HOUSE_NOW + 86400);
	assert_holder(house, number, PETR); /* who is back himself by now */
}

/* --- fairness ---------------------------------------------------------------- */

/* Whoever comes and goes: among those who are at work the whole time no one
 * gets more than one ticket more than another, by turns; nor has, by load. */
static void
test_fair(House *house, gconstpointer data)
{
	static const char *const names[] = { CORA, OLGA, PETR };
	gboolean by_load = g_str_equal(data, "load");
	GRand *rand = g_rand_new_with_seed(g_test_rand_int_range(0, 1 << 30));
	gint64 numbers[60];
	guint got[3] = { 0 };

	for (guint n = 0; n < G_N_ELEMENTS(numbers); n++) {
		g_autofree char *who = NULL;
		gboolean away = g_rand_int_range(rand, 0, 3) == 0;

		if (g_rand_int_range(rand, 0, 4) == 0)
			go_away(house, PETR, away ? HOUSE_NOW + 60 : 0);
		if (by_load && n > 0 && g_rand_int_range(rand, 0, 3) == 0)
			close_ticket(house,
			    numbers[g_rand_int_range(rand, 0, (gint32)n)]);
		numbers[n] = ask(house, n);
		who = holder(house, numbers[n]);
		for (guint i = 0; i < 3; i++)
			got[i] += g_str_equal(who, names[i]);
		if (!by_load)
			g_assert_cmpint(ABS((int)got[0] - (int)got[1]), <=, 1);
		if (by_load) {
			g_autoptr(StoreTxn) txn = house_read(house);
			g_autoptr(GPtrArray) shares =
			    share_list(txn, "general", NULL);
			gint64 mine = 0, least = G_MAXINT64;

			for (guint i = 0; i < shares->len; i++) {
				const Share *one = shares->pdata[i];

				if (g_str_equal(one->address, who))
					mine = one->open;
				else if (!g_str_equal(one->address, PETR))
					least = MIN(least, one->open);
			}
			/* He had no more than any other who was here. */
			g_assert_cmpint(mine - 1, <=, least);
		}
	}
	g_assert_cmpuint(got[0] + got[1] + got[2], ==, 60);
	if (!by_load)
		g_assert_cmpuint(got[2], <=, MIN(got[0], got[1]) + 2);
	g_rand_free(rand);
}

/* --- set-up ------------------------------------------------------------------ */

static void
build(House *house, gconstpointer config)
{
	house_build(house, config);
}

#define TEST(title, config, function)                                    \
	g_test_add_vtable("/assign/" title, sizeof(House), config,             \
	    (GTestFixtureFunc)build, (GTestFixtureFunc)function,               \
	    (GTestFixtureFunc)house_tear_down)

static void
test_fair_turns(House *house, gconstpointer data G_GNUC_UNUSED)
{
	test_fair(house, "turn");
}

static void
test_fair_load(House *house, gconstpointer data G_GNUC_UNUSED)
{
	test_fair(house, "load");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("without a rule it is nobody's", RULE("none", ""), test_none);
	TEST("by turns, and whoever comes back gets one, not all",
	    RULE("round-robin", ""), test_round_robin);
	TEST("whoever has the fewest, among equals by turns",
	    RULE("least-open", ""), test_least_open);
	TEST("whoever had the customer's last one, if he is here",
	    RULE("last-agent", ""), test_last_agent);
	TEST("whoever answers in the customer's language",
	    RULE("language", ""), test_language);
	TEST("an observer is given nothing", RULE("least-open", ""),
	    test_observer);
	TEST("nobody is given anything outside his hours",
	    RULE("round-robin", ""), test_hours);
	TEST("if nobody is at work, the first who comes gets it, and hears it",
	    RULE("least-open", ""), test_nobody_now);
	TEST("what nobody has goes on, and only that",
	    RULE("none", "pass-on = 30m\n"), test_pass_on_unassigned);
	TEST("what somebody has who is away goes on",
	    RULE("least-open", "pass-on = 30m\n"), test_pass_on_away);
	TEST("turns are fair, whoever comes and goes",
	    RULE("round-robin", ""), test_fair_turns);
	TEST("so is the load", RULE("least-open", ""), test_fair_load);
	return g_test_run();
}
