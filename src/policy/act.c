/* act.c - see act.h: the table of deeds, and the small ones. Called by the
 * command line; hands on to effects, as a mail does. */
#include "policy/act.h"

#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/text.h"
#include "mail/address.h"
#include "policy/act_private.h"
#include "policy/calendar.h"
#include "policy/notify.h"
#include "policy/order.h"
#include "policy/relay.h"
#include "policy/talk.h"
#include "policy/ticket.h"
#include "policy/when.h"
#include "store/links.h"

/* --- helpers -------------------------------------------------------------- */

Ticket *
act_ticket(StoreTxn *txn, gint64 number, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) ticket = ticket_by_number(txn, number, &reason);

	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (ticket == NULL)
		error_permanent(error,
		    "ticket %" NUMBER " is not there; see javob ticket list",
		    number);
	else if (ticket->merged_into != 0)
		error_permanent(error,
		    "ticket %" NUMBER " is part of ticket %" NUMBER
		    ": act on that one, or undo the merge",
		    number, ticket->merged_into);
	else
		return g_steal_pointer(&ticket);
	return NULL;
}

char *
act_last_words(StoreTxn *txn, gint64 ticket, GError **error)
{
	g_autoptr(GPtrArray) rows = message_list(txn, ticket, error);

	if (rows == NULL)
		return NULL;
	for (guint i = rows->len; i > 0; i--) {
		const MessageRow *row = rows->pdata[i - 1];

		if (g_str_equal(row->direction, "in") &&
		    g_str_equal(row->visibility, "public") &&
		    g_str_equal(row->kind, "human"))
			return g_strdup(row->new_text);
	}
	return g_strdup("");
}

static gboolean
is_actor(const ActScene *scene, const AddressRow *agent)
{
	return scene->act->agent != NULL &&
	       g_str_equal(scene->act->agent, agent->address);
}

void
act_tell(const ActScene *scene, const Facts *facts, const AddressRow *only,
    const char *note, const char *text, Effects *effects)
{
	/* One deed on a ticket may be done twice a second. */
	g_autofree char *once = token_random();
	g_autofree char *cause =
	    g_strdup_printf("act:%" NUMBER ":%s", effects->ticket->id, once);

	if (only != NULL && !is_actor(scene, only))
		notify_ticket(facts, scene->desk, scene->now, only, cause, note,
		    text, effects);
	for (guint i = 0; only == NULL && i < facts->agents->len; i++) {
		const AddressRow *agent = facts->agents->pdata[i];

		if (!is_actor(scene, agent))
			notify_ticket(facts, scene->desk, scene->now, agent,
			    cause, note, text, effects);
	}
}

const Agent *
act_agent(const ActScene *scene)
{
	return scene->act->agent != NULL
		   ? roster_find(scene->facts->roster, scene->act->agent)
		   : NULL;
}

gboolean
act_when(const ActScene *scene, const char *text, gint64 *when, GError **error)
{
	const Agent *agent = act_agent(scene);
	const Site *site = scene->desk->site;
	const Calendar *calendar = scene->facts->calendar;
	/* As programs write it. */
	gboolean rfc3339 = strchr(text, 'T') != NULL &&
	    clock_parse(text, when) && *when > scene->now;
	WhenScene as = { site->default_language, "UTC", calendar, scene->now };

	if (rfc3339)
		return TRUE;
	if (calendar != NULL)
		as.zone = calendar_timezone(calendar);
	if (agent != NULL) {
		as.zone = agent_zone(agent, site);
		if (*agent->language != '\0')
			as.language = agent->language;
	}
	return when_parse(text, &as, when, error);
}

static const char *
way_of(const ActScene *scene)
{
	return scene->act->way != NULL ? scene->act->way : "by command";
}

/* --- state ---------------------------------------------------------------- */

static char *
change_state(ActScene *scene, TicketMove move, const char *event,
    GError **error)
{
	Ticket *ticket = scene->effects->ticket;

	if (ticket_move_by(scene->effects, move, event, scene->act->actor,
		way_of(scene), scene->now)) {
		effects_reason(scene->effects, "relay",
		    "the state is %s: his command", ticket->state);
		return g_strdup_printf("ticket %" NUMBER " is %s",
		    ticket->number, ticket->state);
	}
	error_permanent(error, "ticket %" NUMBER " is %s already",
	    ticket->number, ticket->state);
	return NULL;
}

static char *
act_close(ActScene *scene, GError **error)
{
	return change_state(scene, TICKET_CLOSE, "closed", error);
}

