/* test-year.c - a desk lived through in the real pipeline: mails come, agents
 * settle them when they get to it, the clock is set, timers fire each hour.
 * What customers were promised is then counted from the rows.
 *
 * TICKETS=N in the environment: so many, spread over a year; else a small one.
 * The desk changes its pace twice, has a week of holidays and a flood of mail,
 * and one hour in which it stood still for a day. */
#include "policy/act.h"

#include <math.h>
#include <stdlib.h>

#include "daemon/tick.h"
#include "policy/calendar.h"
#include "policy/delay.h"
#include "store/history.h"
#include "store/promises.h"
#include "house.h"

#define HOUR 3600
#define DAY  86400

#define CONFIG                                                                 \
	"[gateway]\nstate-dir = .\nauthserv-id = mx.shop.example\n"            \
	"[mailbox support]\naddress = support@shop.example\n"                  \
	"[queue general]\nagents = olga@shop.example\ncalendar = office\n"     \
	"[calendar office]\ntimezone = Asia/Tashkent\n"                        \
	"hours = Mon-Fri 09:00-18:00; Sat 10:00-14:00\n"                       \
	"holidays = uz, 2027-06-07, 2027-06-08, 2027-06-09, 2027-06-10, "      \
	"2027-06-11, 2027-06-12\n"

/* Monday, 30 November 2026, 00:00 in Tashkent. */
#define BEGIN G_GINT64_CONSTANT(1795978800)

enum { SMALL = 900, HANDS = 6, WINDOW = 500 };

typedef struct Case {
	gint64 opened, closes;
	gint64 number;
} Case;

typedef struct Year {
	House house;
	const Calendar *office;
	int days;
	GArray *cases;  /* of Case, by opening */
	GArray *ends;   /* of Case, by closing */
} Year;

/* Mails an hour, as parts of their mean: more by day, few at weekends, and for
 * two days four times as many. */
static double
rate(const Year *year, gint64 when)
{
	gint64 local = when + 5 * HOUR;
	int day = (int)((when - BEGIN) / DAY);
	int hour = (int)(local % DAY / HOUR);
	double flood = day >= year->days * 8 / 10 &&
		day < year->days * 8 / 10 + 2
	    ? 4
	    : 1;

	return flood * (day % 7 >= 5 ? .3 : 1.28) *
	    (hour >= 8 && hour < 20 ? 1.7 : .3);
}

/* Twice the agents become slower or faster. */
static double
pace(const Year *year, gint64 when)
{
	double part = (double)(when - BEGIN) / DAY / year->days;

	return part < .35 ? 1 : part < .65 ? 1.5 : .8;
}

static double
exponential(GRand *rand, double mean)
{
	return -mean * log(1 - g_rand_double(rand));
}

static int
by_closing(gconstpointer a, gconstpointer b)
{
	const Case *x = a, *y = b;

	return (x->closes > y->closes) - (x->closes < y->closes);
}

/* Each ticket goes to the hand that is free first, which works on it in
 * working time; some wait for somebody else for days after that. */
static void
make_cases(Year *year, guint count)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(20261130);
	double gap = (double)year->days * DAY / count;
	gint64 free_at[HANDS];
	gint64 when = BEGIN;

	for (int i = 0; i < HANDS; i++)
		free_at[i] = BEGIN;
	while (year->cases->len < count &&
	    when < BEGIN + year->days * (gint64)DAY) {
		Case one = { 0 };
		int hand = 0;
		/* 2,370 working hours a year: hands are busy 70 of 100. */
		double work = .7 * HANDS * gap * .27 * pace(year, when);

		when += (gint64)exponential(rand, gap / 12) + 1;
		if (g_rand_double(rand) > rate(year, when) / 12)
			continue;
		for (int i = 1; i < HANDS; i++)
			if (free_at[i] < free_at[hand])
				hand = i;
		one.opened = when;
		free_at[hand] = calendar_add(year->office,
		    MAX(free_at[hand], when),
		    (gint64)exponential(rand, work) + 60);
		one.closes = free_at[hand];
		if (g_rand_int_range(rand, 0, 6) == 0)
			one.closes = calendar_add(year->office, one.closes,
			    (gint64)exponential(rand, 16 * HOUR) + 60);
		g_array_append_val(year->cases, one);
	}
}

static void
set_clock(gint64 now)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, now);

	g_setenv("JAVOB_CLOCK", text, TRUE);
}

static void
mail(Year *year, StoreTxn *txn, Case *one, guint n)
{
	g_autofree char *id = g_strdup_printf("m%u@c%u.example", n, n);
	g_autofree char *from = g_strdup_printf("ann@c%u.example", n);
	g_autoptr(Message) message = house_mail(id, from, "It leaks.");
	g_autoptr(Envelope) envelope = house_envelope("support@shop.example");
	g_autoptr(GBytes) octets = g_bytes_new_static("x", 1);
	g_autoptr(GError) error = NULL;

	house_prove(message, "pass");
	message->date = one->opened;
	envelope->received = one->opened;
	pipeline_run(txn, &year->house.desk, message, envelope, NULL, octets,
	    one->opened, &one->number, &error);
	g_assert_no_error(error);
	g_array_append_val(year->ends, *one);
}

static void
close_case(Year *year, StoreTxn *txn, const Case *one)
{
	Act act = { .verb = "close", .number = one->number, .actor = "olga" };
	g_autoptr(GError) error = NULL;
	g_autofree char *said = act_run(
	    txn, &year->house.desk, &act, one->closes, &error);

	g_assert_no_error(error);
	g_assert_nonnull(said);
}

