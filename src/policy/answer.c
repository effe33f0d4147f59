/* answer.c - takes an agent's own words out of his mail, and looks for what must
 * stay inside. Called by policy/relay, which makes the letter of it.
 *
 * Where there is HTML, the mail's text was made of it (mail/body): the same
 * lines are cut from both. */
#include "policy/answer.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "mail/cleanhtml.h"
#include "mail/html_reader.h"
#include "mail/quote.h"
#include "policy/greet.h"
#include "policy/guard.h"
#include "policy/salute.h"
#include "policy/verb.h"

enum { FILE_TEXT_MOST = 1 << 20 };

/* Parts that mail programs add: they name the agent, or are of no use to
 * somebody who writes to the desk. */
static const char *const private_types[] = { "application/pkcs7-signature",
	"application/x-pkcs7-signature", "application/pgp-signature",
	"application/pgp-keys", "application/ms-tnef",
	"application/vnd.ms-tnef", "text/x-amp-html" };

/* Mails as files, by the names that programs give them. */
static const char *const mail_names[] = { ".eml", ".msg", ".emlx", ".mht",
	".mhtml", ".mbox" };

static gboolean
is_private(const Attachment *attachment)
{
	for (guint i = 0; i < G_N_ELEMENTS(private_types); i++)
		if (g_str_equal(attachment->type, private_types[i]))
			return TRUE;
	return FALSE;
}

/* A picture that stands in the text, wherever that is. */
static gboolean
is_picture(const Attachment *attachment)
{
	return attachment->is_inline && *attachment->content_id != '\0' &&
	    text_starts(attachment->type, "image/");
}

/* A part as it goes out. Its Content-ID often names the agent's machine: a
 * picture gets one of ours, all others need none. */
static void
add_attachment(Answer *answer, const Attachment *from, const char *domain)
{
	Attachment *to = g_new0(Attachment, 1);

	to->name = g_strdup(from->name);
	to->type = g_strdup(from->type);
	to->content_id = g_strdup("");
	to->is_inline = from->is_inline;
	to->size = from->size;
	to->sha256 = g_strdup(from->sha256);
	to->octets = from->octets != NULL ? g_bytes_ref(from->octets) : NULL;
	if (answer->html != NULL && is_picture(from) &&
	    cleanhtml_shows(answer->html, from->content_id)) {
		char *html;

		g_free(to->content_id);
		to->content_id = g_strdup_printf(
		    "picture-%u@%s", answer->attachments->len + 1, domain);
		html = cleanhtml_rename(
		    answer->html, from->content_id, to->content_id);
		g_free(answer->html);
		answer->html = html;
	}
	g_ptr_array_add(answer->attachments, to);
}

static void
free_attachment(gpointer data)
{
	attachment_free(data);
}

/* Of the pictures only those that his own words show: the others were quoted,
 * or belong to his signature. */
static void
choose_attachments(
    Answer *answer, const Message *message, const Mailbox *mailbox)
{
	const char *domain = address_domain(mailbox->address);
	gboolean has_html = *message->html != '\0';

	for (guint i = 0; i < message->attachments->len; i++) {
		const Attachment *attachment = message->attachments->pdata[i];

		if (is_private(attachment))
			continue;
		if (is_picture(attachment)) {
			if (has_html && (answer->html == NULL ||
				!cleanhtml_shows(answer->html,
				    attachment->content_id)))
				continue;
			if (!has_html && message->quoted_lines > 0)
				answer->is_doubtful = TRUE;
		}
		add_attachment(answer, attachment, domain);
	}
}

/* Those spans of the mail's text that its new text from start to end is made
 * of. */
static GArray *
spans_between(const Message *message, gsize start, gsize end)
{
	g_autoptr(GArray) all = quote_spans(message->body_text);
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(QuoteSpan));
	gsize at = 0;

	if (all->len == 0) {
		QuoteSpan whole = { 0, strlen(message->body_text) };

		g_array_append_val(all, whole);
	}
	for (guint i = 0; i < all->len; i++) {
		QuoteSpan span = g_array_index(all, QuoteSpan, i);
		gsize length = span.end - span.start;
		gsize from = MAX(start, at), to = MIN(end, at + length);

		if (from < to) {
			span.end = span.start + (to - at);
			span.start += from - at;
			g_array_append_val(spans, span);
		}
		at += length + strlen("\n\n");
	}
	return spans;
}

/* The text without what stands for pictures, and the empty lines that they
 * leave. */
static char *
without_pictures(const char *text, gsize length)
{
	g_autoptr(GString) out = g_string_new_len(text, (gssize)length);

	if (g_string_replace(out, HTML_PICTURE, "", 0) > 0)
		while (g_string_replace(out, "\n\n\n", "\n\n", 0) > 0)
			;
	return g_strdup(g_strstrip(out->str));
}

