/* facts.c - reads what the store knows about one mail. Called by
 * policy/pipeline before the steps; the only reader of rows in policy. */
#include "policy/facts.h"

#include <string.h>

#include "ground/error.h"
#include "mail/address.h"
#include "mail/autosub.h"
#include "store/seen.h"

/* Fields in which a recipient address of the mail may stand, besides To and
 * Cc; the envelope comes first. */
static const char *const recipient_fields[] = { "Delivered-To",
	"X-Original-To", "Envelope-To", "Resent-To", "Resent-Cc" };

enum { IDS_MOST = 64 }; /* msg-ids looked up of one mail, newest first */

static void
free_address(gpointer data)
{
	address_row_free(data);
}

void
facts_free(Facts *facts)
{
	if (facts == NULL)
		return;
	g_free(facts->auth_reason);
	address_row_free(facts->sender);
	address_row_free(facts->token_party);
	ticket_free(facts->ticket);
	g_free(facts->sender_role);
	address_row_free(facts->requester);
	g_clear_pointer(&facts->participants, g_ptr_array_unref);
	g_clear_pointer(&facts->thread_ids, g_ptr_array_unref);
	g_free(facts->last_in);
	g_clear_pointer(&facts->notes, g_ptr_array_unref);
	g_clear_pointer(&facts->agents, g_ptr_array_unref);
	g_clear_pointer(&facts->home.agents, g_ptr_array_unref);
	g_free(facts);
}

const char *
proof_name(Proof proof)
{
	static const char *const names[] = { "none", "keyed reply address",
		"our own Message-ID", "our Message-ID in the report",
		"a known Message-ID", "the number in the subject" };

	return names[proof];
}

/* --- tokens -------------------------------------------------------------- */

/* The first one counts; but reply and note address both at once means note
 * (THREATS 7.3). Tokens of Message-IDs and X-Loop make no address. */
static void
keep_token(Facts *facts, const Token *token)
{
	const Token *kept = &facts->address_token;

	if (token->kind == TOKEN_MESSAGE || token->kind == TOKEN_LOOP)
		return;
	if (kept->kind == 0 ||
	    (kept->kind == TOKEN_AGENT && token->kind == TOKEN_NOTE &&
		kept->ticket == token->ticket && kept->party == token->party))
		facts->address_token = *token;
}

static void
take_token(Facts *facts, const Desk *desk, const char *address)
{
	const Mailbox *mailbox = site_mailbox_by_address(desk->site, address);
	g_autofree char *folded = NULL, *detail = NULL;
	Token token;

	if (mailbox == NULL)
		return;
	folded = address_fold(address);
	detail = address_detail(folded, mailbox->address);
	for (guint i = 0; detail == NULL && i < mailbox->aliases->len; i++)
		detail = address_detail(folded, mailbox->aliases->pdata[i]);
	if (detail != NULL && token_verify(desk->keys, detail, -1, &token))
		keep_token(facts, &token);
}

static void
tokens_of_list(Facts *facts, const Desk *desk, const GPtrArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		const Address *address = addresses->pdata[i];

		take_token(facts, desk, address->address);
	}
}

static void
tokens_of_field(Facts *facts, const Desk *desk, const char *body)
{
	g_auto(GStrv) words = g_strsplit_set(body, "<>, \t;", 32);

	for (guint i = 0; words[i] != NULL; i++)
		if (strchr(words[i], '@') != NULL)
			take_token(facts, desk, words[i]);
}

static void
read_address_token(Facts *facts, const Desk *desk)
{
	const Message *message = facts->message;

	for (guint i = 0; i < facts->envelope->forward_paths->len; i++)
		take_token(
		    facts, desk, facts->envelope->forward_paths->pdata[i]);
	tokens_of_list(facts, desk, message->to);
	tokens_of_list(facts, desk, message->cc);
	for (guint i = 0; i < G_N_ELEMENTS(recipient_fields); i++) {
		const char *body;

		for (guint n = 0; n < 8 &&
		     (body = message_field_nth(
			  message, recipient_fields[i], n)) != NULL;
		     n++)
			tokens_of_field(facts, desk, body);
	}
}

