/* act_tell.c - what only tells (act.h): history, summary, help. */
#include "policy/act_private.h"

#include <string.h>

#include "ground/clock.h"
#include "ground/text.h"
#include "policy/macro.h"
#include "store/labels.h"

enum { WORDS_MOST = 300, EVENTS_MOST = 500 };

static const char *
language_of(const ActScene *scene)
{
	const Agent *agent = act_agent(scene);

	return agent != NULL && *agent->language != '\0'
		   ? agent->language
		   : scene->desk->site->default_language;
}

/* "2026-11-27 15:04" in the agent's zone. */
static char *
stamp(const ActScene *scene, gint64 when)
{
	const Agent *agent = act_agent(scene);
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(
	    agent != NULL ? agent_zone(agent, scene->desk->site) : "UTC");
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when);
	g_autoptr(GDateTime) time =
	    zone != NULL && utc != NULL ? g_date_time_to_timezone(utc, zone)
					: NULL;

	return time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M")
			    : clock_rfc3339(when);
}

static void
add_events(const ActScene *scene, const GPtrArray *events, GString *out)
{
	guint first = events->len > EVENTS_MOST ? events->len - EVENTS_MOST : 0;

	for (guint i = first; i < events->len; i++) {
		const EventRow *row = events->pdata[i];
		g_autofree char *at = stamp(scene, row->at);

		g_string_append_printf(out, "\n%s  %s%s%s: %s", at, row->event,
		    *row->actor != '\0' ? ", " : "", row->actor, row->detail);
	}
}

static void
add_messages(const ActScene *scene, const GPtrArray *messages, GString *out)
{
	for (guint i = 0; i < messages->len; i++) {
		const MessageRow *row = messages->pdata[i];
		g_autofree char *at = stamp(scene, row->received);
		g_autofree char *words = NULL;

		if (!g_str_equal(row->direction, "in") &&
		    !g_str_equal(row->visibility, "public"))
			continue;
		words = text_clean_line(row->new_text, WORDS_MOST);
		g_string_append_printf(out, "\n%s  message %" NUMBER
					    ", %s, %s -> %s: %s",
		    at, row->id, row->kind, row->from_address,
		    row->to_addresses, words);
	}
}

char *
act_history(ActScene *scene, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	g_autoptr(GPtrArray) messages =
	    message_list(scene->txn, ticket->id, error);
	g_autoptr(GPtrArray) events =
	    messages != NULL ? event_list(scene->txn, ticket->id, error) : NULL;
	GString *out;

	if (events == NULL)
		return NULL;
	out = g_string_new(NULL);
	g_string_append_printf(out, "history of ticket %" NUMBER ":\n",
	    ticket->number);
	add_messages(scene, messages, out);
	g_string_append_c(out, '\n');
	add_events(scene, events, out);
	return g_string_free(out, FALSE);
}

static void
add_line(GString *out, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		g_string_append_printf(out, "\n%s: %s", name, value);
}

static gboolean
add_labels(ActScene *scene, const char *kind, const char *name, GString *out,
    GError **error)
{
	g_autoptr(GPtrArray) words =
	    label_list(scene->txn, scene->effects->ticket->id, kind, error);
	g_autofree char *joined = NULL;

	if (words == NULL)
		return FALSE;
	g_ptr_array_add(words, NULL);
	joined = g_strjoinv(", ", (char **)words->pdata);
	add_line(out, name, joined);
	return TRUE;
}

char *
act_summary(ActScene *scene, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	const Facts *facts = scene->facts;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *opened = stamp(scene, ticket->opened);
	g_autofree char *promised =
	    ticket->promised != 0 ? stamp(scene, ticket->promised) : NULL;
	g_autofree char *words = act_last_words(scene->txn, ticket->id, error);
	g_autofree char *clean = NULL;
	g_autoptr(AddressRow) agent =
	    ticket->agent != 0 ? party_by_id(scene->txn, ticket->agent, NULL)
			       : NULL;

	if (words == NULL)
		return NULL;
	g_string_append_printf(out, "ticket %" NUMBER " is %s: %s",
	    ticket->number, ticket->state, ticket->subject);
	if (facts->requester != NULL)
		add_line(out, "Customer", facts->requester->written);
	add_line(out, "Queue", ticket->queue);
	add_line(out, "Agent", agent != NULL ? agent->written : "nobody");
	add_line(out, "Language", ticket->language);
	add_line(out, "Opened", opened);
	add_line(out, "Promised by", promised);
	if (!add_labels(scene, "priority", "Priority", out, error) ||
	    !add_labels(scene, "tag", "Tags", out, error))
		return NULL;
	clean = text_clean_line(words, WORDS_MOST);
	add_line(out, "Last words of the customer", clean);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
act_help(ActScene *scene, GError **error G_GNUC_UNUSED)
{
	const char *language = language_of(scene);
	GString *out = g_string_new("commands, each on a line of its own at "
				    "the top of a mail:\n");

	for (const Verb *verb = verb_table; verb->name != NULL; verb++) {
		const char *word = verb_word(verb, language);
		const char *arguments =
		    (verb->flags & VERB_MAIL) != 0 ? "" : verb->arguments;

		g_string_append_printf(out, "\n/%s%s%s  %s", word,
		    *arguments != '\0' ? " " : "", arguments, verb->help);
		if (!g_str_equal(word, verb->name))
			g_string_append_printf(out, " (/%s)", verb->name);
	}
	return g_string_free(out, FALSE);
}

char *
act_macros(ActScene *scene, GError **error G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autofree char *joined = NULL;
	MacroScene macro;
	char number[32];

	facts_macro_scene(scene->facts, scene->desk, &macro, number);
	list = macro_list(&macro);
	if (list->len == 0)
		return g_strdup_printf("there are no macros for queue %s in "
				       "%s",
		    macro.queue, macro.language);
	g_ptr_array_add(list, NULL);
	joined = g_strjoinv("\n", (char **)list->pdata);
	return g_strdup_printf("macros for queue %s in %s:\n\n%s", macro.queue,
	    macro.language, joined);
}
