/* effects.c - collects decisions and writes them as rows. Filled by the steps
 * of policy/pipeline, written inside the commit of the mail. */
#include "policy/effects.h"

#include "mail/address.h"
#include "mail/autosub.h"
#include "policy/promise.h"
#include "policy/proof.h"
#include "store/faqs.h"
#include "store/history.h"
#include "store/labels.h"
#include "store/links.h"
#include "store/outbox.h"
#include "store/seen.h"
#include "store/shares.h"

enum { FLOOD_SECONDS = 3600 };

/* --- collecting ---------------------------------------------------------- */

void
letter_effect_free(LetterEffect *letter)
{
	if (letter == NULL)
		return;
	g_free(letter->letter);
	g_free(letter->cause);
	g_free(letter->visibility);
	g_free(letter->reverse_path);
	g_free(letter->to);
	g_clear_pointer(&letter->cc, g_ptr_array_unref);
	g_free(letter->from_name);
	g_free(letter->from_address);
	g_free(letter->message_id);
	g_free(letter->subject);
	g_free(letter->text);
	g_clear_pointer(&letter->octets, g_bytes_unref);
	g_free(letter);
}

char *
letter_recipients(const LetterEffect *letter)
{
	GString *out = g_string_new(letter->to);

	for (guint i = 0; letter->cc != NULL && i < letter->cc->len; i++)
		g_string_append_printf(
		    out, ", %s", (const char *)letter->cc->pdata[i]);
	return g_string_free(out, FALSE);
}

static void
free_letter(gpointer data)
{
	letter_effect_free(data);
}

static void
free_event(gpointer data)
{
	EventEffect *event = data;

	g_free(event->event);
	g_free(event->actor);
	g_free(event->detail);
	g_free(event->change);
	g_free(event);
}

static void
free_timer(gpointer data)
{
	TimerEffect *timer = data;

	g_free(timer->kind);
	g_free(timer);
}

static void
free_participant(gpointer data)
{
	ParticipantEffect *participant = data;

	g_free(participant->role);
	g_free(participant);
}

Effects *
effects_new(void)
{
	Effects *effects = g_new0(Effects, 1);

	effects->visibility = g_strdup("public");
	effects->kind = g_strdup("human");
	effects->why = g_strdup("");
	effects->participants = g_ptr_array_new_with_free_func(free_participant);
	effects->watchers = g_ptr_array_new_with_free_func(g_free);
	effects->events = g_ptr_array_new_with_free_func(free_event);
	effects->letters = g_ptr_array_new_with_free_func(free_letter);
	effects->told = g_array_new(FALSE, FALSE, sizeof(ToldEffect));
	effects->timers = g_ptr_array_new_with_free_func(free_timer);
	effects->undeliverable = g_array_new(FALSE, FALSE, sizeof(gint64));
	effects->faq_shown = g_array_new(FALSE, FALSE, sizeof(gint64));
	effects->reasons = g_ptr_array_new_with_free_func(g_free);
	return effects;
}

void
effects_free(Effects *effects)
{
	if (effects == NULL)
		return;
	ticket_free(effects->ticket);
	g_free(effects->visibility);
	g_free(effects->kind);
	g_free(effects->why);
	g_ptr_array_unref(effects->participants);
	g_ptr_array_unref(effects->watchers);
	g_ptr_array_unref(effects->events);
	g_ptr_array_unref(effects->letters);
	g_array_unref(effects->told);
	promise_row_free(effects->promise);
	g_ptr_array_unref(effects->timers);
	g_free(effects->turn);
	g_array_unref(effects->undeliverable);
	g_free(effects->preview);
	g_clear_pointer(&effects->orders, g_ptr_array_unref);
	g_array_unref(effects->faq_shown);
	g_ptr_array_unref(effects->reasons);
	g_free(effects);
}

void
effects_reason(Effects *effects, const char *step, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(
	    effects->reasons, g_strdup_printf("%s: %s", step, text));
}

void
effects_event(Effects *effects, const char *event, const char *actor,
    const char *format, ...)
{
	EventEffect *row = g_new0(EventEffect, 1);
	va_list args;

	va_start(args, format);
	row->detail = g_strdup_vprintf(format, args);
	va_end(args);
	row->event = g_strdup(event);
	row->actor = g_strdup(actor);
	row->change = g_strdup("");
	g_ptr_array_add(effects->events, row);
}

