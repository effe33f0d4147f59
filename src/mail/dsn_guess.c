/* dsn_guess.c - delivery reports that are none by form: Exim, qmail, older
 * Postfix and sendmail, Exchange, and big providers write prose. message.c asks
 * when no message/delivery-status part was there.
 *
 * Believed only where mail servers write: X-Failed-Recipients, a null reverse
 * path, or a daemon as author; and only with a sentence that they use. A person
 * who quotes such a sentence gets no report made of his mail. */
#include "mail/dsn.h"

#include <string.h>

#include "ground/text.h"
#include "mail/addrlist.h"
#include "mail/msgid.h"

#define TEXT_MOST       (64 * 1024)
#define RECIPIENTS_MOST 20

typedef enum Lasting { LASTING_NO, LASTING_YES } Lasting;

static const struct Phrase {
	const char *words; /* lower case */
	Lasting lasting;   /* the failure is permanent */
} phrases[] = {
	/* Exim, bounce_message and warning */
	{ "created automatically by mail delivery software", LASTING_YES },
	{ "could not be delivered to one or more of its recipients",
	    LASTING_YES },
	/* qmail-send */
	{ "this is the qmail-send program", LASTING_YES },
	{ "i wasn't able to deliver your message", LASTING_YES },
	/* Postfix, sendmail */
	{ "i'm sorry to have to inform you that your message could not",
	    LASTING_YES },
	{ "the following addresses had permanent fatal errors", LASTING_YES },
	{ "the original message was received at", LASTING_YES },
	{ "transcript of session follows", LASTING_YES },
	{ "addresses had transient non-fatal errors", LASTING_NO },
	{ "warning: message still undelivered", LASTING_NO },
	{ "message delayed", LASTING_NO },
	{ "has been delayed", LASTING_NO },
	/* Exchange, Office 365 */
	{ "your message did not reach some or all of the intended recipients",
	    LASTING_YES },
	{ "delivery has failed to these recipients", LASTING_YES },
	{ "delivery to the following recipients failed", LASTING_YES },
	{ "the e-mail account does not exist at the organization",
	    LASTING_YES },
	/* Gmail, Yahoo, Yandex, Mail.ru */
	{ "delivery to the following recipient failed permanently",
	    LASTING_YES },
	{ "delivery to the following recipient has been delayed", LASTING_NO },
	{ "address not found", LASTING_YES },
	{ "your message wasn't delivered", LASTING_YES },
	{ "sorry, we were unable to deliver your message", LASTING_YES },
	{ "письмо не доставлено", LASTING_YES },
	{ "сообщение не доставлено", LASTING_YES },
	{ "не может быть доставлено", LASTING_YES },
	/* any */
	{ "undelivered mail returned to sender", LASTING_YES },
	{ "undeliverable", LASTING_YES },
	{ "delivery status notification", LASTING_YES },
	{ "delivery failure", LASTING_YES },
	{ "mail delivery failed", LASTING_YES },
	{ "delivery failed", LASTING_YES },
	{ "returned mail", LASTING_YES },
	{ "failure notice", LASTING_YES },
	{ "could not be delivered", LASTING_YES },
	{ "user unknown", LASTING_YES },
};

/* Where the report ends and the returned mail begins. */
static const char *const dividers[] = {
	"message headers follow",
	"--- below this line is a copy of the message",
	"------ this is a copy of the message",
	"----- original message follows -----",
	"----- unsent message follows",
	"----- original message -----",
	"--- the header of the original message",
	"this is a copy of your message, including all the headers",
};

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
is_daemon(const char *author)
{
	static const char *const locals[] = { "mailer-daemon", "mailerdaemon",
		"mailer_daemon", "mail-daemon", "postmaster", "mail.daemon" };

	for (guint i = 0; i < G_N_ELEMENTS(locals); i++) {
		gsize n = strlen(locals[i]);

		if (text_starts(author, locals[i]) &&
		    (author[n] == '@' || author[n] == '\0'))
			return TRUE;
	}
	return FALSE;
}

/* Nobody but a mail server has this name; what it writes is a report in
 * whatever words. */
static gboolean
is_mailer(const Message *message)
{
	return text_starts(author_words(message), "mailer-daemon");
}

static gboolean
is_null_path(const Message *message)
{
	const char *path = message_field(message, "Return-Path");

	return path != NULL && strcmp(path, "<>") == 0;
}

static const struct Phrase *
find_phrase(const char *lower)
{
	const struct Phrase *found = NULL;

	/* A warning begins with the same sentences as a failure: what says
	 * that it is one decides. */
	for (guint i = 0; i < G_N_ELEMENTS(phrases); i++) {
		if (strstr(lower, phrases[i].words) == NULL)
			continue;
		if (phrases[i].lasting == LASTING_NO)
			return &phrases[i];
		if (found == NULL)
			found = &phrases[i];
	}
	return found;
}

/* The report without the returned mail. */
static char *
report_text(const Message *message)
{
	g_autofree char *text = g_strndup(message->body_text, TEXT_MOST);
	g_autofree char *lower = g_ascii_strdown(text, -1);
	gsize end = strlen(text);

	for (guint i = 0; i < G_N_ELEMENTS(dividers); i++) {
		const char *mark = strstr(lower, dividers[i]);

		if (mark != NULL)
			end = MIN(end, (gsize)(mark - lower));
	}
	return g_strndup(text, end);
}

