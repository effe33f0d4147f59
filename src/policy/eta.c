/* eta.c - see eta.h. Called by policy/forecast for the desk's own tickets and
 * by cli/eta_replay for recorded ones. */
#include "policy/eta.h"

#include <math.h>

#define THIN       400 /* lives of one sample */
#define WEIGHT_MID 20.0
#define WEIGHT_LOW 10.0
#define STEP_MOST  .999 /* no single end takes the curve to nothing */
#define STRETCH    2    /* how far beyond what was seen a curve is drawn */
#define FLAT       .95  /* a curve above that says nothing about an end */
#define PRIOR      50   /* promises that are taken to be kept as aimed at */
#define LEVEL_LOW  .02

typedef struct Weighed {
	gint64 age;
	gint64 entry;
	gboolean settled;
	double weight;
} Weighed;

typedef struct Step {
	gint64 age;
	double open; /* share that is open behind it */
} Step;

struct EtaCurve {
	GArray *steps; /* of Step, ages rising */
	gint64 top;    /* the largest age, settled or not */
};

static int
compare_lives(gconstpointer a, gconstpointer b)
{
	const HistoryLife *x = a, *y = b;

	return (x->age > y->age) - (x->age < y->age);
}

static int
compare_ages(gconstpointer a, gconstpointer b)
{
	const Weighed *x = a, *y = b;

	return (x->age > y->age) - (x->age < y->age);
}

static int
compare_entries(gconstpointer a, gconstpointer b)
{
	const Weighed *x = a, *y = b;

	return (x->entry > y->entry) - (x->entry < y->entry);
}

/* Evenly spaced by age, the two ends among them. total 0: each counts 1. */
static void
add_sample(GArray *rows, GArray *lives, double total)
{
	guint count = MIN(lives->len, THIN);

	if (lives->len > THIN)
		g_array_sort(lives, compare_lives);
	for (guint i = 0; i < count; i++) {
		guint at = lives->len > THIN
		    ? (guint)((guint64)i * (lives->len - 1) / (THIN - 1))
		    : i;
		const HistoryLife *life = &g_array_index(
		    lives, HistoryLife, at);
		Weighed row = { life->age, life->entry, life->settled,
			total > 0 ? total / count : 1 };

		g_array_append_val(rows, row);
	}
}

/* A little more at risk than there is, so that one early end among few does
 * not decide. */
static double
padding(const GArray *rows, double *sum)
{
	double squares = 0;

	*sum = 0;
	for (guint i = 0; i < rows->len; i++) {
		double weight = g_array_index(rows, Weighed, i).weight;

		*sum += weight;
		squares += weight * weight;
	}
	return *sum > 0 ? squares / *sum : 0;
}

/* At an age all are at risk that have come to it and had entered the window
 * before. One who entered later has come to a greater age, so both can be
 * told by sums from the young end. */
static void
draw(EtaCurve *curve, GArray *rows)
{
	g_autoptr(GArray) late = g_array_new(FALSE, FALSE, sizeof(Weighed));
	double all, pad = padding(rows, &all), open = 1, gone = 0, entered = 0;
	guint left = 0, in = 0;

	g_array_append_vals(late, rows->data, rows->len);
	g_array_sort(rows, compare_ages);
	g_array_sort(late, compare_entries);
	for (guint i = 0; i < rows->len; i++) {
		const Weighed *row = &g_array_index(rows, Weighed, i);
		double risk;
		Step step = { row->age, 0 };

		curve->top = MAX(curve->top, row->age);
		if (!row->settled)
			continue;
		while (g_array_index(rows, Weighed, left).age < row->age)
			gone += g_array_index(rows, Weighed, left++).weight;
		while (in < late->len &&
		    g_array_index(late, Weighed, in).entry < row->age)
			entered += g_array_index(late, Weighed, in++).weight;
		risk = MAX(entered - gone, row->weight) + pad;
		open *= 1 - MIN(row->weight / risk, STEP_MOST);
		step.open = open;
		g_array_append_val(curve->steps, step);
	}
}

EtaCurve *
eta_curve_new(GArray *own, GArray *queue, GArray *desk)
{
	EtaCurve *curve = g_new0(EtaCurve, 1);
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Weighed));

	curve->steps = g_array_new(FALSE, FALSE, sizeof(Step));
	add_sample(rows, own, 0);
	add_sample(rows, queue, WEIGHT_MID);
	add_sample(rows, desk, WEIGHT_LOW);
	draw(curve, rows);
	return curve;
}

void
eta_curve_free(EtaCurve *curve)
{
	if (curve == NULL)
		return;
	g_array_unref(curve->steps);
	g_free(curve);
}

double
eta_open_share(const EtaCurve *curve, gint64 age)
{
	guint low = 0, high = curve->steps->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(curve->steps, Step, middle).age <= age)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? 1 : g_array_index(curve->steps, Step, low - 1).open;
}

gboolean
eta_quantile(const EtaCurve *curve, double level, gint64 age, gint64 *length)
{
	double start = age > 0 ? eta_open_share(curve, age) : 1;
	double want = (1 - level) * start, last = 1, far;

	for (guint i = 0; i < curve->steps->len; i++) {
		const Step *step = &g_array_index(curve->steps, Step, i);

		if (step->open <= want) {
			*length = step->age;
			return TRUE;
		}
		last = step->open;
	}
	if (age > 0) {
		*length = MAX(curve->top, age + age / 2);
		return TRUE;
	}
	if (last > FLAT)
		return FALSE;
	far = (double)curve->top * log(1 - level) / log(last);
	if (far > (double)(STRETCH * curve->top))
		return FALSE;
	*length = (gint64)far;
	return TRUE;
}

double
eta_level(double p, guint kept, guint due)
{
	double share = (kept + PRIOR * p) / (due + PRIOR);

	return CLAMP(p + (p - share), LEVEL_LOW, p + .6 * (1 - p));
}

double
eta_level_rounded(double p, guint kept, guint exact, guint due)
{
	double gift = kept > exact ? (double)(kept - exact) / (due + PRIOR) : 0;

	return eta_level(MAX(p - gift, p / 2), exact, due);
}

gint64
eta_lead(gint64 length)
{
	return CLAMP(length / 10, 15 * 60, 86400);
}

gint64
eta_again(const EtaCurve *curve, double p, gint64 age, gint64 named)
{
	gint64 length = 0;

	eta_quantile(curve, p, MAX(age, 1), &length);
	return MAX(length, MAX(named + age / 4, named + 4 * 3600));
}

gint64
eta_update(gint64 every, gint64 age)
{
	return MIN(MAX(every, age / 4), MAX(every, ETA_UPDATE_MOST));
}

gboolean
eta_is_stale(guint own, guint more_own, guint more_pool, gint64 since)
{
	return (more_own > 0 && more_own * 20 >= own) || more_pool >= 25 ||
	    since < 0 || since >= ETA_REBUILD;
}
