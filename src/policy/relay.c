/* relay.c - an agent's answer to the customer: step of policy/pipeline.
 *
 * The only road from inside to a customer. What goes out is built anew: our
 * addresses and Message-ID, the agent's own new words and attachments, nothing
 * else of his mail. On any doubt nothing goes out, and the agent is told. */
#include "policy/relay.h"

#include <string.h>

#include "mail/address.h"
#include "policy/answer.h"
#include "policy/letter.h"
#include "policy/locale.h"
#include "policy/talk.h"
#include "policy/ticket.h"
#include "policy/verb.h"

enum {
	HELD_HOUR = 10, /* letters that tell one sender of held mail */
	REPEATS = 2,    /* of one answer on a ticket; the next is a machine's */
};

/* Why it is held; NULL: it may go. */
static const char *
agent_doubt(const Facts *facts, const Desk *desk, gint64 party)
{
	if (!facts->from_agent || facts->sender == NULL)
		return "the sender is not an agent of this desk";
	if (facts->sender->id != party)
		return "the address that was written to belongs to another "
		       "agent";
	if (facts->auth == AUTH_FAIL)
		return "DMARC failed for the sender";
	if (site_can_prove(desk->site) && facts->auth != AUTH_PASS)
		return "the sender is not proven: the mail carries no DKIM or "
		       "DMARC pass that counts";
	return NULL;
}

static const char *
content_doubt(
    const Facts *facts, const Desk *desk, const Answer *answer, guint verbs)
{
	const char *why = answer_doubt(answer, facts);

	if (why != NULL)
		return why;
	if (answer_is_empty(answer) && (verbs & ORDERS_ACT) == 0)
		return "no text of yours stands apart from the quotation";
	if (facts->repeats >= REPEATS)
		return "the same words went out on this ticket twice within a "
		       "day: it looks like an automatic answer";
	if (facts_correspondent(facts) == NULL)
		return "the customer's address is not known";
	if (site_is_own(desk->site, facts_correspondent(facts)->address))
		return "the ticket was opened from an address of this desk, "
		       "so nobody could read an answer";
	return NULL;
}

/* once: what tells one letter of this kind from the next. */
static void
hold(const Facts *facts, const Desk *desk, gint64 now, const char *once,
    const char *why, const char *advice, Effects *effects)
{
	const AddressRow *agent =
	    effects->opens ? facts->sender : facts->token_party;
	g_autoptr(MustacheData) data = letter_data(facts, effects);
	g_autofree char *cause = g_strdup_printf(
	    "held:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT ":%s",
	    effects->ticket->id, agent != NULL ? agent->id : 0, once);
	LetterPlan plan = { 0 };

	effects_event(effects, "held",
	    facts->author != NULL ? facts->author->address : "", "%s", why);
	effects_reason(effects, "relay", "held: %s", why);
	if (agent == NULL || !roster_has(facts->roster, agent->address))
		return;
	/* An answering machine without a sign of one would go on for ever. */
	if (facts->automatic.address_hour >= HELD_HOUR ||
	    facts->alike > 0) {
		effects_reason(effects, "relay", "its sender is not told: %s",
		    facts->alike > 0
			? "a mail with these words was held before"
			: "ten were held this hour");
		return;
	}
	effects->automatic = facts->sender != NULL;
	mustache_set(data, "reason", why);
	mustache_set(data, "what_to_do", advice);
	letter_set_text(data, facts->message->new_text);
	plan.letter = LETTER_HELD;
	plan.cause = cause;
	plan.to = agent;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_AGENT;
	plan.inside = TRUE;
	plan.in_reply_to = facts->message->message_id;
	plan.language =
	    letter_agent_language(facts, desk, LETTER_HELD, agent);
	plan.data = data;
	letter_add(facts, desk, now, &plan, effects);
}

/* Those who are in copy: never an address of ours or an agent's, whatever the
 * configuration was when they were taken in. */
