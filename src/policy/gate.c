/* gate.c - loop protection: first step of policy/pipeline.
 *
 * The mail is kept in any case; what is decided is only whether an automatic
 * mail may answer it and whether it may move a ticket. The mail's own header
 * was judged by mail/autosub; here come envelope, site and store. */
#include "policy/gate.h"

#include <string.h>

#include "mail/address.h"

/* Limits of THREATS 2.11: they need no header, so that two machines without
 * any marker fall silent too. */
enum {
	ADDRESS_HOUR = 3,
	ADDRESS_DAY = 10,
	UNPROVEN_DOMAIN_HOUR = 30,
	UNPROVEN_HOUR = 60,
	UNDELIVERABLE_DAYS = 60,
	DAY = 86400,
};

static gboolean
is_null_path(const Facts *facts)
{
	const char *field;

	if (facts->envelope->reverse_path != NULL)
		return *facts->envelope->reverse_path == '\0';
	field = message_field(facts->message, "Return-Path");
	return field != NULL && strstr(field, "<>") != NULL;
}

static gboolean
has_own(const Desk *desk, const GPtrArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		const Address *address = addresses->pdata[i];

		if (site_is_own(desk->site, address->address))
			return TRUE;
	}
	return FALSE;
}

static gboolean
field_has_own(const Facts *facts, const Desk *desk, const char *name)
{
	const char *body = message_field(facts->message, name);
	g_auto(GStrv) words = NULL;

	if (body == NULL)
		return FALSE;
	words = g_strsplit_set(body, "<>, \t;:", 64);
	for (guint i = 0; words[i] != NULL; i++)
		if (strchr(words[i], '@') != NULL &&
		    site_is_own(desk->site, words[i]))
			return TRUE;
	return FALSE;
}

static gboolean
is_from_us(const Facts *facts, const Desk *desk)
{
	/* A form of the site's writes from our own address. */
	if (facts->named != NULL &&
	    site_is_form(desk->site, message_author(facts->message)->address))
		return site_is_own(desk->site, facts->author->address);
	return has_own(desk, facts->message->from) ||
	    has_own(desk, facts->message->sender) ||
	    has_own(desk, facts->message->reply_to);
}

static gboolean
has_our_loop(const Facts *facts, const Desk *desk)
{
	const char *body;
	Token token;

	for (guint n = 0; n < 8 &&
	     (body = message_field_nth(facts->message, "X-Loop", n)) != NULL;
	     n++) {
		g_autofree char *word = g_strstrip(g_strdup(body));

		if (token_verify(desk->keys, word, -1, &token) &&
		    token.kind == TOKEN_LOOP)
			return TRUE;
	}
	return FALSE;
}

/* Customers write to the list, and we are on it. */
static gboolean
has_list(const Facts *facts, const Desk *desk)
{
	const GPtrArray *lists[] = { facts->message->to, facts->message->cc };

	for (guint k = 0; k < G_N_ELEMENTS(lists); k++)
		for (guint i = 0; i < lists[k]->len; i++) {
			const Address *address = lists[k]->pdata[i];

			if (site_is_list(desk->site, address->address))
				return TRUE;
		}
	return FALSE;
}

static gboolean
is_to_us(const Facts *facts, const Desk *desk)
{
	return has_own(desk, facts->message->to) ||
	    has_own(desk, facts->message->cc) ||
	    (facts->list_id != NULL && has_list(facts, desk)) ||
	    field_has_own(facts, desk, "Resent-To") ||
	    field_has_own(facts, desk, "Resent-Cc");
}

static gboolean
is_old(const Facts *facts, const Desk *desk, gint64 now)
{
	const Envelope *envelope = facts->envelope;
	gint64 at = envelope->internal_date != 0 ? envelope->internal_date
						 : envelope->received;

	return now - at > desk->site->ack_max_age;
}

/* His own mark goes with a proven mail of his; that of the address which he
 * asks us to write to does not. */
static gboolean
is_undeliverable(const Facts *facts, gint64 now)
{
	const AddressRow *to = facts_answer_to(facts);

	return to->undeliverable != 0 &&
	    (facts->auth != AUTH_PASS || to != facts->sender) &&
	    now - to->undeliverable < (gint64)UNDELIVERABLE_DAYS * DAY;
}

typedef enum Letting {
	LETS_FIRST,    /* the acknowledgement of a mail that answers nothing */
	LETS_FOLLOWUP, /* that of an answer to a closed ticket, with its own */
	LETS_THANKS,   /* for a closing word: once a ticket, whatever comes */
} Letting;

/* An answer to a letter of ours gets another one only where we know that it
 * went to whoever answers it: from him, or proven. */
