/* preview.c - letters with made-up values: `javob template preview`.
 *
 * The values are those that policy/ would set for an ordinary ticket; a
 * placeholder that is not listed here stands for itself. */
#include "cli/preview.h"

#include <string.h>

#include "mail/compose.h"
#include "mail/quote.h"
#include "policy/letter.h"
#include "policy/locale.h"

/* NULL: left out, as for most tickets. */
static const struct {
	const char *name, *text;
} samples[] = {
	{ "ticket", "1042" },
	{ "old_ticket", "871" },
	{ "state", "open" },
	{ "customer", "Olim Karimov <olim@client.example>" },
	{ "mailbox", "support" },
	{ "queue", "general" },
	{ "verified", "1" },
	{ "unverified", NULL },
	{ "new", "1" },
	{ "note", NULL },
	{ "words", NULL },
	{ "linked", NULL },
	{ "follows", NULL },
	{ "forwarded_by", NULL },
	{ "new_participant", NULL },
	{ "requester", NULL },
	{ "reply_to", NULL },
	{ "cc", NULL },
	{ "quoted_lines", NULL },
	{ "attachments", NULL },
	{ "name", NULL },
	{ "type", NULL },
	{ "size", NULL },
	{ "faq", NULL },
	{ "has_faq", NULL },
	{ "title", NULL },
	{ "url", NULL },
	{ "reason", "the command /colse is not known" },
	{ "what_to_do", "send it again with /close" },
	{ "agent_name", "Malika" },
	{ "closed", NULL },
	{ "share", "9" },
	{ "share_of", "10" },
	{ "delay_reason", "..." },
	{ "progress", "..." },
	{ "marker", QUOTE_MARKER },
};

static gboolean
sample_of(const char *name, const char **text)
{
	for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
		*text = samples[i].text;
		if (strcmp(samples[i].name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
set_time(MustacheData *data, const Preview *p, const char *name, gint64 when)
{
	g_autofree char *text = locale_instant(p->language, p->timezone, when);
	g_autofree char *zone = locale_zone(p->language, p->timezone, when);

	mustache_set(data, name, text);
	mustache_set(data, "time_zone", zone);
}

static void
set_times(MustacheData *data, const Preview *p)
{
	gint64 now = p->now;
	g_autofree char *opens = locale_instant_near(
	    p->language, p->timezone, now + 57600, now);

	set_time(data, p, "opened_at", now);
	set_time(data, p, "old_promise_at", now + 3600);
	set_time(data, p, "next_update_at", now + 86400);
	set_time(data, p, "closes_at", now + 3 * 86400);
	set_time(data, p, "promise_at", now + 86400);
	if (p->undated)
		mustache_set(data, "promise_at", NULL);
	mustache_set_flag(data, "outside_hours", p->outside);
	mustache_set(data, "opens_at", opens);
}

static void
set_faq(MustacheData *data)
{
	static const char *const entries[][2] = {
		{ "How do I return an order?", "https://shop.example/returns" },
		{ "Where is my parcel?", "https://shop.example/parcels" },
	};

	mustache_set_flag(data, "has_faq", TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(entries); i++) {
		MustacheData *entry = mustache_data_new();

		mustache_set(entry, "title", entries[i][0]);
		mustache_set(entry, "url", entries[i][1]);
		mustache_append(data, "faq", entry);
	}
}

static MustacheData *
data_of(const Preview *p, Letter letter, const char *name)
{
	const char *const *names = letter_placeholders(letter);
	g_autofree char *greeting = locale_greeting(p->language, name);
	g_autofree char *hours = locale_hours(p->language, p->hours);
	g_autofree char *subject = letter_subject(p->subject);
	MustacheData *data = mustache_data_new();

	for (guint i = 0; names[i] != NULL; i++) {
		const char *text;

		mustache_set(
		    data, names[i], sample_of(names[i], &text) ? text : names[i]);
	}
	set_times(data, p);
	if (p->faq)
		set_faq(data);
	mustache_set(data, "subject", subject);
	mustache_set(data, "greeting", greeting);
	mustache_set(data, "hours", hours);
	mustache_set(data, "close_hint", locale_close_word(p->language));
	mustache_set(data, "brand", p->brand);
	letter_set_answer(data, "...\n\nhttps://shop.example/", NULL);
	return data;
}

static GBytes *
octets_of(const Preview *p, const char *name, const Previewed *made,
    GError **error)
{
	g_autoptr(Address) from =
	    address_new("support@shop.example", p->brand);
	g_autoptr(Address) to = address_new("olim@client.example", name);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	Compose c = { 0 };

	g_ptr_array_add(list, to);
	c.class = COMPOSE_AUTO_GENERATED;
	c.from = from;
	c.to = list;
	c.subject = made->subject;
	c.message_id = "preview@shop.example";
	c.language = p->language;
	c.date = p->now;
	c.text = made->text;
	c.html = made->page;
	return compose_message(&c, error);
}

gboolean
preview_make(const Preview *preview, Letter letter, Previewed *made,
    GError **error)
{
	Preview p = *preview;
	g_autofree char *name = NULL, *body = NULL;
	g_autoptr(MustacheData) data = NULL;

	p.language =
	    templates_language(p.templates, letter, preview->language);
	name = locale_greeting_name(p.language, p.customer);
	data = data_of(&p, letter, name);
	if (!templates_render(p.templates, letter, p.language, data,
		&made->subject, &made->text, &body, error))
		return FALSE;
	made->page = templates_frame(
	    p.templates, p.language, made->subject, body, NULL);
	made->octets = octets_of(&p, name, made, error);
	return made->octets != NULL;
}

void
preview_clear(Previewed *made)
{
	g_clear_pointer(&made->subject, g_free);
	g_clear_pointer(&made->text, g_free);
	g_clear_pointer(&made->page, g_free);
	g_clear_pointer(&made->octets, g_bytes_unref);
}