static GPtrArray *
copies_of(const Facts *facts, const Desk *desk, Effects *effects)
{
	const AddressRow *to = facts_correspondent(facts);
	GPtrArray *cc = g_ptr_array_new();

	for (guint i = 0; i < facts->participants->len; i++) {
		const AddressRow *row = facts->participants->pdata[i];
		gboolean is_new = g_str_equal(row->role, "new") &&
		    row->id == facts->answered;

		if ((!g_str_equal(row->role, "cc") && !is_new) ||
		    row->id == to->id || row->undeliverable != 0 ||
		    !address_may_mail(row->address) ||
		    site_is_own(desk->site, row->address) ||
		    site_is_list(desk->site, row->address) ||
		    roster_has(facts->roster, row->address))
			continue;
		/* AC-10: an agent has answered him. */
		if (is_new) {
			effects->promoted = row->id;
			effects_event(effects, "participant",
			    facts->author->address, "%s, by answering his mail",
			    row->address);
		}
		g_ptr_array_add(cc, (gpointer)row);
	}
	return cc;
}

static gboolean
send_answer(const Facts *facts, const Desk *desk, gint64 now,
    const Answer *answer, guint verbs, Effects *effects)
{
	const AddressRow *to = facts_correspondent(facts);
	g_autoptr(GPtrArray) cc = NULL;
	g_autoptr(MustacheData) data = letter_data(facts, effects);
	g_autofree char *cause = g_strdup_printf("reply:%" G_GINT64_FORMAT
						 ":%s",
	    effects->ticket->id, facts->message->content_hash);
	g_autofree char *name = NULL, *greeting = NULL;
	LetterPlan plan = { 0 };

	plan.letter = LETTER_REPLY;
	plan.language = lang_letter(desk->site, desk->templates, LETTER_REPLY,
	    effects->ticket->language, facts->mailbox);
	name = locale_greeting_name(plan.language,
	    to->id != facts->requester->id && *to->name == '\0'
		? facts->requester->name
		: to->name);
	if ((verbs & ORDERS_NO_CC) == 0)
		cc = copies_of(facts, desk, effects);
	if (!answer->greets) {
		greeting = locale_greeting_in(plan.language, name, to->tone);
		mustache_set(data, "greeting", greeting);
	}
	mustache_set_flag(data, "closed", answer->closes);
	letter_set_answer(data, answer->text, answer->html);
	mustache_set(data, "agent_name", answer->name);
	plan.cause = cause;
	plan.to = to;
	plan.cc = cc;
	plan.to_name = name;
	plan.class = COMPOSE_PERSON;
	plan.reply_kind = TOKEN_CUSTOMER;
	plan.in_reply_to = facts->last_in;
	plan.references = facts->thread_ids;
	plan.data = data;
	plan.attachments =
	    answer->attachments->len > 0 ? answer->attachments : NULL;
	return letter_add(facts, desk, now, &plan, effects);
}

static void
record_answer(const Facts *facts, gint64 now, Effects *effects)
{
	Ticket *ticket = effects->ticket;
	const LetterEffect *letter =
	    effects->letters->pdata[effects->letters->len - 1];
	g_autofree char *to = letter_recipients(letter);

	effects_event(
	    effects, "answered", facts->author->address, "to %s", to);
	if (ticket->answered == 0)
		ticket->answered = now;
	if (ticket->agent == 0 && facts->sender != NULL)
		ticket->agent = facts->sender->id;
	ticket_move(ticket, TICKET_ANSWER, now);
	ticket->updated = now;
	effects_reason(effects, "relay",
	    "a proven agent's answer to his keyed address: it goes out, and "
	    "the state is %s",
	    ticket->state);
}

static const char *
way(const Facts *facts)
{
	return g_str_equal(facts->envelope->door, "shell") ? "by command"
							   : "by mail";
}

static void
note(const Facts *facts, const Desk *desk, gint64 now, const char *text,
    Effects *effects)
{
	g_free(effects->kind);
	effects->kind = g_strdup("note");
	effects->ticket->updated = now;
	effects_event(effects, "note", facts->author->address, "%s", way(facts));
	effects_reason(effects, "relay", "kept as an internal note");
	if (*text != '\0' || facts->message->attachments->len > 0)
		talk_note(facts, desk, now, text, effects);
}

