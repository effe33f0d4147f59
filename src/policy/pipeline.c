/* pipeline.c - the table of steps. Called by daemon/ingest for each mail and
 * by `javob explain`. */
#include "policy/pipeline.h"

#include "policy/ack.h"
#include "policy/assign.h"
#include "policy/bounce.h"
#include "policy/gate.h"
#include "policy/import.h"
#include "policy/spoken.h"
#include "policy/notify.h"
#include "policy/promise.h"
#include "policy/relay.h"
#include "policy/solved.h"
#include "policy/thread.h"
#include "policy/ticket.h"
#include "store/seen.h"

typedef void (*Step)(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* These choose the ticket; the others look at it from its own queue. */
static const Step choosing[] = { gate_step, thread_step, spoken_step };

static const Step steps[] = {
	ticket_step,
	promise_step,
	assign_step,
	bounce_step,
	ack_step,
	solved_step,
	relay_step,
	notify_step,
};

Effects *
pipeline_decide(const Facts *facts, const Desk *desk, gint64 now)
{
	Effects *effects = effects_new();
	Facts view;

	if (facts->seen_ticket != 0) {
		if (facts->seen_ticket == SEEN_ERASED)
			effects_reason(effects, "seen",
			    "taken before, and erased since");
		else
			effects_reason(effects, "seen",
			    "taken before, as part of ticket %" G_GINT64_FORMAT,
			    facts->seen_ticket);
		return effects;
	}
	for (guint i = 0; i < G_N_ELEMENTS(choosing); i++)
		choosing[i](facts, desk, now, effects);
	if (facts->imported) {
		import_step(facts, desk, now, effects);
		return effects;
	}
	view = effects->opens ? facts_at_home(facts) : *facts;
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
		steps[i](&view, desk, now, effects);
	return effects;
}

gboolean
pipeline_run(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, gint64 *ticket, GError **error)
{
	g_autoptr(Facts) facts = facts_read(
	    txn, desk, message, envelope, dkim, now, error);
	g_autoptr(Effects) effects = NULL;

	if (facts == NULL)
		return FALSE;
	effects = pipeline_decide(facts, desk, now);
	*ticket = effects->ticket != NULL ? effects->ticket->number
					  : MAX(facts->seen_ticket, 0);
	return effects_write(txn, facts, effects, octets, now, error);
}
