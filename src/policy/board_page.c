/* board_page.c - see board_page.h. Called by daemon/board.
 *
 * The ticket's head and its public conversation, newest first. The state is
 * not in it: the folder shows that, and a move must not cost a new message. */
#include "policy/board_page.h"

#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "mail/address.h"
#include "mail/quote.h"
#include "policy/calendar.h"
#include "policy/letter.h"
#include "policy/locale.h"

enum { MESSAGES_MOST = 30, TEXT_MOST = 8 << 10 };

/* One ticket, as its message is made. */
typedef struct Page {
	StoreTxn *txn;
	const Desk *desk;
	const Board *board;
	const char *version;
	gint64 now;
	Ticket *ticket;
	const Mailbox *mailbox;
	const char *zone;
	AddressRow *customer; /* NULL: not known */
	AddressRow *agent;    /* NULL: nobody has it */
	AddressRow *reader;   /* who answers by replying; NULL: nobody */
	const char *language;
} Page;

static void
page_clear(Page *page)
{
	ticket_free(page->ticket);
	address_row_free(page->customer);
	address_row_free(page->agent);
	address_row_free(page->reader);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Page, page_clear)

/* --- keys ------------------------------------------------------------------ */

static gint64
party_of(const Board *board)
{
	return (gint64)g_str_hash(board->name);
}

static char *
token_of(const Board *board, const TokenKeys *keys, gint64 ticket)
{
	return token_make(keys, TOKEN_BOARD, ticket, party_of(board));
}

char *
board_key(const Board *board, const TokenKeys *keys, gint64 ticket,
    const char *version)
{
	g_autofree char *token = token_of(board, keys, ticket);

	return g_strdup_printf("%s;%08x", token, board_version(version));
}

gint64
board_key_ticket(const Board *board, const TokenKeys *keys, const char *key,
    guint *version)
{
	const char *end = key != NULL ? strchr(key, ';') : NULL;
	Token token;

	if (end == NULL || !token_verify(keys, key, end - key, &token) ||
	    token.kind != TOKEN_BOARD || token.party != party_of(board))
		return 0;
	*version = (guint)g_ascii_strtoull(end + 1, NULL, 16);
	return token.ticket;
}

/* --- rows ------------------------------------------------------------------ */

/* id 0: nobody; FALSE with error of the store. */
static gboolean
read_party(Page *page, gint64 id, AddressRow **row, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (id != 0)
		*row = party_by_id(page->txn, id, &reason);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

static const char *
zone_of(const Page *page)
{
	const Queue *queue = site_queue(page->desk->site, page->ticket->queue);
	const Calendar *calendar = queue != NULL && *queue->calendar != '\0'
	    ? site_calendar(page->desk->site, queue->calendar)
	    : NULL;

	return calendar != NULL ? calendar_timezone(calendar) : "UTC";
}

static const Mailbox *
mailbox_of(const Page *page)
{
	const Site *site = page->desk->site;
	const Mailbox *mailbox = site_mailbox(site, page->ticket->mailbox);

	return mailbox != NULL || site->mailboxes->len == 0
	    ? mailbox
	    : site->mailboxes->pdata[0];
}

static gboolean
read_page(Page *page, gint64 id, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gint64 reader = 0;

	page->ticket = ticket_by_id(page->txn, id, &reason);
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	if (page->ticket == NULL)
		return error_permanent(
		    error, "ticket %" G_GINT64_FORMAT " is not there", id);
	page->mailbox = mailbox_of(page);
	if (page->mailbox == NULL)
		return error_permanent(error, "the site has no mailbox");
	page->zone = zone_of(page);
	page->language = templates_language(page->desk->templates,
	    LETTER_BOARD, page->desk->site->default_language);
	if (!read_party(page, page->ticket->requester, &page->customer,
		error) ||
	    !read_party(page, page->ticket->agent, &page->agent, error))
		return FALSE;
	if (*page->board->agent != '\0')
		page->reader = party_by_address(
		    page->txn, page->board->agent, &reason);
	else if (page->agent != NULL)
		reader = page->agent->id;
	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	return read_party(page, reader, &page->reader, error);
}

/* --- the text -------------------------------------------------------------- */

static char *
person(const char *name, const char *address)
{
	g_autofree char *clean = text_clean_line(name, 60);

	return *clean != '\0' ? g_strdup_printf("%s <%s>", clean, address)
			      : g_strdup(address);
}

static void
set_instant(const Page *page, MustacheData *data, const char *name, gint64 when)
{
	g_autofree char *text = when != 0
	    ? locale_instant(page->language, page->zone, when)
	    : NULL;

	if (text != NULL)
		mustache_set(data, name, text);
}

static void
add_message(const Page *page, const MessageRow *row, MustacheData *data)
{
	MustacheData *item = mustache_data_new();
	gboolean out = g_str_equal(row->direction, "out");
	g_autofree char *who = out ? text_clean_line(row->from_name, 60)
				   : person(row->from_name, row->from_address);
	const char *text = *row->new_text != '\0' ? row->new_text
						  : row->body_text;
	g_autofree char *cut = g_strndup(text, TEXT_MOST);

	if (strlen(text) > TEXT_MOST)
		*g_utf8_find_prev_char(cut, cut + TEXT_MOST) = '\0';
	g_strchomp(cut);
	mustache_set(item, "who", who);
	set_instant(page, item, "at", row->received);
	mustache_set_flag(item, "cut", strlen(text) > TEXT_MOST);
	mustache_set(item, "text", cut);
	mustache_append(data, "messages", item);
}

static gboolean
is_shown(const MessageRow *row)
{
	static const char *const hidden[] = { "ack", "ack-plain",
		"ack-followup", "solved-thanks", "auto-reply", "bounce",
		"report", "spam", "own-copy" };

	for (guint i = 0; i < G_N_ELEMENTS(hidden); i++)
		if (g_str_equal(row->kind, hidden[i]))
			return FALSE;
	return g_str_equal(row->visibility, "public");
}

static gboolean
set_messages(const Page *page, MustacheData *data, gboolean *news,
    GError **error)
{
	g_autoptr(GPtrArray) rows =
	    message_list(page->txn, page->ticket->id, error);
	guint shown = 0, left = 0;
	char number[16];

	if (rows == NULL)
		return FALSE;
	*news = FALSE;
	for (guint i = rows->len; i > 0; i--) {
		const MessageRow *row = rows->pdata[i - 1];

		if (!is_shown(row))
			continue;
		if (shown == 0)
			*news = g_str_equal(row->direction, "in");
		if (shown++ < MESSAGES_MOST)
			add_message(page, row, data);
		else
			left++;
	}
	g_snprintf(number, sizeof number, "%u", left);
	if (left > 0)
		mustache_set(data, "left_out", number);
	return TRUE;
}

static MustacheData *
data_of(const Page *page, gboolean *news, GError **error)
{
	g_autoptr(MustacheData) data = mustache_data_new();
	g_autofree char *subject = letter_subject(page->ticket->subject);
	g_autofree char *customer = page->customer != NULL
	    ? person(page->customer->name, page->customer->written)
	    : NULL;
	g_autofree char *agent = page->agent != NULL
	    ? person(page->agent->name, page->agent->written)
	    : NULL;
	g_autofree char *zone = locale_zone(
	    page->language, page->zone, page->now);
	char number[32];

	g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT,
	    page->ticket->number);
	mustache_set(data, "ticket", number);
	mustache_set(data, "subject", subject);
	mustache_set(data, "queue", page->ticket->queue);
	mustache_set(data, "time_zone", zone);
	if (customer != NULL)
		mustache_set(data, "customer", customer);
	if (agent != NULL)
		mustache_set(data, "agent", agent);
	if (page->reader != NULL && page->mailbox->plus) {
		mustache_set(data, "reply_as", page->reader->written);
		mustache_set(data, "marker", QUOTE_MARKER);
	}
	set_instant(page, data, "opened_at", page->ticket->opened);
	set_instant(page, data, "promise_at", page->ticket->promised);
	return set_messages(page, data, news, error) ? g_steal_pointer(&data)
						     : NULL;
}

