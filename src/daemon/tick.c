/* tick.c - due timers become effects: time passes. One transaction consumes a
 * timer and writes what it causes, so nothing happens twice. */
#include "daemon/role.h"

#include <string.h>
#include <unistd.h>

#include "daemon/tick.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/wake.h"
#include "mail/message.h"
#include "policy/act.h"
#include "policy/assign.h"
#include "policy/delay.h"
#include "policy/digest.h"
#include "policy/flood.h"
#include "policy/notify.h"
#include "policy/ticket.h"
#include "store/outbox.h"
#include "store/history.h"
#include "store/search.h"

enum {
	MOST = 100,
	INDEX_SOME = 8,  /* messages in one commit: others want to write too */
	INDEX_MS = 500,  /* then timers come first again */
	INDEX_LATE = 30, /* seconds that letters may hold it up */
	PURGE_EVERY = 3600, /* seconds */
	LATE = 15 * 60,     /* a notice that is later was kept by a stop */
	LATE_MOST = 20,     /* more of them at once are looked at first */
	SILENCE = 7 * 86400, /* an answer that stands so long has settled it */
};

/* "ann@x: 550 5.1.1 ...", one after the other, for whom it did not reach. */
static char *
who_missed_it(const GPtrArray *recipients)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < recipients->len; i++) {
		const OutboxRecipient *recipient = recipients->pdata[i];

		if (!g_str_equal(recipient->state, "sent"))
			g_string_append_printf(out,
			    "%s%s was not delivered: %s",
			    out->len > 0 ? "; to " : "",
			    recipient->forward_path, recipient->reply);
	}
	return g_string_free(out, FALSE);
}

/* A timer that fires, and what is known about it. */
typedef struct Firing {
	StoreTxn *txn;
	const TimerRow *timer;
	const Desk *desk;
	gint64 now;
	Facts *facts;
	Effects *effects;
	gint64 late;  /* promises that were due long ago in all */
	gint64 again; /* != 0: it fires again then */
} Firing;

/* The letter with that outbox id did not arrive: agents hear of it. */
static gboolean
undelivered(Firing *firing, GError **error)
{
	StoreTxn *txn = firing->txn;
	const TimerRow *timer = firing->timer;
	Effects *effects = firing->effects;
	gint64 now = firing->now;
	g_autoptr(GError) reason = NULL;
	g_autoptr(OutboxLine) line = outbox_line(txn, timer->number, &reason);
	g_autoptr(GPtrArray) recipients = reason == NULL
	    ? outbox_recipients(txn, timer->number, &reason)
	    : NULL;
	g_autofree char *cause = NULL, *note = NULL, *missed = NULL;

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (line == NULL)
		return TRUE;
	/* Once each time that it was given up; it may be released again. */
	cause = g_strdup_printf("undelivered:%" G_GINT64_FORMAT
				":%" G_GINT64_FORMAT,
	    timer->number, line->attempts);
	if (ticket_move(effects->ticket, TICKET_BOUNCE, now))
		effects_event(effects, "reopened", "javob",
		    "its letter was not delivered");
	missed = who_missed_it(recipients);
	note = g_strdup_printf("Our mail \"%s\" to %s", line->letter, missed);
	notify_note(firing->facts, firing->desk, now, cause, note, effects);
	return TRUE;
}

/* An agent has said until when it waits. */
static gboolean
waited(Firing *firing, GError **error G_GNUC_UNUSED)
{
	const TimerRow *timer = firing->timer;
	Effects *effects = firing->effects;
	g_autofree char *cause = g_strdup_printf(
	    "wake:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, timer->ticket,
	    timer->due);

	if (!g_str_equal(effects->ticket->state, "waiting") ||
	    !ticket_move(effects->ticket, TICKET_OPEN, firing->now))
		return TRUE;
	effects_event(effects, "reopened", "javob",
	    "the time that it waited for has come");
	notify_note(firing->facts, firing->desk, firing->now, cause,
	    "The time that this ticket waited for has come; it is open again.",
	    effects);
	return TRUE;
}

/* number: the address of the agent who wanted to be reminded. */
static gboolean
remind(Firing *firing, GError **error)
{
	const TimerRow *timer = firing->timer;
	g_autoptr(GError) reason = NULL;
	g_autoptr(AddressRow) agent =
	    party_by_id(firing->txn, timer->number, &reason);
	g_autofree char *cause = g_strdup_printf(
	    "remind:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, timer->ticket,
	    timer->due);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (agent != NULL && roster_has(firing->facts->roster, agent->address))
		notify_ticket(firing->facts, firing->desk, firing->now, agent,
		    cause, "You wanted to be reminded of this ticket now.",
		    NULL, firing->effects);
	return TRUE;
}

static void
free_item(gpointer data)
{
	digest_item_free(data);
}

