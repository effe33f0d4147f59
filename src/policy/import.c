/* import.c - old mail that `javob import` takes: a conversation of former times
 * is a closed ticket with its own dates. No letter, no promise, no notice, and
 * nothing that an old mail says about its sender counts today. */
#include "policy/import.h"

#include "policy/ticket.h"

static void
open_closed(const Facts *facts, gint64 now, const char *actor, Effects *effects)
{
	effects->lives = facts->message->kind == MESSAGE_HUMAN;
	effects_event(effects, "opened", actor, "by import");
	if (effects->linked != 0)
		effects_event(effects, "linked", "javob",
		    "related to ticket %" G_GINT64_FORMAT, effects->linked);
	if (facts->message->kind != MESSAGE_SPAM)
		ticket_move(effects->ticket, TICKET_CLOSE, now);
}

/* Answers of the desk lie in an archive too; they make nobody a customer. */
static void
count_people(const Facts *facts, const Desk *desk, Effects *effects)
{
	Ticket *ticket = effects->ticket;

	if (facts->sender == NULL || effects->is_inside)
		return;
	if (site_is_own(desk->site, facts->sender->address)) {
		if (effects->opens) {
			ticket->requester = 0;
			g_ptr_array_set_size(effects->participants, 0);
		}
		return;
	}
	if (ticket->requester == 0) {
		ticket->requester = facts->sender->id;
		effects_participant(effects, facts->sender->id, "requester");
	} else if (*facts->sender_role == '\0' && !effects->opens)
		effects_participant(effects, facts->sender->id, "seen");
}

void
import_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	const char *actor = facts->author != NULL ? facts->author->address : "";
	Ticket *ticket = effects->ticket;

	effects->automatic = effects->deliverable = FALSE;
	g_array_set_size(effects->undeliverable, 0);
	effects_reason(effects, "import",
	    "old mail: kept without a letter, and changes no state");
	count_people(facts, desk, effects);
	if (effects->opens) {
		open_closed(facts, now, actor, effects);
		return;
	}
	effects_event(effects, "imported", actor, "%s", effects->why);
	if (effects->is_inside) {
		g_free(effects->visibility);
		effects->visibility = g_strdup("internal");
		g_free(effects->kind);
		effects->kind = g_strdup("agent");
	}
	/* A closed conversation ends with its newest mail. */
	ticket->updated = MAX(ticket->updated, now);
	if (ticket_is_done(ticket))
		ticket->resolved = MAX(ticket->resolved, now);
}
