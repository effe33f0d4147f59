/* forecast.h - by when a ticket will be settled, from the desk's own history:
 * the rows of store/history through the curve of policy/eta. Read before a
 * decision, as all facts are. */
#ifndef POLICY_FORECAST_H
#define POLICY_FORECAST_H

#include "javob.h"
#include "store/promises.h"

/* Curves that were drawn, one a key, until they are stale. Never NULL. */
typedef struct ForecastCache ForecastCache;
ForecastCache *forecast_cache_new(void);
void forecast_cache_free(ForecastCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ForecastCache, forecast_cache_free)

typedef struct Forecast {
	gboolean known;       /* there is history enough to learn from */
	gboolean dated;       /* and it carries a date */
	PromiseGround ground; /* length is the age of that date */
} Forecast;
void forecast_clear(Forecast *forecast);

/* For a ticket that opens now. p: the share of promises to keep. cache NULL:
 * the curve is drawn for this one. */
gboolean forecast_read(StoreTxn *txn, ForecastCache *cache, double p,
    const char *queue, const char *mailbox, gint64 now, Forecast *forecast,
    GError **error);

/* For one of that key that is open at `age` and whose date was at the age
 * `named`: the age to name anew. known FALSE: there is too little history. */
gboolean forecast_again(StoreTxn *txn, ForecastCache *cache, double p,
    const char *queue, const char *key, gint64 now, gint64 age, gint64 named,
    Forecast *forecast, GError **error);

#endif