/* The first of an agent's timers takes all others with it. */
static gboolean
digest(Firing *firing, GError **error)
{
	StoreTxn *txn = firing->txn;
	const TimerRow *timer = firing->timer;
	const Desk *desk = firing->desk;
	gint64 now = firing->now;
	g_autoptr(GPtrArray) rows =
	    timer_of(txn, NOTIFY_DIGEST, timer->number, error);
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(free_item);
	g_autofree char *cause = NULL;
	gboolean there = FALSE;

	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		const TimerRow *row = rows->pdata[i];
		g_autoptr(DigestItem) item = g_new0(DigestItem, 1);

		there = there || row->id == timer->id;
		item->facts =
		    facts_of_ticket(txn, desk, row->ticket, now, error);
		item->words = item->facts != NULL
		    ? act_last_words(txn, row->ticket, error)
		    : NULL;
		if (item->words == NULL)
			return FALSE;
		if (row->ticket == timer->ticket)
			g_ptr_array_insert(
			    items, 0, g_steal_pointer(&item));
		else
			g_ptr_array_add(items, g_steal_pointer(&item));
	}
	if (!there)
		return TRUE;
	for (guint i = 0; i < rows->len; i++)
		if (!timer_done(
			txn, ((TimerRow *)rows->pdata[i])->id, error))
			return FALSE;
	cause = g_strdup_printf("digest:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
	    timer->number, timer->due);
	digest_letter(items, timer->number, cause, desk, now,
	    firing->effects);
	return TRUE;
}

static gboolean
flood_over(Firing *firing, GError **error)
{
	return flood_tell(firing->txn, firing->facts, firing->desk,
	    firing->timer->number, firing->now, firing->effects, error);
}

/* The agents hear once an hour that letters wait for one of them. */
static void
say_held(Firing *firing)
{
	g_autofree char *cause = g_strdup_printf("held-notices:%"
						 G_GINT64_FORMAT,
	    firing->now / 3600);
	g_autofree char *note = g_strdup_printf(
	    "%" G_GINT64_FORMAT " notices to customers were due while javob "
	    "stood still or its clock was wrong. They are held. Please look at "
	    "them with \"javob queue list\" and let them go with \"javob "
	    "queue release\".",
	    firing->late);
	g_autoptr(Effects) aside = effects_new();

	aside->ticket = ticket_copy(firing->facts->ticket);
	notify_note(firing->facts, firing->desk, firing->now, cause, note,
	    aside);
	/* These are not held themselves. */
	effects_write(firing->txn, firing->facts, aside, NULL, firing->now,
	    NULL);
}

/* A promised time is near. */
static gboolean
promised(Firing *firing, GError **error)
{
	StoreTxn *txn = firing->txn;
	gint64 ticket = firing->timer->ticket, now = firing->now;
	g_autoptr(GError) reason = NULL;
	g_autoptr(GPtrArray) promises = promise_list(txn, ticket, error);
	g_autoptr(LifeRow) life = NULL;
	g_autofree char *why = NULL;
	const PromiseRow *standing;
	Forecast forecast = { 0 };
	DelayScene scene = { promises, NULL, &forecast, FALSE, FALSE, NULL };
	gboolean ok = TRUE;

	if (promises == NULL)
		return FALSE;
	if (promises->len == 0)
		return TRUE;
	standing = promises->pdata[promises->len - 1];
	if (standing->id != firing->timer->number)
		return TRUE; /* another one stands by now */
	life = history_life(txn, ticket, &reason);
	why = reason == NULL
	    ? event_newest(txn, ticket, "delay-reason", standing->made, &reason)
	    : NULL;
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (life != NULL)
		ok = forecast_again(txn, firing->desk->forecasts,
		    firing->desk->site->promise_share, life->queue, life->key,
		    now, delay_age(life, now),
		    delay_named(standing, life) - life->opened - life->waited,
		    &forecast, error);
	scene.life = life;
	scene.reason = why;
	scene.hold = firing->late > LATE_MOST &&
	    firing->timer->due < now - LATE;
	ok = ok && outbox_answer_waits(txn, ticket, &scene.answer_waits, error);
	if (ok)
		firing->again = delay_decide(firing->facts, firing->desk,
		    &scene, now, firing->effects);
	if (ok && firing->effects->held)
		say_held(firing);
	forecast_clear(&forecast);
	return ok;
}

static gboolean
assign(Firing *firing, GError **error G_GNUC_UNUSED)
{
	assign_due(firing->facts, firing->desk, firing->now, firing->effects);
	return TRUE;
}

typedef struct TimerKind {
	const char *name;
	gboolean (*fire)(Firing *firing, GError **error);
} TimerKind;

static const TimerKind kinds[] = {
	{ "undelivered", undelivered },
	{ "wake", waited },
	{ "remind", remind },
	{ NOTIFY_DIGEST, digest },
	{ "flood", flood_over },
	{ "promise", promised },
	{ ASSIGN_TIMER, assign },
};

