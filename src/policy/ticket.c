/* ticket.c - the transition table, and the step that moves a ticket by an
 * incoming mail. No other place assigns a state. */
#include "policy/ticket.h"

#include "policy/notify.h"
#include "policy/route.h"
#include "policy/solved.h"

enum {
	MACHINES_HOUR = 10,
	MAILS_HOUR = 30,
};

typedef struct Transition {
	const char *from; /* NULL: any */
	TicketMove move;
	const char *to;
} Transition;

/* The first row that fits decides; a move that no row has changes nothing. */
static const Transition transitions[] = {
	{ "waiting", TICKET_CUSTOMER, "open" },
	{ "resolved", TICKET_CUSTOMER, "open" },
	{ "closed", TICKET_CUSTOMER, "open" },
	{ "spam", TICKET_ANSWER, "spam" },
	{ NULL, TICKET_ANSWER, "waiting" },
	{ NULL, TICKET_CLOSE, "closed" },
	{ "resolved", TICKET_REOPEN, "open" },
	{ "closed", TICKET_REOPEN, "open" },
	{ "spam", TICKET_REOPEN, "open" },
	{ NULL, TICKET_OPEN, "open" },
	{ NULL, TICKET_SPAM, "spam" },
	{ "waiting", TICKET_BOUNCE, "open" },
	{ "resolved", TICKET_BOUNCE, "open" },
	{ "closed", TICKET_BOUNCE, "open" },
	{ NULL, TICKET_MERGE, "closed" },
};

gboolean
ticket_is_done(const Ticket *ticket)
{
	return g_str_equal(ticket->state, "resolved") ||
	    g_str_equal(ticket->state, "closed") ||
	    g_str_equal(ticket->state, "spam");
}

gboolean
ticket_is_stale(const Ticket *ticket, const Site *site, gint64 now)
{
	return ticket_is_done(ticket) && ticket->resolved != 0 &&
	    now - ticket->resolved > site->reopen_within;
}

gboolean
ticket_move(Ticket *ticket, TicketMove move, gint64 now)
{
	for (guint i = 0; i < G_N_ELEMENTS(transitions); i++) {
		const Transition *row = &transitions[i];

		if (row->move != move ||
		    (row->from != NULL &&
			!g_str_equal(row->from, ticket->state)))
			continue;
		if (g_str_equal(row->to, ticket->state))
			return FALSE;
		g_free(ticket->state);
		ticket->state = g_strdup(row->to);
		ticket->resolved = ticket_is_done(ticket) ? now : 0;
		ticket->updated = now;
		return TRUE;
	}
	return FALSE;
}

gboolean
ticket_move_by(Effects *effects, TicketMove move, const char *event,
    const char *actor, const char *detail, gint64 now)
{
	Ticket *ticket = effects->ticket;
	g_autofree char *before = g_strdup(ticket->state);
	gint64 resolved = ticket->resolved;

	if (!ticket_move(ticket, move, now))
		return FALSE;
	effects_event(effects, event, actor, "%s", detail);
	effects_change(effects, "state=%s&resolved=%" G_GINT64_FORMAT "&now=%s",
	    before, resolved, ticket->state);
	return TRUE;
}

void
ticket_put_back(Ticket *ticket, const char *state, gint64 resolved, gint64 now)
{
	char *old = ticket->state;

	ticket->state = g_strdup(state);
	g_free(old);
	ticket->resolved = resolved;
	ticket->updated = now;
}

/* Which way it went, and who is in it besides its customer. */
static void
record_start(const Facts *facts, const char *actor, Effects *effects)
{
	if (facts->named != NULL)
		effects_event(effects, "requester", "javob",
		    "%s, named by %s of a mail from %s",
		    facts->named->address, facts->named_by,
		    message_author(facts->message)->address);
	if (facts->forwarded != NULL)
		effects_event(effects, "requester", actor, "%s, %s",
		    facts->forwarded->address,
		    facts->opened_for ? "for whom it was opened"
				      : "whose mail was forwarded");
	if (facts->rule != NULL)
		effects_event(effects, "routed", "javob", "queue %s by rule %s",
		    effects->ticket->queue, route_name(facts->rule));
	for (guint i = 0; facts->home.also != NULL &&
	     i < facts->home.also->len;
	     i++)
		effects_event(effects, "routed", "javob",
		    "queue %s hears of it: sent to its mailbox too",
		    (const char *)facts->home.also->pdata[i]);
	for (guint i = 0; facts->copied != NULL && i < facts->copied->len; i++) {
		const AddressRow *row = facts->copied->pdata[i];

		if (row->id != effects->ticket->reply_to)
			effects_event(effects, "participant", actor,
			    "%s, in copy of the first mail", row->address);
	}
}

