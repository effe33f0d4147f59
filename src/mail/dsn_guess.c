/* dsn_guess.c - delivery reports that are none by form: Exim, qmail, older
 * Postfix and sendmail, Exchange, providers and mobile operators write prose.
 * message.c asks when no message/delivery-status part was there, or when that
 * left something out.
 *
 * Believed only where mail servers write: X-Failed-Recipients, a null reverse
 * path, a daemon as author, or a returned mail beside the report; and only with
 * words that they use (words/bounces.tsv). A person who quotes such words gets
 * no report made of his mail. */
#include "mail/dsn.h"

#include <string.h>

#include "ground/text.h"
#include "mail/addrlist.h"
#include "mail/dsn_lines.h"
#include "mail/dsn_words.h"

#define RECIPIENTS_MOST 20
#define DIAGNOSTIC_MOST 500

typedef enum Place {
	PLACE_PERSON,  /* anybody could have written it */
	PLACE_ANSWER,  /* holiday programs do, and quote what they answer */
	PLACE_LIKELY,  /* a postmaster is also a person */
	PLACE_MACHINE, /* with words of a report */
	PLACE_DAEMON,  /* nobody but a mail server writes so */
} Place;

/* The author's address; "MAILER-DAEMON <>" has none, only a name. */
static const char *
author_words(const Message *message)
{
	const Address *author = message_author(message);
	const char *body = message_field(message, "From");

	if (author != NULL)
		return author->address;
	return body != NULL ? body : "";
}

static gboolean
is_null_path(const Message *message)
{
	const char *path = message_field(message, "Return-Path");

	return path != NULL && strcmp(path, "<>") == 0;
}

static gboolean
is_report_type(const Message *message)
{
	const char *type = message_field(message, "Content-Type");

	return type != NULL && text_starts(type, "multipart/report") &&
	       strstr(type, "report-type") == NULL;
}

static Place
place_of(const Message *message, const char *returned)
{
	const char *author = author_words(message);

	if (message_field(message, "X-Failed-Recipients") != NULL ||
	    text_starts(author, "mailer-daemon"))
		return PLACE_DAEMON;
	if (is_report_type(message) ||
	    (dsn_words_author(author) && is_null_path(message)))
		return PLACE_MACHINE;
	if (dsn_words_author(author) ||
	    (returned[0] != '\0' && address_is_robot(author)))
		return PLACE_LIKELY;
	return is_null_path(message) ? PLACE_ANSWER : PLACE_PERSON;
}

static void
assign(char **to, char *value)
{
	g_free(*to);
	*to = value;
}

static void
add_failed(Dsn *dsn, const char *list)
{
	g_autoptr(GPtrArray) addresses =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);

	addrlist_parse(list, addresses);
	for (guint i = 0;
	     i < addresses->len && dsn->recipients->len < RECIPIENTS_MOST;
	     i++) {
		const Address *address = addresses->pdata[i];

		if (strchr(address->address, '@') != NULL)
			g_ptr_array_add(dsn->recipients,
			    g_strdup(address->address));
	}
}

/* The line that explains: the one with the code. */
static char *
diagnostic_of(const char *text, const char *code)
{
	const char *mark = code[0] != '\0' ? strstr(text, code) : NULL;
	g_autofree char *line = NULL;

	if (mark == NULL)
		return g_strdup("");
	while (mark > text && mark[-1] != '\n')
		mark--;
	line = g_strndup(mark, strcspn(mark, "\n"));
	return text_clean_line(line, DIAGNOSTIC_MOST);
}

/* Permanent or not: a reply code says most, then whether it will be tried
 * again. A report that says neither means a failure. */
static char
class_of(const char *report, const DsnSigns *signs)
{
	char reply = dsn_lines_reply(report);

	if (reply != '\0')
		return reply;
	return signs->is_delay ? '4' : '5';
}

