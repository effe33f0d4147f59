/* cmd_explain.c - javob explain: why a mail would go where it goes, and what
 * has been decided about a ticket. Writes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "mail/octets.h"
#include "mail/parser.h"
#include "mail/words.h"
#include "mail/prover.h"
#include "options.h"
#include "policy/pipeline.h"
#include "store/outbox.h"
#include "store/store.h"

typedef struct Explain {
	Site *site;
	Store *store;
	TokenKeys *keys;
	Templates *templates;
} Explain;

static void
explain_clear(Explain *explain)
{
	templates_free(explain->templates);
	token_keys_free(explain->keys);
	store_close(explain->store);
	site_free(explain->site);
}

static gboolean
explain_open(Explain *explain, const char *config, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = NULL;

	explain->store = cmd_store(config, &explain->site, error);
	if (explain->store == NULL)
		return FALSE;
	key = g_build_filename(explain->site->state_dir, "key", NULL);
	explain->keys = token_keys_load(key, error);
	if (explain->keys != NULL)
		token_keys_retire(explain->keys, clock_now(),
		    explain->site->key_age);
	explain->templates = templates_load(
	    explain->site->templates_dir, faults);
	templates_otherwise(
	    explain->templates, explain->site->default_language);
	return explain->keys != NULL;
}

/* The mailbox that the mail names, else the first one. */
static const char *
guess_mailbox(const Site *site, const Message *message)
{
	const GPtrArray *lists[] = { message->to, message->cc };
	const Mailbox *first = site->mailboxes->pdata[0];

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (guint n = 0; n < lists[i]->len; n++) {
			const Address *address = lists[i]->pdata[n];
			const Mailbox *mailbox = site_mailbox_by_address(
			    site, address->address);

			if (mailbox != NULL)
				return mailbox->name;
		}
	return first->name;
}

/* An agent's mail is read as ingest does it: it may go on as HTML. */
static gboolean
is_from_agent(const Explain *explain, const Message *message)
{
	const Address *author = message_author(message);
	g_autoptr(StoreTxn) txn = store_begin_read(explain->store, NULL);
	g_autoptr(GPtrArray) roster =
	    txn != NULL ? roster_read(txn, explain->site, NULL) : NULL;

	return author != NULL && roster != NULL &&
	    roster_has(roster, author->address);
}

static Message *
read_mail(const Explain *explain, const char *path, GBytes **octets,
    GError **error)
{
	g_autoptr(GError) reason = NULL;
	g_autoptr(Parser) parser = parser_new();
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);
	const Site *site = explain->site;
	Message *message;

	if (file == NULL) {
		error_permanent(error, "%s", reason->message);
		return NULL;
	}
	parser_set_words(parser, site->words_dir);
	if (*site->words_dir != '\0')
		words_add(site->words_dir, NULL);
	*octets = g_mapped_file_get_bytes(file);
	message = parser_parse_bytes(
	    parser, *octets, MESSAGE_WITH_ATTACHMENTS, error);
	if (message == NULL || !is_from_agent(explain, message))
		return message;
	message_free(message);
	return parser_parse_bytes(parser, *octets,
	    MESSAGE_WITH_ATTACHMENTS | MESSAGE_WITH_HTML, error);
}

/* As ingest would find it now: keys may have changed since the mail came. */
static AuthFinding *
prove(const Site *site, const Message *message, GBytes *octets, gint64 now,
    GError **error)
{
	g_autoptr(Prover) prover = prover_new(site->resolver);
	ProverMail mail = { .message = message, .when = now };

	mail.fd = octets_to_file(octets, error);
	if (mail.fd < 0)
		return NULL;
	prover_judge(prover, &mail, 1);
	close(mail.fd);
	return mail.finding;
}

/* Of each cause there is one letter ever: those that were made before. */
static gboolean
print_repeated(StoreTxn *txn, const Effects *effects, GError **error)
{
	for (guint i = 0; i < effects->letters->len; i++) {
		const LetterEffect *letter = effects->letters->pdata[i];
		g_autofree char *to = letter_recipients(letter);
		gboolean has;

		if (!outbox_has(txn, letter->cause, &has, error))
			return FALSE;
		if (has)
			printf("outbox: not again: %s to %s: %s\n",
			    letter->letter, to, letter->subject);
	}
	return TRUE;
}

/* An agent's commands are known by carrying them out; the transaction is let
 * go. */
static gboolean
explain_orders(StoreTxn *txn, const Desk *desk, const Message *message,
    const Envelope *envelope, const AuthFinding *dkim, GBytes *octets,
    gint64 now, GError **error)
{
	g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
	gint64 ticket;

	if (!pipeline_tell(txn, desk, message, envelope, dkim, octets, now,
		&ticket, reasons, error))
		return FALSE;
	for (guint i = 0; i < reasons->len; i++)
		puts(reasons->pdata[i]);
	return TRUE;
}