static gboolean
is_addressee(const Facts *facts)
{
	return facts->sender != NULL &&
	    (facts->auth == AUTH_PASS ||
		(facts->token_party != NULL &&
		    facts->token_party->id == facts->sender->id));
}

/* Each rule: the reason why no automatic mail goes out, or NULL. */
static const char *
refusal(const Facts *facts, const Desk *desk, Letting letting, gint64 now)
{
	const AutomaticCounts *counts = &facts->automatic;
	gboolean proven = facts->auth == AUTH_PASS;

	if (facts->author == NULL)
		return "there is no sender to answer";
	if (!facts->message->may_answer)
		return "by its own header and text: the signs above";
	if (is_null_path(facts))
		return "the envelope sender is <>";
	if (is_from_us(facts, desk))
		return "From, Sender or Reply-To is an address of ours";
	if (letting == LETS_FIRST && facts->answers_ours)
		return "it answers a mail of ours";
	if (letting != LETS_FIRST && !is_addressee(facts))
		return "its sender is not proven, and the key was not given "
		       "to him";
	/* A responder that keeps nothing of our letter but its subject. */
	if (!proven && facts->proof == PROOF_SUBJECT)
		return "its subject names a ticket of ours, and its sender is "
		       "not proven";
	if (facts->forwarded != NULL && letting == LETS_FIRST)
		return "a colleague has forwarded it";
	if (facts->auth == AUTH_FAIL)
		return "DMARC failed for its sender";
	if (facts->message->from_fields != 1 || facts->message->from->len != 1)
		return "it names more than one author";
	if (!address_may_mail(facts->author->address) ||
	    address_is_robot(facts->author->address))
		return "nobody reads mail at the sender's address";
	if (!is_to_us(facts, desk))
		return "no address of ours stands in To or Cc";
	if (is_old(facts, desk, now))
		return "the mail is too old (ack-max-age)";
	if (is_undeliverable(facts, now))
		return "letters to this address came back";
	if (counts->address_hour >= ADDRESS_HOUR)
		return "this address got three automatic mails this hour";
	if (counts->address_day >= ADDRESS_DAY)
		return "this address got ten automatic mails today";
	if (letting != LETS_THANKS && counts->same_subject_day > 0)
		return "this address got one for the same subject today";
	/* Its subject may be another one each time, and its address. */
	if (letting != LETS_THANKS && facts->alike > 0)
		return "it says what another mail said today, as a machine "
		       "does that answers each letter";
	if (!proven && counts->unproven_domain_hour >= UNPROVEN_DOMAIN_HOUR)
		return "limit for unproven senders of this domain";
	if (!proven && counts->unproven_hour >= UNPROVEN_HOUR)
		return "limit for unproven senders";
	return NULL;
}

/* People answer letters, not envelopes. (A customer's odd program may; that
 * starts nothing, but among agents it would.) */
static gboolean
is_agents_responder(const Facts *facts)
{
	return facts->from_agent && facts->address_token.kind == TOKEN_BOUNCE;
}

void
gate_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	const char *why = refusal(facts, desk, LETS_FIRST, now);
	/* A relay may have changed the Message-ID of what came back. */
	gboolean own = facts->is_own_copy || has_our_loop(facts, desk) ||
	    (facts->answers_ours && has_own(desk, facts->message->from));

	g_free(effects->kind);
	effects->kind = g_strdup(
	    own ? "own-copy" : message_kind_name(facts->message->kind));
	effects->is_machine = facts->message->kind != MESSAGE_HUMAN || own ||
	    is_null_path(facts) || is_agents_responder(facts);
	effects->may_answer = why == NULL && !own && !effects->is_machine;
	effects->followup_refused = refusal(facts, desk, LETS_FOLLOWUP, now);
	effects->thanks_refused = refusal(facts, desk, LETS_THANKS, now);
	effects_reason(effects, "gate", "kind is %s", effects->kind);
	if (facts->list_id != NULL)
		effects_reason(effects, "gate",
		    "it came by our own list %s: what follows of lists does "
		    "not count",
		    facts->list_id);
	for (guint i = 0; i < facts->message->kind_reasons->len; i++)
		effects_reason(effects, "gate", "sign: %s",
		    (const char *)facts->message->kind_reasons->pdata[i]);
	if (own)
		effects_reason(effects, "gate", "it is a mail of our own");
	if (is_agents_responder(facts))
		effects_reason(effects, "gate",
		    "an agent's mail to the envelope sender of a letter: "
		    "only machines write there");
	if (why != NULL)
		effects_reason(effects, "gate", "no automatic answer: %s", why);
	else if (effects->may_answer)
		effects_reason(effects, "gate", "may be answered");
	effects->deliverable = facts->sender != NULL &&
	    facts->sender->undeliverable != 0 && facts->auth == AUTH_PASS &&
	    !effects->is_machine;
}