void
effects_change(Effects *effects, const char *format, ...)
{
	EventEffect *row = effects->events->pdata[effects->events->len - 1];
	va_list args;

	g_free(row->change);
	va_start(args, format);
	row->change = g_strdup_vprintf(format, args);
	va_end(args);
}

void
effects_timer(Effects *effects, const char *kind, gint64 number, gint64 due)
{
	TimerEffect *row = g_new0(TimerEffect, 1);

	row->kind = g_strdup(kind);
	row->number = number;
	row->due = due;
	g_ptr_array_add(effects->timers, row);
}

void
effects_participant(Effects *effects, gint64 address, const char *role)
{
	ParticipantEffect *row = g_new0(ParticipantEffect, 1);

	row->address = address;
	row->role = g_strdup(role);
	g_ptr_array_add(effects->participants, row);
}

/* --- writing ------------------------------------------------------------- */

static char *
to_addresses(const Message *message)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < message->to->len && i < 100; i++) {
		const Address *address = message->to->pdata[i];

		g_string_append_printf(
		    out, "%s%s", i > 0 ? ", " : "", address->address);
	}
	return g_string_free(out, FALSE);
}

static gboolean
names_by(const Facts *facts, Proof proof)
{
	for (guint i = 0; i < facts->claims->len; i++)
		if (g_array_index(facts->claims, Claim, i).proof == proof)
			return TRUE;
	return FALSE;
}

/* What a relay has made of a letter's Message-ID: a copy of it that came back
 * shows that, and so does the report about one that did not arrive. */
static gboolean
learn_relay_id(StoreTxn *txn, const Facts *facts, const Effects *effects,
    GError **error)
{
	const Message *message = facts->message;
	const char *id = NULL;

	if (effects->opens)
		return TRUE;
	if (g_str_equal(effects->kind, "own-copy"))
		id = facts->is_own_copy ? NULL : message->message_id;
	else if (message->dsn != NULL && facts->reach == REACH_JOINS &&
	    !names_by(facts, PROOF_RETURNED))
		id = message->dsn->original_message_id;
	return id == NULL || *id == '\0' ||
	    msgid_add_relayed(txn, id, effects->ticket->id, error);
}

static gboolean
write_ids(StoreTxn *txn, const Facts *facts, const Effects *effects,
    GError **error)
{
	const Message *message = facts->message;
	gint64 ticket = effects->ticket->id;
	guint first = message->references->len > 32
	    ? message->references->len - 32
	    : 0;

	if (!msgid_add(txn, message->message_id, ticket, "seen", error) ||
	    !learn_relay_id(txn, facts, effects, error))
		return FALSE;
	for (guint i = 0; i < message->in_reply_to->len && i < 8; i++)
		if (!msgid_add(txn, message->in_reply_to->pdata[i], ticket,
			"mentioned", error))
			return FALSE;
	for (guint i = first; i < message->references->len; i++)
		if (!msgid_add(txn, message->references->pdata[i], ticket,
			"mentioned", error))
			return FALSE;
	return TRUE;
}

static gboolean
write_message(StoreTxn *txn, const Facts *facts, const Effects *effects,
    GBytes *octets, GError **error)
{
	const Message *message = facts->message;
	g_autofree char *to = to_addresses(message);
	MessageRow row = { 0 };
	gint64 id;

	row.ticket = effects->ticket->id;
	row.direction = (char *)"in";
	row.visibility = effects->visibility;
	row.kind = effects->kind;
	row.address = facts->sender != NULL ? facts->sender->id : 0;
	row.from_name = facts->author != NULL ? facts->author->name : NULL;
	row.from_address = facts->author != NULL ? facts->author->address : NULL;
	row.to_addresses = to;
	row.message_id = message->message_id;
	row.subject = message->subject;
	row.received = facts->envelope->received;
	row.authenticated = facts->auth == AUTH_PASS;
	row.new_text = message->new_text;
	row.body_text = message->body_text;
	row.reason = effects->why;
	if (!message_add(txn, &row, octets, &id, error))
		return FALSE;
	if (*message->message_id == '\0')
		return TRUE; /* no mail: words from the command line */
	return write_ids(txn, facts, effects, error) &&
	    seen_add(txn, message->message_id, message->content_hash,
		row.ticket, id, facts->envelope->received, error);
}

