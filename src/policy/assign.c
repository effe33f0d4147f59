/* assign.c - see assign.h. Steps of policy/pipeline; assign_due is called by
 * daemon/tick. */
#include "policy/assign.h"

#include <string.h>

#include "policy/calendar.h"
#include "policy/notify.h"
#include "policy/roster.h"
#include "store/shares.h"

/* One who could be given the ticket. */
typedef struct Candidate {
	const Agent *agent;
	const AddressRow *row;
	gint64 open, turn;
} Candidate;

gboolean
assign_is_on(const Queue *queue)
{
	return queue->assign != ASSIGN_NONE || queue->pass_on > 0;
}

/* --- who could ------------------------------------------------------------- */

static const AddressRow *
row_of(const Facts *facts, const char *address)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *row = facts->agents->pdata[i];

		if (g_str_equal(row->address, address))
			return row;
	}
	return NULL;
}

static const Share *
share_of(const Facts *facts, const char *address)
{
	for (guint i = 0; facts->shares != NULL && i < facts->shares->len;
	     i++) {
		const Share *share = facts->shares->pdata[i];

		if (g_str_equal(share->address, address))
			return share;
	}
	return NULL;
}

/* In this queue, and one who answers. */
static gboolean
is_eligible(const Facts *facts, const Agent *agent)
{
	return agent_in_queue(agent, facts->queue->name) &&
	    agent_may_answer(agent) && row_of(facts, agent->address) != NULL;
}

/* When he works next, from now on; G_MAXINT64: no telling. */
static gint64
at_work(const Agent *agent, const Site *site, gint64 now)
{
	const Calendar *calendar = agent_calendar(agent, site);
	gint64 from = agent_is_away(agent, now) ? agent->away_until : now;

	return calendar != NULL ? calendar_next_opening(calendar, from) : from;
}

/* of Candidate; but: whom it is taken from, or 0. */
static GArray *
candidates_of(const Facts *facts, const Desk *desk, gint64 now, gint64 but)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(Candidate));

	for (guint i = 0; i < facts->roster->len; i++) {
		const Agent *agent = facts->roster->pdata[i];
		const Share *share = share_of(facts, agent->address);
		Candidate one = { agent, row_of(facts, agent->address),
			share != NULL ? share->open : 0,
			share != NULL ? share->turn : 0 };

		if (is_eligible(facts, agent) && one.row->id != but &&
		    at_work(agent, desk->site, now) <= now)
			g_array_append_val(out, one);
	}
	return out;
}

/* When the first of them comes to work; G_MAXINT64: none does. */
static gint64
next_at_work(const Facts *facts, const Desk *desk, gint64 now)
{
	gint64 first = G_MAXINT64;

	for (guint i = 0; i < facts->roster->len; i++) {
		const Agent *agent = facts->roster->pdata[i];

		if (is_eligible(facts, agent))
			first = MIN(first, at_work(agent, desk->site, now));
	}
	return first;
}

/* --- who is ---------------------------------------------------------------- */

/* Whose turn it is; the roster is in order of addresses, so that the first
 * round is, too. */
static const Candidate *
by_turn(const GArray *candidates)
{
	const Candidate *best = NULL;

	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *one = &g_array_index(candidates, Candidate, i);

		if (best == NULL || one->turn < best->turn)
			best = one;
	}
	return best;
}

/* Among equals whose turn it is. */
static const Candidate *
by_load(const GArray *candidates)
{
	const Candidate *best = NULL;

	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *one = &g_array_index(candidates, Candidate, i);

		if (best == NULL || one->open < best->open ||
		    (one->open == best->open && one->turn < best->turn))
			best = one;
	}
	return best;
}

static const Candidate *
by_name(const GArray *candidates, const char *address)
{
	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *one = &g_array_index(candidates, Candidate, i);

		if (g_str_equal(one->agent->address, address))
			return one;
	}
	return NULL;
}

/* "uz" is answered by whoever writes "uz-Latn", and the reverse: what a script
 * is read in is not what decides who understands it. */