static char *
act_reopen(ActScene *scene, GError **error)
{
	return change_state(scene, TICKET_REOPEN, "reopened", error);
}

static char *
act_open(ActScene *scene, GError **error)
{
	return change_state(scene, TICKET_OPEN, "reopened", error);
}

static char *
act_spam(ActScene *scene, GError **error)
{
	return change_state(scene, TICKET_SPAM, "spam", error);
}

/* --- who and where -------------------------------------------------------- */

/* By address, or by what tells one agent from all others: what stands before
 * the "@", or his name. NULL with error. */
static const Agent *
find_agent(const ActScene *scene, const char *word, GError **error)
{
	const GPtrArray *roster = scene->facts->roster;
	const Agent *found = roster_find(roster, word);
	g_autofree char *folded = text_fold(word);

	for (guint i = 0; found == NULL && i < roster->len; i++) {
		const Agent *agent = roster->pdata[i];
		g_autofree char *name = text_fold(agent->name);
		gsize n = strcspn(agent->address, "@");

		if (!g_str_equal(name, folded) &&
		    (strlen(folded) != n ||
			strncmp(agent->address, folded, n) != 0))
			continue;
		for (guint j = i + 1; j < roster->len; j++) {
			const Agent *other = roster->pdata[j];

			if (strncmp(other->address, folded, n) == 0 &&
			    other->address[n] == '@') {
				error_permanent(error,
				    "there is more than one %s: write the "
				    "address",
				    word);
				return NULL;
			}
		}
		found = agent;
	}
	if (found == NULL)
		error_permanent(error, "%s is no agent; see javob agent list",
		    word);
	return found;
}

static AddressRow *
need_agent(ActScene *scene, const char *word, GError **error)
{
	const Agent *agent = find_agent(scene, word, error);

	if (agent == NULL)
		return NULL;
	if (!agent_may_answer(agent)) {
		error_permanent(error,
		    "%s is an observer, who sees and does not act",
		    agent->address);
		return NULL;
	}
	return party_need(scene->txn, agent->address, agent->address, "",
	    scene->now, error);
}

/* word: "-" for nobody. */
static char *
assign(ActScene *scene, const char *word, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	gboolean nobody = g_str_equal(word, "-");
	g_autoptr(AddressRow) agent =
	    nobody ? NULL : need_agent(scene, word, error);
	g_autofree char *words = NULL, *note = NULL;
	gint64 id = agent != NULL ? agent->id : 0;
	const char *to = nobody ? "nobody" : NULL;

	if (agent == NULL && !nobody)
		return NULL;
	if (to == NULL)
		to = agent->written;
	if (id == ticket->agent) {
		error_permanent(error,
		    "ticket %" NUMBER " is assigned to %s already",
		    ticket->number, to);
		return NULL;
	}
	effects_event(scene->effects, "assigned", scene->act->actor, "to %s",
	    to);
	effects_change(scene->effects, "agent=%" NUMBER "&now=%" NUMBER,
	    ticket->agent, id);
	ticket->agent = id;
	ticket->updated = scene->now;
	if (agent != NULL) {
		words = act_last_words(scene->txn, ticket->id, error);
		if (words == NULL)
			return NULL;
		note = g_strdup_printf("%s has assigned this ticket to you.",
		    scene->act->actor);
		act_tell(scene, scene->facts, agent, note, words,
		    scene->effects);
	}
	return g_strdup_printf("ticket %" NUMBER " is assigned to %s",
	    ticket->number, to);
}

static char *
act_assign(ActScene *scene, GError **error)
{
	return assign(scene, scene->act->word, error);
}

static char *
act_take(ActScene *scene, GError **error)
{
	if (scene->act->agent == NULL) {
		error_permanent(error,
		    "only an agent can take a ticket: say --as with his "
		    "address");
		return NULL;
	}
	return assign(scene, scene->act->agent, error);
}

static char *
act_release(ActScene *scene, GError **error)
{
	return assign(scene, "-", error);
}

static gboolean
has_agent(const Facts *facts, gint64 id)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *agent = facts->agents->pdata[i];

		if (agent->id == id)
			return TRUE;
	}
	return FALSE;
}

/* Its new agents must hear of it as of a new ticket. The promise stands: the
 * customer has it in writing. */
