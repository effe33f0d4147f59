/* order.c - see order.h. Called by policy/pipeline for an agent's mail, by
 * policy/act for an answer from the command line; each deed is policy/act's. */
#include "policy/order.h"

#include <string.h>

#include "mail/address.h"
#include "mail/quote.h"
#include "policy/effects.h"
#include "policy/letter.h"
#include "store/links.h"

static gboolean
is_early(const Order *order)
{
	return (order->verb->flags & VERB_EARLY) != 0;
}

gboolean
orders_have_early(const GPtrArray *list)
{
	for (guint i = 0; list != NULL && i < list->len; i++)
		if (is_early(list->pdata[i]))
			return TRUE;
	return FALSE;
}

/* After a merge the ticket is where its messages are. Undo means the one that
 * was merged. */
static gboolean
find_ticket(const OrderRun *run, Act *act, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) ticket = NULL;

	if (g_str_equal(act->verb, "undo"))
		return TRUE;
	ticket = ticket_by_number(run->txn, act->number, &reason);
	if (ticket != NULL && ticket->merged_into != 0) {
		g_autoptr(Ticket) root =
		    ticket_root(run->txn, ticket->id, &reason);

		if (root != NULL)
			act->number = root->number;
	}
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

static gboolean
run_one(const OrderRun *run, const Order *order, GError **error)
{
	Act act = *run->as;
	char *said;

	act.other = 0;
	act.text = NULL;
	if (!act_fill(&act, order->verb, order->argument) ||
	    !find_ticket(run, &act, error))
		return FALSE;
	said = act_run(run->txn, run->desk, &act, run->now, error);
	if (said == NULL) {
		g_prefix_error(error, "/%s: ", order->verb->name);
		return FALSE;
	}
	g_ptr_array_add(run->said, said);
	return TRUE;
}

gboolean
orders_run(const OrderRun *run, const GPtrArray *list, gboolean early,
    GError **error)
{
	for (guint i = 0; i < list->len; i++) {
		const Order *order = list->pdata[i];

		if ((order->verb->flags & VERB_MAIL) == 0 &&
		    is_early(order) == early && !run_one(run, order, error))
			return FALSE;
	}
	return TRUE;
}

/* "ticket 1001 is closed" is a sentence of its own here; an address and a list
 * stay as they are. */
static char *
sentence(const char *said)
{
	gsize word = strcspn(said, " ");
	gboolean address = memchr(said, '@', word) != NULL;
	gboolean list = strchr(said, '\n') != NULL;
	GString *out = g_string_new(NULL);

	if (address)
		g_string_append(out, said);
	else {
		g_string_append_unichar(
		    out, g_unichar_toupper(g_utf8_get_char(said)));
		g_string_append(out, g_utf8_next_char(said));
	}
	if (!list)
		g_string_append_c(out, '.');
	return g_string_free(out, FALSE);
}

static MustacheData *
data_of(const OrderRun *run, const Facts *facts, const Effects *effects)
{
	MustacheData *data = letter_data(facts, effects);

	/* A history has internal words in it. */
	mustache_set(data, "marker", QUOTE_MARKER);
	for (guint i = 0; i < run->said->len; i++) {
		MustacheData *item = mustache_data_new();
		g_autofree char *line = sentence(run->said->pdata[i]);

		mustache_set(item, "line", line);
		mustache_append(data, "done", item);
	}
	return data;
}

gboolean
orders_confirm(const OrderRun *run, const Message *message, const char *once,
    GError **error)
{
	g_autoptr(Facts) facts = NULL;
	g_autoptr(Effects) effects = effects_new();
	g_autoptr(AddressRow) to =
	    party_by_address(run->txn, run->as->agent, error);
	g_autoptr(MustacheData) data = NULL;
	g_autofree char *cause = NULL;
	const Agent *agent;
	LetterPlan plan = { 0 };
	Act act = *run->as;

	act.verb = "summary"; /* any but undo: follow the ticket */
	if (to == NULL || !find_ticket(run, &act, error))
		return FALSE;
	facts = facts_of_ticket(run->txn, run->desk, act.number, run->now,
	    error);
	if (facts == NULL)
		return FALSE;
	effects->ticket = ticket_copy(facts->ticket);
	agent = roster_find(facts->roster, run->as->agent);
	data = data_of(run, facts, effects);
	cause = g_strdup_printf("done:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
				":%s",
	    effects->ticket->id, to->id, once);
	plan.letter = LETTER_DONE;
	plan.cause = cause;
	plan.to = to;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_AGENT;
	plan.inside = TRUE;
	plan.in_reply_to = message->message_id;
	plan.language = templates_language(run->desk->templates, LETTER_DONE,
	    agent != NULL && *agent->language != '\0'
		? agent->language
		: run->desk->site->default_language);
	plan.data = data;
	letter_add(facts, run->desk, run->now, &plan, effects);
	for (guint i = 0; run->as->reasons != NULL && i < effects->reasons->len;
	     i++)
		g_ptr_array_add(run->as->reasons,
		    g_strdup(effects->reasons->pdata[i]));
	return effects_write(run->txn, facts, effects, NULL, run->now, error);
}
