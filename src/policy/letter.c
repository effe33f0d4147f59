/* letter.c - makes letters: template, keyed addresses, threading fields,
 * octets. Used by ack, relay, notify; what it makes is sent as it is. */
#include "policy/letter.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "mail/cleanhtml.h"
#include "policy/calendar.h"
#include "policy/locale.h"
#include "policy/markup.h"
#include "policy/proof.h"

enum {
	TEXT_MOST = 256 << 10, /* mustache_render gives up at 1 MiB */
	LOCAL_MOST = 64,       /* RFC 5321 4.5.3.1.1 */
};

MustacheData *
letter_data(const Facts *facts, const Effects *effects)
{
	MustacheData *data = mustache_data_new();
	g_autofree char *subject = letter_subject(effects->ticket->subject);
	char number[32];

	g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT,
	    effects->ticket->number);
	mustache_set(data, "ticket", number);
	mustache_set(data, "subject", subject);
	mustache_set(data, "brand", facts->mailbox->display_name);
	return data;
}

static const char *
zone_of(const Facts *facts)
{
	return facts->calendar != NULL ? calendar_timezone(facts->calendar)
				       : "UTC";
}

void
letter_set_instant(MustacheData *data, const Facts *facts,
    const char *language, const char *name, gint64 when)
{
	const char *zone = zone_of(facts);
	g_autofree char *text = NULL, *zone_name = NULL;

	if (when == 0)
		return;
	text = locale_instant(language, zone, when);
	zone_name = locale_zone(language, zone, when);
	mustache_set(data, name, text);
	mustache_set(data, "time_zone", zone_name);
}

void
letter_set_next(MustacheData *data, const Facts *facts, const char *language,
    const char *name, gint64 when, gint64 now)
{
	g_autofree char *text =
	    locale_instant_near(language, zone_of(facts), when, now);

	mustache_set(data, name, text);
}

void
letter_set_count(MustacheData *data, const char *language, const char *name,
    gint64 count)
{
	g_autofree char *text = locale_number(language, count);
	g_autofree char *class = locale_plural(language, count);
	g_autofree char *flag = g_strconcat(name, "_", class, NULL);

	mustache_set(data, name, text);
	mustache_set_flag(data, flag, TRUE);
}

const char *
letter_name_of(const Facts *facts)
{
	return facts->sender != NULL && *facts->sender->name != '\0'
	    ? facts->sender->name : facts->author->name;
}

const char *
letter_agent_language(const Facts *facts, const Desk *desk, Letter letter,
    const AddressRow *agent)
{
	const Agent *row = facts->roster == NULL
	    ? NULL : roster_find(facts->roster, agent->address);

	return templates_language(desk->templates, letter,
	    row != NULL && *row->language != '\0'
		? row->language : desk->site->default_language);
}

static void
set_markup(MustacheData *data, const char *text, gboolean links)
{
	g_autofree char *html = markup_text(text, links);

	mustache_set_markup(data, "text", text, html);
}

void
letter_set_text(MustacheData *data, const char *text)
{
	g_autofree char *cut = NULL;
	gsize length = strlen(text);

	if (length <= TEXT_MOST) {
		set_markup(data, text, FALSE);
		return;
	}
	length = (gsize)(g_utf8_find_prev_char(text, text + TEXT_MOST) - text);
	cut = g_strdup_printf("%.*s\n[...] (cut here; the whole text is in the "
			      "ticket)\n",
	    (int)length, text);
	set_markup(data, cut, FALSE);
}

void
letter_set_answer(MustacheData *data, const char *text, const char *html)
{
	g_autofree char *line = NULL, *block = NULL;

	if (html == NULL) {
		set_markup(data, text, TRUE);
		return;
	}
	line = cleanhtml_line(html);
	block = g_strdup_printf(
	    "<div style=\"margin:0 0 16px\">%s</div>", line);
	mustache_set_markup(data, "text", text, block);
}