/* Our Message-IDs are "TOKEN.RANDOM@domain". */
static gboolean
token_of_msgid(const Desk *desk, const char *msgid, Token *token)
{
	const char *dot = strchr(msgid, '.');

	return dot != NULL &&
	    token_verify(desk->keys, msgid, dot - msgid, token) &&
	    token->kind == TOKEN_MESSAGE;
}

/* In-Reply-To, then References from the newest: each id once to visit. FALSE
 * from visit ends the walk. */
typedef gboolean (*VisitId)(const char *msgid, gpointer data);

static void
each_id(const Message *message, VisitId visit, gpointer data)
{
	guint left = IDS_MOST;

	for (guint i = 0; i < message->in_reply_to->len && left > 0; i++, left--)
		if (!visit(message->in_reply_to->pdata[i], data))
			return;
	for (guint i = message->references->len; i > 0 && left > 0; i--, left--)
		if (!visit(message->references->pdata[i - 1], data))
			return;
}

typedef struct IdToken {
	const Desk *desk;
	Token *token;
} IdToken;

static gboolean
visit_for_token(const char *msgid, gpointer data)
{
	IdToken *id = data;

	return !token_of_msgid(id->desk, msgid, id->token);
}

/* --- the candidate ------------------------------------------------------- */

typedef struct KnownId {
	StoreTxn *txn;
	gint64 sender;
	MsgidFound best;
	gboolean failed;
	GError **error;
} KnownId;

static gboolean
visit_for_ticket(const char *msgid, gpointer data)
{
	KnownId *known = data;
	MsgidFound found;

	if (!msgid_find(known->txn, msgid, known->sender, &found,
		known->error)) {
		known->failed = TRUE;
		return FALSE;
	}
	found.own |= known->best.own;
	if (known->best.ticket == 0 || found.mine)
		known->best = found;
	known->best.own = found.own;
	return !found.mine;
}

/* "[#1042]" anywhere in the subject. */
static gint64
number_in_subject(const char *subject)
{
	const char *p = strstr(subject, "[#");
	char *end;
	gint64 number;

	if (p == NULL || !g_ascii_isdigit(p[2]))
		return 0;
	number = g_ascii_strtoll(p + 2, &end, 10);
	return *end == ']' && number > 0 ? number : 0;
}

static gboolean
candidate_by_report(Facts *facts, StoreTxn *txn, const Desk *desk,
    gint64 *ticket, GError **error)
{
	const Dsn *dsn = facts->message->dsn;
	MsgidFound found;
	Token token;

	if (dsn == NULL || *dsn->original_message_id == '\0')
		return TRUE;
	if (token_of_msgid(desk, dsn->original_message_id, &token))
		*ticket = token.ticket;
	else if (!msgid_find(
		     txn, dsn->original_message_id, 0, &found, error))
		return FALSE;
	else
		*ticket = found.own ? found.ticket : 0;
	if (*ticket != 0)
		facts->proof = PROOF_RETURNED;
	return TRUE;
}

static gboolean
candidate_by_known_id(Facts *facts, StoreTxn *txn, gint64 *ticket,
    GError **error)
{
	KnownId known = { txn, 0, { 0, FALSE, FALSE }, FALSE, error };

	known.sender = facts->sender != NULL ? facts->sender->id : 0;
	each_id(facts->message, visit_for_ticket, &known);
	if (known.failed)
		return FALSE;
	facts->answers_ours = facts->answers_ours || known.best.own;
	if (*ticket == 0 && known.best.ticket != 0) {
		*ticket = known.best.ticket;
		facts->proof = PROOF_KNOWN_ID;
	}
	return TRUE;
}