static gboolean
speaks(const Agent *agent, const char *language)
{
	gsize n = strcspn(language, "-");

	for (guint i = 0; i < agent->languages->len; i++) {
		const char *one = agent->languages->pdata[i];

		if (strcspn(one, "-") == n &&
		    g_ascii_strncasecmp(one, language, n) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Those who write the language; else those of whom nothing is said. */
static GArray *
speakers(const GArray *candidates, const char *language, gboolean *known)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(Candidate));

	*known = TRUE;
	for (guint i = 0; i < candidates->len; i++)
		if (speaks(g_array_index(candidates, Candidate, i).agent,
			language))
			g_array_append_val(out,
			    g_array_index(candidates, Candidate, i));
	if (out->len > 0)
		return out;
	*known = FALSE;
	for (guint i = 0; i < candidates->len; i++)
		if (g_array_index(candidates, Candidate, i)
			.agent->languages->len == 0)
			g_array_append_val(out,
			    g_array_index(candidates, Candidate, i));
	return out;
}

static char *
load_words(const Candidate *one, const GArray *candidates)
{
	return g_strdup_printf("fewest open tickets (%" G_GINT64_FORMAT
			       ") of %u at work",
	    one->open, candidates->len);
}

static const Candidate *
by_language(const GArray *candidates, const char *language, char **why)
{
	gboolean known;
	g_autoptr(GArray) some = speakers(candidates, language, &known);
	const Candidate *one = by_load(some->len > 0 ? some : candidates);
	g_autofree char *load = load_words(
	    one, some->len > 0 ? some : candidates);

	*why = known ? g_strdup_printf("answers in %s; %s", language, load)
		     : g_strdup_printf(
			   "nobody at work is known to answer in %s; %s",
			   language, load);
	return by_name(candidates, one->agent->address);
}

/* candidates: at least one. *why: free with g_free. */
static const Candidate *
choose(const Facts *facts, const GArray *candidates, const char *language,
    char **why)
{
	const Candidate *one = NULL;

	switch (facts->queue->assign) {
	case ASSIGN_ROUND_ROBIN:
		one = by_turn(candidates);
		*why = g_strdup_printf(
		    "next in turn of %u at work", candidates->len);
		return one;
	case ASSIGN_LANGUAGE:
		return by_language(candidates, language, why);
	case ASSIGN_LAST_AGENT:
		one = facts->last_agent != NULL
		    ? by_name(candidates, facts->last_agent)
		    : NULL;
		if (one != NULL) {
			*why = g_strdup("had this customer's last ticket");
			return one;
		}
		break;
	case ASSIGN_NONE:
	case ASSIGN_LEAST_OPEN:
		break;
	}
	one = by_load(candidates);
	*why = load_words(one, candidates);
	return one;
}

/* --- giving it --------------------------------------------------------------- */

static void
give(const Candidate *one, const char *why, Effects *effects)
{
	Ticket *ticket = effects->ticket;

	effects_event(effects, "assigned", "javob", "to %s: %s",
	    one->agent->address, why);
	effects_change(effects,
	    "agent=%" G_GINT64_FORMAT "&now=%" G_GINT64_FORMAT, ticket->agent,
	    one->row->id);
	effects_reason(
	    effects, "assign", "%s: %s", one->agent->address, why);
	ticket->agent = one->row->id;
	g_free(effects->turn);
	effects->turn = g_strdup(one->agent->address);
}

/* FALSE: nobody is at work. */
static gboolean
share_out(const Facts *facts, const Desk *desk, gint64 now, gint64 but,
    Effects *effects)
{
	g_autoptr(GArray) candidates = candidates_of(facts, desk, now, but);
	g_autofree char *why = NULL;
	const Candidate *one;

	if (candidates->len == 0)
		return FALSE;
	one = choose(facts, candidates, effects->ticket->language, &why);
	give(one, why, effects);
	return TRUE;
}

/* --- the step ---------------------------------------------------------------- */

/* What is nobody's work is not given to anybody. */
static gboolean
is_work(const Facts *facts, const Effects *effects)
{
	const char *state = effects->ticket->state;

	return !effects->is_inside && !effects->is_machine &&
	    !facts->is_own_copy && facts->message->kind != MESSAGE_SPAM &&
	    (g_str_equal(state, "new") || g_str_equal(state, "open"));
}

/* Working time of the queue, but never while all of its agents sleep. */
static gint64
pass_on_at(const Facts *facts, gint64 now)
{
	return facts->calendar != NULL
	    ? calendar_add(facts->calendar, now, facts->queue->pass_on)
	    : now + facts->queue->pass_on;
}

void
assign_step(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	const Queue *queue = facts->queue;
	gint64 next;

	if (queue == NULL || !assign_is_on(queue))
		return;
	if (!is_work(facts, effects)) {
		effects_reason(effects, "assign", "nothing to be given out");
		return;
	}
	if (effects->ticket->agent == 0 && queue->assign != ASSIGN_NONE &&
	    !share_out(facts, desk, now, 0, effects)) {
		next = next_at_work(facts, desk, now);
		effects_reason(effects, "assign",
		    next == G_MAXINT64
			? "nobody of the queue works"
			: "nobody is at work now; later");
		if (next != G_MAXINT64)
			effects_timer(effects, ASSIGN_TIMER, now, next);
		return;
	}
	if (queue->pass_on > 0)
		effects_timer(
		    effects, ASSIGN_TIMER, now, pass_on_at(facts, now));
}

/* --- later ------------------------------------------------------------------- */

static const Agent *
holder_of(const Facts *facts, const Ticket *ticket)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *row = facts->agents->pdata[i];

		if (row->id == ticket->agent)
			return roster_find(facts->roster, row->address);
	}
	return NULL;
}

static void
tell(const Facts *facts, const Desk *desk, gint64 now, const Agent *from,
    Effects *effects)
{
	const AddressRow *to = row_of(facts, effects->turn);
	g_autofree char *cause = g_strdup_printf(
	    "assign:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
	    effects->ticket->id, now);
	g_autofree char *note = from != NULL
	    ? g_strdup_printf("%s is away, so this ticket is yours now.",
		  *from->name != '\0' ? from->name : from->address)
	    : g_strdup("Nobody had this ticket yet, so it is yours now.");

	notify_ticket(facts, desk, now, to, cause, note, NULL, effects);
}

void
assign_due(const Facts *facts, const Desk *desk, gint64 now, Effects *effects)
{
	Ticket *ticket = effects->ticket;
	const Agent *holder = holder_of(facts, ticket);
	gboolean held = ticket->agent != 0 &&
	    (holder == NULL || !agent_is_away(holder, now));
	gint64 next;

	if (facts->queue == NULL || !assign_is_on(facts->queue) ||
	    facts->mailbox == NULL || held ||
	    (!g_str_equal(ticket->state, "new") &&
		!g_str_equal(ticket->state, "open")))
		return;
	if (share_out(facts, desk, now, ticket->agent, effects)) {
		ticket->updated = now;
		tell(facts, desk, now, holder, effects);
		if (facts->queue->pass_on > 0)
			effects_timer(effects, ASSIGN_TIMER, now,
			    pass_on_at(facts, now));
		return;
	}
	/* Then whoever comes first; not again at once, for all may be away. */
	next = next_at_work(facts, desk, now);
	if (next != G_MAXINT64)
		effects_timer(
		    effects, ASSIGN_TIMER, now, MAX(next, now + 60));
}