static void
find_status(Dsn *dsn, const char *report, const DsnSigns *signs)
{
	assign(&dsn->status, dsn_status_best(report));
	if (dsn->diagnostic[0] == '\0')
		assign(&dsn->diagnostic, diagnostic_of(report, dsn->status));
	/* A code that says no more than its class leaves room for words. */
	if (dsn->status[0] == '\0' ||
	    (g_str_has_suffix(dsn->status, ".0.0") && signs->reason != NULL)) {
		char class = dsn->status[0] != '\0' ? dsn->status[0]
						    : class_of(report, signs);

		assign(&dsn->status,
		    g_strdup_printf("%c%s", class,
			signs->reason != NULL ? signs->reason : ".0.0"));
	}
}

static void
find_action(Dsn *dsn, const DsnSigns *signs)
{
	gboolean failed = dsn->status[0] == '5' || !signs->is_delay;

	assign(&dsn->action, g_strdup(failed ? "failed" : "delayed"));
}

static void
find_recipients(Dsn *dsn, const Message *message, const char *report)
{
	char *only;

	dsn_lines_recipients(report, dsn->recipients);
	if (dsn->recipients->len > 0)
		return;
	only = dsn_lines_only_address(report, message->to);
	if (only != NULL)
		g_ptr_array_add(dsn->recipients, only);
}

/* What is not known yet. */
static void
fill(Dsn *dsn, const Message *message, const char *report,
    const DsnSigns *signs)
{
	const char *status = dsn_lines_status(report);

	if (dsn->action[0] == '\0' && status != NULL)
		dsn_read_status(dsn, status);
	if (dsn->recipients->len == 0)
		find_recipients(dsn, message, report);
	if (dsn->status[0] == '\0')
		find_status(dsn, report, signs);
	if (dsn->action[0] == '\0')
		find_action(dsn, signs);
	if (dsn->original_message_id[0] == '\0')
		assign(&dsn->original_message_id,
		    dsn_lines_message_id(message->body_text));
}

void
dsn_complete(Dsn *dsn, const Message *message)
{
	g_autofree char *report = NULL;
	DsnSigns signs;

	if (dsn->recipients->len > 0 && dsn->status[0] != '\0' &&
	    dsn->action[0] != '\0' && dsn->original_message_id[0] != '\0')
		return;
	report = dsn_lines_report(message->body_text, FALSE);
	dsn_words_find(message->subject, report, &signs);
	fill(dsn, message, report, &signs);
}

/* How much there is of what a report must say. */
static guint
weigh(const Dsn *dsn, const DsnSigns *signs, const char *returned)
{
	if (!signs->in_subject && !signs->in_text && signs->reason == NULL)
		return 0;
	return 2 * signs->in_subject + 2 * signs->in_text +
	       (signs->reason != NULL) + (dsn->recipients->len > 0) +
	       (dsn->diagnostic[0] != '\0') + (returned[0] != '\0');
}

static gboolean
is_believed(Place place, const Dsn *dsn, const DsnSigns *signs,
    const char *report, const char *returned)
{
	switch (place) {
	case PLACE_DAEMON:
		return TRUE;
	case PLACE_MACHINE:
		return signs->in_subject || signs->in_text ||
		       weigh(dsn, signs, returned) > 1;
	case PLACE_LIKELY:
		return weigh(dsn, signs, returned) +
			   (dsn_lines_reply(report) != '\0') >
		       2;
	case PLACE_ANSWER:
		return weigh(dsn, signs, returned) > 3;
	case PLACE_PERSON:
		break;
	}
	return FALSE;
}

Dsn *
dsn_guess(const Message *message, const char *returned)
{
	const char *failed = message_field(message, "X-Failed-Recipients");
	Place place = place_of(message, returned);
	g_autoptr(Dsn) dsn = NULL;
	g_autofree char *report = NULL;
	DsnSigns signs;

	if (place == PLACE_PERSON)
		return NULL;
	report = dsn_lines_report(message->body_text, place == PLACE_ANSWER);
	dsn_words_find(message->subject, report, &signs);
	dsn = dsn_new();
	if (failed != NULL)
		add_failed(dsn, failed);
	dsn_read_returned(dsn, returned);
	fill(dsn, message, report, &signs);
	if (!is_believed(place, dsn, &signs, report, returned))
		return NULL;
	return g_steal_pointer(&dsn);
}