static char *
act_move(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	const char *queue = scene->act->word;
	g_autofree char *old = g_strdup(ticket->queue);
	g_autofree char *escaped = g_uri_escape_string(old, NULL, TRUE);
	g_autofree char *now = g_uri_escape_string(queue, NULL, TRUE);
	g_autofree char *words = NULL, *note = NULL;
	g_autoptr(Facts) there = NULL;
	gint64 agent = ticket->agent;

	if (site_queue(scene->desk->site, queue) == NULL) {
		error_permanent(error,
		    "there is no [queue %s] in the configuration", queue);
		return NULL;
	}
	if (g_str_equal(queue, old)) {
		error_permanent(error,
		    "ticket %" NUMBER " is in queue %s "
		    "already",
		    ticket->number, queue);
		return NULL;
	}
	g_free(ticket->queue);
	ticket->queue = g_strdup(queue);
	ticket->updated = scene->now;
	if (!ticket_update(scene->txn, ticket, error))
		return NULL;
	there = facts_of_ticket(scene->txn, scene->desk, ticket->id, scene->now,
	    error);
	words = there != NULL ? act_last_words(scene->txn, ticket->id, error)
			      : NULL;
	if (words == NULL)
		return NULL;
	if (agent != 0 && !has_agent(there, agent))
		ticket->agent = 0;
	effects_event(scene->effects, "moved", scene->act->actor,
	    "from queue %s to %s", old, queue);
	effects_change(scene->effects,
	    "queue=%s&now=%s&agent=%" NUMBER "&agent-now=%" NUMBER, escaped,
	    now, agent, ticket->agent);
	note = g_strdup_printf("%s has moved this ticket here from queue %s.",
	    scene->act->actor, old);
	act_tell(scene, there, NULL, note, words, scene->effects);
	return g_strdup_printf("ticket %" NUMBER " is in queue %s",
	    ticket->number, queue);
}

static char *
act_link(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) other =
	    ticket_by_number(scene->txn, scene->act->other, &reason);
	g_autofree char *detail = NULL, *change = NULL;
	gint64 was;

	if (reason != NULL || other == NULL || other->id == ticket->id) {
		if (reason != NULL)
			g_propagate_error(error, g_steal_pointer(&reason));
		else
			error_permanent(error,
			    "there is no other ticket %" NUMBER,
			    scene->act->other);
		return NULL;
	}
	if (!link_remove(scene->txn, ticket->id, other->id, &was, error) ||
	    !link_add(scene->txn, ticket->id, other->id, error))
		return NULL;
	if (was > 0) {
		error_permanent(error,
		    "tickets %" NUMBER " and %" NUMBER " are linked already",
		    ticket->number, other->number);
		return NULL;
	}
	effects_event(scene->effects, "linked", scene->act->actor,
	    "related to ticket %" NUMBER, other->number);
	effects_change(scene->effects, "other=%" NUMBER, other->id);
	detail = g_strdup_printf("related to ticket %" NUMBER, ticket->number);
	change = g_strdup_printf("see=%" NUMBER, ticket->number);
	if (!event_add_change(scene->txn, other->id, scene->now, "linked",
		scene->act->actor, detail, change, error))
		return NULL;
	return g_strdup_printf("tickets %" NUMBER " and %" NUMBER " are linked",
	    ticket->number, other->number);
}

/* --- words ---------------------------------------------------------------- */

static void
set(char **at, char *text)
{
	g_free(*at);
	*at = text;
}

/* The text as a mail from inside, so that it takes the road of one. */
static gboolean
speak(ActScene *scene, GError **error)
{
	const Act *act = scene->act;
	Facts *facts = scene->facts;
	g_autofree char *text = NULL;
	const char *name = "";

	if (act->text == NULL || !g_utf8_validate(act->text, -1, NULL) ||
	    strspn(act->text, " \t\r\n") == strlen(act->text))
		return error_permanent(error, "the text is empty or no UTF-8");
	if (act->agent != NULL) {
		facts->agent = roster_find(facts->roster, act->agent);
		facts->from_agent = facts->agent != NULL;
		facts->sender = party_need(scene->txn, act->agent, act->agent,
		    "", scene->now, error);
		if (facts->sender == NULL)
			return FALSE;
		name = facts->sender->name;
	}
	scene->message = message_new();
	scene->envelope =
	    envelope_new(facts->mailbox->name, "shell", scene->now);
	text = g_strchomp(g_strdup(act->text));
	scene->octets = g_bytes_new(text, strlen(text));
	/* Of no mail, so without a Message-ID; but each is one of its own. */
	set(&scene->message->content_hash, token_random());
	set(&scene->message->body_text, g_strdup(text));
	set(&scene->message->new_text, g_strdup(text));
	g_ptr_array_add(scene->message->from,
	    address_new(act->agent != NULL ? act->agent : act->actor, name));
	facts->message = scene->message;
	facts->envelope = scene->envelope;
	facts->author = message_author(scene->message);
	facts->auth = AUTH_PASS;
	set(&scene->effects->visibility, g_strdup("internal"));
	set(&scene->effects->kind, g_strdup("agent"));
	set(&scene->effects->why, g_strdup("command line"));
	scene->effects->is_inside = TRUE;
	return TRUE;
}