/* AC-01: mail by the dozen, of machines or of whoever it may be, is told once,
 * and then kept silently until an hour has fewer. */
static void
freeze(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	gboolean machine = effects->is_machine;
	gint64 most = machine ? MACHINES_HOUR : MAILS_HOUR;
	gint64 count = 1 + (machine ? facts->mails.machines : facts->mails.all);
	const char *what = machine ? "automatic mails" : "mails";
	g_autofree char *cause = NULL, *note = NULL;

	if (count < most)
		return;
	effects->frozen = TRUE;
	effects_reason(effects, "ticket",
	    "%" G_GINT64_FORMAT " %s within an hour: agents are told once, "
	    "further ones are kept without a word",
	    count, what);
	if (count > most)
		return;
	effects_event(effects, "frozen", "javob",
	    "%" G_GINT64_FORMAT " %s within an hour", most, what);
	cause = g_strdup_printf("frozen-%d:%" G_GINT64_FORMAT, machine,
	    effects->ticket->id);
	note = g_strdup_printf(
	    "This ticket has got %" G_GINT64_FORMAT " %s within an hour. "
	    "Nothing answers them. More of them are kept here without telling "
	    "you, until an hour has fewer.",
	    most, what);
	notify_note(facts, desk, now, cause, note, effects);
}

void
ticket_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects)
{
	const char *actor = facts->author != NULL ? facts->author->address : "";
	Ticket *ticket = effects->ticket;
	gboolean was_done = ticket_is_done(ticket);

	if (effects->opens) {
		effects_event(effects, "opened", actor, "by %s",
		    facts->envelope->door);
		record_start(facts, actor, effects);
		if (effects->linked != 0)
			effects_event(effects, "linked", "javob",
			    "%s ticket %" G_GINT64_FORMAT,
			    ticket->follows != 0 ? "goes on from"
						 : "related to",
			    effects->linked);
		return;
	}
	if (effects->is_inside)
		return;
	effects_event(effects, effects->is_machine ? "automatic-mail" : "mail",
	    actor, "%s%s", effects->why,
	    effects->verified ? "" : "; sender not proven");
	if (effects->is_machine) {
		effects_reason(effects, "ticket",
		    "state stays %s: automatic mail changes nothing",
		    ticket->state);
		freeze(facts, desk, now, effects);
		return;
	}
	freeze(facts, desk, now, effects);
	ticket->updated = now;
	if (!effects->verified) {
		effects_reason(effects, "ticket",
		    "state stays %s: the sender is not proven for it",
		    ticket->state);
		return;
	}
	if (solved_says(facts->message->new_text, ticket->language)) {
		effects->solved = ticket_move(ticket, TICKET_CLOSE, now);
		effects_reason(effects, "ticket", "%s: it is the closing word",
		    effects->solved ? "state is now closed"
				    : "state stays as it is");
		if (effects->solved)
			effects_event(effects, "closed", actor,
			    "by the closing word");
		effects->deflected = effects->solved && facts->faq_shown > 0 &&
		    ticket->answered == 0;
		if (effects->deflected)
			effects_event(effects, "deflected", actor,
			    "the answers in the acknowledgement were enough");
		return;
	}
	if (!ticket_move(ticket, TICKET_CUSTOMER, now)) {
		effects_reason(effects, "ticket",
		    "state stays %s: it waits for an answer already",
		    ticket->state);
		return;
	}
	effects_reason(effects, "ticket", "state is now %s", ticket->state);
	if (was_done)
		effects_event(effects, "reopened", actor, "by his mail");
}
