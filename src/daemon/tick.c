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
#include "policy/assign.h"
#include "policy/notify.h"
#include "policy/ticket.h"
#include "store/outbox.h"
#include "store/search.h"

enum {
	MOST = 100,
	INDEX_SOME = 8,  /* messages in one commit: others want to write too */
	INDEX_MS = 500,  /* then timers come first again */
	INDEX_LATE = 30, /* seconds that letters may hold it up */
	PURGE_EVERY = 3600, /* seconds */
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

/* The letter with that outbox id did not arrive: agents hear of it. */
static gboolean
undelivered(StoreTxn *txn, const TimerRow *timer, const Desk *desk, gint64 now,
    Facts *facts, Effects *effects, GError **error)
{
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
	notify_note(facts, desk, now, cause, note, effects);
	return TRUE;
}

/* An agent has said until when it waits. */
static gboolean
waited(StoreTxn *txn G_GNUC_UNUSED, const TimerRow *timer, const Desk *desk,
    gint64 now, Facts *facts, Effects *effects, GError **error G_GNUC_UNUSED)
{
	g_autofree char *cause = g_strdup_printf(
	    "wake:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, timer->ticket,
	    timer->due);

	if (!g_str_equal(effects->ticket->state, "waiting") ||
	    !ticket_move(effects->ticket, TICKET_OPEN, now))
		return TRUE;
	effects_event(effects, "reopened", "javob",
	    "the time that it waited for has come");
	notify_note(facts, desk, now, cause,
	    "The time that this ticket waited for has come; it is open again.",
	    effects);
	return TRUE;
}

/* number: the address of the agent who wanted to be reminded. */
static gboolean
remind(StoreTxn *txn, const TimerRow *timer, const Desk *desk, gint64 now,
    Facts *facts, Effects *effects, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(AddressRow) agent =
	    party_by_id(txn, timer->number, &reason);
	g_autofree char *cause = g_strdup_printf(
	    "remind:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, timer->ticket,
	    timer->due);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (agent != NULL && roster_has(facts->roster, agent->address))
		notify_ticket(facts, desk, now, agent, cause,
		    "You wanted to be reminded of this ticket now.", NULL,
		    effects);
	return TRUE;
}

static gboolean
assign(StoreTxn *txn G_GNUC_UNUSED, const TimerRow *timer G_GNUC_UNUSED,
    const Desk *desk, gint64 now, Facts *facts, Effects *effects,
    GError **error G_GNUC_UNUSED)
{
	assign_due(facts, desk, now, effects);
	return TRUE;
}

typedef struct TimerKind {
	const char *name;
	gboolean (*fire)(StoreTxn *txn, const TimerRow *timer,
	    const Desk *desk, gint64 now, Facts *facts, Effects *effects,
	    GError **error);
} TimerKind;

static const TimerKind kinds[] = {
	{ "undelivered", undelivered },
	{ "wake", waited },
	{ "remind", remind },
	{ ASSIGN_TIMER, assign },
};

static gboolean
fire(StoreTxn *txn, const Desk *desk, const TimerRow *timer, gint64 now,
    GError **error)
{
	g_autoptr(Facts) facts = facts_of_ticket(
	    txn, desk, timer->ticket, now, error);
	g_autoptr(Effects) effects = effects_new();

	if (facts == NULL)
		return FALSE;
	effects->ticket = ticket_copy(facts->ticket);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].name, timer->kind) &&
		    !kinds[i].fire(
			txn, timer, desk, now, facts, effects, error))
			return FALSE;
	log_info("ticket=%" G_GINT64_FORMAT " event=timer kind=%s",
	    timer->ticket, timer->kind);
	return effects_write(txn, facts, effects, NULL, now, error) &&
	    timer_done(txn, timer->id, error);
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
	gint64 now = clock_now();
	gboolean due;

	*fired = 0;
	if (!some_due(store, now, &due, error))
		return FALSE;
	if (!due)
		return TRUE;
	txn = store_begin(store, error);
	timers = txn != NULL ? timer_due(txn, now, MOST, error) : NULL;
	if (timers == NULL)
		return FALSE;
	for (guint i = 0; i < timers->len; i++)
		if (!fire(txn, desk, timers->pdata[i], now, error))
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
	    store_commit(g_steal_pointer(&txn), error);
}

typedef struct Tick {
	Store *store;
	TokenKeys *keys;
	Templates *templates;
	Desk desk;
} Tick;

static gboolean
tick_open(Tick *tick, const Site *site, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = g_build_filename(site->state_dir, "key", NULL);

	if (tick->keys == NULL)
		tick->keys = token_keys_load(key, error);
	if (tick->keys == NULL)
		return FALSE;
	tick->store = store_open(site->state_dir, site->store_url, error);
	if (tick->store == NULL)
		return FALSE;
	tick->templates = templates_load(site->templates_dir, faults);
	tick->desk.site = site;
	tick->desk.keys = tick->keys;
	tick->desk.templates = tick->templates;
	return TRUE;
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
	Tick tick = { 0 };
	gint64 purged = 0;

	if (wake < 0) {
		log_error("event=failed problem=\"%s\"", error->message);
		return 1;
	}
	message_init();
	while (!g_atomic_int_get(context->stop)) {
		g_autoptr(GError) reason = NULL;
		gboolean more = FALSE;
		guint fired = 0;

		if (tick.keys != NULL)
			role_refresh_keys(context->site, tick.keys);
		if ((tick.store != NULL ||
			tick_open(&tick, context->site, &reason)) &&
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
	store_close(tick.store);
	templates_free(tick.templates);
	token_keys_free(tick.keys);
	close(wake);
	return 0;
}
