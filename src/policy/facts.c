/* facts.c - reads what the store knows about one mail. Called by
 * policy/pipeline before the steps; the only reader of rows in policy. */
#include "policy/facts.h"

#include "ground/error.h"
#include "mail/address.h"
#include "mail/alike.h"
#include "mail/autosub.h"
#include "policy/assign.h"
#include "policy/facts_private.h"
#include "policy/proof.h"
#include "policy/solved.h"
#include "policy/ticket.h"
#include "store/links.h"
#include "store/outbox.h"
#include "store/seen.h"
#include "store/shares.h"

enum {
	SUCCESSORS_MOST = 10, /* of one closed ticket, followed */
	OTHERS_WORDS = 8,     /* that two senders hardly have in common */
	HOUR = 3600,
	ENOUGH_HOUR = 3,      /* acknowledgements to one address, as in gate */
};

void
facts_free(Facts *facts)
{
	if (facts == NULL)
		return;
	g_free(facts->auth_reason);
	g_free(facts->refusal);
	g_free(facts->macro);
	address_free(facts->named);
	address_row_free(facts->sender);
	lang_choice_free(facts->lang);
	g_clear_pointer(&facts->faq, g_ptr_array_unref);
	address_row_free(facts->forwarded);
	address_row_free(facts->reply_to);
	g_clear_pointer(&facts->copied, g_ptr_array_unref);
	address_row_free(facts->token_party);
	g_clear_pointer(&facts->claims, g_array_unref);
	ticket_free(facts->ticket);
	g_free(facts->looked_through);
	g_free(facts->list_id);
	g_free(facts->words);
	g_free(facts->sender_role);
	address_row_free(facts->requester);
	address_row_free(facts->correspondent);
	g_clear_pointer(&facts->participants, g_ptr_array_unref);
	g_clear_pointer(&facts->thread_ids, g_ptr_array_unref);
	g_free(facts->last_in);
	g_clear_pointer(&facts->notes, g_ptr_array_unref);
	g_clear_pointer(&facts->watchers, g_ptr_array_unref);
	g_clear_pointer(&facts->colleagues, g_ptr_array_unref);
	g_clear_pointer(&facts->texts, g_ptr_array_unref);
	g_clear_pointer(&facts->also, g_ptr_array_unref);
	g_clear_pointer(&facts->agents, g_ptr_array_unref);
	g_clear_pointer(&facts->roster, g_ptr_array_unref);
	g_clear_pointer(&facts->shares, g_ptr_array_unref);
	g_free(facts->last_agent);
	g_clear_pointer(&facts->home.shares, g_ptr_array_unref);
	g_clear_pointer(&facts->home.also, g_ptr_array_unref);
	g_clear_pointer(&facts->home.agents, g_ptr_array_unref);
	g_clear_pointer(&facts->home.told, g_array_unref);
	forecast_clear(&facts->forecast);
	g_free(facts);
}

/* --- rows ---------------------------------------------------------------- */

static gboolean
read_ticket(Facts *facts, StoreTxn *txn, gint64 ticket, GError **error)
{
	g_autoptr(GError) reason = NULL;

	facts->ticket = ticket_root(txn, ticket, &reason);
	if (reason == NULL && facts->ticket != NULL) {
		if (facts->ticket->id != ticket)
			facts->merged_from = ticket; /* id = number */
		ticket = facts->ticket->id;
		facts->participants = participant_list(txn, ticket, &reason);
		if (reason == NULL)
			facts->thread_ids = message_thread_ids(
			    txn, ticket, &facts->last_in, &reason);
		if (reason == NULL)
			facts->notes = message_notes(txn, ticket, &reason);
		if (reason == NULL)
			facts->also = ticket_queues(txn, ticket, &reason);
		if (reason == NULL && facts->ticket->requester != 0)
			facts->requester = party_by_id(
			    txn, facts->ticket->requester, &reason);
		if (reason == NULL && facts->ticket->reply_to != 0)
			facts->correspondent = party_by_id(
			    txn, facts->ticket->reply_to, &reason);
	}
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	return TRUE;
}

/* Whoever goes on in a matter that was closed long ago has got a new ticket for
 * it: his next mail belongs there, whatever it answers. */
