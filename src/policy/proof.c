/* proof.c - looks for everything in a mail that names a ticket. Called by
 * policy/facts, which reads the ticket that the best proof names; whether the
 * sender may write into it is decided by policy/thread.
 *
 * A token that is wrong, cut, too old or of another site names nothing, and
 * nobody outside can tell these apart. */
#include "policy/proof.h"

#include <string.h>

#include "mail/address.h"
#include "mail/msgid.h"
#include "store/links.h"
#include "store/seen.h"

/* Fields in which a recipient address of the mail may stand, besides To and
 * Cc; the envelope comes first. */
static const char *const recipient_fields[] = { "Delivered-To", "X-Original-To",
	"Envelope-To", "Resent-To", "Resent-Cc" };

enum {
	IDS_MOST = 64,    /* msg-ids looked up of one mail, newest first */
	LABELS_MOST = 64, /* in its text */
};

const char *
proof_name(Proof proof)
{
	static const char *const names[] = { "none",
		"itself, set aside before", "keyed reply address",
		"our own Message-ID", "our Message-ID in the report",
		"a known Message-ID",
		"a mail of the ticket that mentions this one",
		"a Message-ID that the relay gave our letter",
		"the keyed line of our letter in its text",
		"the number in the subject" };

	return names[proof];
}

static void
add_claim(Facts *facts, Proof proof, gint64 ticket, gint64 party,
    gboolean takes_part)
{
	Claim claim = { proof, ticket, party, takes_part };

	g_array_append_val(facts->claims, claim);
}

/* --- keyed addresses -------------------------------------------------------- */

/* The first one counts; but reply and note address both at once means note
 * (THREATS 7.3). Tokens of Message-IDs, letters and X-Loop make no address. */
static void
keep_token(Facts *facts, const Token *token)
{
	const Token *kept = &facts->address_token;

	if (token->kind == TOKEN_MESSAGE || token->kind == TOKEN_LOOP ||
	    token->kind == TOKEN_QUOTE || token->kind == TOKEN_BOARD)
		return;
	if (kept->kind == 0 ||
	    (kept->kind == TOKEN_AGENT && token->kind == TOKEN_NOTE &&
		kept->ticket == token->ticket && kept->party == token->party))
		facts->address_token = *token;
}

