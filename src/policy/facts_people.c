/* facts_people.c - whom a mail concerns: mailbox, queues and agents, where its
 * author reads mail, and who else it was sent to. Part of policy/facts. */
#include "policy/facts_private.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "mail/addrlist.h"
#include "mail/alike.h"
#include "mail/author.h"
#include "policy/macro.h"
#include "policy/proof.h"
#include "policy/route.h"
#include "policy/ticket.h"
#include "policy/verb.h"
#include "store/labels.h"

enum { COPIED_MOST = 20, LIST_IDS_MOST = 8, DAY = 86400 };

static void
free_address(gpointer data)
{
	address_row_free(data);
}

static gboolean
has_row(const GPtrArray *rows, gint64 id)
{
	for (guint i = 0; i < rows->len; i++) {
		const AddressRow *row = rows->pdata[i];

		if (row->id == id)
			return TRUE;
	}
	return FALSE;
}

/* AuthorIsForm: our own address in From is a form of ours, too. */
static gboolean
writes_for_others(const char *address, gpointer data)
{
	const Site *site = data;

	return site_is_own(site, address) || site_is_form(site, address);
}

/* RFC 2919: list-id-header = "List-ID:" [phrase] "<" list-id ">"; some leave
 * the brackets out. */
static char *
list_id_of(const char *body)
{
	const char *open = strrchr(body, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;

	if (close != NULL)
		return g_strstrip(
		    g_strndup(open + 1, (gsize)(close - open - 1)));
	return g_strstrip(g_strdup(body));
}

/* T13: our own list carries customers' mail to us. Its signs are no signs of a
 * machine then, unless there are others or another list has had it, too. */
void
facts_look_through(Facts *facts, const Desk *desk)
{
	const Message *message = facts->message;
	g_autofree char *list_id = NULL;
	const char *body;

	for (guint n = 0; n < LIST_IDS_MOST &&
	     (body = message_field_nth(message, "List-Id", n)) != NULL;
	     n++) {
		g_free(list_id);
		list_id = list_id_of(body);
		if (!site_is_list_id(desk->site, list_id))
			return;
	}
	if (list_id == NULL ||
	    message->list_signs != message->kind_reasons->len)
		return;
	facts->looked_through = g_memdup2(message, sizeof *message);
	facts->looked_through->kind = MESSAGE_HUMAN;
	facts->looked_through->may_answer = TRUE;
	facts->message = facts->looked_through;
	facts->list_id = g_steal_pointer(&list_id);
}

void
facts_read_author(Facts *facts, const Desk *desk)
{
	const Address *from = message_author(facts->message);
	const char *field = NULL;

	if (from != NULL && writes_for_others(from->address,
				(gpointer)desk->site))
		facts->named = author_requester(facts->message,
		    writes_for_others, (gpointer)desk->site, &field);
	facts->named_by = facts->named != NULL ? field : NULL;
	facts->author = facts->named != NULL ? facts->named : from;
	if (facts->author != NULL && !address_is_valid(facts->author->address))
		facts->author = NULL;
}

static gboolean
may_be_customer(const Facts *facts, const Desk *desk, const char *folded)
{
	return !site_is_own(desk->site, folded) &&
	       !site_is_list(desk->site, folded) &&
	       !roster_has(facts->roster, folded);
}

/* "/for: WHAT WHY" */
static gboolean
refuse(Facts *facts, const char *what, const char *why)
{
	g_autofree char *clean = text_clean_line(what, 80);

	g_free(facts->refusal);
	facts->refusal = g_strdup_printf("/for: %s %s", clean, why);
	return TRUE;
}

static void
free_parsed(gpointer data)
{
	address_free(data);
}

/* "/for olim@x.example", or with his name before it. */
static gboolean
open_for(Facts *facts, StoreTxn *txn, const Desk *desk, const char *whom,
    gint64 now, GError **error)
{
	g_autoptr(GPtrArray) list =
	    g_ptr_array_new_with_free_func(free_parsed);
	const Address *address;
	g_autofree char *folded = NULL;

	addrlist_parse(whom, list);
	address = list->len == 1 ? list->pdata[0] : NULL;
	if (address == NULL || !address_is_valid(address->address) ||
	    !address_may_mail(address->address))
		return refuse(
		    facts, whom, "is no address that can be written to");
	folded = address_fold(address->address);
	if (!may_be_customer(facts, desk, folded))
		return refuse(facts, whom, "is of this desk, and no customer");
	facts->forwarded = party_need(txn, folded, address->address,
	    address->name, now, error);
	if (facts->forwarded == NULL)
		return FALSE;
	facts->opened_for = TRUE;
	/* The words are the agent's: what is remembered of the customer. */
	lang_choice_free(facts->lang);
	facts->lang = lang_choose("", "", NULL, address, facts->forwarded,
	    facts->mailbox);
	return TRUE;
}

/* AC-13: a colleague passes a customer's mail on, or writes for one. Only a
 * proven agent's word makes somebody whom a text names our customer. */
gboolean
facts_read_forwarded(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	g_autoptr(Forward) forward = NULL;
	g_autoptr(Orders) orders = NULL;
	g_autofree char *folded = NULL;
	const char *whom;

	if (facts->ticket != NULL || !facts->from_agent ||
	    facts->auth != AUTH_PASS || facts->message->kind != MESSAGE_HUMAN)
		return TRUE;
	orders = orders_read(facts->message->new_text);
	if (orders->fault != NULL) {
		facts->refusal = g_strdup(orders->fault);
		return TRUE;
	}
	whom = orders_argument(orders->list, "for");
	if (whom != NULL)
		return open_for(facts, txn, desk, whom, now, error);
	forward = author_forwarded(facts->message);
	if (forward != NULL && forward->author != NULL &&
	    address_may_mail(forward->author->address))
		folded = address_fold(forward->author->address);
	if (folded != NULL && may_be_customer(facts, desk, folded)) {
		facts->forwarded = party_need(txn, folded,
		    forward->author->address, "", now, error);
		if (facts->forwarded == NULL)
			return FALSE;
		/* In the customer's words, not the colleague's. */
		lang_choice_free(facts->lang);
		facts->lang = lang_choose(forward->text, forward->subject,
		    NULL, forward->author, facts->forwarded, facts->mailbox);
		return TRUE;
	}
	if (orders->list->len > 0)
		facts->refusal = g_strdup(
		    "the mail names no ticket: commands stand in an answer to "
		    "a notification, or below /for");
	return TRUE;
}

/* THREATS 2: a single Reply-To counts, of an author who is proven. */
gboolean
facts_read_reply_to(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	const GPtrArray *list = facts->message->reply_to;
	const Address *address = list->len == 1 ? list->pdata[0] : NULL;
	g_autofree char *folded = NULL;

	if (address == NULL || facts->auth != AUTH_PASS || facts->from_agent ||
	    facts->named != NULL ||
	    !address_may_mail(address->address) ||
	    address_is_robot(address->address))
		return TRUE;
	folded = address_fold(address->address);
	if (site_is_own(desk->site, folded) ||
	    site_is_list(desk->site, folded) ||
	    roster_has(facts->roster, folded) ||
	    g_str_equal(folded, facts->sender->address))
		return TRUE;
	facts->reply_to =
	    party_need(txn, folded, address->address, "", now, error);
	return facts->reply_to != NULL;
}

/* Those besides us and the author to whom the mail was sent; agents hear of
 * it anyway. Kept for a ticket that this mail opens, if its author is proven:
 * Cc on any other mail adds nobody (THREATS 3.3). */
static gboolean
add_copied(Facts *facts, StoreTxn *txn, const Desk *desk,
    const GPtrArray *addresses, gint64 now, GError **error)
{
	for (guint i = 0;
	     i < addresses->len && facts->copied->len < COPIED_MOST; i++) {
		const Address *address = addresses->pdata[i];
		g_autofree char *folded = address_fold(address->address);
		AddressRow *row;

		if (!address_may_mail(address->address) ||
		    site_is_own(desk->site, folded) ||
		    site_is_list(desk->site, folded) ||
		    roster_has(facts->roster, folded) ||
		    g_str_equal(folded, facts->sender->address))
			continue;
		row = party_need(txn, folded, address->address, "", now, error);
		if (row == NULL)
			return FALSE;
		if (has_row(facts->copied, row->id))
			address_row_free(row);
		else
			g_ptr_array_add(facts->copied, row);
	}
	return TRUE;
}

gboolean
facts_read_copied(Facts *facts, StoreTxn *txn, const Desk *desk, gint64 now,
    GError **error)
{
	const Message *message = facts->message;

	facts->copied = g_ptr_array_new_with_free_func(free_address);
	if (facts->sender == NULL || facts->auth != AUTH_PASS ||
	    message->kind != MESSAGE_HUMAN ||
	    (facts->reach == REACH_JOINS && !ticket_is_done(facts->ticket)))
		return TRUE;
	return add_copied(facts, txn, desk, message->to, now, error) &&
	       add_copied(facts, txn, desk, message->cc, now, error);
}

static gboolean
add_agent(GPtrArray *agents, StoreTxn *txn, const char *address, gint64 now,
    GError **error)
{
	AddressRow *row = party_need(txn, address, address, "", now, error);

	if (row == NULL)
		return FALSE;
	if (has_row(agents, row->id))
		address_row_free(row);
	else
		g_ptr_array_add(agents, row);
	return TRUE;
}

/* Those of the configuration, in its order, then those of the store, and those
 * who see all. */
static gboolean
add_agents(GPtrArray *agents, const Facts *facts, StoreTxn *txn,
    const Queue *queue, gint64 now, GError **error)
{
	for (guint i = 0; queue != NULL && i < queue->agents->len; i++)
		if (!add_agent(
			agents, txn, queue->agents->pdata[i], now, error))
			return FALSE;
	for (guint i = 0; queue != NULL && i < facts->roster->len; i++) {
		const Agent *agent = facts->roster->pdata[i];

		if ((agent_in_queue(agent, queue->name) ||
			agent_is_supervisor(agent)) &&
		    !add_agent(agents, txn, agent->address, now, error))
			return FALSE;
	}
	return TRUE;
}

/* also: of char *, further queues; those that have left the configuration
 * count no more. */
GPtrArray *
facts_agents_of(const Facts *facts, StoreTxn *txn, const Desk *desk,
    const Queue *queue, const GPtrArray *also, gint64 now, GError **error)
{
	g_autoptr(GPtrArray) agents =
	    g_ptr_array_new_with_free_func(free_address);

	if (!add_agents(agents, facts, txn, queue, now, error))
		return NULL;
	for (guint i = 0; also != NULL && i < also->len; i++)
		if (!add_agents(agents, facts, txn,
			site_queue(desk->site, also->pdata[i]), now, error))
			return NULL;
	return g_steal_pointer(&agents);
}

static void
add_mailboxes(GPtrArray *out, const Desk *desk, const GPtrArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++) {
		const Address *address = addresses->pdata[i];
		const Mailbox *mailbox =
		    site_mailbox_by_address(desk->site, address->address);

		if (mailbox != NULL && !g_ptr_array_find(out, mailbox, NULL))
			g_ptr_array_add(out, (gpointer)mailbox);
	}
}