static char *
act_note(ActScene *scene, GError **error)
{
	if (!speak(scene, error))
		return NULL;
	set(&scene->effects->kind, g_strdup("note"));
	scene->effects->ticket->updated = scene->now;
	effects_event(scene->effects, "note", scene->act->actor, "by command");
	talk_note(scene->facts, scene->desk, scene->now,
	    scene->message->new_text, scene->effects);
	return g_strdup_printf("noted on ticket %" NUMBER, scene->act->number);
}

/* Whoever waits longer hears why, in the next letter that says so. */
static char *
act_delay(ActScene *scene, GError **error)
{
	const Act *act = scene->act;
	const char *text = act->text != NULL ? act->text : act->word;
	g_autofree char *reason = NULL;

	if (text != NULL && g_utf8_validate(text, -1, NULL))
		reason = text_clean_line(text, 200);
	if (reason == NULL || *reason == '\0') {
		error_permanent(error, "the reason is empty or no UTF-8");
		return NULL;
	}
	scene->effects->ticket->updated = scene->now;
	effects_event(scene->effects, "delay-reason", act->actor, "%s", reason);
	return g_strdup_printf("the customer of ticket %" NUMBER
			       " reads this if it takes longer than promised",
	    act->number);
}

static char *
act_reply(ActScene *scene, GError **error)
{
	const char *advice = "";
	g_autofree char *why = NULL;

	if (!speak(scene, error))
		return NULL;
	facts_read_macro(scene->facts, scene->desk);
	why = relay_obey(scene->facts, scene->desk, scene->now, &advice,
	    scene->effects);
	if (why != NULL) {
		error_permanent(error, "nothing was sent: %s", why);
		return NULL;
	}
	if (scene->effects->preview != NULL)
		return g_strdup(scene->effects->preview);
	if (scene->effects->letters->len == 0)
		return g_strdup("");
	return g_strdup_printf("the answer to ticket %" NUMBER
			       " is on its way to %s",
	    scene->act->number, scene->facts->requester->written);
}

/* --- the table ------------------------------------------------------------ */

static const struct {
	const char *verb;
	char *(*run)(ActScene *scene, GError **error);
} deeds[] = {
	{ "reply", act_reply },
	{ "note", act_note },
	{ "close", act_close },
	{ "open", act_open },
	{ "reopen", act_reopen },
	{ "wait", act_wait },
	{ "spam", act_spam },
	{ "take", act_take },
	{ "release", act_release },
	{ "assign", act_assign },
	{ "queue", act_move },
	{ "move", act_move },
	{ "priority", act_priority },
	{ "tag", act_tag },
	{ "promise", act_promise },
	{ "delay", act_delay },
	{ "language", act_language },
	{ "name", act_name },
	{ "cc", act_cc },
	{ "merge", act_merge },
	{ "split", act_split },
	{ "link", act_link },
	{ "remind", act_remind },
	{ "undo", act_undo },
	{ "history", act_history },
	{ "summary", act_summary },
	{ "away", act_away },
	{ "macros", act_macros },
	{ "help", act_help },
};

gboolean
act_knows(const char *verb)
{
	for (guint i = 0; i < G_N_ELEMENTS(deeds); i++)
		if (g_str_equal(deeds[i].verb, verb))
			return TRUE;
	return FALSE;
}

gboolean
act_fill(Act *act, const Verb *verb, const char *argument)
{
	gboolean given = *argument != '\0';

	act->verb = verb->name;
	act->word = argument;
	switch (verb->need) {
	case VERB_NOTHING:
		return !given;
	case VERB_MESSAGE:
		if (!given)
			return TRUE;
		/* fall through */
	case VERB_TICKET:
		return g_ascii_string_to_signed(
		    argument + (*argument == '#'), 10, 1, G_MAXINT64,
		    &act->other, NULL);
	case VERB_TEXT:
		act->text = argument;
		return TRUE;
	case VERB_QUEUE:
	case VERB_AGENT:
	case VERB_WORDS:
	case VERB_WHEN:
		return given;
	case VERB_MAYBE:
		return TRUE;
	}
	return FALSE;
}