static char *
name_of(const Facts *facts, const char *language)
{
	/* At the shell he may be no agent. */
	const char *name = facts->agent != NULL && *facts->agent->name != '\0'
	    ? facts->agent->name
	    : facts->author->name;

	switch (facts->mailbox->agent_name) {
	case AGENT_NAME_TEAM:
		return g_strdup("");
	case AGENT_NAME_FIRST: {
		char *first = greet_name(language, name, FALSE);

		first[strcspn(first, " ")] = '\0';
		return first;
	}
	default:
		return text_clean_line(name, 60);
	}
}

Answer *
answer_new(const Facts *facts, const char *text, const char *language)
{
	const Message *message = facts->message;
	Answer *answer = g_new0(Answer, 1);
	Salute salute = salute_read(text, facts->author->name);
	gsize start = strlen(message->new_text) - strlen(text);

	answer->text = without_pictures(text, salute.length);
	answer->greets = salute.greets;
	answer->closes = salute.closes;
	/* After a postscript only the desk's name, and that apart. */
	if (salute.goes_on) {
		g_autofree char *words = answer->text;

		answer->text = g_strconcat(words, "\n", NULL);
	}
	answer->name = salute.signs || salute.goes_on
	    ? g_strdup("")
	    : name_of(facts, language);
	if (*message->html != '\0') {
		g_autoptr(GArray) spans =
		    spans_between(message, start, start + salute.length);

		answer->html = cleanhtml_keep(message->html, spans);
		if (answer->html == NULL &&
		    strstr(text, HTML_PICTURE) != NULL)
			answer->is_doubtful = TRUE;
		if (answer->html != NULL && *answer->html == '\0')
			g_clear_pointer(&answer->html, g_free);
	}
	answer->attachments = g_ptr_array_new_with_free_func(free_attachment);
	choose_attachments(answer, message, facts->mailbox);
	return answer;
}

void
answer_free(Answer *answer)
{
	if (answer == NULL)
		return;
	g_free(answer->text);
	g_free(answer->html);
	g_free(answer->name);
	g_ptr_array_unref(answer->attachments);
	g_free(answer);
}

gboolean
answer_is_empty(const Answer *answer)
{
	return *answer->text == '\0' && answer->attachments->len == 0;
}

/* --- what must stay inside --------------------------------------------------- */

static gboolean
is_mail(const Attachment *attachment)
{
	g_autofree char *name = g_utf8_strdown(attachment->name, -1);

	for (guint i = 0; i < G_N_ELEMENTS(mail_names); i++)
		if (g_str_has_suffix(name, mail_names[i]))
			return TRUE;
	return text_starts(attachment->type, "message/") ||
	    g_str_equal(attachment->type, "application/vnd.ms-outlook");
}

/* What can be read in a file as it is; NULL: nothing. */
static char *
words_in(const Attachment *attachment)
{
	gsize size;
	const char *data;

	if (attachment->octets == NULL)
		return NULL;
	data = g_bytes_get_data(attachment->octets, &size);
	if (size > FILE_TEXT_MOST ||
	    (!text_starts(attachment->type, "text/") &&
		!text_is_utf8(data, size)))
		return NULL;
	return text_valid(data, (gssize)size);
}

static gboolean
names_agent(const char *text, const Facts *facts)
{
	g_autofree char *folded = g_utf8_strdown(text, -1);

	if (strchr(text, '@') == NULL)
		return FALSE;
	for (guint i = 0; i < facts->roster->len; i++) {
		const Agent *agent = facts->roster->pdata[i];

		if (strstr(folded, agent->address) != NULL)
			return TRUE;
	}
	return facts->sender != NULL &&
	    strstr(folded, facts->sender->address) != NULL;
}

static const char *
text_doubt(const char *text, const Facts *facts)
{
	if (quote_has_marker(text))
		return "the quoted notification could not be told from your "
		       "own words";
	if (guard_leaks(text, facts->notes))
		return "it repeats words of an internal note";
	if (names_agent(text, facts))
		return "it holds the mail address of an agent";
	return NULL;
}

const char *
answer_doubt(const Answer *answer, const Facts *facts)
{
	const char *why;

	for (guint i = 0; i < answer->attachments->len; i++) {
		const Attachment *attachment = answer->attachments->pdata[i];
		g_autofree char *words = words_in(attachment);

		if (is_mail(attachment))
			return "it has a forwarded mail attached, which could "
			       "carry internal words";
		if (words != NULL && (quote_has_marker(words) ||
			guard_leaks(words, facts->notes)))
			return "an attached file repeats words of an internal "
			       "note or of a notification";
	}
	if (answer->is_doubtful)
		return "its pictures could not be told from quoted ones";
	why = text_doubt(answer->text, facts);
	if (why == NULL && answer->html != NULL)
		why = text_doubt(answer->html, facts);
	if (why == NULL && verb_is_stray(answer->text))
		why = "a command stands below other words, where it does not "
		      "count";
	return why;
}