static void
add_queue(GPtrArray *also, const Mailbox *mailbox)
{
	if (mailbox->also_notify && !g_ptr_array_find_with_equal_func(also,
					mailbox->queue, g_str_equal, NULL))
		g_ptr_array_add(also, g_strdup(mailbox->queue));
}

/* Who a mail in the spool came for; if that mailbox has since left the
 * configuration, the first one. */
const Mailbox *
facts_mailbox(const Desk *desk, const char *name)
{
	const Mailbox *mailbox = site_mailbox(desk->site, name);

	if (mailbox == NULL && desk->site->mailboxes->len > 0)
		mailbox = desk->site->mailboxes->pdata[0];
	return mailbox;
}

/* The mailbox, the queue that a new ticket would have, and further queues. One
 * mail to two mailboxes comes by two doors, in any order: the ticket is that
 * of the one named first, whichever door was quicker. */
void
facts_read_home(Facts *facts, const Desk *desk, const char *envelope_mailbox)
{
	const Message *message = facts->message;
	g_autoptr(GPtrArray) named = g_ptr_array_new();
	const char *queue;

	facts->mailbox = facts_mailbox(desk, envelope_mailbox);
	facts->home.also = g_ptr_array_new_with_free_func(g_free);
	if (facts->mailbox == NULL)
		return;
	add_mailboxes(named, desk, message->to);
	add_mailboxes(named, desk, message->cc);
	if (g_ptr_array_find(named, facts->mailbox, NULL))
		facts->mailbox = named->pdata[0];
	facts->lang = lang_choose(message->new_text, message->subject, message,
	    facts->author, facts->sender, facts->mailbox);
	facts->rule = route_choose(desk->site, message, facts->author,
	    facts->mailbox, facts->lang->tag);
	queue = facts->rule != NULL ? route_queue(facts->rule)
				    : facts->mailbox->queue;
	facts->home.queue = site_queue(desk->site, queue);
	for (guint i = 0; i < named->len; i++) {
		const Mailbox *mailbox = named->pdata[i];

		if (mailbox != facts->mailbox &&
		    !g_str_equal(mailbox->queue, queue))
			add_queue(facts->home.also, mailbox);
	}
}

