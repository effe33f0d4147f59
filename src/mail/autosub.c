/* autosub.c - what a mail's own header says about its being automatic.
 *
 * message.c calls it last, when header, body and dsn are known; policy/gate
 * adds what needs envelope, site or store. Wrong in one direction a customer
 * gets no acknowledgement, wrong in the other two machines answer each other
 * for ever; so each field is a row with its source (words/autoheaders.tsv),
 * and words alone decide little. */
#include "mail/autosub.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "mail/autosub_away.h"
#include "mail/autosub_fields.h"

#define RECEIVED_MAX 50

/* When several signs speak, the one that stands later here wins. */
static const MessageKind ranks[] = { MESSAGE_HUMAN, MESSAGE_LIST, MESSAGE_SPAM,
	MESSAGE_AUTO_REPLY, MESSAGE_REPORT, MESSAGE_BOUNCE };

static guint
rank(MessageKind kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(ranks); i++)
		if (ranks[i] == kind)
			return i;
	return 0;
}

/* FALSE: it was noted before. */
static gboolean
note_new(Message *message, MessageKind kind, const char *reason)
{
	message->may_answer = FALSE;
	if (rank(kind) > rank(message->kind))
		message->kind = kind;
	for (guint i = 0; i < message->kind_reasons->len; i++)
		if (strcmp(g_ptr_array_index(message->kind_reasons, i),
			reason) == 0)
			return FALSE;
	g_ptr_array_add(message->kind_reasons, g_strdup(reason));
	return TRUE;
}

static void
note(Message *message, MessageKind kind, const char *reason)
{
	note_new(message, kind, reason);
}

/* A weak sign is only counted. */
static void
note_field(Message *message, const FieldSign *sign)
{
	if (sign->weight == FIELD_STRONG &&
	    note_new(message, sign->kind, sign->reason) && sign->by_list)
		message->list_signs++;
}

/* For a second look, when words speak for an automatic answer. */
static void
note_weak(Message *message, const FieldSign *sign)
{
	if (sign->weight == FIELD_WEAK && sign->kind == MESSAGE_AUTO_REPLY)
		note(message, sign->kind, sign->reason);
}

static void
judge_fields(Message *message)
{
	guint received = 0;

	for (guint i = 0; i < message->fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(message->fields, HeaderField, i);

		if (g_ascii_strcasecmp(field->name, "Received") != 0)
			autosub_field(message, field, note_field);
		else if (++received == RECEIVED_MAX + 1)
			note(message, MESSAGE_HUMAN,
			    "it has more than 50 Received fields");
	}
}

/* multipart/report without report-type, or with one that is not known, stays
 * a report; delivery-status makes it a bounce. */
static void
judge_report(Message *message)
{
	const char *type = message_field(message, "Content-Type");
	g_autofree char *body = type != NULL ? autosub_plain_body(type) : NULL;

	if (message->dsn != NULL)
		note(message, MESSAGE_BOUNCE, "it is a delivery report");
	else if (body != NULL && autosub_is_keyword(body, "multipart/report") &&
		 strstr(body, "delivery-status") != NULL)
		note(message, MESSAGE_BOUNCE,
		    "its report-type is delivery-status");
}

/* Who could get an answer. A robot's name alone makes no bounce except
 * MAILER-DAEMON's: contact forms come from noreply too. Sender says nothing:
 * mail services put their bounce address there for people. */
static void
judge_authors(Message *message)
{
	const GPtrArray *lists[] = { message->from, message->reply_to };
	const Address *author = message_author(message);

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint k = 0; k < lists[i]->len; k++) {
			const Address *a = g_ptr_array_index(lists[i], k);

			if (address_is_robot(a->address))
				note(message, MESSAGE_HUMAN,
				    "its author is a robot by name");
		}
	if (author != NULL && text_starts(author->address, "mailer-daemon"))
		note(message, MESSAGE_BOUNCE, "its author is MAILER-DAEMON");
}

static gboolean
is_answer(const Message *message)
{
	return message->in_reply_to->len > 0 || message->references->len > 0;
}

static void
judge_subject(Message *message)
{
	const char *reason = NULL;
	MessageKind kind =
	    autosub_subject_kind(message->subject, is_answer(message), &reason);

	if (kind != MESSAGE_HUMAN)
		note(message, kind, reason);
}

/* Words of the body are no proof: they count with a hint in the subject of a
 * mail that answers nothing (a person's answer to an automatic one says what
 * it answers), with a weak field, or when an answer says it twice. */
static void
judge_words(Message *message)
{
	guint strong, weak;

	autosub_away_body(message->new_text, &strong, &weak);
	if (strong + weak == 0)
		return;
	if (!is_answer(message) && autosub_hints_away(message->subject))
		note(message, MESSAGE_AUTO_REPLY,
		    "subject and body hold words of an automatic answer");
	else if (strong > 1 && is_answer(message))
		note(message, MESSAGE_AUTO_REPLY,
		    "its body is that of an automatic answer");
	for (guint i = 0; strong > 0 && i < message->fields->len; i++)
		autosub_field(message,
		    &g_array_index(message->fields, HeaderField, i), note_weak);
}

/* GTUBE: what every filter takes for spam, so that sites can try theirs. */
static void
judge_body(Message *message)
{
	static const char gtube[] = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-"
				    "STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

	if (strstr(message->body_text, gtube) != NULL)
		note(message, MESSAGE_SPAM, "it holds the test string GTUBE");
}

void
autosub_init(void)
{
	g_autoptr(Message) message = message_new();
	HeaderField field = { g_strdup("Subject"), g_strdup("") };

	g_array_append_val(message->fields, field);
	autosub_judge(message);
}

void
autosub_judge(Message *message)
{
	g_return_if_fail(message != NULL);
	message->kind = MESSAGE_HUMAN;
	message->may_answer = TRUE;
	message->list_signs = 0;
	g_ptr_array_set_size(message->kind_reasons, 0);
	judge_fields(message);
	judge_report(message);
	judge_authors(message);
	judge_subject(message);
	judge_words(message);
	judge_body(message);
}