static gboolean
candidate_by_subject(Facts *facts, StoreTxn *txn, gint64 *ticket,
    GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) row = NULL;

	facts->subject_number = number_in_subject(facts->message->subject);
	if (*ticket != 0 || facts->subject_number == 0)
		return TRUE;
	row = ticket_by_number(txn, facts->subject_number, &reason);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (row != NULL) {
		*ticket = row->id;
		facts->proof = PROOF_SUBJECT;
	}
	return TRUE;
}

/* The candidate by the strongest proof there is; whether the proof is enough
 * for this sender is decided by policy/thread. */
static gboolean
find_candidate(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 *ticket,
    gint64 *party, GError **error)
{
	IdToken id = { desk, &facts->id_token };

	read_address_token(facts, desk);
	/* A letter of ours that came back names older ones of ours too. */
	facts->is_own_copy = token_of_msgid(
	    desk, facts->message->message_id, &facts->id_token);
	if (!facts->is_own_copy)
		each_id(facts->message, visit_for_token, &id);
	*ticket = *party = 0;
	facts->answers_ours = facts->address_token.kind != 0 ||
	    facts->id_token.kind != 0;
	if (facts->address_token.kind != 0) {
		*ticket = facts->address_token.ticket;
		*party = facts->address_token.party;
		facts->proof = PROOF_ADDRESS;
	} else if (facts->id_token.kind != 0) {
		*ticket = facts->id_token.ticket;
		*party = facts->id_token.party;
		facts->proof = PROOF_OWN_ID;
	} else if (!candidate_by_report(facts, txn, desk, ticket, error))
		return FALSE;
	return candidate_by_known_id(facts, txn, ticket, error) &&
	    candidate_by_subject(facts, txn, ticket, error);
}

/* --- rows ---------------------------------------------------------------- */

static gboolean
read_ticket(Facts *facts, StoreTxn *txn, gint64 ticket, GError **error)
{
	g_autoptr(GError) reason = NULL;

	facts->ticket = ticket_by_id(txn, ticket, &reason);
	if (reason == NULL && facts->ticket != NULL) {
		facts->participants = participant_list(txn, ticket, &reason);
		if (reason == NULL)
			facts->thread_ids = message_thread_ids(
			    txn, ticket, &facts->last_in, &reason);
		if (reason == NULL)
			facts->notes = message_notes(txn, ticket, &reason);
		if (reason == NULL && facts->ticket->requester != 0)
			facts->requester = party_by_id(
			    txn, facts->ticket->requester, &reason);
	}
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (facts->ticket == NULL)
		facts->proof = PROOF_NONE;
	return TRUE;
}

static gboolean
read_sender(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	g_autofree char *folded = NULL, *key = NULL;

	if (facts->author == NULL)
		return TRUE;
	folded = address_fold(facts->author->address);
	facts->from_agent = site_is_agent(desk->site, folded);
	facts->sender = party_need(txn, folded, facts->author->address,
	    facts->auth == AUTH_PASS ? facts->author->name : "", now, error);
	if (facts->sender == NULL)
		return FALSE;
	key = autosub_subject_key(facts->message->subject);
	return automatic_counts(txn, facts->sender->id, address_domain(folded),
	    key, now, &facts->automatic, error);
}

static void
read_role(Facts *facts)
{
	for (guint i = 0; facts->sender != NULL &&
	     facts->participants != NULL && i < facts->participants->len;
	     i++) {
		const AddressRow *row = facts->participants->pdata[i];

		if (row->id != facts->sender->id)
			continue;
		g_free(facts->sender_role);
		facts->sender_role = g_strdup(row->role);
	}
}

static GPtrArray *
agents_of(StoreTxn *txn, const Queue *queue, gint64 now, GError **error)
{
	g_autoptr(GPtrArray) agents = g_ptr_array_new_with_free_func(
	    free_address);

	for (guint i = 0; queue != NULL && i < queue->agents->len; i++) {
		const char *address = queue->agents->pdata[i];
		AddressRow *row = party_need(
		    txn, address, address, "", now, error);

		if (row == NULL)
			return NULL;
		g_ptr_array_add(agents, row);
	}
	return g_steal_pointer(&agents);
}

