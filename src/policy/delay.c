/* delay.c - see delay.h. Called by daemon/tick when the timer of a promise
 * fires: shortly before the time, so that nobody sees it pass in silence. */
#include "policy/delay.h"

#include "ground/clock.h"
#include "policy/calendar.h"
#include "policy/eta.h"
#include "policy/letter.h"
#include "policy/locale.h"
#include "policy/people_time.h"
#include "policy/promise.h"
#include "policy/ticket.h"

#define HOUR 3600
#define DAY  86400

enum {
	DATES_MOST = 3,        /* that a customer is told; then only news */
	NEWS_EVERY = 2 * DAY,
	ANSWER_WAITS = 10 * 60, /* a letter on its way gets so long */
	NIGHT = 21 * HOUR,
	MORNING = 8 * HOUR,
	LAST_LOOK = 15 * 60,    /* before the time, at night or not */
	SPREAD = 30 * 60,       /* over which a morning's letters go out */
};

gint64
delay_age(const LifeRow *life, gint64 now)
{
	gint64 end = life->ended != 0 ? life->ended
	    : life->waiting != 0     ? life->waiting
				     : now;

	return MAX(end - life->opened - life->waited, 0);
}

gint64
delay_named(const PromiseRow *row, const LifeRow *life)
{
	return row->named + (life != NULL ? life->waited - row->waited : 0);
}

/* Nobody is written to at night, unless the time itself falls there. */
static gint64
look_at(const Facts *facts, gint64 named, gint64 lead)
{
	gint64 look = named - lead;
	gint64 offset = facts->calendar != NULL
	    ? calendar_offset(facts->calendar, look)
	    : 0;
	gint64 second = ((look + offset) % DAY + DAY) % DAY;
	gint64 morning;

	if (second >= MORNING && second < NIGHT)
		return look;
	morning = look - second + MORNING + (second >= NIGHT ? DAY : 0) +
	    facts->ticket->id * 60 % SPREAD;
	return morning <= named - LAST_LOOK ? morning : look;
}

static guint
dates_in(const GPtrArray *promises)
{
	guint count = 0;

	for (guint i = 0; i < promises->len; i++) {
		const PromiseRow *row = promises->pdata[i];

		count += g_str_equal(row->kind, "date");
	}
	return count;
}

/* The new date; 0: none, only news. */
static gint64
new_date(const Facts *facts, const DelayScene *scene, gint64 now,
    gint64 named)
{
	gint64 when;

	if (dates_in(scene->promises) >= DATES_MOST || facts->queue == NULL)
		return 0;
	if (scene->forecast->known && facts->queue->learns &&
	    scene->life != NULL)
		when = people_time_round(facts->calendar, now,
		    now + scene->forecast->ground.length -
			delay_age(scene->life, now));
	else
		when = promise_working(facts, MAX(now, named),
		    MAX(facts->queue->resolution / 2, 4 * HOUR));
	return when > MAX(now, named) &&
		when - facts->ticket->opened <= ETA_CAP
	    ? when
	    : 0;
}

static PromiseRow *
row_of(const Facts *facts, const DelayScene *scene, gint64 now, gint64 named,
    gint64 date)
{
	PromiseRow *row = promise_row_new();
	gint64 age = scene->life != NULL ? delay_age(scene->life, now)
					 : now - facts->ticket->opened;

	row->ticket = facts->ticket->id;
	row->made = now;
	row->named = date != 0
	    ? date
	    : people_time_round(facts->calendar, now,
		  MAX(now, named) + eta_update(NEWS_EVERY, age));
	row->lead = eta_lead(row->named - now);
	if (date == 0) {
		g_free(row->kind);
		row->kind = g_strdup("update");
	}
	if (scene->forecast->known && facts->queue != NULL &&
	    facts->queue->learns) {
		g_free(row->basis);
		row->basis = g_strdup("learned");
		g_free(row->ground.key);
		row->ground = scene->forecast->ground;
		row->ground.key = g_strdup(scene->forecast->ground.key);
	}
	return row;
}

