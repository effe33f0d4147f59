/* test-history.c - the life of a ticket as its customer counts it, what is
 * learned from lives, and what becomes of promises. */
#include "store/history.h"

#include <glib/gstdio.h>
#include <string.h>

#include "policy/forecast.h"
#include "store/promises.h"
#include "house.h"

#define HOUR 3600
#define DAY  86400
#define T0   G_GINT64_CONSTANT(1795000000)

typedef struct Site1 {
	char *dir;
	Store *store;
	StoreTxn *txn;
} Site1;

static void
set_up(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	site->dir = g_dir_make_tmp("javob-history-XXXXXX", NULL);
	store_create(site->dir, "sqlite", &error);
	g_assert_no_error(error);
	site->store = store_open(site->dir, "sqlite", &error);
	g_assert_no_error(error);
	site->txn = store_begin(site->store, &error);
	g_assert_no_error(error);
}

static void
tear_down(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	store_rollback(site->txn);
	store_close(site->store);
	house_remove(site->dir);
	g_free(site->dir);
}

static Ticket *
open_ticket(Site1 *site, gint64 number, gint64 when)
{
	g_autoptr(GError) error = NULL;
	Ticket *ticket = ticket_new();

	g_assert_true(ticket_next_number(site->txn, &ticket->number, &error));
	(void)number;
	ticket->id = ticket->number;
	g_free(ticket->queue);
	ticket->queue = g_strdup("general");
	g_free(ticket->mailbox);
	ticket->mailbox = g_strdup("support");
	g_free(ticket->state);
	ticket->state = g_strdup("new");
	ticket->opened = ticket->updated = when;
	ticket_insert(site->txn, ticket, &error);
	g_assert_no_error(error);
	history_open(site->txn, ticket, &error);
	g_assert_no_error(error);
	return ticket;
}

static void
go(Site1 *site, Ticket *ticket, const char *state, gint64 when)
{
	g_autoptr(GError) error = NULL;

	g_free(ticket->state);
	ticket->state = g_strdup(state);
	ticket->updated = when;
	ticket->resolved = g_str_equal(state, "closed") ? when : 0;
	ticket_update(site->txn, ticket, &error);
	g_assert_no_error(error);
}

/* Steps "state@hour", and the age and whether it is settled at hour 100. */
static const struct {
	const char *title, *steps;
	gint64 age;
	gboolean settled;
} lives[] = {
	{ "open all the time", "", 100, FALSE },
	{ "closed", "closed@5", 5, TRUE },
	{ "the customer is waited for", "waiting@5", 5, FALSE },
	{ "he comes back", "waiting@5 open@25", 80, FALSE },
	{ "closed while he is waited for", "waiting@5 closed@50", 5, TRUE },
	{ "closed after he came back", "waiting@5 open@25 closed@30", 10,
	    TRUE },
	{ "waited for twice", "waiting@5 open@25 waiting@30 open@40 closed@41",
	    11, TRUE },
	{ "closing makes it no younger", "closed@5 open@6 closed@20", 19,
	    TRUE },
	{ "closed, and opened weeks later", "closed@5 open@90", 15, FALSE },
	{ "an answer to a closed one", "closed@5 waiting@20", 5, TRUE },
	{ "a note changes nothing", "open@3 open@4", 100, FALSE },
	{ "a note while waiting", "waiting@5 waiting@9 open@10", 95, FALSE },
};

static void
test_life(Site1 *site, gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(Ticket) ticket = open_ticket(site, 1, T0);
	g_auto(GStrv) steps = g_strsplit(lives[i].steps, " ", -1);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) got = NULL;
	const HistoryLife *life;
	gint64 since;

	for (guint k = 0; steps[k] != NULL && *steps[k] != '\0'; k++) {
		g_auto(GStrv) parts = g_strsplit(steps[k], "@", 2);

		go(site, ticket, parts[0],
		    T0 + g_ascii_strtoll(parts[1], NULL, 10) * HOUR);
	}
	got = history_sample(site->txn, HISTORY_KEY, "general|support", 100,
	    14, T0 + 100 * HOUR, &since, &error);
	g_assert_no_error(error);
	g_assert_cmpint(since, ==, 0);
	g_assert_cmpuint(got->len, ==, 1);
	life = &g_array_index(got, HistoryLife, 0);
	g_assert_cmpint(life->age, ==, lives[i].age * HOUR);
	g_assert_cmpint(life->settled, ==, lives[i].settled);
	g_assert_cmpint(life->entry, ==, HISTORY_WHOLE);
}

