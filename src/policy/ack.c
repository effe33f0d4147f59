/* ack.c - the acknowledgement of a new ticket: step of policy/pipeline.
 *
 * A proven sender is greeted by name and reads his own subject; to anybody
 * else goes a fixed text with not one word of his (THREATS 4). */
#include "policy/ack.h"

#include "mail/address.h"
#include "policy/calendar.h"
#include "policy/letter.h"
#include "policy/locale.h"
#include "policy/promise.h"

/* "8" of "10". */
static void
set_share(MustacheData *data, gint64 thousandths)
{
	gint64 of = thousandths % 100 == 0 ? 10 : 100;
	g_autofree char *share = g_strdup_printf(
	    "%" G_GINT64_FORMAT, thousandths * of / 1000);
	g_autofree char *all = g_strdup_printf("%" G_GINT64_FORMAT, of);

	mustache_set(data, "share", share);
	mustache_set(data, "share_of", all);
}

static void
set_times(MustacheData *data, const Facts *facts, const Effects *effects,
    const char *language, gint64 now)
{
	Promise promise = promise_make(facts, now);

	letter_set_instant(
	    data, facts, language, "promise_at", effects->ticket->promised);
	if (effects->ticket->promised == 0)
		letter_set_instant(data, facts, language, "next_update_at",
		    promise.news_at != 0 ? promise.news_at : now + 86400);
	else if (promise.learned)
		set_share(data, facts->forecast.ground.share);
	if (promise.opens_at != 0) {
		letter_set_next(
		    data, facts, language, "opens_at", promise.opens_at, now);
		mustache_set_flag(data, "outside_hours", TRUE);
	}
	if (facts->calendar != NULL) {
		g_autofree char *hours = locale_hours(
		    language, calendar_hours(facts->calendar));

		mustache_set(data, "hours", hours);
	}
}

/* Words of his mail go only to an address of his own domain (THREATS 4). */
static gboolean
may_quote(const Facts *facts)
{
	if (facts->auth != AUTH_PASS)
		return FALSE;
	return facts->reply_to == NULL ||
	    authres_is_aligned(address_domain(facts->reply_to->address),
		address_domain(facts->sender->address));
}

/* A new number for an old matter is told although the mail answers one of
 * ours. */
static gboolean
may_go(Effects *effects)
{
	if (effects->may_answer)
		return TRUE;
	if (effects->ticket->follows == 0 || effects->is_machine)
		return FALSE;
	if (effects->followup_refused == NULL)
		return TRUE;
	effects_reason(effects, "ack", "the new number is not told: %s",
	    effects->followup_refused);
	return FALSE;
}

/* His name, and how he closes, go to somebody who is proven. */
static char *
set_words(MustacheData *data, const Facts *facts, const Effects *effects,
    const char *language, gboolean proven)
{
	char *name = locale_greeting_name(
	    language, proven ? letter_name_of(facts) : "");
	g_autofree char *greeting = locale_greeting_in(
	    language, name, proven ? facts_answer_to(facts)->tone : "");
	char number[32];

	mustache_set(data, "greeting", greeting);
	mustache_set(data, "close_hint", locale_close_word(language));
	if (!proven)
		mustache_set(data, "subject", "");
	if (effects->ticket->follows != 0) {
		g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT,
		    effects->linked);
		mustache_set(data, "old_ticket", number);
	}
	return name;
}

/* The number of imported mail means nothing to him: no letter has named it. */
static gboolean
knows_number(const Facts *facts, const Ticket *ticket)
{
	return ticket->follows != 0 && facts->ticket != NULL &&
	    (facts->ticket->promised != 0 || facts->ticket->answered != 0);
}

static void
set_faq(MustacheData *data, const Facts *facts)
{
	guint n = facts->faq != NULL ? facts->faq->len : 0;

	mustache_set_flag(data, "has_faq", n > 0);
	for (guint i = 0; i < n; i++) {
		const FaqHit *hit = facts->faq->pdata[i];
		MustacheData *item = mustache_data_new();

		mustache_set(item, "title", hit->title);
		mustache_set(item, "url", hit->url);
		mustache_append(data, "faq", item);
	}
}

/* Each counts as shown, on the ticket and for `javob faq`. */
static void
note_faq(const Facts *facts, Effects *effects)
{
	for (guint i = 0; facts->faq != NULL && i < facts->faq->len; i++) {
		const FaqHit *hit = facts->faq->pdata[i];

		g_array_append_val(effects->faq_shown, hit->id);
		effects_event(effects, "faq-shown", "javob", "%s", hit->title);
		effects_reason(effects, "faq", "%.2f: %s", hit->score,
		    hit->title);
	}
}

void
ack_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	gboolean proven = may_quote(facts);
	const Ticket *ticket = effects->ticket;
	g_autoptr(MustacheData) data = NULL;
	g_autoptr(GPtrArray) references = NULL;
	g_autofree char *cause = NULL, *name = NULL;
	LetterPlan plan = { 0 };

	if (!effects->opens) {
		effects_reason(effects, "ack", "none: it opens no ticket");
		return;
	}
	if (!may_go(effects)) {
		effects_reason(effects, "ack", "none: see gate");
		return;
	}
	cause = g_strdup_printf("ack:%" G_GINT64_FORMAT, ticket->id);
	plan.letter = knows_number(facts, ticket) ? LETTER_ACK_FOLLOWUP
	    : proven			   ? LETTER_ACK
					   : LETTER_ACK_PLAIN;
	plan.language = lang_letter(desk->site, desk->templates, plan.letter,
	    ticket->language, facts->mailbox);
	plan.cause = cause;
	plan.to = facts_answer_to(facts);
	plan.class = COMPOSE_AUTO_REPLIED;
	plan.reply_kind = TOKEN_CUSTOMER;
	plan.in_reply_to = facts->message->message_id_made
	    ? NULL
	    : facts->message->message_id;
	references = g_ptr_array_new();
	/* Identifiers are words of the sender's choice too. */
	for (guint i = 0; proven && i < facts->message->references->len; i++)
		g_ptr_array_add(
		    references, facts->message->references->pdata[i]);
	if (plan.in_reply_to != NULL)
		g_ptr_array_add(references, (char *)plan.in_reply_to);
	plan.references = references;
	data = letter_data(facts, effects);
	set_times(data, facts, effects, plan.language, now);
	name = set_words(data, facts, effects, plan.language, proven);
	if (plan.letter == LETTER_ACK)
		set_faq(data, facts);
	plan.to_name = proven ? name : NULL;
	plan.data = data;
	if (!letter_add(facts, desk, now, &plan, effects))
		return;
	effects->automatic = TRUE;
	promise_told(facts, plan.language,
	    proven ? PROMISE_TOLD : PROMISE_TOLD_PLAIN, effects);
	effects_event(effects, "acknowledged", "javob", "%s",
	    letter_name(plan.letter));
	if (plan.letter == LETTER_ACK)
		note_faq(facts, effects);
}