static gboolean
explain_mail(Explain *explain, const char *path, const char *mailbox,
    const char *sender, const char *recipient, GError **error)
{
	Desk desk = { explain->site, explain->templates, explain->keys, NULL };
	g_autoptr(GBytes) octets = NULL;
	g_autoptr(Message) message =
	    read_mail(explain, path, &octets, error);
	g_autoptr(Envelope) envelope = NULL;
	g_autoptr(AuthFinding) dkim = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(Facts) facts = NULL;
	g_autoptr(Effects) effects = NULL;
	gint64 now = clock_now();

	if (message == NULL)
		return FALSE;
	envelope = envelope_new(mailbox != NULL
		? mailbox
		: guess_mailbox(explain->site, message),
	    "pipe", now);
	if (sender != NULL)
		envelope->reverse_path = g_strdup(
		    g_str_equal(sender, "<>") ? "" : sender);
	if (recipient != NULL)
		g_ptr_array_add(
		    envelope->forward_paths, g_strdup(recipient));
	if (explain->site->dkim) {
		dkim = prove(explain->site, message, octets, now, error);
		if (dkim == NULL)
			return FALSE;
	}
	/* Facts need rows for new addresses; the transaction is let go. */
	txn = store_begin(explain->store, error);
	if (txn == NULL)
		return FALSE;
	facts = facts_read(txn, &desk, message, envelope, dkim, now, error);
	if (facts == NULL)
		return FALSE;
	if (facts->seen_ticket < 0)
		puts("seen: taken before, and erased since; as if it were "
		     "new:");
	if (facts->seen_ticket > 0)
		printf("seen: taken before, as part of ticket "
		       "%" G_GINT64_FORMAT "; as if it were new:\n",
		    facts->seen_ticket);
	if (facts->seen_ticket == 0) {
		effects = pipeline_decide(facts, &desk, now);
		if (effects->orders != NULL)
			return explain_orders(txn, &desk, message, envelope,
			    dkim, octets, now, error);
		g_clear_pointer(&effects, effects_free);
	}
	facts->seen_ticket = 0;
	effects = pipeline_decide(facts, &desk, now);
	for (guint i = 0; i < effects->reasons->len; i++)
		puts(effects->reasons->pdata[i]);
	return print_repeated(txn, effects, error);
}

static gboolean
explain_ticket(Explain *explain, gint64 number, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin_read(explain->store, error);
	g_autoptr(Ticket) ticket = txn != NULL
	    ? ticket_by_number(txn, number, error)
	    : NULL;
	g_autoptr(GPtrArray) messages = NULL, events = NULL;

	if (ticket == NULL)
		return *error != NULL
		    ? FALSE
		    : error_permanent(error,
			  "ticket %" G_GINT64_FORMAT " is not there", number);
	messages = message_list(txn, ticket->id, error);
	events = messages != NULL ? event_list(txn, ticket->id, error) : NULL;
	if (events == NULL)
		return FALSE;
	for (guint i = 0; i < messages->len; i++) {
		const MessageRow *row = messages->pdata[i];
		g_autofree char *when = cmd_when(row->received);

		printf("%s  %s %s %s  %s%s\n", when, row->direction,
		    row->visibility, row->kind,
		    g_str_equal(row->direction, "in") ? row->from_address
						      : row->to_addresses,
		    row->authenticated ? "" : "  (sender not proven)");
		if (*row->reason != '\0')
			printf("    joined by: %s\n", row->reason);
	}
	for (guint i = 0; i < events->len; i++) {
		const EventRow *row = events->pdata[i];
		g_autofree char *when = cmd_when(row->at);

		printf("%s  %s by %s: %s\n", when, row->event,
		    *row->actor != '\0' ? row->actor : "-", row->detail);
	}
	return TRUE;
}

static int
run(const char *config, int argc, char **argv)
{
	const char *number = cmd_value(&argc, argv, "--ticket");
	const char *mailbox = cmd_value(&argc, argv, "--mailbox");
	const char *sender = cmd_value(&argc, argv, "--sender");
	const char *recipient = cmd_value(&argc, argv, "--recipient");
	g_autoptr(GError) error = NULL;
	Explain explain = { 0 };
	gint64 ticket = 0;
	gboolean ok;

	if ((number != NULL && !cmd_number(number, &ticket)) ||
	    argc != (number != NULL ? 1 : 2) ||
	    cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_explain, NULL);
	ok = explain_open(&explain, config, &error);
	if (ok)
		ok = ticket != 0
		    ? explain_ticket(&explain, ticket, &error)
		    : explain_mail(&explain, argv[1], mailbox, sender,
			  recipient, &error);
	explain_clear(&explain);
	return ok ? 0 : cmd_fail(error);
}

const Command cmd_explain = { "explain",
	"FILE [--mailbox NAME] [--sender ADDR] [--recipient ADDR] | "
	"--ticket N",
	"why: every decision with its reason", run };