/* Only a person is helped by reading, and by what is in his language. */
gboolean
facts_read_faq(Facts *facts, StoreTxn *txn, GError **error)
{
	const Message *message = facts->message;
	g_autoptr(GPtrArray) rows = NULL;
	g_autofree char *text = NULL;

	if (facts->ticket != NULL && !faq_count_shown(txn, facts->ticket->id,
					 &facts->faq_shown, error))
		return FALSE;
	if (message->kind != MESSAGE_HUMAN || facts->from_agent ||
	    facts->imported || facts->mailbox == NULL)
		return TRUE;
	rows = faq_all(txn, error);
	if (rows == NULL)
		return FALSE;
	text = g_strconcat(message->subject, "\n", message->new_text, NULL);
	facts->faq = faq_choose(
	    rows, text, facts->lang->tag, facts->mailbox->name, FALSE);
	return TRUE;
}

/* Two machines, one at an agent's address and one at the customer's, would go
 * on for ever through us. */
static gboolean
count_repeats(Facts *facts, StoreTxn *txn, GError **error)
{
	g_autoptr(GPtrArray) answers = message_answers(txn, facts->ticket->id,
	    facts->sender->id, facts->envelope->received - DAY, error);

	for (guint i = 0; answers != NULL && i < answers->len; i++) {
		g_autofree char *words = alike_key(answers->pdata[i]);

		if (alike_keys(facts->words, words))
			facts->repeats++;
	}
	return answers != NULL;
}