/* *outbox: its row; unchanged if the letter was there already. */
static gboolean
write_letter(StoreTxn *txn, const LetterEffect *letter, gint64 ticket,
    gboolean held, gint64 now, gint64 *outbox, GError **error)
{
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	g_autofree char *recipients = letter_recipients(letter);
	MessageRow row = { 0 };
	gboolean has;
	gint64 id, changed;

	if (!outbox_has(txn, letter->cause, &has, error))
		return FALSE;
	if (has)
		return TRUE;
	row.ticket = ticket;
	row.direction = (char *)"out";
	row.visibility = letter->visibility;
	row.kind = letter->letter;
	row.address = letter->address;
	row.from_name = letter->from_name;
	row.from_address = letter->from_address;
	row.to_addresses = recipients;
	row.message_id = letter->message_id;
	row.subject = letter->subject;
	row.received = now;
	row.authenticated = TRUE;
	row.new_text = row.body_text = letter->text;
	row.reason = letter->cause;
	g_ptr_array_add(to, letter->to);
	for (guint i = 0; letter->cc != NULL && i < letter->cc->len; i++)
		g_ptr_array_add(to, letter->cc->pdata[i]);
	return message_add(txn, &row, letter->octets, &id, error) &&
	    msgid_add(txn, letter->message_id, ticket, "own", error) &&
	    outbox_add(txn, ticket, id, letter->letter, letter->cause,
		letter->reverse_path, to, now, outbox, error) &&
	    (!held ||
		outbox_set_state(
		    txn, *outbox, "queued", "held", &changed, error)) &&
	    (letter->due <= now ||
		outbox_delay(txn, *outbox, letter->due, error));
}

static gboolean
write_queues(StoreTxn *txn, const Facts *facts, const Effects *effects,
    GError **error)
{
	const GPtrArray *also = facts->home.also;

	for (guint i = 0; effects->opens && also != NULL && i < also->len; i++)
		if (!ticket_queue_add(
			txn, effects->ticket->id, also->pdata[i], error))
			return FALSE;
	return TRUE;
}

/* outbox: the first letter that it caused. */
static gboolean
write_automatic(StoreTxn *txn, const Facts *facts, gint64 outbox, gint64 now,
    GError **error)
{
	g_autofree char *key = autosub_subject_key(facts->message->subject);
	AutomaticCause cause = { facts->words, facts->again, FALSE };
	const char *domain = address_domain(facts->sender->address);
	gboolean proven = facts->auth == AUTH_PASS;

	/* It counts for whom it goes to, and for whom it goes because of. */
	if (facts->reply_to != NULL &&
	    !automatic_add(txn, facts->sender->id, domain, key, &cause, 0,
		proven, now, error))
		return FALSE;
	return automatic_add(txn, facts_answer_to(facts)->id, domain, key,
	    &cause, outbox, proven, now, error);
}

static gboolean
write_told(StoreTxn *txn, const Effects *effects, gint64 now, GError **error)
{
	for (guint i = 0; i < effects->told->len; i++) {
		const ToldEffect *told =
		    &g_array_index(effects->told, ToldEffect, i);

		if (!told_add(txn, told->agent, effects->ticket->id,
			told->waits, now, error) ||
		    (told->first &&
			!timer_add(txn, effects->ticket->id, "flood",
			    told->agent, now + FLOOD_SECONDS, error)))
			return FALSE;
	}
	return TRUE;
}

static gboolean
write_ticket(StoreTxn *txn, const Facts *facts, const Effects *effects,
    gint64 now, GError **error)
{
	const Ticket *ticket = effects->ticket;
	gint64 first = 0;

	if (!effects->opens && !ticket_update(txn, ticket, error))
		return FALSE;
	if (!write_queues(txn, facts, effects, error))
		return FALSE;
	if (effects->promoted != 0 &&
	    !participant_set_role(
		txn, ticket->id, effects->promoted, "cc", error))
		return FALSE;
	for (guint i = 0; i < effects->participants->len; i++) {
		const ParticipantEffect *row = effects->participants->pdata[i];

		if (!participant_add(
			txn, ticket->id, row->address, row->role, now, error))
			return FALSE;
	}
	for (guint i = 0; i < effects->watchers->len; i++) {
		gboolean changed;

		if (!label_add(txn, ticket->id, "watcher",
			effects->watchers->pdata[i], &changed, error))
			return FALSE;
	}
	for (guint i = 0; i < effects->faq_shown->len; i++)
		if (!faq_add_shown(txn, ticket->id,
			g_array_index(effects->faq_shown, gint64, i), now,
			error))
			return FALSE;
	if (effects->deflected && !faq_set_helped(txn, ticket->id, error))
		return FALSE;
	for (guint i = 0; i < effects->events->len; i++) {
		const EventEffect *row = effects->events->pdata[i];

		if (!event_add_change(txn, ticket->id, now, row->event,
			row->actor, row->detail, row->change, error))
			return FALSE;
	}
	for (guint i = 0; i < effects->letters->len; i++) {
		gint64 outbox = 0;

		if (!write_letter(txn, effects->letters->pdata[i], ticket->id,
			effects->held, now, &outbox, error))
			return FALSE;
		first = first != 0 ? first : outbox;
	}
	if (!write_told(txn, effects, now, error))
		return FALSE;
	return !effects->automatic || facts->sender == NULL ||
	    write_automatic(txn, facts, first, now, error);
}