/* Skips "Re:", "Fwd:", "Re[2]:" and a tag "[#1042]" at the start. */
static const char *
skip_prefix(const char *subject)
{
	static const char *const prefixes[] = { "re", "fwd", "fw" };
	const char *p = subject;

	while (*p == ' ')
		p++;
	if (g_str_has_prefix(p, "[#")) {
		const char *end = strchr(p, ']');
		const char *digits = p + 2;

		while (g_ascii_isdigit(*digits))
			digits++;
		return end != NULL && digits == end ? end + 1 : subject;
	}
	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gsize n = strlen(prefixes[i]);
		const char *q = p + n;

		if (g_ascii_strncasecmp(p, prefixes[i], n) != 0)
			continue;
		if (*q == '[')
			while (*q != '\0' && *q++ != ']')
				;
		while (*q == ' ')
			q++;
		if (*q == ':')
			return q + 1;
	}
	return subject;
}

char *
letter_subject(const char *subject)
{
	const char *p = subject, *next;
	g_autofree char *clean = NULL;

	while ((next = skip_prefix(p)) != p)
		p = next;
	clean = text_clean_line(p, 120);
	return g_steal_pointer(&clean);
}

static gboolean
is_too_long(const char *address)
{
	return strlen(address) - strlen(address_domain(address)) - 1 >
	       LOCAL_MOST;
}

static char *
keyed_address(const Facts *facts, const Desk *desk, TokenKind kind,
    gint64 ticket, gint64 party)
{
	const char *base = facts->mailbox->address;
	g_autofree char *token = NULL, *marked = NULL, *address = NULL;

	if (!facts->mailbox->plus)
		return NULL;
	token = token_make(desk->keys, kind, ticket, party);
	marked = g_strconcat(PROOF_NOTE, token, NULL);
	address = address_with_detail(base, kind == TOKEN_NOTE ? marked
							       : token);
	if (kind == TOKEN_NOTE && is_too_long(address)) {
		g_free(address);
		address = address_with_detail(base, token);
	}
	/* Servers refuse longer ones; then our Message-ID is proof enough. */
	return is_too_long(address) ? NULL : g_steal_pointer(&address);
}

char *
letter_answer_address(const Facts *facts, const Desk *desk, gint64 agent)
{
	return keyed_address(
	    facts, desk, TOKEN_AGENT, facts->ticket->id, agent);
}

static char *
new_message_id(const Facts *facts, const Desk *desk, gint64 ticket,
    gint64 party)
{
	g_autofree char *token = token_make(
	    desk->keys, TOKEN_MESSAGE, ticket, party);
	g_autofree char *unique = token_random();

	return g_strdup_printf("%s.%s@%s", token, unique,
	    address_domain(facts->mailbox->address));
}

static char *
unkeyed_message_id(const Facts *facts)
{
	g_autofree char *unique = token_random();

	return g_strdup_printf(
	    "%s@%s", unique, address_domain(facts->mailbox->address));
}

char *
letter_root_id(const Facts *facts, const Desk *desk, gint64 ticket,
    gint64 party)
{
	g_autofree char *token = token_make(
	    desk->keys, TOKEN_MESSAGE, ticket, party);

	return g_strdup_printf("%s.root@%s", token,
	    address_domain(facts->mailbox->address));
}

/* One quiet line below a customer's letter: it proves an answer of which
 * nothing but the quotation is left. NULL in a letter to an agent. */
static char *
reference_of(const Desk *desk, const LetterPlan *plan, gint64 ticket)
{
	g_autofree char *token = NULL;

	if (plan->inside)
		return NULL;
	token = token_make(desk->keys, TOKEN_QUOTE, ticket, plan->to->id);
	return g_strconcat(PROOF_LABEL, token, NULL);
}

static char *
with_reference(const char *text, const char *reference)
{
	gsize length = strlen(text);

	if (reference == NULL)
		return g_strdup(text);
	while (length > 0 && text[length - 1] == '\n')
		length--;
	return g_strdup_printf("%.*s\n\n%s\n", (int)length, text, reference);
}

static void
free_address(gpointer data)
{
	address_free(data);
}

