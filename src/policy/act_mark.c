/* act_mark.c - what is noted on a ticket and of its people (act.h): priority,
 * tags, promise, language, name, copy, waiting, reminders, absence. */
#include "policy/act_private.h"

#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/text.h"
#include "mail/address.h"
#include "policy/customer.h"
#include "policy/locale.h"
#include "policy/ticket.h"
#include "policy/when.h"
#include "store/labels.h"
#include "store/links.h"

enum { TAG_MOST = 40, TAGS_MOST = 20 };

static const char *
text_of(GHashTable *change, const char *key)
{
	const char *text = g_hash_table_lookup(change, key);

	return text != NULL ? text : "";
}

static gint64
number_of(GHashTable *change, const char *key)
{
	return g_ascii_strtoll(text_of(change, key), NULL, 10);
}

static gboolean
changed_since(const ActScene *scene, const char *what, GError **error)
{
	return error_permanent(error,
	    "the %s of ticket %" NUMBER " has changed since: undo would "
	    "destroy that",
	    what, scene->effects->ticket->number);
}

/* As the agent reads it. */
static char *
instant(const ActScene *scene, gint64 when)
{
	const Agent *agent = act_agent(scene);
	const Site *site = scene->desk->site;

	if (agent == NULL)
		return clock_rfc3339(when);
	return locale_instant(
	    *agent->language != '\0' ? agent->language : site->default_language,
	    agent_zone(agent, site), when);
}

/* --- labels ---------------------------------------------------------------- */

static char *
escape(const char *word)
{
	return g_uri_escape_string(word, NULL, FALSE);
}

static gboolean
set_priority(ActScene *scene, const char *now, char **before, GError **error)
{
	gint64 id = scene->effects->ticket->id;
	g_autoptr(GPtrArray) list =
	    label_list(scene->txn, id, "priority", error);
	gboolean changed;

	if (list == NULL)
		return FALSE;
	*before = g_strdup(list->len > 0 ? list->pdata[0] : "normal");
	if (list->len > 0 && !label_remove(scene->txn, id, "priority",
				 list->pdata[0], &changed, error))
		return FALSE;
	return g_str_equal(now, "normal") ||
	       label_add(scene->txn, id, "priority", now, &changed, error);
}

char *
act_priority(ActScene *scene, GError **error)
{
	static const char *const known[] = { "low", "normal", "high", "urgent",
		NULL };
	g_autofree char *word = g_ascii_strdown(scene->act->word, -1);
	g_autofree char *before = NULL;
	Ticket *ticket = scene->effects->ticket;

	if (!g_strv_contains(known, word)) {
		error_permanent(error,
		    "\"%s\" is no priority; there is low, normal, high, urgent",
		    scene->act->word);
		return NULL;
	}
	if (!set_priority(scene, word, &before, error))
		return NULL;
	if (g_str_equal(before, word)) {
		error_permanent(error,
		    "the priority of ticket %" NUMBER " is %s already",
		    ticket->number, word);
		return NULL;
	}
	effects_event(scene->effects, "priority", scene->act->actor,
	    "%s, before: %s", word, before);
	effects_change(scene->effects, "kind=priority&before=%s&now=%s", before,
	    word);
	ticket->updated = scene->now;
	return g_strdup_printf("the priority of ticket %" NUMBER " is %s",
	    ticket->number, word);
}

static char *
clean_tag(const char *word, GError **error)
{
	g_autofree char *clean = text_clean_line(word, TAG_MOST + 1);
	g_autofree char *folded = g_utf8_strdown(clean, -1);

	if (*folded != '\0' && g_utf8_strlen(folded, -1) <= TAG_MOST)
		return g_steal_pointer(&folded);
	error_permanent(error, "\"%s\" is no tag: up to %d letters", clean,
	    TAG_MOST);
	return NULL;
}