static gboolean
fire(StoreTxn *txn, const Desk *desk, const TimerRow *timer, gint64 late,
    gint64 now, GError **error)
{
	g_autoptr(Facts) facts = facts_of_ticket(
	    txn, desk, timer->ticket, now, error);
	g_autoptr(Effects) effects = effects_new();
	Firing firing = { txn, timer, desk, now, facts, effects, late, 0 };

	if (facts == NULL)
		return FALSE;
	effects->ticket = ticket_copy(facts->ticket);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].name, timer->kind) &&
		    !kinds[i].fire(&firing, error))
			return FALSE;
	log_info("ticket=%" G_GINT64_FORMAT " event=timer kind=%s",
	    timer->ticket, timer->kind);
	return effects_write(txn, facts, effects, NULL, now, error) &&
	    (firing.again != 0
		    ? timer_move(txn, timer->id, firing.again, error)
		    : timer_done(txn, timer->id, error));
}

static gboolean
some_due(Store *store, gint64 now, gboolean *due, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin_read(store, error);
	g_autoptr(GPtrArray) timers = txn != NULL
	    ? timer_due(txn, now, 1, error)
	    : NULL;

	*due = timers != NULL && timers->len > 0;
	return timers != NULL;
}

gboolean
tick_once(Store *store, const Desk *desk, guint *fired, GError **error)
{
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) timers = NULL;
	gint64 now = clock_now(), late = 0;
	gboolean due;

	*fired = 0;
	if (!some_due(store, now, &due, error))
		return FALSE;
	if (!due)
		return TRUE;
	txn = store_begin(store, error);
	timers = txn != NULL ? timer_due(txn, now, MOST, error) : NULL;
	if (timers == NULL ||
	    !timer_late(txn, "promise", now - LATE, &late, error))
		return FALSE;
	for (guint i = 0; i < timers->len; i++)
		if (!fire(txn, desk, timers->pdata[i], late, now, error))
			return FALSE;
	*fired = timers->len;
	return store_commit(g_steal_pointer(&txn), error);
}

/* Counts for the limits of automatic mail that no limit looks at any more. */
static gboolean
purge(Store *store, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(store, error);

	return txn != NULL && automatic_purge(txn, clock_now(), error) &&
	    told_purge(txn, clock_now(), error) &&
	    history_silence(txn, clock_now() - SILENCE, error) &&
	    store_commit(g_steal_pointer(&txn), error);
}

static gboolean
letters_wait(Store *store)
{
	g_autoptr(StoreTxn) txn = store_begin_read(store, NULL);
	gint64 due = G_MAXINT64;

	return txn != NULL && outbox_next_due(txn, &due, NULL) &&
	    due <= clock_now();
}

/* Full text of new messages. Nobody waits for it, so it waits while there are
 * letters to be sent, but not for ever. *quiet_ms: when none were last seen.
 * TRUE: more wait. */
static gboolean
index_some(Store *store, volatile gint *stop, gint64 *quiet_ms)
{
	gint64 end = clock_monotonic_ms() + INDEX_MS;
	gboolean late = end - *quiet_ms > INDEX_LATE * 1000;
	guint done = INDEX_SOME;

	while (done == INDEX_SOME && clock_monotonic_ms() < end &&
	    !g_atomic_int_get(stop)) {
		g_autoptr(GError) error = NULL;

		if (!late && letters_wait(store))
			return FALSE;
		*quiet_ms = clock_monotonic_ms();
		done = 0;
		if (!store_index_pending(store, INDEX_SOME, &done, &error))
			log_error("event=index-failed problem=\"%s\"",
			    error->message);
	}
	return done == INDEX_SOME;
}

int
tick_run(const RoleContext *context)
{
	g_autofree char *run = role_run_dir(context->site);
	g_autoptr(GError) error = NULL;
	int wake = wake_open(run, "tick", &error);
	gint64 quiet_ms = clock_monotonic_ms();
	RoleDesk tick = { 0 };
	gint64 purged = 0;

	if (wake < 0) {
		log_error("event=failed problem=\"%s\"", error->message);
		return 1;
	}
	message_init();
	tick.desk.forecasts = forecast_cache_new();
	while (!g_atomic_int_get(context->stop)) {
		g_autoptr(GError) reason = NULL;
		gboolean more = FALSE;
		guint fired = 0;

		if (tick.keys != NULL)
			role_refresh_keys(context->site, tick.keys);
		if ((tick.store != NULL ||
			role_desk_open(&tick, context->site, &reason)) &&
		    tick_once(tick.store, &tick.desk, &fired, &reason) &&
		    fired > 0) {
			wake_send(run, "send");
			wake_send(run, "board");
		}
		if (reason == NULL && clock_now() - purged > PURGE_EVERY) {
			purge(tick.store, &reason);
			purged = clock_now();
		}
		if (reason != NULL)
			log_debug("event=tick-failed problem=\"%s\"",
			    reason->message);
		else
			more = index_some(
			    tick.store, context->stop, &quiet_ms);
		wake_wait(wake, more ? 10 : 1000);
	}
	forecast_cache_free(tick.desk.forecasts);
	role_desk_clear(&tick);
	close(wake);
	return 0;
}