static guint
count(Site1 *site, HistoryScope scope, const char *name)
{
	g_autoptr(GError) error = NULL;
	gint64 since;
	g_autoptr(GArray) got = history_sample(site->txn, scope, name, 100, 14,
	    T0 + 100 * DAY, &since, &error);

	g_assert_no_error(error);
	return got->len;
}

static void
test_not_counted(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Ticket) spam = open_ticket(site, 1, T0);
	g_autoptr(Ticket) merged = open_ticket(site, 2, T0);
	g_autoptr(Ticket) other = open_ticket(site, 3, T0);

	g_assert_cmpuint(count(site, HISTORY_DESK, NULL), ==, 3);
	go(site, spam, "spam", T0 + 1);
	merged->merged_into = other->id;
	go(site, merged, "closed", T0 + 2);
	g_assert_cmpuint(count(site, HISTORY_DESK, NULL), ==, 1);
	/* Undo brings them back. */
	go(site, spam, "open", T0 + 3);
	merged->merged_into = 0;
	go(site, merged, "open", T0 + 4);
	g_assert_cmpuint(count(site, HISTORY_QUEUE, "general"), ==, 3);
	g_assert_cmpuint(count(site, HISTORY_QUEUE, "billing"), ==, 0);
}

static void
test_silence(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Ticket) ticket = open_ticket(site, 1, T0);
	g_autoptr(GError) error = NULL;
	g_autoptr(LifeRow) life = NULL;
	g_autoptr(LifeRow) later = NULL;

	go(site, ticket, "waiting", T0 + HOUR);
	history_silence(site->txn, T0 + HOUR, &error);
	life = history_life(site->txn, ticket->id, &error);
	g_assert_no_error(error);
	g_assert_cmpint(life->ended, ==, 0);
	history_silence(site->txn, T0 + HOUR + 1, &error);
	/* Closed in the end: it was settled when it was answered. */
	go(site, ticket, "closed", T0 + 9 * DAY);
	later = history_life(site->txn, ticket->id, &error);
	g_assert_no_error(error);
	g_assert_cmpint(later->ended, ==, T0 + HOUR);
	g_assert_cmpint(later->waited, ==, 0);
}

/* The window: n resolutions at least, two weeks at least. */
static void
test_window(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) few = NULL;
	g_autoptr(GArray) all = NULL;
	gint64 since;
	gboolean added;

	for (int i = 1; i <= 50; i++) {
		history_import(site->txn, "q", "q|m", T0 - i * DAY - HOUR,
		    T0 - i * DAY, &added, &error);
		g_assert_no_error(error);
		g_assert_true(added);
	}
	history_import(site->txn, "q", "q|m", T0 - 40 * DAY, 0, &added, &error);
	history_import(site->txn, "q", "q|m", T0 - 40 * DAY, 0, &added, &error);
	g_assert_no_error(error);
	g_assert_false(added);
	few = history_sample(site->txn, HISTORY_KEY, "q|m", 10, 14, T0, &since,
	    &error);
	g_assert_cmpint(since, ==, T0 - 14 * DAY);
	g_assert_cmpuint(few->len, ==, 14 + 1);
	for (guint i = 0; i < few->len; i++) {
		const HistoryLife *life = &g_array_index(few, HistoryLife, i);

		if (!life->settled) {
			g_assert_cmpint(life->age, ==, 40 * DAY);
			g_assert_cmpint(life->entry, ==, 26 * DAY);
		}
	}
	all = history_sample(site->txn, HISTORY_KEY, "q|m", 30, 14, T0, &since,
	    &error);
	g_assert_cmpint(since, ==, T0 - 30 * DAY);
	g_assert_cmpuint(all->len, ==, 30 + 1);
}