/* One word; TRUE and an event if it changed something. */
static gboolean
tag_one(ActScene *scene, const char *word, GError **error)
{
	gboolean off = *word == '-', changed;
	g_autofree char *tag = clean_tag(word + off, error);
	g_autofree char *escaped = NULL;
	gint64 id = scene->effects->ticket->id;

	if (tag == NULL ||
	    !(off ? label_remove(scene->txn, id, "tag", tag, &changed, error)
		  : label_add(scene->txn, id, "tag", tag, &changed, error)))
		return FALSE;
	if (!changed)
		return error_permanent(error,
		    off ? "ticket %" NUMBER " has no tag %s"
			: "ticket %" NUMBER " has the tag %s already",
		    scene->effects->ticket->number, tag);
	escaped = escape(tag);
	effects_event(scene->effects, "tagged", scene->act->actor, "%s%s",
	    off ? "no longer " : "", tag);
	effects_change(scene->effects, "kind=tag&%s=%s", off ? "before" : "now",
	    escaped);
	return TRUE;
}

static char *
tags_of(ActScene *scene, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	g_autoptr(GPtrArray) tags =
	    label_list(scene->txn, ticket->id, "tag", error);
	g_autofree char *joined = NULL;

	if (tags == NULL)
		return NULL;
	if (tags->len == 0)
		return g_strdup_printf("ticket %" NUMBER " has no tags",
		    ticket->number);
	g_ptr_array_add(tags, NULL);
	joined = g_strjoinv(", ", (char **)tags->pdata);
	return g_strdup_printf("tags of ticket %" NUMBER ": %s",
	    ticket->number, joined);
}

char *
act_tag(ActScene *scene, GError **error)
{
	g_auto(GStrv) words = g_strsplit_set(scene->act->word, " ,", -1);
	guint n = 0;

	for (guint i = 0; words[i] != NULL; i++) {
		if (*words[i] == '\0')
			continue;
		if (n++ >= TAGS_MOST || !tag_one(scene, words[i], error)) {
			if (n > TAGS_MOST)
				error_permanent(error, "these are too many");
			return NULL;
		}
	}
	scene->effects->ticket->updated = scene->now;
	return tags_of(scene, error);
}

gboolean
act_undo_label(ActScene *scene, GHashTable *change, GError **error)
{
	const char *kind = text_of(change, "kind");
	const char *before = text_of(change, "before");
	const char *now = text_of(change, "now");
	gint64 id = scene->effects->ticket->id;
	g_autofree char *was = NULL;
	gboolean changed = TRUE;

	if (g_str_equal(kind, "priority")) {
		if (!set_priority(scene, before, &was, error))
			return FALSE;
		return g_str_equal(was, now) ||
		       changed_since(scene, "priority", error);
	}
	if (*now != '\0' &&
	    !label_remove(scene->txn, id, "tag", now, &changed, error))
		return FALSE;
	if (*before != '\0' &&
	    !label_add(scene->txn, id, "tag", before, &changed, error))
		return FALSE;
	return changed || changed_since(scene, "tag", error);
}

/* --- times ------------------------------------------------------------------- */

char *
act_promise(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autofree char *text = NULL, *at = NULL;
	gint64 when;

	if (!act_when(scene, scene->act->word, &when, error))
		return NULL;
	if (ticket_is_done(ticket)) {
		error_permanent(error, "ticket %" NUMBER " is %s",
		    ticket->number, ticket->state);
		return NULL;
	}
	at = clock_rfc3339(when);
	effects_event(scene->effects, "promised", scene->act->actor,
	    "%s (by an agent)", at);
	effects_change(scene->effects, "promised=%" NUMBER "&now=%" NUMBER,
	    ticket->promised, when);
	ticket->promised = when;
	ticket->updated = scene->now;
	text = instant(scene, when);
	return g_strdup_printf("ticket %" NUMBER " is promised by %s",
	    ticket->number, text);
}

