/* spoken.c - step of policy/pipeline after thread. policy/lang has made the
 * choice, from the mail and what was known; here it takes effect. */
#include "policy/spoken.h"

static void
set_language(Ticket *ticket, const char *tag)
{
	g_free(ticket->language);
	ticket->language = g_strdup(tag);
}

/* The mail is the customer's own: not a machine's, an agent's or a colleague's
 * whom he has copied. */
static gboolean
is_his(const Facts *facts, const Effects *effects)
{
	const AddressRow *sender = facts->sender;

	if (sender == NULL || facts->from_agent || effects->is_machine ||
	    effects->is_inside || facts->auth == AUTH_FAIL ||
	    facts->forwarded != NULL)
		return FALSE;
	return effects->opens ||
	       (facts->requester != NULL &&
		   facts->requester->party == sender->party);
}

void
spoken_step(const Facts *facts, const Desk *desk G_GNUC_UNUSED,
    gint64 now G_GNUC_UNUSED, Effects *effects)
{
	const LangChoice *lang = facts->lang;
	Ticket *ticket = effects->ticket;

	if (ticket == NULL || lang == NULL)
		return;
	if (effects->opens) {
		effects_reason(effects, "language", "%s", lang->why);
		set_language(ticket, lang->tag);
	}
	if (!is_his(facts, effects) || !lang->heard)
		return;
	if (!effects->opens && !g_str_equal(ticket->language, lang->tag)) {
		effects_reason(effects, "language", "%s; was %s", lang->why,
		    ticket->language);
		effects_event(effects, "language", facts->author->address,
		    "%s, as he writes now; was %s", lang->tag,
		    ticket->language);
		set_language(ticket, lang->tag);
	}
	if (!g_str_equal(facts->sender->language, lang->tag))
		effects->learned = lang->tag;
}