static char *
play(ActScene *scene, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(deeds); i++)
		if (g_str_equal(deeds[i].verb, scene->act->verb))
			return deeds[i].run(scene, error);
	error_permanent(error, "%s is nothing that can be done with a ticket",
	    scene->act->verb);
	return NULL;
}

/* Of a merged ticket only the merge can be undone. */
static gboolean
is_undo(const Act *act)
{
	return g_str_equal(act->verb, "undo");
}

static gboolean
reads(const char *name)
{
	const Verb *verb = verb_find(name);

	return verb != NULL && (verb->flags & VERB_READS) != 0;
}

static gboolean
may_act(const ActScene *scene, GError **error)
{
	const char *address = scene->act->agent;
	const Agent *agent;

	if (address == NULL)
		return TRUE;
	agent = roster_find(scene->facts->roster, address);
	if (agent == NULL)
		return error_permanent(error,
		    "%s is no agent; see javob agent list", address);
	return agent_may_answer(agent) || reads(scene->act->verb) ||
	       error_permanent(error,
		   "%s is an observer, who sees and does not act", address);
}

static gboolean
set_scene(ActScene *scene, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) ticket =
	    is_undo(scene->act)
		? ticket_by_number(scene->txn, scene->act->number, &reason)
		: act_ticket(scene->txn, scene->act->number, &reason);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (ticket == NULL)
		return error_permanent(error,
		    "ticket %" NUMBER " is not there; see javob ticket list",
		    scene->act->number);
	scene->facts = facts_of_ticket(scene->txn, scene->desk, ticket->id,
	    scene->now, error);
	if (scene->facts == NULL)
		return FALSE;
	if (!may_act(scene, error))
		return FALSE;
	scene->effects = effects_new();
	scene->effects->ticket = g_steal_pointer(&ticket);
	scene->effects->verified = TRUE;
	return TRUE;
}

static void
pass_reasons(const ActScene *scene)
{
	const GPtrArray *reasons = scene->effects->reasons;

	for (guint i = 0; scene->act->reasons != NULL && i < reasons->len; i++)
		g_ptr_array_add(scene->act->reasons,
		    g_strdup(reasons->pdata[i]));
}

static char *
run_scene(ActScene *scene, GPtrArray **orders, GError **error)
{
	g_autofree char *said = NULL;

	if (set_scene(scene, error))
		said = play(scene, error);
	if (said != NULL && !effects_write(scene->txn, scene->facts,
				scene->effects, scene->octets, scene->now,
				error))
		g_clear_pointer(&said, g_free);
	if (said != NULL) {
		pass_reasons(scene);
		if (scene->effects->orders != NULL)
			*orders = g_ptr_array_ref(scene->effects->orders);
	}
	g_clear_pointer(&scene->octets, g_bytes_unref);
	facts_free(scene->facts);
	effects_free(scene->effects);
	message_free(scene->message);
	envelope_free(scene->envelope);
	return g_steal_pointer(&said);
}

/* An answer from the command line may have commands above it, as a mail. */
static char *
run_with_orders(StoreTxn *txn, const Desk *desk, const Act *act, gint64 now,
    GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Orders) above = orders_read(act->text);
	g_autoptr(GPtrArray) orders = NULL;
	ActScene scene = { txn, desk, act, now, NULL, NULL, NULL, NULL, NULL };
	OrderRun run = { txn, desk, act, now, lines };
	char *said;

	if (above->fault == NULL &&
	    !orders_run(&run, above->list, TRUE, error))
		return NULL;
	said = run_scene(&scene, &orders, error);
	if (said == NULL)
		return NULL;
	if (*said != '\0')
		g_ptr_array_add(lines, said);
	else
		g_free(said);
	if (orders != NULL && !orders_run(&run, orders, FALSE, error))
		return NULL;
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

char *
act_run(StoreTxn *txn, const Desk *desk, const Act *act, gint64 now,
    GError **error)
{
	ActScene scene = { txn, desk, act, now, NULL, NULL, NULL, NULL, NULL };
	g_autoptr(GPtrArray) orders = NULL;

	if (g_str_equal(act->verb, "reply") && act->text != NULL &&
	    g_utf8_validate(act->text, -1, NULL))
		return run_with_orders(txn, desk, act, now, error);
	return run_scene(&scene, &orders, error);
}