/* An agent answers a notification: whose mail did that tell of? */
gboolean
facts_read_answered(Facts *facts, StoreTxn *txn, GError **error)
{
	const GPtrArray *ids = facts->message->in_reply_to;

	if (facts->ticket == NULL || !facts->from_agent)
		return TRUE;
	if (!count_repeats(facts, txn, error))
		return FALSE;
	for (guint i = 0; i < ids->len && i < 8 && !facts->answers_note; i++)
		if (!message_is_note(txn, facts->ticket->id, ids->pdata[i],
			&facts->answers_note, error))
			return FALSE;
	for (guint i = 0; i < ids->len && i < 8 && facts->answered == 0; i++)
		if (!message_told_of(txn, facts->ticket->id, ids->pdata[i],
			&facts->answered, error))
			return FALSE;
	return TRUE;
}

static gboolean
add_colleagues(Facts *facts, StoreTxn *txn, const GPtrArray *addresses,
    gint64 now, GError **error)
{
	for (guint i = 0;
	     i < addresses->len && facts->colleagues->len < COPIED_MOST; i++) {
		const Address *address = addresses->pdata[i];
		const Agent *agent =
		    roster_find(facts->roster, address->address);

		if (agent != NULL && agent != facts->agent &&
		    !add_agent(facts->colleagues, txn, agent->address, now,
			error))
			return FALSE;
	}
	return TRUE;
}

/* Who has left the desk watches no more. */
gboolean
facts_read_watchers(Facts *facts, StoreTxn *txn, gint64 now, GError **error)
{
	g_autoptr(GPtrArray) words = NULL;

	facts->watchers = g_ptr_array_new_with_free_func(free_address);
	facts->colleagues = g_ptr_array_new_with_free_func(free_address);
	if (facts->ticket == NULL)
		return TRUE;
	words = label_list(txn, facts->ticket->id, "watcher", error);
	if (words == NULL)
		return FALSE;
	for (guint i = 0; i < words->len; i++)
		if (roster_has(facts->roster, words->pdata[i]) &&
		    !add_agent(facts->watchers, txn, words->pdata[i], now,
			error))
			return FALSE;
	if (facts->message == NULL || !facts->from_agent)
		return TRUE;
	return add_colleagues(facts, txn, facts->message->to, now, error) &&
	       add_colleagues(facts, txn, facts->message->cc, now, error);
}

void
facts_macro_scene(const Facts *facts, const Desk *desk, MacroScene *scene,
    char number[32])
{
	const Ticket *ticket = facts->ticket;
	const AddressRow *customer = facts->requester;

	g_snprintf(number, 32, "%" G_GINT64_FORMAT, ticket->number);
	scene->dir = desk->site->templates_dir;
	scene->queue = ticket->queue;
	scene->language = ticket->language;
	scene->tone = customer != NULL ? customer->tone : "";
	scene->ticket = number;
	scene->subject = ticket->subject;
	scene->customer = customer != NULL ? customer->name : "";
	scene->agent = facts->agent != NULL && *facts->agent->name != '\0'
			   ? facts->agent->name
			   : facts->author != NULL ? facts->author->name
						   : "";
	scene->brand = facts->mailbox->display_name;
}

void
facts_read_macro(Facts *facts, const Desk *desk)
{
	g_autoptr(Orders) orders = orders_read(facts->message->new_text);
	const char *call = orders_argument(orders->list, "macro");
	g_autoptr(GError) why = NULL;
	MacroScene scene;
	char number[32];

	if (call == NULL || orders->fault != NULL || facts->refusal != NULL)
		return;
	if (facts->ticket == NULL) {
		facts->refusal = g_strdup("/macro: please answer the "
					  "notification of a ticket");
		return;
	}
	facts_macro_scene(facts, desk, &scene, number);
	facts->preview = macro_is_preview(call);
	facts->macro = macro_render(&scene, call, &why);
	if (facts->macro == NULL)
		facts->refusal = g_strconcat("/macro: ", why->message, NULL);
}