static const Calendar *
calendar_of(const Desk *desk, const Queue *queue)
{
	return queue != NULL && *queue->calendar != '\0'
	    ? site_calendar(desk->site, queue->calendar)
	    : NULL;
}

static gboolean
read_agents(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	if (facts->mailbox != NULL)
		facts->home.queue = site_queue(
		    desk->site, facts->mailbox->queue);
	if (facts->ticket != NULL)
		facts->queue = site_queue(desk->site, facts->ticket->queue);
	if (facts->queue == NULL)
		facts->queue = facts->home.queue;
	facts->calendar = calendar_of(desk, facts->queue);
	facts->home.calendar = calendar_of(desk, facts->home.queue);
	facts->agents = agents_of(txn, facts->queue, now, error);
	if (facts->agents == NULL)
		return FALSE;
	facts->home.agents = facts->queue == facts->home.queue
	    ? g_ptr_array_ref(facts->agents)
	    : agents_of(txn, facts->home.queue, now, error);
	return facts->home.agents != NULL;
}

Facts
facts_at_home(const Facts *facts)
{
	Facts home = *facts;

	home.queue = facts->home.queue;
	home.calendar = facts->home.calendar;
	home.agents = facts->home.agents;
	return home;
}

/* The mailbox of the envelope; a mail in the spool whose mailbox has since
 * left the configuration goes to the first one. */
static const Mailbox *
mailbox_of(const Desk *desk, const char *name)
{
	const Mailbox *mailbox = site_mailbox(desk->site, name);

	if (mailbox == NULL && desk->site->mailboxes->len > 0)
		mailbox = desk->site->mailboxes->pdata[0];
	return mailbox;
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

Facts *
facts_read(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, gint64 now,
    GError **error)
{
	g_autoptr(Facts) facts = g_new0(Facts, 1);
	g_autoptr(GError) reason = NULL;
	gint64 ticket, party;

	facts->sender_role = g_strdup("");
	facts->message = message;
	facts->envelope = envelope;
	facts->mailbox = mailbox_of(desk, envelope->mailbox);
	facts->author = message_author(message);
	if (facts->author != NULL &&
	    !address_is_valid(facts->author->address))
		facts->author = NULL;
	read_auth(facts, desk, dkim);
	if (!seen_find(txn, message->message_id,
		message->content_hash, &facts->seen_ticket, error) ||
	    !read_sender(facts, txn, desk, now, error) ||
	    !find_candidate(facts, txn, desk, &ticket, &party, error))
		return NULL;
	if (ticket != 0 && !read_ticket(facts, txn, ticket, error))
		return NULL;
	read_role(facts);
	if (party != 0) {
		facts->token_party = party_by_id(txn, party, &reason);
		if (reason != NULL) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return NULL;
		}
	}
	if (!read_agents(facts, txn, desk, now, error) ||
	    !ticket_next_number(txn, &facts->next_number, error))
		return NULL;
	return g_steal_pointer(&facts);
}

Facts *
facts_of_ticket(StoreTxn *txn, const Desk *desk, gint64 ticket, gint64 now,
    GError **error)
{
	g_autoptr(Facts) facts = g_new0(Facts, 1);

	facts->sender_role = g_strdup("");
	if (!read_ticket(facts, txn, ticket, error))
		return NULL;
	if (facts->ticket == NULL) {
		error_permanent(error, "ticket %" G_GINT64_FORMAT " is not there",
		    ticket);
		return NULL;
	}
	facts->mailbox = mailbox_of(desk, facts->ticket->mailbox);
	if (!read_agents(facts, txn, desk, now, error))
		return NULL;
	return g_steal_pointer(&facts);
}
