/* forecast.c - see forecast.h. Called by policy/facts for new tickets and by
 * policy/delay for those that take longer. */
#include "policy/forecast.h"

#include "policy/eta.h"
#include "store/history.h"

typedef struct Drawn {
	EtaCurve *curve;
	PromiseGround ground; /* what it was drawn from */
} Drawn;

struct ForecastCache {
	GHashTable *drawn; /* key -> Drawn */
};

static void
drawn_free(gpointer data)
{
	Drawn *drawn = data;

	eta_curve_free(drawn->curve);
	g_free(drawn->ground.key);
	g_free(drawn);
}

ForecastCache *
forecast_cache_new(void)
{
	ForecastCache *cache = g_new0(ForecastCache, 1);

	cache->drawn = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, drawn_free);
	return cache;
}

void
forecast_cache_free(ForecastCache *cache)
{
	if (cache == NULL)
		return;
	g_hash_table_unref(cache->drawn);
	g_free(cache);
}

void
forecast_clear(Forecast *forecast)
{
	g_clear_pointer(&forecast->ground.key, g_free);
}

static GArray *
sample(StoreTxn *txn, HistoryScope scope, const char *name, gint64 now,
    gint64 *count, gint64 *since, GError **error)
{
	GArray *lives = history_sample(txn, scope, name,
	    scope == HISTORY_KEY ? ETA_OWN : ETA_POOL, ETA_DAYS, now, since,
	    error);

	*count = lives != NULL ? lives->len : 0;
	return lives;
}

static Drawn *
draw(StoreTxn *txn, const char *queue, const char *key, gint64 now,
    GError **error)
{
	PromiseGround ground = { 0 };
	g_autoptr(GArray) own = sample(txn, HISTORY_KEY, key, now, &ground.own,
	    &ground.own_since, error);
	g_autoptr(GArray) near = own != NULL
	    ? sample(txn, HISTORY_QUEUE, queue, now, &ground.queue,
		  &ground.queue_since, error)
	    : NULL;
	g_autoptr(GArray) all = near != NULL
	    ? sample(txn, HISTORY_DESK, NULL, now, &ground.desk,
		  &ground.desk_since, error)
	    : NULL;
	Drawn *drawn;

	if (all == NULL)
		return NULL;
	drawn = g_new0(Drawn, 1);
	drawn->curve = eta_curve_new(own, near, all);
	drawn->ground = ground;
	drawn->ground.key = g_strdup(key);
	drawn->ground.built = now;
	return drawn;
}

/* *kept: it belongs to the cache; else free it. NULL with error. */
static Drawn *
find(StoreTxn *txn, ForecastCache *cache, const char *queue, const char *key,
    gint64 now, gboolean *kept, GError **error)
{
	Drawn *drawn = cache != NULL
	    ? g_hash_table_lookup(cache->drawn, key)
	    : NULL;
	guint own = 0, pool = 0;

	*kept = cache != NULL;
	if (drawn != NULL) {
		if (!history_more(txn, key, queue, drawn->ground.built, &own,
			&pool, error))
			return NULL;
		if (!eta_is_stale((guint)drawn->ground.own, own, pool,
			now - drawn->ground.built))
			return drawn;
	}
	drawn = draw(txn, queue, key, now, error);
	if (drawn != NULL && cache != NULL)
		g_hash_table_replace(cache->drawn, g_strdup(key), drawn);
	return drawn;
}

static gboolean
is_known(StoreTxn *txn, gint64 now, gboolean *known, GError **error)
{
	guint settled;
	gint64 first;

	if (!history_known(txn, ETA_MIN_KNOWN, &settled, &first, error))
		return FALSE;
	*known = settled >= ETA_MIN_KNOWN &&
	    now - first >= ETA_MIN_DAYS * (gint64)86400;
	return TRUE;
}

gboolean
forecast_read(StoreTxn *txn, ForecastCache *cache, double p,
    const char *queue, const char *mailbox, gint64 now, Forecast *forecast,
    GError **error)
{
	g_autofree char *key = history_key(queue, mailbox);
	guint kept, exact, due;
	gboolean cached;
	double level;
	Drawn *drawn;

	if (!is_known(txn, now, &forecast->known, error))
		return FALSE;
	if (!forecast->known)
		return TRUE;
	if (!promise_outcome(txn, now, ETA_DUE, &kept, &exact, &due, error))
		return FALSE;
	drawn = find(txn, cache, queue, key, now, &cached, error);
	if (drawn == NULL)
		return FALSE;
	level = eta_level_rounded(p, kept, exact, due);
	forecast->ground = drawn->ground;
	forecast->ground.key = g_steal_pointer(&key);
	forecast->ground.share = (gint64)(p * 1000 + .5);
	forecast->ground.level = (gint64)(level * 1000 + .5);
	forecast->ground.kept = kept;
	forecast->ground.exact = exact;
	forecast->ground.due = due;
	forecast->dated = eta_quantile(
	    drawn->curve, level, 0, &forecast->ground.length);
	forecast->ground.length = MAX(forecast->ground.length, ETA_FLOOR);
	if (!forecast->dated || forecast->ground.length > ETA_CAP) {
		forecast->dated = FALSE;
		forecast->ground.length = 0;
	}
	if (!cached)
		drawn_free(drawn);
	return TRUE;
}

gboolean
forecast_again(StoreTxn *txn, ForecastCache *cache, double p,
    const char *queue, const char *key, gint64 now, gint64 age, gint64 named,
    Forecast *forecast, GError **error)
{
	gboolean cached;
	Drawn *drawn;

	if (!is_known(txn, now, &forecast->known, error))
		return FALSE;
	if (!forecast->known)
		return TRUE;
	drawn = find(txn, cache, queue, key, now, &cached, error);
	if (drawn == NULL)
		return FALSE;
	forecast->ground = drawn->ground;
	forecast->ground.key = g_strdup(key);
	forecast->ground.share = forecast->ground.level =
	    (gint64)(p * 1000 + .5);
	forecast->ground.length = eta_again(drawn->curve, p, age, named);
	forecast->dated = TRUE;
	if (!cached)
		drawn_free(drawn);
	return TRUE;
}
