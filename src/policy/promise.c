/* promise.c - by when the matter will be settled: the queue's configured
 * resolution time over its working hours. Step of policy/pipeline; the ack
 * and the notification name the result. */
#include "policy/promise.h"

#include "ground/clock.h"
#include "ground/span.h"
#include "policy/calendar.h"

enum { QUARTER = 15 * 60 };

/* People read quarters of an hour; never earlier than what was computed. */
static gint64
round_up(gint64 when)
{
	return (when + QUARTER - 1) / QUARTER * QUARTER;
}

Promise
promise_make(const Facts *facts, gint64 now)
{
	Promise promise = { 0, 0 };
	gint64 start = now;

	if (facts->queue == NULL)
		return promise;
	if (facts->calendar == NULL) {
		promise.at = round_up(now + facts->queue->resolution);
		return promise;
	}
	if (!calendar_is_open(facts->calendar, now)) {
		start = calendar_next_opening(facts->calendar, now);
		if (start == G_MAXINT64) /* closed for years: no promise */
			return promise;
		promise.opens_at = start;
	}
	promise.at = calendar_add(
	    facts->calendar, start, facts->queue->resolution);
	promise.at = promise.at == G_MAXINT64 ? 0 : round_up(promise.at);
	return promise;
}

void
promise_step(const Facts *facts, const Desk *desk G_GNUC_UNUSED, gint64 now,
    Effects *effects)
{
	g_autofree char *length = NULL, *at = NULL;

	if (!effects->opens || effects->is_machine ||
	    facts->queue == NULL)
		return;
	effects->ticket->promised = promise_make(facts, now).at;
	if (effects->ticket->promised == 0)
		return;
	length = span_format(facts->queue->resolution);
	effects_reason(effects, "promise",
	    "%s of working time of queue %s (configured)", length,
	    facts->queue->name);
	at = clock_rfc3339(effects->ticket->promised);
	effects_event(effects, "promised", "javob", "%s (configured: %s)", at,
	    length);
}