char *
act_wait(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autofree char *text = NULL;
	gint64 when = 0;

	if (scene->act->word != NULL && *scene->act->word != '\0' &&
	    !act_when(scene, scene->act->word, &when, error))
		return NULL;
	if (when != 0)
		text = instant(scene, when);
	/* It may be waiting since the answer above: then the time is news. */
	if (when != 0 && g_str_equal(ticket->state, "waiting"))
		effects_event(scene->effects, "waiting", scene->act->actor,
		    "%s", text);
	else if (!ticket_move_by(scene->effects, TICKET_ANSWER, "waiting",
		     scene->act->actor,
		     text != NULL ? text : "for the customer", scene->now)) {
		error_permanent(error, "ticket %" NUMBER " is %s already",
		    ticket->number, ticket->state);
		return NULL;
	}
	if (!timer_drop(scene->txn, ticket->id, "wake", 0, error) ||
	    (when != 0 &&
		!timer_add(scene->txn, ticket->id, "wake", 0, when, error)))
		return NULL;
	return text != NULL
		   ? g_strdup_printf("ticket %" NUMBER " is waiting; it opens "
				     "again %s",
			 ticket->number, text)
		   : g_strdup_printf("ticket %" NUMBER " is waiting",
			 ticket->number);
}

static AddressRow *
himself(ActScene *scene, GError **error)
{
	if (scene->act->agent == NULL) {
		error_permanent(error, "who? say --as with an agent's address");
		return NULL;
	}
	return party_need(scene->txn, scene->act->agent, scene->act->agent, "",
	    scene->now, error);
}

char *
act_remind(ActScene *scene, GError **error)
{
	const Ticket *ticket = scene->effects->ticket;
	g_autoptr(AddressRow) agent = himself(scene, error);
	g_autofree char *text = NULL;
	gint64 when;

	if (agent == NULL || !act_when(scene, scene->act->word, &when, error) ||
	    !timer_drop(scene->txn, ticket->id, "remind", agent->id, error) ||
	    !timer_add(scene->txn, ticket->id, "remind", agent->id, when,
		error))
		return NULL;
	text = instant(scene, when);
	effects_event(scene->effects, "reminder", scene->act->actor, "%s",
	    text);
	return g_strdup_printf("you hear of ticket %" NUMBER " again %s",
	    ticket->number, text);
}

/* The row alone: what the configuration says of his queues stays there. */
static Agent *
stored_agent(ActScene *scene, GError **error)
{
	g_autoptr(GError) reason = NULL;
	Agent *agent =
	    agent_by_address(scene->txn, scene->act->agent, &reason);

	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (agent == NULL)
		agent = agent_new(scene->act->agent);
	return agent;
}

char *
act_away(ActScene *scene, GError **error)
{
	g_autoptr(AddressRow) row = himself(scene, error);
	g_autoptr(Agent) agent = NULL;
	g_autofree char *text = NULL;
	gint64 when = 0;

	if (row == NULL)
		return NULL;
	if (!verb_is_word(scene->act->word, "off") &&
	    !act_when(scene, scene->act->word, &when, error))
		return NULL;
	agent = stored_agent(scene, error);
	if (agent == NULL)
		return NULL;
	agent->away_until = when;
	if (!agent_store(scene->txn, agent, error))
		return NULL;
	if (when == 0)
		return g_strdup("you are at work again");
	text = instant(scene, when);
	return g_strdup_printf("you are away until %s", text);
}

/* --- people ------------------------------------------------------------------ */

static Customer *
need_customer(ActScene *scene, GError **error)
{
	if (scene->facts->requester != NULL)
		return customer_find(scene->txn,
		    scene->facts->requester->address, error);
	error_permanent(error, "the customer of ticket %" NUMBER
			       " is not known",
	    scene->effects->ticket->number);
	return NULL;
}

/* The ticket's, and what is remembered for his next one. */
static gboolean
put_language(ActScene *scene, const char *language, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	g_autoptr(Customer) customer = need_customer(scene, error);
	CustomerWords words = { 0 };

	words.language = language;
	if (customer == NULL ||
	    !customer_set(scene->txn, customer, &words, error))
		return FALSE;
	g_free(ticket->language);
	ticket->language = g_strdup(language);
	return TRUE;
}

char *
act_language(ActScene *scene, GError **error)
{
	Ticket *ticket = scene->effects->ticket;
	const char *language = scene->act->word;
	g_autofree char *before = g_strdup(ticket->language);

	if (!put_language(scene, language, error))
		return NULL;
	effects_event(scene->effects, "language", scene->act->actor,
	    "%s, before: %s", language, before);
	effects_change(scene->effects, "language=%s&now=%s", before, language);
	ticket->updated = scene->now;
	return g_strdup_printf("the language of ticket %" NUMBER " is %s",
	    ticket->number, language);
}