/* The prepared answer above the agent's own words; a greeting of his stays on
 * top. */
static void
put_macro(const Facts *facts, Answer *answer)
{
	const char *text = answer->text;
	const char *rest = answer->greets ? strchr(text, '\n') : NULL;
	char *whole;

	if (rest == NULL)
		whole = g_strconcat(facts->macro, *text != '\0' ? "\n\n" : "",
		    text, NULL);
	else {
		gsize greeting = (gsize)(rest - text);

		rest += strspn(rest, "\n");
		whole = g_strdup_printf("%.*s\n\n%s%s%s", (int)greeting, text,
		    facts->macro, *rest != '\0' ? "\n\n" : "", rest);
	}
	g_free(answer->text);
	answer->text = whole;
	g_clear_pointer(&answer->html, g_free);
}

/* What would have gone out is told to the agent instead, and nothing else of
 * it is left. events: how many there were before. */
static void
show_only(Effects *effects, guint events)
{
	guint last = effects->letters->len - 1;
	const LetterEffect *letter = effects->letters->pdata[last];

	effects->preview = g_strdup_printf("this would go out to %s, and has "
					   "not gone:\n\nSubject: %s\n\n%s",
	    letter->to, letter->subject, letter->text);
	g_ptr_array_remove_index(effects->letters, last);
	g_ptr_array_set_size(effects->events, (gint)events);
	effects->promoted = 0;
	for (guint i = effects->reasons->len; i > 0; i--)
		if (g_str_has_prefix(effects->reasons->pdata[i - 1],
			"letter: reply "))
			g_ptr_array_remove_index(effects->reasons, i - 1);
	effects_reason(effects, "relay", "a preview for the agent");
}

static void
tell_orders(const Orders *orders, Effects *effects)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < orders->list->len; i++) {
		const Order *order = orders->list->pdata[i];

		g_string_append_printf(list, "%s/%s", i > 0 ? ", " : "",
		    order->verb->name);
	}
	effects_reason(effects, "relay", "he orders %s", list->str);
}

static char *
unclear(const Orders *orders, const char **advice)
{
	*advice = "Please correct that line and send your mail again by "
		  "replying to this one. /help alone in a mail lists the "
		  "commands; each stands on a line of its own at the top.";
	return g_strdup(orders->fault);
}

char *
relay_obey(const Facts *facts, const Desk *desk, gint64 now,
    const char **advice, Effects *effects)
{
	g_autoptr(Orders) orders = orders_read(facts->message->new_text);
	g_autoptr(Answer) answer = NULL;
	const char *text = orders->rest, *why;
	guint verbs = orders_bits(orders), events = effects->events->len;
	gboolean is_note;

	if (orders->fault != NULL)
		return unclear(orders, advice);
	if (facts->agent != NULL && !agent_may_answer(facts->agent) &&
	    !orders_read_only(orders)) {
		*advice = "Observers may send /help, /history, /summary and "
			  "/away.";
		return g_strdup("the sender is an observer, who sees and does "
				"not write");
	}
	if ((verbs & ORDERS_FOR) != 0) {
		*advice = "Please write to the desk's own address for that.";
		return g_strdup("/for opens a new ticket, and this mail is of "
				"one that is there");
	}
	/* A client that knows no Reply-To answers the plain address. */
	if (facts->preview && (verbs & ORDERS_ACT) != 0) {
		*advice = "With ? the letter is only shown. Please leave the "
			  "other commands out, or the question mark.";
		return g_strdup("a preview sends and does nothing, and other "
				"commands stand beside it");
	}
	is_note = (verbs & ORDERS_NOTE) != 0 ||
	    facts->address_token.kind == TOKEN_NOTE ||
	    (facts->address_token.kind == 0 && facts->answers_note &&
		(verbs & ORDERS_REPLY) == 0);
	answer = answer_new(facts, text, effects->ticket->language);
	if (facts->macro != NULL)
		put_macro(facts, answer);
	why = facts->refusal;
	if (why == NULL && !is_note)
		why = content_doubt(facts, desk, answer, verbs);
	if (why != NULL) {
		*advice = "Please change your answer and send it again by "
			  "replying to this mail.";
		return g_strdup(why);
	}
	if (is_note)
		note(facts, desk, now, text, effects);
	else if (!answer_is_empty(answer)) {
		if (!send_answer(
			facts, desk, now, answer, verbs, effects)) {
			*advice = "Please send it again without unusual "
				  "characters or attachments.";
			return g_strdup("the letter could not be made");
		}
		if (facts->preview)
			show_only(effects, events);
		else
			record_answer(facts, now, effects);
	}
	if (orders->list->len > 0) {
		effects->orders = g_ptr_array_ref(orders->list);
		tell_orders(orders, effects);
	}
	return NULL;
}

