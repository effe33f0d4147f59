/* digest.c - makes the digest. Called by daemon/tick when the timers are due
 * that policy/notify has set. */
#include "policy/digest.h"

#include <string.h>

#include "ground/text.h"
#include "policy/letter.h"
#include "policy/ticket.h"

enum { WORDS_MOST = 200, ITEMS_MOST = 100 };

void
digest_item_free(DigestItem *item)
{
	if (item == NULL)
		return;
	facts_free(item->facts);
	g_free(item->words);
	g_free(item);
}

static const AddressRow *
row_of(const Facts *facts, gint64 id)
{
	for (guint i = 0; i < facts->agents->len; i++) {
		const AddressRow *row = facts->agents->pdata[i];

		if (row->id == id)
			return row;
	}
	return NULL;
}

static void
set_holder(MustacheData *data, const Facts *facts)
{
	const AddressRow *row = row_of(facts, facts->ticket->agent);
	const Agent *agent =
	    row != NULL ? roster_find(facts->roster, row->address) : NULL;

	if (agent != NULL)
		mustache_set(data, "agent",
		    *agent->name != '\0' ? agent->name : agent->address);
}

static MustacheData *
item_data(const DigestItem *item, const AddressRow *agent, const Desk *desk,
    const char *language, gint64 now)
{
	const Facts *facts = item->facts;
	const Ticket *ticket = facts->ticket;
	MustacheData *data = mustache_data_new();
	g_autofree char *number = g_strdup_printf(
	    "%" G_GINT64_FORMAT, ticket->number);
	g_autofree char *subject = letter_subject(ticket->subject);
	g_autofree char *words = text_clean_line(item->words, WORDS_MOST);
	g_autofree char *answer =
	    letter_answer_address(facts, desk, agent->id);

	mustache_set(data, "ticket", number);
	mustache_set(data, "subject", subject);
	mustache_set(data, "state", ticket->state);
	mustache_set(data, "words", words);
	mustache_set(data, "answer", answer);
	if (facts->requester != NULL)
		mustache_set(data, "customer", facts->requester->written);
	set_holder(data, facts);
	if (ticket->promised > now && !ticket_is_done(ticket))
		letter_set_instant(
		    data, facts, language, "promise_at", ticket->promised);
	return data;
}

void
digest_letter(const GPtrArray *items, gint64 agent, const char *cause,
    const Desk *desk, gint64 now, Effects *effects)
{
	const DigestItem *first = items->pdata[0];
	const AddressRow *to = NULL;
	g_autoptr(MustacheData) data = NULL;
	g_autofree char *count = NULL;
	LetterPlan plan = { 0 };
	guint n = 0;

	for (guint i = 0; i < items->len && to == NULL; i++)
		to = row_of(((DigestItem *)items->pdata[i])->facts, agent);
	if (to == NULL)
		return;
	plan.letter = LETTER_DIGEST;
	plan.language = templates_language(
	    desk->templates, LETTER_DIGEST, desk->site->default_language);
	data = letter_data(first->facts, effects);
	for (guint i = 0; i < items->len && n < ITEMS_MOST; i++, n++)
		mustache_append(data, "tickets",
		    item_data(
			items->pdata[i], to, desk, plan.language, now));
	count = g_strdup_printf("%u", items->len);
	mustache_set(data, "count", count);
	plan.cause = cause;
	plan.to = to;
	plan.class = COMPOSE_AUTO_GENERATED;
	plan.reply_kind = TOKEN_NOTE;
	plan.inside = TRUE;
	plan.apart = TRUE;
	plan.data = data;
	letter_add(first->facts, desk, now, &plan, effects);
}