static gboolean
write_parties(StoreTxn *txn, const Facts *facts, const Effects *effects,
    gint64 now, GError **error)
{
	const AddressRow *sender = facts->sender;

	for (guint i = 0; i < effects->undeliverable->len; i++)
		if (!party_set_undeliverable(txn,
			g_array_index(effects->undeliverable, gint64, i), now,
			error))
			return FALSE;
	if (sender == NULL)
		return TRUE;
	if (effects->deliverable &&
	    !party_set_undeliverable(txn, sender->id, 0, error))
		return FALSE;
	if (facts->auth == AUTH_PASS && *facts->author->name != '\0' &&
	    !g_str_equal(facts->author->name, sender->name) &&
	    (!facts->imported || *sender->name == '\0') &&
	    !party_set_name(txn, sender->id, facts->author->name, error))
		return FALSE;
	if (effects->learned != NULL &&
	    !party_set_language(txn, sender->id, effects->learned, error))
		return FALSE;
	return TRUE;
}

/* Timers, and whose turn it was. */
static gboolean
write_later(StoreTxn *txn, const Effects *effects, GError **error)
{
	const Ticket *ticket = effects->ticket;

	for (guint i = 0; i < effects->timers->len; i++) {
		const TimerEffect *row = effects->timers->pdata[i];

		if (!timer_add(txn, ticket->id, row->kind, row->number,
			row->due, error))
			return FALSE;
	}
	return effects->turn == NULL ||
	    share_turn(txn, ticket->queue, effects->turn, error);
}

/* linked is a number, shown to people. */
static gboolean
write_link(StoreTxn *txn, const Effects *effects, GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Ticket) other = ticket_by_number(
	    txn, effects->linked, &reason);

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	return other == NULL ||
	    link_add(txn, effects->ticket->id, other->id, error);
}

/* After the ticket: its life has gone on by then. */
static gboolean
write_promise(StoreTxn *txn, const Facts *facts, const Effects *effects,
    gint64 now, GError **error)
{
	g_autoptr(PromiseRow) named = promise_named(facts, effects, now);
	PromiseRow *row = effects->promise != NULL ? effects->promise : named;

	return row == NULL || promise_add(txn, row, error);
}

gboolean
effects_write(StoreTxn *txn, const Facts *facts, const Effects *effects,
    GBytes *octets, gint64 now, GError **error)
{
	const Envelope *envelope = facts->envelope;

	if (envelope != NULL && envelope->uid != 0 &&
	    !seen_uid_add(txn, envelope->mailbox, envelope->uidvalidity,
		envelope->uid, error))
		return FALSE;
	if (effects->ticket == NULL)
		return TRUE;
	if (!write_parties(txn, facts, effects, now, error))
		return FALSE;
	/* The ticket's row first: messages and letters refer to it; the mail
	 * before the letters, so that a ticket reads in the order of events. */
	if (effects->opens && !ticket_insert(txn, effects->ticket, error))
		return FALSE;
	if (effects->lives && !history_open(txn, effects->ticket, error))
		return FALSE;
	if (effects->opens && effects->linked != 0 &&
	    !write_link(txn, effects, error))
		return FALSE;
	if (facts->message != NULL &&
	    !write_message(txn, facts, effects, octets, error))
		return FALSE;
	return write_ticket(txn, facts, effects, now, error) &&
	    write_later(txn, effects, error) &&
	    write_promise(txn, facts, effects, now, error);
}
