/* promise.c - by when the matter will be settled: what the desk's history
 * says, or, as long as that is thin, the queue's configured resolution time
 * over its working hours. Step of policy/pipeline; the ack and the
 * notification name the result, and it becomes a row. */
#include "policy/promise.h"

#include "ground/clock.h"
#include "ground/span.h"
#include "policy/calendar.h"
#include "policy/eta.h"
#include "policy/locale.h"
#include "policy/people_time.h"

enum { QUARTER = 15 * 60 };

/* People read quarters of an hour; never earlier than what was computed. */
static gint64
round_up(gint64 when)
{
	return (when + QUARTER - 1) / QUARTER * QUARTER;
}

gint64
promise_working(const Facts *facts, gint64 when, gint64 seconds)
{
	gint64 at = facts->calendar != NULL
	    ? calendar_add(facts->calendar, when, seconds)
	    : when + seconds;

	return at == G_MAXINT64 ? 0 : round_up(at);
}

static gboolean
learns(const Facts *facts)
{
	return facts->queue->learns && facts->forecast.known;
}

Promise
promise_make(const Facts *facts, gint64 now)
{
	Promise promise = { 0 };
	gint64 start = now;

	if (facts->queue == NULL)
		return promise;
	if (facts->calendar != NULL && !calendar_is_open(facts->calendar, now)) {
		start = calendar_next_opening(facts->calendar, now);
		if (start == G_MAXINT64) /* closed for years: no promise */
			return promise;
		promise.opens_at = start;
	}
	promise.learned = learns(facts);
	if (!promise.learned)
		promise.at = promise_working(
		    facts, start, facts->queue->resolution);
	else if (facts->forecast.dated)
		promise.at = people_time_round(facts->calendar, now,
		    now + facts->forecast.ground.length);
	if (promise.at - now > ETA_CAP)
		promise.at = 0;
	if (promise.at == 0)
		promise.news_at = promise_working(facts, start, PROMISE_NEWS);
	return promise;
}

gint64
promise_agents_due(gint64 made, gint64 named)
{
	return made + (named - made) * 4 / 5;
}

static void
copy_ground(PromiseRow *row, const PromiseGround *ground)
{
	g_free(row->ground.key);
	row->ground = *ground;
	row->ground.key = g_strdup(ground->key != NULL ? ground->key : "");
}

static PromiseRow *
row_new(gint64 ticket, gint64 now, const char *basis, gint64 named)
{
	PromiseRow *row = promise_row_new();

	row->ticket = ticket;
	row->made = now;
	g_free(row->basis);
	row->basis = g_strdup(basis);
	row->named = named;
	row->lead = eta_lead(named - now);
	return row;
}

char *
promise_text(const Facts *facts, const char *language, gint64 when, char *old)
{
	const char *zone = facts->calendar != NULL
	    ? calendar_timezone(facts->calendar)
	    : "UTC";
	g_autofree char *instant = locale_instant(language, zone, when);
	g_autofree char *name = locale_zone(language, zone, when);

	g_free(old);
	return g_strdup_printf("%s (%s)", instant, name);
}

void
promise_told(const Facts *facts, const char *language, gint64 how,
    Effects *effects)
{
	PromiseRow *row = effects->promise;

	if (row == NULL)
		return;
	row->told = how;
	row->text = promise_text(facts, language, row->named, row->text);
}

PromiseRow *
promise_named(const Facts *facts, const Effects *effects, gint64 now)
{
	const Ticket *ticket = effects->ticket;

	if (effects->opens || facts->ticket == NULL ||
	    ticket->id != facts->ticket->id ||
	    ticket->promised == facts->ticket->promised ||
	    ticket->promised <= now)
		return NULL;
	return row_new(ticket->id, now, "agent", ticket->promised);
}

/* "the configured 8h of working time", or how many like cases say so. */
static void
say_why(const Facts *facts, const Promise *promise, Effects *effects)
{
	const PromiseGround *ground = &facts->forecast.ground;
	g_autofree char *length = NULL, *at = NULL;

	if (!promise->learned) {
		length = span_format(facts->queue->resolution);
		at = clock_rfc3339(promise->at);
		effects_reason(effects, "promise",
		    "%s of working time of queue %s (configured)", length,
		    facts->queue->name);
		effects_event(effects, "promised", "javob",
		    "%s (configured: %s)", at, length);
		return;
	}
	at = clock_rfc3339(promise->at != 0 ? promise->at : promise->news_at);
	effects_reason(effects, "promise",
	    "%" G_GINT64_FORMAT " like cases of %s, %" G_GINT64_FORMAT
	    " of %" G_GINT64_FORMAT " promises kept, so level .%03d: %s",
	    ground->own, ground->key, ground->kept, ground->due,
	    (int)ground->level,
	    promise->at != 0 ? "a date" : "no date can be named");
	effects_event(effects, "promised", "javob", "%s%s (learned from %"
	    G_GINT64_FORMAT " like cases)",
	    promise->at != 0 ? "" : "no date; news by ", at, ground->own);
}

void
promise_step(const Facts *facts, const Desk *desk G_GNUC_UNUSED, gint64 now,
    Effects *effects)
{
	Promise promise;

	if (!effects->opens || effects->is_machine || facts->queue == NULL)
		return;
	effects->lives = TRUE;
	promise = promise_make(facts, now);
	effects->ticket->promised = promise.at;
	if (promise.at == 0 && promise.news_at == 0)
		return;
	effects->promise = row_new(effects->ticket->id, now,
	    promise.learned ? "learned" : "configured",
	    promise.at != 0 ? promise.at : promise.news_at);
	if (promise.at == 0) {
		g_free(effects->promise->kind);
		effects->promise->kind = g_strdup("update");
	}
	if (promise.learned)
		copy_ground(effects->promise, &facts->forecast.ground);
	say_why(facts, &promise, effects);
}
