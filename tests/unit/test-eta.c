/* test-eta.c - the curve against one drawn the slow way, straight from its
 * definition, and what is read off it. */
#include "policy/eta.h"

#include <math.h>

#define HOUR 3600
#define DAY  86400

static void
add(GArray *lives, gint64 age, gint64 entry, gboolean settled)
{
	HistoryLife life = { age, entry, settled };

	g_array_append_val(lives, life);
}

static GArray *
lives_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(HistoryLife));
}

/* One sample on its own: the two pools are empty. */
static EtaCurve *
curve_of(GArray *own)
{
	g_autoptr(GArray) none = lives_new();
	g_autoptr(GArray) nothing = lives_new();

	return eta_curve_new(own, none, nothing);
}

typedef struct Weighed {
	HistoryLife life;
	double weight;
} Weighed;

static int
by_age(gconstpointer a, gconstpointer b)
{
	const Weighed *x = a, *y = b;

	return (x->life.age > y->life.age) - (x->life.age < y->life.age);
}

/* For each end in order of age, all that are at risk are counted anew. */
static double
slow_open(GArray *rows, gint64 until)
{
	double sum = 0, squares = 0, open = 1;

	g_array_sort(rows, by_age);
	for (guint i = 0; i < rows->len; i++) {
		sum += g_array_index(rows, Weighed, i).weight;
		squares += pow(g_array_index(rows, Weighed, i).weight, 2);
	}
	for (guint i = 0; i < rows->len; i++) {
		const Weighed *end = &g_array_index(rows, Weighed, i);
		double risk = squares / sum;

		if (!end->life.settled || end->life.age > until)
			continue;
		for (guint j = 0; j < rows->len; j++) {
			const Weighed *row = &g_array_index(rows, Weighed, j);

			if (row->life.entry < end->life.age &&
			    row->life.age >= end->life.age)
				risk += row->weight;
		}
		open *= 1 - MIN(end->weight / risk, .999);
	}
	return open;
}

static GArray *
random_lives(GRand *rand, guint count, GArray *rows, double total)
{
	GArray *lives = lives_new();

	for (guint i = 0; i < count; i++) {
		/* Coarse, so that many ages are equal, 0 among them. */
		gint64 age = g_rand_int_range(rand, 0, 40) * HOUR;
		gint64 entry = age > 0 && g_rand_int_range(rand, 0, 3) == 0
		    ? g_rand_int_range(rand, 0, (gint32)(age / HOUR)) * HOUR
		    : HISTORY_WHOLE;
		gboolean settled = g_rand_int_range(rand, 0, 3) > 0;
		Weighed row = { { age, entry, settled },
			total > 0 ? total / count : 1 };

		add(lives, age, entry, settled);
		g_array_append_val(rows, row);
	}
	return lives;
}

static void
test_slow(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(6);

	for (guint round = 0; round < 300; round++) {
		g_autoptr(GArray) rows = g_array_new(
		    FALSE, FALSE, sizeof(Weighed));
		guint few = (guint)g_rand_int_range(rand, 0, 60);
		g_autoptr(GArray) own = random_lives(rand, few, rows, 0);
		g_autoptr(GArray) queue = random_lives(
		    rand, (guint)g_rand_int_range(rand, 1, 200), rows, 20);
		g_autoptr(GArray) desk = random_lives(
		    rand, (guint)g_rand_int_range(rand, 1, 300), rows, 10);
		g_autoptr(EtaCurve) curve = eta_curve_new(own, queue, desk);

		for (gint64 age = 0; age < 42 * HOUR; age += 5 * HOUR / 2)
			g_assert_cmpfloat_with_epsilon(
			    eta_open_share(curve, age), slow_open(rows, age),
			    1e-9);
	}
}

