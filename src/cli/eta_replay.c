/* eta_replay.c - see eta_replay.h. Called by cli/cmd_eta_replay, line by line.
 *
 * Three pools hold each ticket: its key, its queue, the desk. A pool keeps its
 * resolutions in order of time, so that the begin of a window is one look. */
#include "cli/eta_replay.h"

#include "policy/eta.h"
#include "policy/people_time.h"

enum { POOLS = 3, KEY = 0, QUEUE = 1, DESK = 2, NEWS_EVERY = 2 * 86400 };

typedef struct Pool {
	GPtrArray *settled; /* of Item, by resolution; borrowed */
	GPtrArray *open;    /* of Item; borrowed */
	EtaCurve *curve;    /* of a key */
	gint64 made;
	guint own, queue;   /* resolutions known when it was made */
} Pool;

typedef struct Item {
	char *id;
	gint64 opened, resolved; /* 0: open */
	gint64 promise;          /* the first; 0: none */
	gint64 standing, look;   /* when to look again */
	guint notices;
	Pool *pools[POOLS];
	guint place[POOLS];      /* in pool->open */
	GSequenceIter *timer;    /* NULL: none */
} Item;

struct Replay {
	ReplayRules rules;
	GHashTable *items; /* id -> Item */
	GHashTable *pools; /* name -> Pool */
	GSequence *due;    /* of Item, by first promise */
	GSequence *timers; /* of Item, by look */
	guint8 outcome[ETA_DUE]; /* of those that came due, a ring */
	guint outcomes;    /* ever */
	gint64 begin;
	gboolean begun;
};

static void
pool_free(gpointer data)
{
	Pool *pool = data;

	g_ptr_array_unref(pool->settled);
	g_ptr_array_unref(pool->open);
	eta_curve_free(pool->curve);
	g_free(pool);
}

static void
item_free(gpointer data)
{
	Item *item = data;

	g_free(item->id);
	g_free(item);
}

Replay *
replay_new(const ReplayRules *rules)
{
	Replay *replay = g_new0(Replay, 1);

	replay->rules = *rules;
	replay->items = g_hash_table_new_full(
	    g_str_hash, g_str_equal, NULL, item_free);
	replay->pools = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, pool_free);
	replay->due = g_sequence_new(NULL);
	replay->timers = g_sequence_new(NULL);
	return replay;
}

void
replay_free(Replay *replay)
{
	if (replay == NULL)
		return;
	g_sequence_free(replay->due);
	g_sequence_free(replay->timers);
	g_hash_table_unref(replay->items);
	g_hash_table_unref(replay->pools);
	g_free(replay);
}

/* --- pools ------------------------------------------------------------------ */

static Pool *
pool_of(Replay *replay, char *name)
{
	Pool *pool = g_hash_table_lookup(replay->pools, name);

	if (pool != NULL) {
		g_free(name);
		return pool;
	}
	pool = g_new0(Pool, 1);
	pool->settled = g_ptr_array_new();
	pool->open = g_ptr_array_new();
	g_hash_table_insert(replay->pools, name, pool);
	return pool;
}

static void
join(Item *item, guint which, Pool *pool)
{
	item->pools[which] = pool;
	item->place[which] = pool->open->len;
	g_ptr_array_add(pool->open, item);
}

static void
settle(Item *item)
{
	for (guint i = 0; i < POOLS; i++) {
		Pool *pool = item->pools[i];
		guint at = item->place[i];

		g_ptr_array_remove_index_fast(pool->open, at);
		if (at < pool->open->len) {
			Item *moved = pool->open->pdata[at];

			moved->place[i] = at;
		}
		g_ptr_array_add(pool->settled, item);
	}
}

static void
add_life(GArray *out, const Item *item, gint64 since, gint64 now)
{
	gint64 end = item->resolved != 0 ? item->resolved : now;
	HistoryLife life = { end - item->opened,
		item->opened < since ? since - item->opened : HISTORY_WHOLE,
		item->resolved != 0 };

	g_array_append_val(out, life);
}

static GArray *
sample(const Pool *pool, gint64 now, guint least)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(HistoryLife));
	guint count = pool->settled->len;
	gint64 since = G_MININT64;

	if (count >= least) {
		const Item *nth = pool->settled->pdata[count - least];

		since = MIN(nth->resolved, now - ETA_DAYS * 86400);
	}
	for (guint i = count; i > 0; i--) {
		const Item *item = pool->settled->pdata[i - 1];

		if (item->resolved < since)
			break;
		add_life(out, item, since, now);
	}
	for (guint i = 0; i < pool->open->len; i++)
		add_life(out, pool->open->pdata[i], since, now);
	return out;
}