gboolean
act_undo_language(ActScene *scene, GHashTable *change, GError **error)
{
	if (!g_str_equal(scene->effects->ticket->language,
		text_of(change, "now")))
		return changed_since(scene, "language", error);
	return put_language(scene, text_of(change, "language"), error);
}

char *
act_name(ActScene *scene, GError **error)
{
	g_autoptr(Customer) customer = need_customer(scene, error);
	CustomerWords words = { 0 };

	words.name = scene->act->word;
	if (customer == NULL ||
	    !customer_set(scene->txn, customer, &words, error))
		return NULL;
	/* The name itself is in his profile, which can be erased. */
	effects_event(scene->effects, "name", scene->act->actor,
	    "the customer's name was set");
	return g_strdup_printf("the customer is %s", customer->profile->name);
}

static AddressRow *
need_copied(ActScene *scene, const char *address, GError **error)
{
	g_autofree char *folded = address_fold(address);

	if (!address_is_valid(address) || !address_may_mail(address))
		error_permanent(error,
		    "\"%s\" is no address that can be written to", address);
	else if (site_is_own(scene->desk->site, folded) ||
		 roster_has(scene->facts->roster, folded))
		error_permanent(error,
		    "%s is an address of this desk: its people hear of the "
		    "ticket anyway, and a customer must not read of them",
		    address);
	else
		return party_need(scene->txn, folded, address, "", scene->now,
		    error);
	return NULL;
}

/* role "" takes him off; *before: what he was. */
static gboolean
put_role(ActScene *scene, gint64 address, const char *role, char **before,
    GError **error)
{
	gint64 ticket = scene->effects->ticket->id;

	*before = participant_role(scene->txn, ticket, address, error);
	if (*before == NULL)
		return FALSE;
	if (*role == '\0')
		return participant_remove(scene->txn, ticket, address, error);
	return **before == '\0'
		   ? participant_add(scene->txn, ticket, address, role,
			 scene->now, error)
		   : participant_set_role(scene->txn, ticket, address, role,
			 error);
}

char *
act_cc(ActScene *scene, GError **error)
{
	g_auto(GStrv) words = g_strsplit(scene->act->word, " ", 2);
	gboolean add = verb_is_word(words[0], "add");
	const char *address = words[1] != NULL ? g_strstrip(words[1]) : "";
	g_autoptr(AddressRow) row = NULL;
	g_autofree char *before = NULL;

	if ((!add && !verb_is_word(words[0], "remove")) || *address == '\0') {
		error_permanent(error,
		    "write cc add ADDRESS, or cc remove ADDRESS");
		return NULL;
	}
	row = need_copied(scene, address, error);
	if (row == NULL || !put_role(scene, row->id, add ? "cc" : "", &before,
			       error))
		return NULL;
	if (g_str_equal(before, "requester") || g_str_equal(before, "reply") ||
	    g_str_equal(before, "cc") == add) {
		error_permanent(error, "%s %s", row->written,
		    add ? "takes part already" : "is not in copy");
		return NULL;
	}
	effects_event(scene->effects, "copy", scene->act->actor, "%s %s",
	    row->written, add ? "is in copy" : "is no longer in copy");
	effects_change(scene->effects, "address=%" NUMBER "&before=%s&now=%s",
	    row->id, before, add ? "cc" : "");
	scene->effects->ticket->updated = scene->now;
	return g_strdup_printf("%s %s", row->written,
	    add ? "has the answers in copy from now on"
		: "is no longer in copy");
}

gboolean
act_undo_cc(ActScene *scene, GHashTable *change, GError **error)
{
	g_autofree char *was = NULL;

	if (!put_role(scene, number_of(change, "address"),
		text_of(change, "before"), &was, error))
		return FALSE;
	return g_str_equal(was, text_of(change, "now")) ||
	       changed_since(scene, "copy", error);
}