static void
test_textbook(void)
{
	/* Ten that ended after 1 to 10 hours; padding 1: 1/11 go first. */
	g_autoptr(GArray) own = lives_new();
	g_autoptr(EtaCurve) curve = NULL;
	gint64 length = 0;

	for (int i = 1; i <= 10; i++)
		add(own, i * HOUR, HISTORY_WHOLE, TRUE);
	curve = curve_of(own);
	g_assert_cmpfloat(eta_open_share(curve, 0), ==, 1);
	g_assert_cmpfloat_with_epsilon(
	    eta_open_share(curve, HOUR), 10. / 11, 1e-12);
	g_assert_cmpfloat_with_epsilon(
	    eta_open_share(curve, 10 * HOUR), 1. / 11, 1e-12);
	g_assert_true(eta_quantile(curve, .5, 0, &length));
	g_assert_cmpint(length, ==, 6 * HOUR);
	/* Half of those that are open after six hours. */
	g_assert_true(eta_quantile(curve, .5, 6 * HOUR, &length));
	g_assert_cmpint(length, ==, 9 * HOUR);
	/* Beyond what was seen: half as much again. */
	g_assert_true(eta_quantile(curve, .5, 20 * HOUR, &length));
	g_assert_cmpint(length, ==, 30 * HOUR);
}

static void
test_open_ones_count(void)
{
	g_autoptr(GArray) quick = lives_new();
	g_autoptr(GArray) all = lives_new();
	g_autoptr(EtaCurve) blind = NULL, curve = NULL;
	gint64 short_one = 0, length = 0;

	for (int i = 1; i <= 40; i++) {
		add(quick, i * HOUR, HISTORY_WHOLE, TRUE);
		add(all, i * HOUR, HISTORY_WHOLE, TRUE);
		add(all, 100 * HOUR + i, HISTORY_WHOLE, FALSE);
	}
	blind = curve_of(quick);
	curve = curve_of(all);
	g_assert_true(eta_quantile(blind, .8, 0, &short_one));
	/* Half are open still: the line is drawn on, twice as far at most. */
	g_assert_false(eta_quantile(curve, .8, 0, &length));
	g_assert_true(eta_quantile(curve, .45, 0, &length));
	g_assert_cmpint(length, >, 35 * HOUR);
	g_assert_cmpint(short_one, <, 35 * HOUR);
}

static void
test_flat(void)
{
	g_autoptr(GArray) none = lives_new();
	g_autoptr(GArray) open = lives_new();
	g_autoptr(EtaCurve) nothing = curve_of(none);
	g_autoptr(EtaCurve) still = NULL;
	gint64 length = 0;

	g_assert_false(eta_quantile(nothing, .8, 0, &length));
	g_assert_true(eta_quantile(nothing, .8, 4 * HOUR, &length));
	g_assert_cmpint(length, ==, 6 * HOUR);
	add(open, 0, HISTORY_WHOLE, TRUE);
	for (int i = 0; i < 99; i++)
		add(open, DAY, HISTORY_WHOLE, FALSE);
	still = curve_of(open);
	g_assert_false(eta_quantile(still, .8, 0, &length));
}

/* The tail is drawn on as it fell, to twice what was seen. */
static void
test_stretch(void)
{
	g_autoptr(GArray) lives = lives_new();
	g_autoptr(EtaCurve) curve = NULL;
	gint64 length = 0;
	double open;

	for (int i = 1; i <= 70; i++)
		add(lives, i * HOUR, HISTORY_WHOLE, TRUE);
	for (int i = 0; i < 30; i++)
		add(lives, 70 * HOUR, HISTORY_WHOLE, FALSE);
	curve = curve_of(lives);
	open = eta_open_share(curve, 70 * HOUR);
	g_assert_true(eta_quantile(curve, .8, 0, &length));
	g_assert_cmpint(length, ==,
	    (gint64)(70 * HOUR * log(1 - .8) / log(open)));
	g_assert_false(eta_quantile(curve, .95, 0, &length));
}

static const struct {
	const char *title;
	double p;
	guint kept, due;
	double want;
} levels[] = {
	{ "nothing known: as aimed at", .8, 0, 0, .8 },
	{ "kept as aimed at: no change", .8, 160, 200, .8 },
	{ "too few kept: higher", .8, 130, 200, .8 + .12 },
	{ "all kept: lower", .8, 200, 200, .8 - .16 },
	{ "never nearer to 1 than a limit", .8, 0, 200, .92 },
	{ "the same at nine of ten", .9, 0, 200, .96 },
	{ "few outcomes move it little", .8, 0, 5, .8 + .8 * 5 / 55 },
};

