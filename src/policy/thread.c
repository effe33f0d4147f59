/* thread.c - which ticket: step of policy/pipeline after gate.
 *
 * How far each proof carries is in policy/proof. The subject alone never joins,
 * and never vetoes. Everybody else gets a ticket of his own, linked for
 * agents. */
#include "policy/thread.h"

#include "ground/text.h"
#include "policy/matter.h"
#include "policy/proof.h"
#include "policy/route.h"
#include "policy/ticket.h"

typedef struct Join {
	gboolean joins;
	gboolean verified;
	const char *role; /* participant to add, or NULL */
} Join;

/* An agent's mail: to an address that was made for an agent, or his own
 * answer to a letter of ours that his client sent to the plain address. */
static gboolean
is_inside(const Facts *facts)
{
	if (facts->address_token.kind == TOKEN_AGENT ||
	    facts->address_token.kind == TOKEN_NOTE)
		return TRUE;
	return facts->proof == PROOF_OWN_ID && !facts->is_own_copy &&
	    facts->from_agent && facts->sender != NULL &&
	    facts->sender->id == facts->id_token.party;
}

static Join
by_token(const Facts *facts, const Effects *effects)
{
	Join join = { TRUE, FALSE, NULL };

	if (facts->sender == NULL || is_inside(facts) ||
	    facts->address_token.kind == TOKEN_BOUNCE)
		return join;
	join.verified = facts->auth != AUTH_FAIL;
	if (*facts->sender_role == '\0' && join.verified &&
	    !facts->from_agent && !effects->is_machine)
		join.role = "new";
	return join;
}

static Join
decide(const Facts *facts, const Effects *effects)
{
	Join join = { FALSE, FALSE, NULL };

	if (facts->reach == REACH_NOTHING)
		return join;
	if (facts->proof == PROOF_ADDRESS || facts->proof == PROOF_OWN_ID ||
	    facts->proof == PROOF_QUOTE)
		return by_token(facts, effects);
	/* Of an archive nobody's proof is left: it joins what is settled. */
	join.joins = !facts->imported || *facts->sender_role != '\0' ||
	    ticket_is_done(facts->ticket);
	join.verified = facts->proof == PROOF_SELF
	    ? facts->auth == AUTH_PASS
	    : facts->reach == REACH_JOINS && facts->proof != PROOF_RETURNED;
	return join;
}

/* Every ticket that the mail names, for `explain`. */
static void
tell_claims(const Facts *facts, Effects *effects)
{
	static const char *const reaches[] = { "not enough for this sender",
		"enough to join, not to be believed", "proof enough" };

	for (guint i = 0; i < facts->claims->len; i++) {
		const Claim *claim = &g_array_index(facts->claims, Claim, i);

		effects_reason(effects, "thread",
		    "it names ticket %" G_GINT64_FORMAT " by %s: %s",
		    claim->ticket, proof_name(claim->proof),
		    reaches[proof_reach(facts, claim)]);
	}
}

/* Why an answer that may join opens a ticket of its own; NULL: it joins. */
static const char *
why_apart(const Facts *facts, const Desk *desk, gint64 now,
    const Effects *effects)
{
	if (effects->is_machine || effects->is_inside)
		return NULL;
	if (ticket_is_stale(facts->ticket, desk->site, now))
		return "it was closed too long ago (reopen-within)";
	if (ticket_is_done(facts->ticket) && matter_is_new(facts))
		return "it is done, and subject and quotation have nothing "
		       "of it";
	return NULL;
}

/* Who takes part from the start, and which queues hear of it. */
static void
add_parties(const Facts *facts, Effects *effects)
{
	Ticket *ticket = effects->ticket;

	if (ticket->requester == 0)
		return;
	effects_participant(effects, ticket->requester, "requester");
	if (facts->forwarded != NULL) {
		effects_reason(effects, "party",
		    facts->opened_for
			? "the customer is %s, for whom %s opens it"
			: "the customer is %s, whose mail %s has forwarded",
		    facts->forwarded->address, facts->author->address);
		return;
	}
	if (facts->reply_to != NULL) {
		ticket->reply_to = facts->reply_to->id;
		effects_participant(effects, ticket->reply_to, "reply");
		effects_reason(effects, "party", "answers go to his Reply-To, %s",
		    facts->reply_to->address);
	}
	for (guint i = 0; i < facts->copied->len; i++) {
		const AddressRow *row = facts->copied->pdata[i];

		if (row->id == ticket->reply_to)
			continue;
		effects_participant(effects, row->id, "cc");
		effects_reason(
		    effects, "party", "%s takes part: in copy", row->address);
	}
}