static void
add_recipients(Dsn *dsn, const char *list)
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

/* An address that stands alone on a line, in brackets or before a colon:
 * "<ann@x>:", "  ann@x", "<ann@x>: host mx said: 550". NULL if there is none. */
static char *
address_of_line(const char *line)
{
	const char *start = line + strspn(line, " \t*");
	const char *at, *end;
	gboolean bracket = *start == '<';

	start += bracket;
	end = start + strcspn(start, "<>:;, \t()\"");
	at = memchr(start, '@', (gsize)(end - start));
	if (at == NULL || at == start || strchr("<>:;, \t(", *end) == NULL ||
	    memchr(at, '.', (gsize)(end - at)) == NULL)
		return NULL;
	/* In a sentence an address is not what failed. */
	if (!bracket && *end != '\0' && *end != ':' &&
	    !g_str_has_prefix(end, "..."))
		return NULL;
	return g_strndup(start, (gsize)(end - start));
}

static void
scan_lines(Dsn *dsn, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0;
	     lines[i] != NULL && dsn->recipients->len < RECIPIENTS_MOST; i++) {
		g_autofree char *found = address_of_line(lines[i]);
		g_autofree char *address =
		    found != NULL ? addrlist_spec(found) : NULL;

		if (address != NULL &&
		    !g_ptr_array_find_with_equal_func(dsn->recipients, address,
			g_str_equal, NULL))
			g_ptr_array_add(dsn->recipients,
			    g_steal_pointer(&address));
	}
}

/* "550 no such user": the reply code (RFC 5321 4.2) that begins a word. */
static char
reply_class(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if ((p == text || strchr(" \t\n:<(#[", p[-1]) != NULL) &&
		    (*p == '4' || *p == '5') && g_ascii_isdigit(p[1]) &&
		    g_ascii_isdigit(p[2]) && p[1] <= '5' &&
		    strchr(" -#:]", p[3]) != NULL && p[3] != '\0')
			return *p;
	}
	return '\0';
}

/* The line that explains: the one with the code, else what follows the
 * address. */
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
	return text_clean_line(line, 500);
}

static void
find_status(Dsn *dsn, const char *text, Lasting lasting)
{
	char class;

	g_free(dsn->status);
	dsn->status = dsn_status_in(text);
	g_free(dsn->diagnostic);
	dsn->diagnostic = diagnostic_of(text, dsn->status);
	if (dsn->status[0] == '\0') {
		class = reply_class(text);
		if (class == '\0')
			class = lasting == LASTING_YES ? '5' : '4';
		g_free(dsn->status);
		dsn->status = g_strdup_printf("%c.0.0", class);
	}
	g_free(dsn->action);
	dsn->action = g_strdup(lasting == LASTING_YES && dsn->status[0] == '5'
				   ? "failed"
				   : "delayed");
}

static void
find_original(Dsn *dsn, const char *body)
{
	const char *mark = body;

	while (mark != NULL) {
		if (text_starts(mark, "Message-ID:")) {
			g_autofree char *line =
			    g_strndup(mark + 11, strcspn(mark + 11, "\n"));
			const char *cursor = line;
			char *id = msgid_next(&cursor);

			if (id == NULL)
				return;
			g_free(dsn->original_message_id);
			dsn->original_message_id = id;
			return;
		}
		mark = strchr(mark, '\n');
		if (mark != NULL)
			mark++;
	}
}

/* Subject and report in lower case, to look for phrases. */
static const struct Phrase *
phrase_of(const Message *message, const char *text)
{
	g_autofree char *all = g_strconcat(message->subject, "\n", text, NULL);
	g_autofree char *lower = g_utf8_strdown(all, -1);

	return find_phrase(lower);
}

static void
fill(Dsn *dsn, const Message *message, const char *text,
    const struct Phrase *phrase)
{
	if (dsn->recipients->len == 0)
		scan_lines(dsn, text);
	if (dsn->status[0] == '\0')
		find_status(dsn, text,
		    phrase != NULL ? phrase->lasting : LASTING_YES);
	if (dsn->original_message_id[0] == '\0')
		find_original(dsn, message->body_text);
}

void
dsn_complete(Dsn *dsn, const Message *message)
{
	g_autofree char *text = report_text(message);

	fill(dsn, message, text, phrase_of(message, text));
}

Dsn *
dsn_guess(const Message *message)
{
	const char *failed = message_field(message, "X-Failed-Recipients");
	g_autofree char *text = NULL;
	const struct Phrase *phrase;
	Dsn *dsn;

	if (failed == NULL && !is_daemon(author_words(message)) &&
	    !is_mailer(message) && !is_null_path(message))
		return NULL;
	text = report_text(message);
	phrase = phrase_of(message, text);
	if (failed == NULL && phrase == NULL && !is_mailer(message))
		return NULL;
	dsn = dsn_new();
	if (failed != NULL)
		add_recipients(dsn, failed);
	fill(dsn, message, text, phrase);
	return dsn;
}