static GBytes *
compose(const Facts *facts, const Desk *desk, gint64 now,
    const LetterPlan *plan, const LetterEffect *letter, const char *body,
    gint64 ticket, GError **error)
{
	g_autofree char *reply = plan->apart
	    ? NULL
	    : keyed_address(
		  facts, desk, plan->reply_kind, ticket, plan->to->id);
	g_autofree char *loop = token_make(desk->keys, TOKEN_LOOP, 0, 0);
	g_autoptr(Address) from = address_new(
	    letter->from_address, letter->from_name);
	g_autoptr(Address) to = address_new(letter->to, plan->to_name);
	g_autofree char *reply_name = plan->reply_kind == TOKEN_NOTE
	    ? g_strdup_printf("Internal note (%s)",
		  facts->mailbox->display_name)
	    : g_strdup(letter->from_name);
	g_autoptr(Address) reply_to = reply != NULL
	    ? address_new(reply, reply_name)
	    : NULL;
	g_autofree char *root = letter_root_id(
	    facts, desk, ticket, plan->to->id);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autoptr(GPtrArray) cc = g_ptr_array_new_with_free_func(free_address);
	g_autoptr(GPtrArray) references = g_ptr_array_new();
	g_autofree char *reference = reference_of(desk, plan, ticket);
	g_autofree char *text = with_reference(letter->text, reference);
	g_autofree char *html = body == NULL
	    ? NULL
	    : templates_frame(desk->templates, plan->language, letter->subject,
		  body, reference);
	Compose c = { 0 };

	g_ptr_array_add(list, to);
	for (guint i = 0; letter->cc != NULL && i < letter->cc->len; i++)
		g_ptr_array_add(cc, address_new(letter->cc->pdata[i], ""));
	if (!plan->apart)
		g_ptr_array_add(references, root);
	for (guint i = 0; plan->references != NULL &&
	     i < plan->references->len; i++)
		g_ptr_array_add(references, plan->references->pdata[i]);
	c.class = plan->class;
	c.from = from;
	c.reply_to = reply_to;
	c.to = list;
	c.cc = cc->len > 0 ? cc : NULL;
	c.subject = letter->subject;
	c.message_id = letter->message_id;
	c.in_reply_to = plan->in_reply_to;
	c.references = references;
	c.loop = plan->class == COMPOSE_PERSON ? NULL : loop;
	c.language = plan->language;
	c.date = now;
	c.text = text;
	c.html = html;
	c.attachments = plan->attachments;
	return compose_message(&c, error);
}

static GPtrArray *
written_of(const GPtrArray *rows)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];

		g_ptr_array_add(out, g_strdup(row->written));
	}
	return out;
}

gboolean
letter_add(const Facts *facts, const Desk *desk, gint64 now,
    const LetterPlan *plan, Effects *effects)
{
	g_autoptr(LetterEffect) letter = g_new0(LetterEffect, 1);
	g_autoptr(GError) error = NULL;
	g_autofree char *all = NULL, *body = NULL;
	gint64 ticket = effects->ticket->id;
	gint64 to = plan->to->id;

	letter->letter = g_strdup(letter_name(plan->letter));
	letter->cause = g_strdup(plan->cause);
	letter->visibility = g_strdup(plan->inside ? "internal" : "public");
	letter->to = g_strdup(plan->to->written);
	letter->cc = written_of(plan->cc);
	letter->address = to;
	letter->from_address = g_strdup(facts->mailbox->address);
	letter->from_name = g_strdup(plan->from_name != NULL
		? plan->from_name
		: facts->mailbox->display_name);
	letter->message_id = plan->apart
	    ? unkeyed_message_id(facts)
	    : new_message_id(facts, desk, ticket, to);
	letter->due = plan->due;
	letter->reverse_path = keyed_address(
	    facts, desk, TOKEN_BOUNCE, ticket, to);
	if (letter->reverse_path == NULL)
		letter->reverse_path = plan->class == COMPOSE_PERSON
		    ? g_strdup(letter->from_address)
		    : g_strdup("");
	if (templates_render(desk->templates, plan->letter, plan->language,
		plan->data, &letter->subject, &letter->text,
		desk->site->html ? &body : NULL, &error))
		letter->octets = compose(
		    facts, desk, now, plan, letter, body, ticket, &error);
	if (letter->octets == NULL) {
		effects_event(effects, "letter-failed", "javob", "%s to %s: %s",
		    letter->letter, letter->to, error->message);
		effects_reason(effects, "letter", "%s failed: %s",
		    letter->letter, error->message);
		return FALSE;
	}
	all = letter_recipients(letter);
	effects_reason(effects, "letter", "%s to %s: %s", letter->letter, all,
	    letter->subject);
	effects_reason(effects, "language", "%s is written in %s",
	    letter->letter, plan->language);
	g_ptr_array_add(effects->letters, g_steal_pointer(&letter));
	return TRUE;
}