/* Who was never told of a time has nothing to hear of; who cannot be reached
 * does not hear it. */
static const AddressRow *
listener(const Facts *facts, const Desk *desk, const PromiseRow *row)
{
	const AddressRow *to = facts_correspondent(facts);

	return row->told != 0 && facts->mailbox != NULL && to != NULL &&
		to->undeliverable == 0 &&
		!site_is_own(desk->site, to->address)
	    ? to
	    : NULL;
}

static void
set_values(MustacheData *data, const Facts *facts, const DelayScene *scene,
    const char *language, const AddressRow *to, gint64 old, PromiseRow *row)
{
	gboolean plain = row->told == PROMISE_TOLD_PLAIN;
	g_autofree char *name = locale_greeting_name(
	    language, plain ? "" : to->name);
	g_autofree char *greeting = locale_greeting(language, name);
	gboolean date = g_str_equal(row->kind, "date");

	mustache_set(data, "greeting", greeting);
	/* Not a word of somebody who has proven nothing. */
	if (plain)
		mustache_set(data, "subject", facts->mailbox->display_name);
	letter_set_instant(data, facts, language,
	    date ? "promise_at" : "next_update_at", row->named);
	if (date)
		letter_set_instant(data, facts, language, "old_promise_at", old);
	if (scene->reason != NULL)
		mustache_set(data, date ? "delay_reason" : "progress",
		    scene->reason);
}

static gboolean
write_letter(const Facts *facts, const Desk *desk, const DelayScene *scene,
    gint64 now, const AddressRow *to, gint64 old, PromiseRow *row,
    Effects *effects)
{
	g_autoptr(MustacheData) data = letter_data(facts, effects);
	g_autofree char *cause = g_strdup_printf("delay:%" G_GINT64_FORMAT
						 ":%u",
	    facts->ticket->id, scene->promises->len);
	LetterPlan plan = { 0 };

	plan.letter = g_str_equal(row->kind, "date") ? LETTER_DELAY
						     : LETTER_UPDATE;
	plan.language = lang_letter(desk->site, desk->templates, plan.letter,
	    facts->ticket->language, facts->mailbox);
	set_values(data, facts, scene, plan.language, to, old, row);
	row->text = promise_text(facts, plan.language, row->named, row->text);
	plan.cause = cause;
	plan.to = to;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_CUSTOMER;
	plan.in_reply_to = facts->last_in;
	plan.references = facts->thread_ids;
	plan.data = data;
	return letter_add(facts, desk, now, &plan, effects);
}

gint64
delay_decide(const Facts *facts, const Desk *desk, const DelayScene *scene,
    gint64 now, Effects *effects)
{
	const PromiseRow *standing =
	    scene->promises->pdata[scene->promises->len - 1];
	const AddressRow *to = listener(facts, desk, standing);
	gint64 named = delay_named(standing, scene->life);
	gint64 look = look_at(facts, named, standing->lead), date;
	g_autoptr(PromiseRow) row = NULL;
	g_autofree char *at = NULL;

	/* What has come back from the customer sets the timer anew. */
	if (ticket_is_done(facts->ticket) || to == NULL ||
	    g_str_equal(facts->ticket->state, "waiting"))
		return 0;
	if (look > now)
		return look;
	if (scene->answer_waits)
		return now + ANSWER_WAITS;
	date = new_date(facts, scene, now, named);
	row = row_of(facts, scene, now, named, date);
	row->told = standing->told;
	if (!write_letter(facts, desk, scene, now, to, named, row, effects))
		return now + HOUR;
	effects->held = scene->hold;
	if (date != 0)
		effects->ticket->promised = date;
	else if (g_str_equal(standing->kind, "date"))
		effects->ticket->promised = 0;
	at = clock_rfc3339(row->named);
	effects_event(effects, date != 0 ? "delayed" : "news", "javob",
	    "%s%s%s", date != 0 ? "new time " : "next news by ", at,
	    scene->hold ? "; the letter is held: many were due at once" : "");
	effects->promise = g_steal_pointer(&row);
	return 0;
}