/* "note-TOKEN" is a note address or nothing. */
static gboolean
verify_detail(const Desk *desk, const char *detail, Token *token)
{
	gboolean note = g_str_has_prefix(detail, PROOF_NOTE);

	return token_verify(desk->keys,
		   detail + (note ? strlen(PROOF_NOTE) : 0), -1, token) &&
	       (!note || token->kind == TOKEN_NOTE);
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
	if (detail != NULL && verify_detail(desk, detail, &token))
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
by_address(Facts *facts, const Desk *desk)
{
	const Message *message = facts->message;
	const GPtrArray *paths = facts->envelope->forward_paths;

	for (guint i = 0; i < paths->len; i++)
		take_token(facts, desk, paths->pdata[i]);
	tokens_of_list(facts, desk, message->to);
	tokens_of_list(facts, desk, message->cc);
	for (guint i = 0; i < G_N_ELEMENTS(recipient_fields); i++) {
		const char *body;

		for (guint n = 0;
		     n < 8 && (body = message_field_nth(message,
				   recipient_fields[i], n)) != NULL;
		     n++)
			tokens_of_field(facts, desk, body);
	}
	if (facts->address_token.kind != 0)
		add_claim(facts, PROOF_ADDRESS, facts->address_token.ticket,
		    facts->address_token.party, FALSE);
}

/* --- msg-ids ---------------------------------------------------------------- */

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

	for (guint i = 0; i < message->in_reply_to->len && left > 0;
	     i++, left--)
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

static void
by_own_id(Facts *facts, const Desk *desk)
{
	IdToken id = { desk, &facts->id_token };

	/* A letter of ours that came back names older ones of ours too. */
	facts->is_own_copy =
	    token_of_msgid(desk, facts->message->message_id, &facts->id_token);
	if (!facts->is_own_copy)
		each_id(facts->message, visit_for_token, &id);
	if (facts->id_token.kind != 0)
		add_claim(facts, PROOF_OWN_ID, facts->id_token.ticket,
		    facts->id_token.party, FALSE);
}

static gboolean
by_report(Facts *facts, StoreTxn *txn, const Desk *desk, GError **error)
{
	const Dsn *dsn = facts->message->dsn;
	MsgidFound found = { 0 };
	Token token = { 0 };

	if (dsn == NULL || *dsn->original_message_id == '\0')
		return TRUE;
	if (token_of_msgid(desk, dsn->original_message_id, &token)) {
		add_claim(facts, PROOF_RETURNED, token.ticket, token.party,
		    FALSE);
		return TRUE;
	}
	if (!msgid_find(txn, dsn->original_message_id, 0, &found, error) ||
	    (!found.own && !msgid_find_relayed(txn, dsn->original_message_id, 0,
			       &found, error)))
		return FALSE;
	if (found.own)
		add_claim(facts, PROOF_RETURNED, found.ticket, 0, FALSE);
	return TRUE;
}

typedef gboolean (*FindId)(StoreTxn *txn, const char *msgid, gint64 address,
    MsgidFound *found, GError **error);

typedef struct KnownId {
	StoreTxn *txn;
	FindId find;
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

	if (!known->find(known->txn, msgid, known->sender, &found,
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

static gint64
sender_id(const Facts *facts)
{
	return facts->sender != NULL ? facts->sender->id : 0;
}

static gboolean
by_known_id(Facts *facts, StoreTxn *txn, FindId find, Proof proof,
    GError **error)
{
	KnownId known = { txn, find, sender_id(facts), { 0 }, FALSE, error };

	each_id(facts->message, visit_for_ticket, &known);
	if (known.failed)
		return FALSE;
	facts->answers_ours = facts->answers_ours || known.best.own;
	if (known.best.ticket != 0)
		add_claim(facts, proof, known.best.ticket, 0, known.best.mine);
	return TRUE;
}

/* Mail may come in another order than it was written. */
static gboolean
by_mention(Facts *facts, StoreTxn *txn, GError **error)
{
	MsgidFound found;

	if (facts->message->message_id_made || facts->is_own_copy)
		return TRUE;
	if (!msgid_find_mentioned(txn, facts->message->message_id,
		sender_id(facts), &found, error))
		return FALSE;
	if (found.ticket != 0)
		add_claim(facts, PROOF_MENTIONED, found.ticket, 0, found.mine);
	return TRUE;
}

/* --- text and subject ------------------------------------------------------- */

static gsize
token_length(const char *text)
{
	gsize n = 0;

	while (g_ascii_isalnum(text[n]))
		n++;
	return n;
}

/* The first one in the text is of the newest letter. Programs that wrap anew
 * may have broken the line behind the label. */
static void
by_quote(Facts *facts, const Desk *desk)
{
	static const char label[] = PROOF_LABEL;
	g_autofree char *word = g_strndup(label, strcspn(label, " "));
	const char *p = facts->message->body_text;
	Token token;

	for (guint i = 0; i < LABELS_MOST && (p = strstr(p, word)) != NULL;
	     i++) {
		p += strlen(word);
		p += strspn(p, " \t\n>*|");
		if (!token_verify(desk->keys, p, (gssize)token_length(p),
			&token) ||
		    token.kind != TOKEN_QUOTE)
			continue;
		add_claim(facts, PROOF_QUOTE, token.ticket, token.party, FALSE);
		facts->answers_ours = TRUE;
		return;
	}
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
by_subject(Facts *facts, StoreTxn *txn, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) row = NULL, root = NULL;
	g_autofree char *role = NULL;

	facts->subject_number = number_in_subject(facts->message->subject);
	if (facts->subject_number == 0)
		return TRUE;
	row = ticket_by_number(txn, facts->subject_number, &reason);
	if (row != NULL)
		root = ticket_root(txn, row->id, &reason);
	if (root != NULL)
		role =
		    participant_role(txn, root->id, sender_id(facts), &reason);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (role != NULL)
		add_claim(facts, PROOF_SUBJECT, row->id, 0, *role != '\0');
	return TRUE;
}

/* --- itself ----------------------------------------------------------------- */

/* javob quarantine retry: the minimal ticket of the mail has its agents'
 * attention already. */
static gboolean
by_itself(Facts *facts, StoreTxn *txn, GError **error)
{
	const Envelope *envelope = facts->envelope;
	gint64 ticket = 0;

	if (envelope->scanned_hash == NULL)
		return TRUE;
	if (!seen_find(txn, envelope->scanned_id, envelope->scanned_hash,
		&ticket, error))
		return FALSE;
	if (ticket > 0)
		add_claim(facts, PROOF_SELF, ticket, 0, FALSE);
	return TRUE;
}

/* --- all of them ------------------------------------------------------------ */

gboolean
proof_collect(Facts *facts, StoreTxn *txn, const Desk *desk, GError **error)
{
	if (!by_itself(facts, txn, error))
		return FALSE;
	by_address(facts, desk);
	by_own_id(facts, desk);
	facts->answers_ours =
	    facts->address_token.kind != 0 || facts->id_token.kind != 0;
	if (!by_report(facts, txn, desk, error) ||
	    !by_known_id(facts, txn, msgid_find, PROOF_KNOWN_ID, error) ||
	    !by_mention(facts, txn, error) ||
	    !by_known_id(facts, txn, msgid_find_relayed, PROOF_RELAY_ID, error))
		return FALSE;
	by_quote(facts, desk);
	return by_subject(facts, txn, error);
}

ProofReach
proof_reach(const Facts *facts, const Claim *claim)
{
	gboolean proven = claim->takes_part && facts->auth == AUTH_PASS;

	switch (claim->proof) {
	case PROOF_SELF:
	case PROOF_ADDRESS:
	case PROOF_OWN_ID:
	case PROOF_QUOTE:
		return REACH_JOINS;
	case PROOF_RETURNED:
		return facts->message->kind == MESSAGE_BOUNCE ? REACH_JOINS
							      : REACH_NOTHING;
	case PROOF_KNOWN_ID:
	case PROOF_MENTIONED:
	case PROOF_RELAY_ID:
		if (proven)
			return REACH_JOINS;
		return (claim->takes_part && facts->auth != AUTH_FAIL) ||
			       facts->imported
			   ? REACH_UNVERIFIED
			   : REACH_NOTHING;
	case PROOF_SUBJECT:
		return proven ? REACH_JOINS : REACH_NOTHING;
	case PROOF_NONE:
		break;
	}
	return REACH_NOTHING;
}

const Claim *
proof_best(const Facts *facts, guint n)
{
	static const ProofReach reaches[] = { REACH_JOINS, REACH_UNVERIFIED,
		REACH_NOTHING };

	for (guint r = 0; r < G_N_ELEMENTS(reaches); r++)
		for (guint i = 0; i < facts->claims->len; i++) {
			const Claim *claim =
			    &g_array_index(facts->claims, Claim, i);

			if (proof_reach(facts, claim) != reaches[r])
				continue;
			if (n-- == 0)
				return claim;
		}
	return NULL;
}
