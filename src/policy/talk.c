/* talk.c - see talk.h. Called by policy/relay for a note by mail, by policy/act
 * for one from the command line. What answers such a letter is a note again:
 * its reply address is a note address. */
#include "policy/talk.h"

#include "ground/text.h"
#include "mail/quote.h"
#include "policy/letter.h"

static gboolean
has(const GPtrArray *rows, gint64 id)
{
	for (guint i = 0; i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];

		if (row->id == id)
			return TRUE;
	}
	return FALSE;
}

static void
add(GPtrArray *out, const Facts *facts, const GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		AddressRow *row = rows->pdata[i];

		if ((facts->sender == NULL || row->id != facts->sender->id) &&
		    !has(out, row->id))
			g_ptr_array_add(out, row);
	}
}

/* The agent who has the ticket is one of its queue, or a colleague. */
static void
add_owner(GPtrArray *out, const Facts *facts, gint64 owner)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		AddressRow *row = facts->agents->pdata[i];

		if (row->id == owner && row->id != 0 &&
		    (facts->sender == NULL || row->id != facts->sender->id) &&
		    !has(out, row->id))
			g_ptr_array_add(out, row);
	}
}

static GPtrArray *
readers(const Facts *facts, const Effects *effects)
{
	GPtrArray *out = g_ptr_array_new();

	add_owner(out, facts, effects->ticket->agent);
	add(out, facts, facts->watchers);
	add(out, facts, facts->colleagues);
	if (out->len == 0)
		add(out, facts, facts->agents);
	return out;
}

static void
watch(const Facts *facts, Effects *effects)
{
	if (facts->agent != NULL)
		g_ptr_array_add(
		    effects->watchers, g_strdup(facts->agent->address));
	for (guint i = 0; i < facts->colleagues->len; i++) {
		const AddressRow *row = facts->colleagues->pdata[i];

		g_ptr_array_add(effects->watchers, g_strdup(row->address));
		if (!has(facts->watchers, row->id))
			effects_event(effects, "watcher",
			    facts->author->address, "%s, by a note",
			    row->address);
	}
}

static char *
author_of(const Facts *facts)
{
	g_autofree char *name = text_clean_line(facts->author->name, 60);

	if (*name == '\0' && facts->agent != NULL &&
	    *facts->agent->name != '\0')
		return g_strdup(facts->agent->name);
	return g_strdup(*name != '\0' ? name : facts->author->address);
}

static void
tell(const Facts *facts, const Desk *desk, gint64 now, const AddressRow *to,
    const char *text, Effects *effects)
{
	const Agent *agent = roster_find(facts->roster, to->address);
	g_autoptr(MustacheData) data = letter_data(facts, effects);
	g_autofree char *author = author_of(facts);
	g_autofree char *root =
	    letter_root_id(facts, desk, effects->ticket->id, to->id);
	g_autofree char *cause = g_strdup_printf("talk:%" G_GINT64_FORMAT
						 ":%" G_GINT64_FORMAT ":%s",
	    effects->ticket->id, to->id, facts->message->content_hash);
	g_autofree char *from = g_strdup_printf("%s (internal note)", author);
	LetterPlan plan = { 0 };

	mustache_set(data, "marker", QUOTE_MARKER);
	mustache_set(data, "author", author);
	mustache_set(data, "state", effects->ticket->state);
	if (facts->requester != NULL)
		mustache_set(data, "customer", facts->requester->written);
	letter_set_text(data, text);
	plan.letter = LETTER_NOTE;
	plan.cause = cause;
	plan.to = to;
	plan.from_name = from;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_NOTE;
	plan.inside = TRUE;
	plan.in_reply_to = root;
	plan.language = templates_language(desk->templates, LETTER_NOTE,
	    agent != NULL && *agent->language != '\0'
		? agent->language
		: desk->site->default_language);
	plan.data = data;
	plan.attachments = facts->message->attachments->len > 0
	    ? facts->message->attachments
	    : NULL;
	letter_add(facts, desk, now, &plan, effects);
}

void
talk_note(const Facts *facts, const Desk *desk, gint64 now, const char *text,
    Effects *effects)
{
	g_autoptr(GPtrArray) to = readers(facts, effects);

	watch(facts, effects);
	for (guint i = 0; i < to->len; i++)
		tell(facts, desk, now, to->pdata[i], text, effects);
	if (to->len == 0)
		effects_reason(effects, "talk", "no colleague to hear of it");
}