static gboolean
find_successor(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    gint64 *id, GError **error)
{
	g_autoptr(Ticket) ticket = NULL;
	gint64 next = *id;

	for (guint i = 0; i < SUCCESSORS_MOST && next != 0; i++) {
		g_autoptr(GError) reason = NULL;

		*id = next;
		ticket_free(ticket);
		ticket = ticket_root(txn, *id, &reason);
		if (reason != NULL) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		if (ticket == NULL || !ticket_is_stale(ticket, desk->site, now))
			return TRUE;
		if (!ticket_followed_by(
			txn, ticket->id, facts->sender->id, &next, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
read_claim(Facts *facts, StoreTxn *txn, const Desk *desk, const Claim *claim,
    gint64 now, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autofree char *cause = NULL;
	gint64 id = claim->ticket;

	facts->proof = claim->proof;
	facts->reach = proof_reach(facts, claim);
	if (facts->reach != REACH_NOTHING && facts->sender != NULL &&
	    facts->message->kind == MESSAGE_HUMAN && !facts->from_agent &&
	    !find_successor(facts, txn, desk, now, &id, error))
		return FALSE;
	if (!read_ticket(facts, txn, id, error))
		return FALSE;
	if (facts->ticket == NULL) {
		facts->proof = PROOF_NONE;
		facts->reach = REACH_NOTHING;
		return TRUE;
	}
	if (!message_counts(txn, facts->ticket->id,
		facts->envelope->received - HOUR, &facts->mails, error))
		return FALSE;
	if (claim->party != 0)
		facts->token_party = party_by_id(txn, claim->party, &reason);
	if (reason == NULL && facts->message->kind == MESSAGE_HUMAN &&
	    ticket_is_done(facts->ticket))
		facts->texts = message_texts(txn, facts->ticket->id, &reason);
	cause = solved_cause(facts->ticket->id);
	if (reason == NULL)
		outbox_has(txn, cause, &facts->thanked, &reason);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* The ticket of the best proof; a token may name one that is gone. */
static gboolean
read_candidate(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	const Claim *claim;

	if (!proof_collect(facts, txn, desk, error))
		return FALSE;
	for (guint n = 0; facts->ticket == NULL &&
	     (claim = proof_best(facts, n)) != NULL;
	     n++)
		if (!read_claim(facts, txn, desk, claim, now, error))
			return FALSE;
	return TRUE;
}

/* Who has letters sent to a Reply-To uses up his own limits too: else one proven
 * sender could have us write to thousands, once each. */
static gboolean
count_authors(Facts *facts, StoreTxn *txn, const char *key, gint64 now,
    GError **error)
{
	AutomaticCounts own = { 0 };

	if (facts->reply_to == NULL)
		return TRUE;
	if (!automatic_counts(txn, facts->sender->id,
		address_domain(facts->sender->address), key, now, &own, error))
		return FALSE;
	facts->automatic.address_hour =
	    MAX(facts->automatic.address_hour, own.address_hour);
	facts->automatic.address_day =
	    MAX(facts->automatic.address_day, own.address_day);
	return TRUE;
}

/* Whether it says something if another mail had the same words: a person may
 * send his twice; many people of one domain say "please help". */
static gboolean
may_be_machines(const Facts *facts, const AutomaticCause *cause)
{
	if (cause->other)
		return alike_words(facts->words) >= OTHERS_WORDS;
	return cause->again || facts->from_agent;
}

static gboolean
count_alike(Facts *facts, StoreTxn *txn, const char *domain, GError **error)
{
	g_autoptr(GPtrArray) causes = automatic_causes(txn,
	    facts_answer_to(facts)->id,
	    facts->auth == AUTH_PASS ? NULL : domain,
	    facts->envelope->received, error);

	for (guint i = 0; causes != NULL && i < causes->len; i++) {
		const AutomaticCause *cause = causes->pdata[i];

		facts->again |= !cause->other;
		if (may_be_machines(facts, cause) &&
		    alike_keys(facts->words, cause->words))
			facts->alike++;
	}
	return causes != NULL;
}

static gboolean
read_sender(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	g_autofree char *folded = NULL, *key = NULL;

	if (facts->author == NULL)
		return TRUE;
	folded = address_fold(facts->author->address);
	facts->agent = roster_find(facts->roster, folded);
	facts->from_agent = facts->agent != NULL;
	facts->sender = party_need(txn, folded, facts->author->address,
	    facts->auth == AUTH_PASS ? facts->author->name : "", now, error);
	if (facts->sender == NULL ||
	    !facts_read_reply_to(facts, txn, desk, now, error))
		return FALSE;
	/* The limits are those of whoever would be written to. */
	key = autosub_subject_key(facts->message->subject);
	return automatic_counts(txn, facts_answer_to(facts)->id,
	    address_domain(folded), key, now, &facts->automatic, error) &&
	    count_authors(facts, txn, key, now, error) &&
	    count_alike(facts, txn, address_domain(folded), error);
}

/* By this address, or by another one of the same person's. */
static void
read_role(Facts *facts)
{
	for (guint i = 0; facts->sender != NULL &&
	     facts->participants != NULL && i < facts->participants->len;
	     i++) {
		const AddressRow *row = facts->participants->pdata[i];

		if (row->id != facts->sender->id &&
		    (row->party != facts->sender->party ||
			*facts->sender_role != '\0'))
			continue;
		g_free(facts->sender_role);
		facts->sender_role = g_strdup(row->role);
	}
}

static const Calendar *
calendar_of(const Desk *desk, const Queue *queue)
{
	return queue != NULL && *queue->calendar != '\0'
	    ? site_calendar(desk->site, queue->calendar)
	    : NULL;
}

/* Only tickets of strangers and machines can come by the thousand, and of a
 * proven sender who has had his acknowledgements of the hour. */
static gboolean
read_told(Facts *facts, StoreTxn *txn, gint64 now, GError **error)
{
	if (facts->message == NULL ||
	    (facts->auth == AUTH_PASS &&
		facts->message->kind == MESSAGE_HUMAN &&
		facts->automatic.address_hour < ENOUGH_HOUR))
		return TRUE;
	facts->home.told = g_array_new(FALSE, FALSE, sizeof(ToldCounts));
	for (guint i = 0; i < facts->home.agents->len; i++) {
		const AddressRow *agent = facts->home.agents->pdata[i];
		ToldCounts counts;

		if (!told_counts(txn, agent->id, now - HOUR, &counts, error))
			return FALSE;
		g_array_append_val(facts->home.told, counts);
	}
	return TRUE;
}

/* Only what a rule will ask for: it is read for every mail. */
static gboolean
read_shares(StoreTxn *txn, const Queue *queue, GPtrArray **shares,
    GError **error)
{
	if (queue == NULL || !assign_is_on(queue))
		return TRUE;
	*shares = share_list(txn, queue->name, error);
	return *shares != NULL;
}

static gboolean
read_last_agent(Facts *facts, StoreTxn *txn, GError **error)
{
	gint64 customer = facts->ticket != NULL ? facts->ticket->requester
	    : facts->sender != NULL		? facts->sender->id
						: 0;

	if (facts->shares == NULL && facts->home.shares == NULL)
		return TRUE;
	facts->last_agent = share_last_agent(txn, customer,
	    facts->ticket != NULL ? facts->ticket->id : 0, error);
	return facts->last_agent != NULL;
}

static gboolean
read_agents(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	if (facts->ticket != NULL)
		facts->queue = site_queue(desk->site, facts->ticket->queue);
	if (facts->queue == NULL)
		facts->queue = facts->home.queue;
	facts->calendar = calendar_of(desk, facts->queue);
	facts->home.calendar = calendar_of(desk, facts->home.queue);
	facts->agents = facts_agents_of(
	    facts, txn, desk, facts->queue, facts->also, now, error);
	if (facts->agents == NULL)
		return FALSE;
	facts->home.agents = facts_agents_of(facts, txn, desk,
	    facts->home.queue, facts->home.also, now, error);
	return facts->home.agents != NULL &&
	    read_told(facts, txn, now, error) &&
	    read_shares(txn, facts->queue, &facts->shares, error) &&
	    read_shares(txn, facts->home.queue, &facts->home.shares, error) &&
	    read_last_agent(facts, txn, error);
}

const AddressRow *
facts_answer_to(const Facts *facts)
{
	return facts->reply_to != NULL ? facts->reply_to : facts->sender;
}

const AddressRow *
facts_correspondent(const Facts *facts)
{
	return facts->correspondent != NULL ? facts->correspondent
					    : facts->requester;
}

Facts
facts_at_home(const Facts *facts)
{
	Facts home = *facts;

	home.queue = facts->home.queue;
	home.calendar = facts->home.calendar;
	home.also = facts->home.also;
	home.agents = facts->home.agents;
	home.shares = facts->home.shares;
	return home;
}

/* The border's word first; our own look at the signature where it has none. */
static void
read_auth(Facts *facts, const Desk *desk, const AuthFinding *dkim)
{
	g_autofree char *border = NULL;

	facts->auth = authres_judge(
	    facts->message, desk->site->authserv_id, &border);
	if (facts->auth != AUTH_NONE || dkim == NULL) {
		facts->auth_reason = g_steal_pointer(&border);
		return;
	}
	facts->auth = dkim->verdict;
	facts->auth_reason = *desk->site->authserv_id != '\0'
	    ? g_strdup_printf("%s; %s", border, dkim->reason)
	    : g_strdup(dkim->reason);
}

/* Whatever the form's own mail proves: it proves nothing of him. */
static void
doubt_named(Facts *facts)
{
	char *reason = g_strdup_printf("named by %s; %s", facts->named_by,
	    facts->auth_reason);

	g_free(facts->auth_reason);
	facts->auth_reason = reason;
	if (facts->auth == AUTH_PASS)
		facts->auth = AUTH_NONE;
}

/* Mails of machines, and old ones, are promised nothing. */
static gboolean
read_forecast(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	const Queue *queue = facts->home.queue;

	if (queue == NULL || !queue->learns || facts->imported ||
	    facts->seen_ticket != 0)
		return TRUE;
	return forecast_read(txn, desk->forecasts, desk->site->promise_share,
	    queue->name, facts->mailbox->name, now, &facts->forecast, error);
}

Facts *
facts_read(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, gint64 now,
    GError **error)
{
	g_autoptr(Facts) facts = g_new0(Facts, 1);

	facts->claims = g_array_new(FALSE, FALSE, sizeof(Claim));
	facts->sender_role = g_strdup("");
	facts->message = message;
	facts->envelope = envelope;
	facts_look_through(facts, desk);
	message = facts->message;
	facts->words = alike_key(message->new_text);
	facts->imported = g_str_equal(envelope->door, "import");
	facts->roster = roster_read(txn, desk->site, error);
	if (facts->roster == NULL)
		return NULL;
	facts_read_author(facts, desk);
	read_auth(facts, desk, dkim);
	if (facts->named != NULL)
		doubt_named(facts);
	if (!seen_find(txn, message->message_id,
		message->content_hash, &facts->seen_ticket, error) ||
	    !read_sender(facts, txn, desk, now, error))
		return NULL;
	facts_read_home(facts, desk, envelope->mailbox);
	if (!read_candidate(facts, txn, desk, now, error))
		return NULL;
	read_role(facts);
	if (!facts_read_faq(facts, txn, error) ||
	    !facts_read_copied(facts, txn, desk, now, error) ||
	    !facts_read_answered(facts, txn, error) ||
	    !facts_read_watchers(facts, txn, now, error) ||
	    !facts_read_forwarded(facts, txn, desk, now, error) ||
	    !read_agents(facts, txn, desk, now, error) ||
	    !read_forecast(facts, txn, desk, now, error) ||
	    !ticket_next_number(txn, &facts->next_number, error))
		return NULL;
	if (facts->from_agent && facts->auth != AUTH_FAIL)
		facts_read_macro(facts, desk);
	return g_steal_pointer(&facts);
}

Facts *
facts_of_ticket(StoreTxn *txn, const Desk *desk, gint64 ticket, gint64 now,
    GError **error)
{
	g_autoptr(Facts) facts = g_new0(Facts, 1);

	facts->sender_role = g_strdup("");
	facts->roster = roster_read(txn, desk->site, error);
	if (facts->roster == NULL || !read_ticket(facts, txn, ticket, error))
		return NULL;
	if (facts->ticket == NULL) {
		error_permanent(error, "ticket %" G_GINT64_FORMAT " is not there",
		    ticket);
		return NULL;
	}
	facts->mailbox = facts_mailbox(desk, facts->ticket->mailbox);
	if (facts->mailbox != NULL)
		facts->home.queue = site_queue(
		    desk->site, facts->mailbox->queue);
	if (!read_agents(facts, txn, desk, now, error) ||
	    !facts_read_watchers(facts, txn, now, error))
		return NULL;
	return g_steal_pointer(&facts);
}