static void
tell_route(const Facts *facts, Effects *effects)
{
	const Ticket *ticket = effects->ticket;

	if (facts->rule != NULL)
		effects_reason(effects, "route", "queue %s by rule %s",
		    ticket->queue, route_name(facts->rule));
	else
		effects_reason(effects, "route", "queue %s of mailbox %s",
		    ticket->queue, ticket->mailbox);
	for (guint i = 0; i < facts->home.also->len; i++)
		effects_reason(effects, "route",
		    "queue %s hears of it: sent to its mailbox too",
		    (const char *)facts->home.also->pdata[i]);
}

/* What people read as the subject: of a mail that still carries the old
 * ticket's tag, the old subject, without our own words around it. */
static char *
subject_of(const Facts *facts, gboolean follows)
{
	if (follows && facts->subject_number == facts->ticket->number)
		return g_strdup(facts->ticket->subject);
	return text_clean_line(facts->message->subject, 250);
}

/* follows: it goes on from the candidate, and its sender may know that. */
static void
open_new(const Facts *facts, gboolean follows, gint64 now, Effects *effects)
{
	const Message *message = facts->message;
	Ticket *ticket = ticket_new();

	ticket->id = ticket->number = facts->next_number;
	g_free(ticket->mailbox);
	ticket->mailbox = g_strdup(facts->mailbox->name);
	g_free(ticket->queue);
	ticket->queue = g_strdup(facts->home.queue != NULL
		? facts->home.queue->name
		: facts->mailbox->queue);
	g_free(ticket->language);
	ticket->language = g_strdup(facts->mailbox->language);
	g_free(ticket->subject);
	ticket->subject = subject_of(facts, follows);
	ticket->follows = follows ? facts->ticket->id : 0;
	if (facts->forwarded != NULL) {
		ticket->requester = facts->forwarded->id;
		g_free(effects->visibility);
		effects->visibility = g_strdup("internal");
		g_free(effects->kind);
		effects->kind = g_strdup("agent");
	} else
		ticket->requester = facts->sender != NULL ? facts->sender->id
							  : 0;
	ticket->opened = ticket->updated = now;
	effects->ticket = ticket;
	effects->opens = TRUE;
	effects->verified = facts->auth == AUTH_PASS;
	add_parties(facts, effects);
	tell_route(facts, effects);
	if (message->kind == MESSAGE_SPAM)
		ticket_move(ticket, TICKET_SPAM, now);
	else if (message->kind == MESSAGE_BOUNCE ||
	    message->kind == MESSAGE_REPORT || facts->is_own_copy)
		ticket_move(ticket, TICKET_CLOSE, now);
}

static void
join_ticket(const Facts *facts, const Join *join, Effects *effects)
{
	effects->ticket = ticket_copy(facts->ticket);
	effects->verified = join->verified;
	if (join->role != NULL) {
		effects_participant(effects, facts->sender->id, join->role);
		effects_event(effects, "participant", facts->author->address,
		    "new on this ticket");
	}
	g_free(effects->why);
	effects->why = g_strdup(proof_name(facts->proof));
	effects_reason(effects, "thread",
	    "joins ticket %" G_GINT64_FORMAT " by %s%s%s", facts->ticket->number,
	    effects->why,
	    facts->merged_from != 0
		? ", which was given for a ticket merged into it"
		: "",
	    join->role != NULL ? "; a new participant" : "");
}

void
thread_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	Join join = { FALSE, FALSE, NULL };
	const char *apart;

	effects_reason(effects, "party", "%s is %s: %s",
	    facts->author != NULL ? facts->author->address : "unknown sender",
	    facts->auth == AUTH_PASS ? "proven" : "not proven",
	    facts->auth_reason);
	tell_claims(facts, effects);
	if (facts->ticket != NULL) {
		join = decide(facts, effects);
		effects->is_inside = join.joins && is_inside(facts);
	}
	apart = join.joins ? why_apart(facts, desk, now, effects) : NULL;
	if (join.joins && apart == NULL) {
		join_ticket(facts, &join, effects);
		return;
	}
	open_new(facts, join.verified && apart != NULL, now, effects);
	if (facts->ticket == NULL) {
		effects_reason(effects, "thread", "new ticket: it answers "
						  "nothing that we know");
		return;
	}
	effects->linked = facts->ticket->number;
	effects_reason(effects, "thread",
	    "new ticket, linked to %" G_GINT64_FORMAT ": %s",
	    facts->ticket->number,
	    apart != NULL ? apart : "nothing of it is enough for this sender");
}