/* --- octets ---------------------------------------------------------------- */

/* The customer's name, since that is what a list of mails shows. */
static Address *
from_of(const Page *page)
{
	g_autofree char *name = page->customer != NULL
	    ? text_clean_line(*page->customer->name != '\0'
		      ? page->customer->name
		      : page->customer->written,
		  60)
	    : NULL;

	return address_new(page->mailbox->address,
	    name != NULL ? name : page->mailbox->display_name);
}

/* What a reply to it goes to: the customer, if we know whose reply it is. */
static Address *
reply_to_of(const Page *page)
{
	g_autofree char *token = NULL, *keyed = NULL;

	if (page->reader == NULL || !page->mailbox->plus)
		return NULL;
	token = token_make(page->desk->keys, TOKEN_AGENT, page->ticket->id,
	    page->reader->id);
	keyed = address_with_detail(page->mailbox->address, token);
	return address_new(keyed, page->mailbox->display_name);
}

static GBytes *
compose(const Page *page, const char *subject, const char *text,
    GError **error)
{
	g_autofree char *key = board_key(page->board, page->desk->keys,
	    page->ticket->id, page->version);
	g_autofree char *token = token_of(
	    page->board, page->desk->keys, page->ticket->id);
	g_autofree char *loop = token_make(
	    page->desk->keys, TOKEN_LOOP, 0, 0);
	g_autofree char *unique = token_random();
	g_autofree char *id = g_strdup_printf("%s.%s@%s", token, unique,
	    address_domain(page->mailbox->address));
	g_autoptr(Address) from = from_of(page);
	g_autoptr(Address) reply_to = reply_to_of(page);
	g_autoptr(Address) to = address_new(
	    page->mailbox->address, page->mailbox->display_name);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autoptr(GPtrArray) extra = g_ptr_array_new();
	Compose c = { .class = COMPOSE_AUTO_GENERATED };

	g_ptr_array_add(list, to);
	g_ptr_array_add(extra, (gpointer)BOARD_FIELD);
	g_ptr_array_add(extra, key);
	c.from = from;
	c.reply_to = reply_to;
	c.to = list;
	c.subject = subject;
	c.message_id = id;
	c.loop = loop;
	c.language = page->language;
	c.date = page->ticket->updated;
	c.text = text;
	c.extra = extra;
	return compose_message(&c, error);
}

GBytes *
board_page(StoreTxn *txn, const Desk *desk, const Board *board, gint64 ticket,
    const char *version, gint64 now, gboolean *news, GError **error)
{
	g_auto(Page) page = { .txn = txn, .desk = desk, .board = board,
		.version = version, .now = now };
	g_autoptr(MustacheData) data = NULL;
	g_autofree char *subject = NULL, *text = NULL;

	if (!read_page(&page, ticket, error))
		return NULL;
	data = data_of(&page, news, error);
	if (data == NULL ||
	    !templates_render(desk->templates, LETTER_BOARD, page.language,
		data, &subject, &text, NULL, error))
		return NULL;
	return compose(&page, subject, text, error);
}