static gint64
promise(Site1 *site, const Ticket *ticket, gint64 made, gint64 named)
{
	g_autoptr(PromiseRow) row = promise_row_new();
	g_autoptr(GError) error = NULL;

	row->ticket = ticket->id;
	row->made = made;
	row->named = named;
	row->lead = 900;
	g_free(row->basis);
	row->basis = g_strdup("learned");
	promise_add(site->txn, row, &error);
	g_assert_no_error(error);
	return row->id;
}

static void
outcome(Site1 *site, gint64 now, guint kept, guint due)
{
	g_autoptr(GError) error = NULL;
	guint k, x, d;

	g_assert_true(promise_outcome(site->txn, now, 200, &k, &x, &d, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(k, ==, kept);
	g_assert_cmpuint(d, ==, due);
	g_assert_cmpuint(x, ==, 0); /* the curve gave no age */
}

static void
test_outcome(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Ticket) quick = open_ticket(site, 1, T0);
	g_autoptr(Ticket) slow = open_ticket(site, 2, T0);
	g_autoptr(Ticket) asked = open_ticket(site, 3, T0);

	promise(site, quick, T0, T0 + 10 * HOUR);
	promise(site, slow, T0, T0 + 10 * HOUR);
	promise(site, asked, T0, T0 + 10 * HOUR);
	go(site, quick, "closed", T0 + HOUR);
	/* A keep counts when its time has passed, as a miss does. */
	outcome(site, T0 + 9 * HOUR, 0, 0);
	go(site, asked, "waiting", T0 + 9 * HOUR);
	outcome(site, T0 + 10 * HOUR, 1, 2);
	/* Opened again after it had been closed in time: it was not kept. */
	go(site, quick, "open", T0 + 2 * HOUR);
	outcome(site, T0 + 11 * HOUR, 0, 2);
	go(site, quick, "closed", T0 + 30 * HOUR);
	outcome(site, T0 + 31 * HOUR, 0, 2);
	/* Twenty hours at the customer's: his time is twenty hours later. */
	go(site, asked, "open", T0 + 29 * HOUR);
	outcome(site, T0 + 29 * HOUR, 0, 2);
	go(site, asked, "closed", T0 + 30 * HOUR);
	outcome(site, T0 + 30 * HOUR, 1, 3);
}

/* A reply of the customer's arms the timer that waiting has used up. */
static void
test_put_off(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Ticket) ticket = open_ticket(site, 1, T0);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(GPtrArray) again = NULL;
	g_autoptr(Ticket) after = NULL;
	const TimerRow *timer;
	gint64 id;

	ticket->promised = T0 + 10 * HOUR;
	id = promise(site, ticket, T0, ticket->promised);
	go(site, ticket, "waiting", T0 + HOUR);
	none = timer_due(site->txn, T0 + 10 * HOUR, 10, &error);
	g_assert_cmpuint(none->len, ==, 1);
	timer = none->pdata[0];
	g_assert_cmpint(timer->number, ==, id);
	timer_done(site->txn, timer->id, &error);
	go(site, ticket, "open", T0 + 21 * HOUR);
	after = ticket_by_id(site->txn, ticket->id, &error);
	g_assert_cmpint(after->promised, ==, T0 + 30 * HOUR);
	again = timer_due(site->txn, T0 + 50 * HOUR, 10, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(again->len, ==, 1);
}

/* Nothing is learned from 19 tickets, nor in six days; then it is. */
static void
test_forecast(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(ForecastCache) cache = forecast_cache_new();
	g_autoptr(GError) error = NULL;
	Forecast forecast = { 0 };
	gboolean added;

	for (int i = 1; i <= 19; i++)
		history_import(site->txn, "q", "q|m", T0 - i * 9 * HOUR,
		    T0 - i * 9 * HOUR + i * 600, &added, &error);
	forecast_read(site->txn, cache, .8, "q", "m", T0 + DAY, &forecast,
	    &error);
	g_assert_no_error(error);
	g_assert_false(forecast.known);
	history_import(site->txn, "q", "q|m", T0 - 30, T0 - 20, &added, &error);
	forecast_read(site->txn, cache, .8, "q", "m", T0 - HOUR, &forecast,
	    &error);
	g_assert_true(forecast.known);
	g_assert_true(forecast.dated);
	g_assert_cmpint(forecast.ground.own, ==, 20);
	g_assert_cmpint(forecast.ground.level, ==, 800);
	g_assert_cmpint(forecast.ground.length, >, 14 * 600);
	g_assert_cmpint(forecast.ground.length, <, 20 * 600);
	forecast_clear(&forecast);
	/* A queue that nothing is known of goes by the rest of the desk. */
	memset(&forecast, 0, sizeof forecast);
	forecast_read(site->txn, cache, .8, "new", "m", T0, &forecast, &error);
	g_assert_true(forecast.dated);
	g_assert_cmpint(forecast.ground.own, ==, 0);
	g_assert_cmpint(forecast.ground.desk, ==, 20);
	forecast_clear(&forecast);
}

/* By hand (-m perf): what a promise costs at 100,000 stored tickets, one in
 * five minutes, one settled in the same time. */
static void
test_cost(Site1 *site, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(ForecastCache) cache = forecast_cache_new();
	g_autoptr(GRand) rand = g_rand_new_with_seed(6);
	g_autoptr(GError) error = NULL;
	g_autoptr(GTimer) timer = g_timer_new();
	double first = 0, rest = 0, worst = 0;
	gboolean added;

	for (int i = 0; i < 100000; i++) {
		gint64 opened = T0 - i * (gint64)315;
		gint64 ended = opened + g_rand_int_range(rand, 600, 3 * DAY);

		history_import(site->txn, "q", "q|m", opened,
		    ended > T0 ? 0 : ended, &added, &error);
		g_assert_no_error(error);
	}
	for (int i = 0; i < 400; i++) {
		g_autoptr(Ticket) ticket = open_ticket(
		    site, 0, T0 - (i + 1) * HOUR);

		promise(site, ticket, ticket->opened, ticket->opened + HOUR);
		if (i % 5 != 0)
			go(site, ticket, "closed", ticket->opened + HOUR / 2);
	}
	for (int i = 0; i <= 1000; i++) {
		gint64 now = T0 + i * (gint64)315;
		Forecast forecast = { 0 };
		double took;

		g_timer_start(timer);
		forecast_read(site->txn, cache, .8, "q", "m", now, &forecast,
		    &error);
		took = g_timer_elapsed(timer, NULL);
		g_assert_no_error(error);
		g_assert_true(forecast.dated);
		forecast_clear(&forecast);
		if (i == 0) {
			first = took;
		} else {
			rest += took;
			worst = MAX(worst, took);
		}
		history_import(site->txn, "q", "q|m", now - DAY, now, &added,
		    &error);
	}
	g_test_message("a promise at 100,000 tickets: the first %.2f ms, then "
		       "%.3f ms on average, %.2f ms at most",
	    first * 1e3, rest, worst * 1e3);
}

#define ADD(path, test)                                                        \
	g_test_add("/history/" path, Site1, NULL, set_up, test, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(lives); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/history/age: %s", lives[i].title);

		g_test_add(path, Site1, GUINT_TO_POINTER(i), set_up, test_life,
		    tear_down);
	}
	ADD("spam and merged tickets do not count", test_not_counted);
	ADD("an answer that stands has settled it", test_silence);
	ADD("a window has enough and is long enough", test_window);
	ADD("what was kept is told by the age", test_outcome);
	ADD("the promise waits for the customer", test_put_off);
	ADD("thin history promises nothing", test_forecast);
	if (g_test_perf())
		ADD("cost", test_cost);
	return g_test_run();
}