static void
test_level(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);

	g_assert_cmpfloat_with_epsilon(
	    eta_level(levels[i].p, levels[i].kept, levels[i].due),
	    levels[i].want, 1e-9);
}

/* What rounding up gives is taken off the aim. */
static void
test_rounded(void)
{
	g_assert_cmpfloat_with_epsilon(
	    eta_level_rounded(.8, 160, 160, 200), eta_level(.8, 160, 200),
	    1e-9);
	/* 40 of 200 more by rounding: .64 is aimed at, and .6 was met. */
	g_assert_cmpfloat_with_epsilon(eta_level_rounded(.8, 160, 120, 200),
	    .64 + .64 - (120 + 50 * .64) / 250, 1e-9);
	g_assert_cmpfloat(eta_level_rounded(.8, 200, 0, 200), >=, .02);
}

static void
test_lead(void)
{
	g_assert_cmpint(eta_lead(HOUR), ==, 15 * 60);
	g_assert_cmpint(eta_lead(10 * HOUR), ==, HOUR);
	g_assert_cmpint(eta_lead(60 * DAY), ==, DAY);
	g_assert_cmpint(eta_update(2 * DAY, HOUR), ==, 2 * DAY);
	g_assert_cmpint(eta_update(2 * DAY, 20 * DAY), ==, 5 * DAY);
	g_assert_cmpint(eta_update(2 * DAY, 400 * DAY), ==, 14 * DAY);
	g_assert_cmpint(eta_update(20 * DAY, 400 * DAY), ==, 20 * DAY);
}

/* A new date is never the old one, nor just behind it. */
static void
test_again(void)
{
	g_autoptr(GArray) lives = lives_new();
	g_autoptr(EtaCurve) curve = NULL;

	for (int i = 1; i <= 100; i++)
		add(lives, i * HOUR, HISTORY_WHOLE, TRUE);
	curve = curve_of(lives);
	g_assert_cmpint(eta_again(curve, .8, 50 * HOUR, 52 * HOUR), ==,
	    91 * HOUR);
	g_assert_cmpint(eta_again(curve, .8, 2 * HOUR, 120 * HOUR), ==,
	    124 * HOUR);
	g_assert_cmpint(eta_again(curve, .8, 90 * HOUR, 120 * HOUR), ==,
	    120 * HOUR + 90 * HOUR / 4);
}

static void
test_stale(void)
{
	g_assert_false(eta_is_stale(100, 4, 24, ETA_REBUILD - 1));
	g_assert_true(eta_is_stale(100, 5, 0, 0));
	g_assert_true(eta_is_stale(0, 1, 0, 0));
	g_assert_true(eta_is_stale(100, 0, 25, 0));
	g_assert_true(eta_is_stale(100, 0, 0, ETA_REBUILD));
	g_assert_true(eta_is_stale(100, 0, 0, -1));
}

/* Thousands of rows are thinned to hundreds, and the curve stays: within what
 * 400 of them can tell, twice the standard error of a share. */
static void
test_thinned(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Weighed));
	g_autoptr(GArray) own = random_lives(rand, 3000, rows, 0);
	g_autoptr(EtaCurve) curve = curve_of(own);

	for (gint64 age = 0; age < 36 * HOUR; age += HOUR)
		g_assert_cmpfloat_with_epsilon(eta_open_share(curve, age),
		    slow_open(rows, age), .05);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/eta/ten ends give the curve of the textbook",
	    test_textbook);
	g_test_add_func(
	    "/eta/the curve is the one of its definition", test_slow);
	g_test_add_func("/eta/what is open counts", test_open_ones_count);
	g_test_add_func("/eta/no date where the curve stays up", test_flat);
	g_test_add_func("/eta/twice what was seen at most", test_stretch);
	for (guint i = 0; i < G_N_ELEMENTS(levels); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/eta/level/%s", levels[i].title);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_level);
	}
	g_test_add_func("/eta/level of what is rounded up", test_rounded);
	g_test_add_func("/eta/when it is looked at again", test_lead);
	g_test_add_func("/eta/a new date is a later one", test_again);
	g_test_add_func("/eta/when a curve is made anew", test_stale);
	g_test_add_func("/eta/a large sample is thinned", test_thinned);
	return g_test_run();
}
