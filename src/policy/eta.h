/* eta.h - an honest time from what has happened: a period Kaplan-Meier curve
 * (Kaplan and Meier 1958) of how long matters take.
 *
 * A sample is all that was settled in the last weeks and all that is open, so
 * that what is slow counts although it has not ended. Of each life only the
 * part inside the window is at risk (left truncation). Pure arithmetic: no
 * store, no clock, no calendar. Ages are seconds since the opening, without
 * the time that the customer was waited for. */
#ifndef POLICY_ETA_H
#define POLICY_ETA_H

#include "store/history.h"

enum {
	ETA_OWN = 100,  /* resolutions that a window of a key holds at least */
	ETA_POOL = 500, /* of a queue or the desk */
	ETA_DAYS = 14,  /* whole weeks: a shorter window knows no Sunday */
	ETA_MIN_KNOWN = 20, /* resolutions before anything is promised */
	ETA_MIN_DAYS = 7,   /* and days of history */
	ETA_DUE = 200,      /* promises that came due, for the level */
	ETA_FLOOR = 2 * 3600,
	ETA_CAP = 30 * 86400, /* farther off, no date is named */
	ETA_NOTICES = 3, /* dates that are named anew before there are none */
	ETA_UPDATE_MOST = 14 * 86400, /* then news comes at least so often */
	ETA_REBUILD = 6 * 3600, /* a curve is not used for longer */
};

typedef struct EtaCurve EtaCurve;

/* own: of the same key, weight 1 each; queue and desk: of its queue, and of
 * all, together worth 20 and 10 of them. Arrays of HistoryLife, which are
 * sorted and thinned. Never NULL. */
EtaCurve *eta_curve_new(GArray *own, GArray *queue, GArray *desk);
void eta_curve_free(EtaCurve *curve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EtaCurve, eta_curve_free)

/* Share that is still open at that age, as seen from the opening. */
double eta_open_share(const EtaCurve *curve, gint64 age);

/* Age by which a share `level` of what is open at `age` is settled. FALSE:
 * the curve does not come down to that, so no date can be named; for age > 0
 * there always is one. */
gboolean eta_quantile(const EtaCurve *curve, double level, gint64 age,
    gint64 *length);

/* The quantile to ask for so that a share p is kept: corrected by what came
 * of `due` promises, `kept` of which were kept. In proportion only: a sum
 * would run away in a burst, as keeps are heard of sooner than misses. */
double eta_level(double p, guint kept, guint due);

/* The same where what was named is not the quantile but that rounded up for
 * people: `exact` of the due promises would have been kept without. What the
 * rounding gives is taken off the aim, or customers were kept waiting for
 * longer times than they need to hear. */
double eta_level_rounded(double p, guint kept, guint exact, guint due);

/* How long before a promised instant it is looked at again: a tenth of the
 * length, a quarter of an hour at least, a day at most. */
gint64 eta_lead(gint64 length);

/* The age to name anew at `age` when the one named before was `named`. */
gint64 eta_again(const EtaCurve *curve, double p, gint64 age, gint64 named);

/* How long until the next news when no date is named: `every`, slower with
 * age, two weeks at most. */
gint64 eta_update(gint64 every, gint64 age);

/* TRUE if a curve made of `own` and `pool` resolutions `since` seconds ago is
 * to be made anew now that there are so many more. */
gboolean eta_is_stale(guint own, guint more_own, guint more_pool,
    gint64 since);

#endif