/* A proven agent's mail. */
static void
obey(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	const char *advice = "";
	g_autofree char *why = relay_obey(
	    facts, desk, now, &advice, effects);

	if (why != NULL)
		hold(facts, desk, now, facts->message->content_hash, why,
		    advice, effects);
}

/* A proven agent's mail that opens a ticket for somebody: its commands are of
 * that ticket. */
static void
open_ticket(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	g_autoptr(Orders) orders = orders_read(facts->message->new_text);

	if (facts->refusal != NULL)
		hold(facts, desk, now, facts->message->content_hash,
		    facts->refusal,
		    "The mail is kept as a ticket in your own name. Please "
		    "correct that line and send it again.",
		    effects);
	else if (facts->forwarded != NULL && orders->list->len > 0)
		effects->orders = g_ptr_array_ref(orders->list);
}

void
relay_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	gint64 party = facts->token_party != NULL ? facts->token_party->id : 0;
	g_autofree char *hour = NULL;
	gboolean his_own;
	const char *why;

	if (effects->opens && facts->from_agent && facts->auth == AUTH_PASS)
		open_ticket(facts, desk, now, effects);
	if (!effects->is_inside)
		return;
	g_free(effects->visibility);
	effects->visibility = g_strdup("internal");
	if (effects->is_machine) {
		effects_event(effects, "automatic-mail",
		    facts->author != NULL ? facts->author->address : "",
		    "from inside; goes nowhere");
		effects_reason(
		    effects, "relay", "automatic mail goes to no customer");
		return;
	}
	g_free(effects->kind);
	effects->kind = g_strdup("agent");
	why = agent_doubt(facts, desk, party);
	if (why == NULL) {
		obey(facts, desk, now, effects);
		return;
	}
	/* Whoever has got hold of the address can write a thousand such mails:
	 * the agent hears of it once an hour. Of each that bears his own name
	 * he hears: silence would mean to him that it went out. */
	his_own = facts->sender != NULL && facts->sender->id == party;
	hour = g_strdup_printf("hour-%" G_GINT64_FORMAT, now / 3600);
	hold(facts, desk, now,
	    his_own ? facts->message->content_hash : hour, why,
	    "Nothing was sent to the customer. If it was you, please answer "
	    "the notification from your own address, through your own mail "
	    "server.",
	    effects);
}

void
relay_tell(const Facts *facts, const Effects *effects, GPtrArray *said)
{
	if (effects->opens)
		g_ptr_array_add(said,
		    g_strdup_printf("ticket %" G_GINT64_FORMAT " is open in "
				    "the name of %s",
			effects->ticket->number, facts->forwarded->written));
	if (effects->preview != NULL)
		g_ptr_array_add(said, g_strdup(effects->preview));
	if (g_str_equal(effects->kind, "note"))
		g_ptr_array_add(said,
		    g_strdup_printf("your note is kept on ticket "
				    "%" G_GINT64_FORMAT,
			effects->ticket->number));
	for (guint i = 0; i < effects->letters->len; i++) {
		const LetterEffect *letter = effects->letters->pdata[i];
		g_autofree char *to = NULL;

		if (!g_str_equal(letter->letter, letter_name(LETTER_REPLY)))
			continue;
		to = letter_recipients(letter);
		g_ptr_array_add(said,
		    g_strdup_printf("your answer is on its way to %s", to));
	}
}
