/* pipeline.c - the table of steps. Called by daemon/ingest for each mail and
 * by `javob explain`. */
#include "policy/pipeline.h"

#include "ground/error.h"
#include "policy/ack.h"
#include "policy/assign.h"
#include "policy/bounce.h"
#include "policy/gate.h"
#include "policy/import.h"
#include "policy/spoken.h"
#include "policy/notify.h"
#include "policy/order.h"
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

static void
pass_reasons(const Effects *effects, GPtrArray *reasons)
{
	for (guint i = 0; reasons != NULL && i < effects->reasons->len; i++)
		g_ptr_array_add(reasons, g_strdup(effects->reasons->pdata[i]));
}

/* One mail on its way. */
typedef struct Road {
	StoreTxn *txn;
	const Desk *desk;
	const Message *message;
	const Envelope *envelope;
	const AuthFinding *dkim;
	GBytes *octets;
	gint64 now;
	GPtrArray *reasons; /* NULL: not asked for */
} Road;

static Facts *
read_facts(const Road *road, GError **error)
{
	return facts_read(road->txn, road->desk, road->message, road->envelope,
	    road->dkim, road->now, error);
}

/* A ticket that did not exist before: what would have come before the answer,
 * and the answer, if /reply says that the text is one. */
static gboolean
begin(const OrderRun *run, const Road *road, const GPtrArray *orders,
    GError **error)
{
	g_autoptr(Orders) above = orders_read(road->message->new_text);
	Act reply = *run->as;
	char *said;

	if (!orders_run(run, orders, TRUE, error))
		return FALSE;
	if ((orders_bits(above) & ORDERS_REPLY) == 0)
		return TRUE;
	if (road->message->attachments->len > 0)
		return error_permanent(error,
		    "/reply: a first answer cannot have attachments; please "
		    "answer the notification of the ticket instead");
	reply.verb = "reply";
	reply.text = above->rest;
	said = act_run(run->txn, run->desk, &reply, run->now, error);
	if (said != NULL)
		g_ptr_array_add(run->said, said);
	return said != NULL;
}

/* The deeds that an agent's mail orders, around what the mail itself does. *why:
 * what cannot be; then nothing of it was done. */
static gboolean
obey(const Road *road, const Facts *facts, const Effects *first,
    GPtrArray *reasons, GError **error)
{
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Facts) again = NULL;
	g_autoptr(Effects) effects = NULL;
	Act as = { 0 };
	OrderRun run = { road->txn, road->desk, &as, road->now, said };

	as.number = first->ticket->number;
	as.actor = facts->author->address;
	as.agent = facts->sender->address;
	as.way = "by mail";
	as.answers = road->message->in_reply_to;
	as.reasons = reasons;
	if (!first->opens && !orders_run(&run, first->orders, TRUE, error))
		return FALSE;
	again = read_facts(road, error);
	if (again == NULL)
		return FALSE;
	effects = pipeline_decide(again, road->desk, road->now);
	if (effects->orders == NULL)
		return error_permanent(error, "%s",
		    again->refusal != NULL
			? again->refusal
			: "the ticket has changed while it was read");
	pass_reasons(effects, reasons);
	if (!effects_write(road->txn, again, effects, road->octets, road->now,
		error))
		return FALSE;
	relay_tell(again, effects, said);
	if (effects->opens && !begin(&run, road, effects->orders, error))
		return FALSE;
	return orders_run(&run, effects->orders, FALSE, error) &&
	       orders_confirm(&run, road->message, road->message->content_hash,
		   error);
}

/* All of it or nothing: what cannot be is told to the agent instead. */
static gboolean
obey_or_hold(const Road *road, const Facts *facts, const Effects *first,
    GError **error)
{
	g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) why = NULL;
	g_autoptr(Facts) again = NULL;
	g_autoptr(Effects) effects = NULL;

	if (!store_savepoint(road->txn, error))
		return FALSE;
	if (obey(road, facts, first, reasons, &why)) {
		for (guint i = 0; road->reasons != NULL && i < reasons->len;
		     i++)
			g_ptr_array_add(road->reasons,
			    g_strdup(reasons->pdata[i]));
		return store_release(road->txn, error);
	}
	if (!g_error_matches(why, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (!store_undo(road->txn, error))
		return FALSE;
	again = read_facts(road, error);
	if (again == NULL)
		return FALSE;
	again->refusal = g_strdup(why->message);
	if (first->opens) {
		g_clear_pointer(&again->forwarded, address_row_free);
		again->opened_for = FALSE;
	}
	effects = pipeline_decide(again, road->desk, road->now);
	pass_reasons(effects, road->reasons);
	return effects_write(road->txn, again, effects, road->octets,
	    road->now, error);
}

gboolean
pipeline_tell(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, gint64 *ticket, GPtrArray *reasons, GError **error)
{
	Road road = { txn, desk, message, envelope, dkim, octets, now,
		reasons };
	g_autoptr(Facts) facts = read_facts(&road, error);
	g_autoptr(Effects) effects = NULL;

	if (facts == NULL)
		return FALSE;
	effects = pipeline_decide(facts, desk, now);
	*ticket = effects->ticket != NULL ? effects->ticket->number
					  : MAX(facts->seen_ticket, 0);
	if (effects->orders != NULL)
		return obey_or_hold(&road, facts, effects, error);
	pass_reasons(effects, reasons);
	return effects_write(txn, facts, effects, octets, now, error);
}

gboolean
pipeline_run(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, gint64 *ticket, GError **error)
{
	return pipeline_tell(txn, desk, message, envelope, dkim, octets, now,
	    ticket, NULL, error);
}