static const EtaCurve *
curve_of(const Item *item, gint64 now)
{
	Pool *key = item->pools[KEY];
	guint own = key->settled->len, queue = item->pools[QUEUE]->settled->len;

	if (key->curve == NULL ||
	    eta_is_stale(key->own, own - key->own, queue - key->queue,
		now - key->made)) {
		g_autoptr(GArray) mine = sample(key, now, ETA_OWN);
		g_autoptr(GArray) near = sample(
		    item->pools[QUEUE], now, ETA_POOL);
		g_autoptr(GArray) all = sample(
		    item->pools[DESK], now, ETA_POOL);

		eta_curve_free(key->curve);
		key->curve = eta_curve_new(mine, near, all);
		key->made = now;
		key->own = own;
		key->queue = queue;
	}
	return key->curve;
}

/* --- promises --------------------------------------------------------------- */

static int
by_promise(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
	const Item *x = a, *y = b;

	return (x->promise > y->promise) - (x->promise < y->promise);
}

static int
by_look(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
	const Item *x = a, *y = b;

	return (x->look > y->look) - (x->look < y->look);
}

static double
level_now(Replay *replay, gint64 now)
{
	guint kept = 0, due;
	GSequenceIter *first = g_sequence_get_begin_iter(replay->due);

	while (!g_sequence_iter_is_end(first)) {
		const Item *item = g_sequence_get(first);

		if (item->promise > now)
			break;
		replay->outcome[replay->outcomes++ % ETA_DUE] =
		    item->resolved != 0 && item->resolved <= item->promise;
		g_sequence_remove(first);
		first = g_sequence_get_begin_iter(replay->due);
	}
	due = MIN(replay->outcomes, ETA_DUE);
	for (guint i = 0; i < due; i++)
		kept += replay->outcome[i];
	return eta_level(replay->rules.p, kept, due);
}

/* The next tick must not come after the promise. */
static void
set_timer(Replay *replay, Item *item, gint64 length)
{
	gint64 lead = MAX(eta_lead(length), replay->rules.tick);

	item->look = item->standing - lead;
	item->timer = g_sequence_insert_sorted(
	    replay->timers, item, by_look, NULL);
}

static gint64
rounded(const Replay *replay, gint64 now, gint64 when)
{
	return replay->rules.round
	    ? people_time_round(NULL, now, when)
	    : when;
}

static gint64
length_of(Replay *replay, const Item *item, gint64 now)
{
	gint64 length;
	gint64 cap = replay->rules.cap;

	if (item->pools[DESK]->settled->len < ETA_MIN_KNOWN ||
	    now - replay->begin < replay->rules.min_days * 86400)
		return replay->rules.cold ? replay->rules.sla : 0;
	if (!eta_quantile(curve_of(item, now), level_now(replay, now), 0,
		&length))
		return 0;
	length = MAX(length, ETA_FLOOR);
	return cap > 0 && length > cap ? 0 : length;
}

gint64
replay_open(Replay *replay, gint64 now, const char *id, const char *queue,
    const char *priority, const char *category)
{
	Item *item = g_hash_table_lookup(replay->items, id);
	gint64 length;

	if (item != NULL)
		return item->promise;
	if (!replay->begun)
		replay->begin = now;
	replay->begun = TRUE;
	item = g_new0(Item, 1);
	item->id = g_strdup(id);
	item->opened = now;
	g_hash_table_insert(replay->items, item->id, item);
	join(item, KEY,
	    pool_of(replay,
		g_strdup_printf("%s|%s|%s", queue, priority, category)));
	join(item, QUEUE, pool_of(replay, g_strdup(queue)));
	join(item, DESK, pool_of(replay, g_strdup("")));
	length = length_of(replay, item, now);
	if (length == 0)
		return 0;
	item->promise = item->standing = rounded(replay, now, now + length);
	g_sequence_insert_sorted(replay->due, item, by_promise, NULL);
	set_timer(replay, item, item->promise - now);
	return item->promise;
}

void
replay_resolve(Replay *replay, gint64 now, const char *id)
{
	Item *item = g_hash_table_lookup(replay->items, id);

	if (item == NULL || item->resolved != 0)
		return;
	item->resolved = now;
	settle(item);
	g_clear_pointer(&item->timer, g_sequence_remove);
}

/* After three dates there are none any more; what is promised then is the
 * next news. */
static void
name_anew(Replay *replay, Item *item, gint64 now)
{
	gint64 age = now - item->opened, when;

	if (item->notices < ETA_NOTICES)
		when = item->opened +
		    eta_again(curve_of(item, now), replay->rules.p, age,
			item->standing - item->opened);
	else
		when = item->standing + eta_update(NEWS_EVERY, age);
	item->standing = rounded(replay, now, when);
	item->notices++;
	set_timer(replay, item, item->standing - now);
}

void
replay_tick(Replay *replay, gint64 now, ReplayNotice notice, gpointer data)
{
	GSequenceIter *first = g_sequence_get_begin_iter(replay->timers);

	while (!g_sequence_iter_is_end(first)) {
		Item *item = g_sequence_get(first);

		if (item->look > now)
			return;
		g_sequence_remove(first);
		name_anew(replay, item, now);
		notice(item->id, item->standing, data);
		first = g_sequence_get_begin_iter(replay->timers);
	}
}