/* All that happens up to `until`, in one commit; then the clock strikes. */
static void
one_hour(Year *year, guint *opened, gint64 until, gboolean ticks)
{
	g_autoptr(GError) error = NULL;
	StoreTxn *txn = store_begin(year->house.store, &error);
	guint fired;

	while (*opened < year->cases->len) {
		Case *one = &g_array_index(year->cases, Case, *opened);

		if (one->opened > until)
			break;
		mail(year, txn, one, (*opened)++);
	}
	g_array_sort(year->ends, by_closing);
	while (year->ends->len > 0 &&
	    g_array_index(year->ends, Case, 0).closes <= until) {
		close_case(year, txn, &g_array_index(year->ends, Case, 0));
		g_array_remove_index(year->ends, 0);
	}
	store_commit(txn, &error);
	g_assert_no_error(error);
	set_clock(until);
	do {
		fired = 0;
		if (ticks && !tick_once(year->house.store, &year->house.desk,
				 &fired, &error))
			g_error("%s", error->message);
	} while (fired > 0);
}

typedef struct Count {
	guint promised, kept, learned, notices, surprised;
	GArray *outcomes; /* of guint8, learned ones in order */
} Count;

/* Nothing else is asked than what a customer has seen: was there a newer
 * letter before a time passed, or was it settled. */
static void
count_one(StoreTxn *txn, gint64 number, gint64 end, Count *count)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = promise_list(txn, number, &error);
	g_autoptr(LifeRow) life = history_life(txn, number, &error);
	const PromiseRow *first;

	g_assert_no_error(error);
	if (rows->len == 0)
		return;
	g_assert_nonnull(life);
	first = rows->pdata[0];
	count->promised++;
	count->notices += rows->len - 1;
	for (guint i = 0; i < rows->len; i++) {
		const PromiseRow *row = rows->pdata[i];
		const PromiseRow *next = i + 1 < rows->len
		    ? rows->pdata[i + 1]
		    : NULL;
		gint64 until = next != NULL ? next->made
		    : life->ended != 0	    ? life->ended
					    : end;

		if (until > row->named) {
			count->surprised++;
			break;
		}
	}
	if (!g_str_equal(first->basis, "learned") ||
	    !g_str_equal(first->kind, "date") || first->named > end)
		return;
	{
		guint8 kept = life->ended != 0 && life->ended <= first->named;

		count->learned++;
		count->kept += kept;
		g_array_append_val(count->outcomes, kept);
	}
}

static void
windows(const GArray *outcomes, double *least, double *most)
{
	guint sum = 0;

	*least = 1;
	*most = 0;
	for (guint i = 0; i < outcomes->len; i++) {
		sum += g_array_index(outcomes, guint8, i);
		if (i >= WINDOW)
			sum -= g_array_index(outcomes, guint8, i - WINDOW);
		if (i + 1 >= WINDOW) {
			*least = MIN(*least, (double)sum / WINDOW);
			*most = MAX(*most, (double)sum / WINDOW);
		}
	}
}

static void
test_year(void)
{
	const char *asked = g_getenv("TICKETS");
	guint tickets = asked != NULL ? (guint)atoi(asked) : SMALL;
	Year year = { 0 };
	Count count = { 0 };
	guint opened = 0;
	gint64 end;
	double least, most, share;
	g_autoptr(ForecastCache) cache = forecast_cache_new();
	g_autoptr(GError) error = NULL;
	StoreTxn *txn;

	house_build(&year.house, CONFIG);
	year.house.desk.forecasts = cache;
	year.office = site_calendar(year.house.site, "office");
	year.days = asked != NULL ? 365 : 60;
	year.cases = g_array_new(FALSE, FALSE, sizeof(Case));
	year.ends = g_array_new(FALSE, FALSE, sizeof(Case));
	make_cases(&year, tickets);
	end = BEGIN + (year.days + 1) * (gint64)DAY;
	for (gint64 at = BEGIN + HOUR / 4; at <= end; at += HOUR / 4)
		one_hour(&year, &opened, at, TRUE);
	count.outcomes = g_array_new(FALSE, FALSE, sizeof(guint8));
	txn = store_begin_read(year.house.store, &error);
	for (guint i = 0; i < opened; i++)
		count_one(txn, g_array_index(year.cases, Case, i).number, end,
		    &count);
	store_rollback(txn);
	share = (double)count.kept / count.learned;
	windows(count.outcomes, &least, &most);
	g_test_message("%u tickets, %u promised, %u of them learned; kept "
		       "%.3f, in windows of %d %.3f to %.3f; %.3f notices a "
		       "ticket; %u surprised",
	    opened, count.promised, count.learned, share, WINDOW, least, most,
	    (double)count.notices / count.promised, count.surprised);
	g_assert_cmpuint(count.surprised, ==, 0);
	g_assert_cmpuint(count.learned, >, opened / 2);
	/* A small one is within what so few outcomes can tell. */
	g_assert_cmpfloat(fabs(share - .8), <=, asked != NULL ? .03 : .08);
	if (asked != NULL) {
		g_assert_cmpfloat(least, >=, .8 - .12);
		g_assert_cmpfloat(most, <=, .8 + .12);
		g_assert_cmpfloat(
		    (double)count.notices, <=, .35 * count.promised);
	}
	g_array_unref(count.outcomes);
	g_array_unref(year.cases);
	g_array_unref(year.ends);
	house_tear_down(&year.house, NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
	    "/year/promises of a desk are kept as aimed at", test_year);
	return g_test_run();
}
