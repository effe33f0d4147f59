/* test-relay.c - the only road from inside to a customer: what goes out, what
 * is held, what stays inside. */
#include "policy/relay.h"

#include "house.h"
#include "mail/quote.h"

#define ANN  "ann@customer.example"
#define OLGA "olga@shop.example"
#define PETR "petr@shop.example"

typedef struct Case {
	const char *title;
	TokenKind kind;
	const char *from;
	const char *auth; /* NULL: nothing is said */
	const char *text;
	guint replies, held;     /* letters */
	const char *state, *row; /* of the ticket; kind of the message */
} Case;

#define NOTE8 "she pays late and shouts at everybody here"

static const Case cases[] = {
	{ "an agent's answer goes to the customer", TOKEN_AGENT, OLGA, "pass",
	    "It left today.", 1, 0, "waiting", "agent" },
	{ "with a closing command it closes the ticket", TOKEN_AGENT, OLGA,
	    "pass", "/close\nIt left today.", 1, 0, "closed", "agent" },
	{ "a closing command alone sends nothing", TOKEN_AGENT, OLGA, "pass",
	    "/close", 0, 0, "closed", "agent" },
	{ "a note command stays inside", TOKEN_AGENT, OLGA, "pass",
	    "/note\nAsk Petr.", 0, 0, "new", "note" },
	{ "the note address stays inside", TOKEN_NOTE, OLGA, "pass",
	    "Ask Petr.", 0, 0, "new", "note" },
	{ "a note may repeat a note", TOKEN_NOTE, OLGA, "pass", NOTE8, 0, 0,
	    "new", "note" },
	{ "an unknown command is held", TOKEN_AGENT, OLGA, "pass",
	    "/cloze\nBye", 0, 1, "new", "agent" },
	{ "no text is held", TOKEN_AGENT, OLGA, "pass", " \n", 0, 1, "new",
	    "agent" },
	{ "an agent who is not proven is held", TOKEN_AGENT, OLGA, NULL, "Hi",
	    0, 1, "new", "agent" },
	{ "an agent who is forged is held", TOKEN_AGENT, OLGA, "fail", "Hi", 0,
	    1, "new", "agent" },
	{ "another agent's address is held", TOKEN_AGENT, PETR, "pass", "Hi", 0,
	    1, "new", "agent" },
	{ "a customer at an agent's address is held", TOKEN_AGENT, ANN, "pass",
	    "Hi", 0, 1, "new", "agent" },
	{ "nobody at an agent's address is held", TOKEN_AGENT, NULL, NULL, "Hi",
	    0, 1, "new", "agent" },
	{ "words of a note are held", TOKEN_AGENT, OLGA, "pass",
	    "Dear Ann, " NOTE8 ".", 0, 1, "new", "agent" },
	{ "our notification between the words is held", TOKEN_AGENT, OLGA,
	    "pass", "Yes.\n> " QUOTE_MARKER "\n> State: new\nNo.", 0, 1, "new",
	    "agent" },
	{ "an agent at the customer's address is no answer", TOKEN_CUSTOMER,
	    OLGA, "pass", "It left.", 0, 0, "new", "human" },
};

static gint64
open_ticket(House *house)
{
	g_autofree char *note = NULL;
	gint64 number =
	    house_take(house, house_mail("first@x", ANN, "Hello"), NULL);
	Message *message = house_mail("note@shop", OLGA, NOTE8);

	note = house_keyed(house, TOKEN_NOTE, number, house_party(house, OLGA));
	house_prove(message, "pass");
	house_take(house, message, note);
	return number;
}

static char *
last_kind(House *house, gint64 ticket)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) rows = message_list(txn, ticket, NULL);
	char *kind = g_strdup("");

	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (g_str_equal(row->direction, "in"))
			house_text(&kind, row->kind);
	}
	return kind;
}

static void
test_case(House *house, gconstpointer data)
{
	const Case *c = data;
	gint64 number = open_ticket(house);
	g_autofree char *to = house_keyed(house, c->kind, number,
	    house_party(house, c->kind == TOKEN_CUSTOMER ? ANN : OLGA));
	Message *message = house_mail("answer@shop", c->from, c->text);
	g_autoptr(Ticket) ticket = NULL;
	g_autofree char *kind = NULL;

	if (c->auth != NULL)
		house_prove(message, c->auth);
	g_assert_cmpint(house_take(house, message, to), ==, number);
	ticket = house_ticket(house, number);
	kind = last_kind(house, ticket->id);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, c->replies);
	g_assert_cmpuint(house_letters(house, "reply", ANN), ==, c->replies);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==, c->held);
	g_assert_cmpuint(house_letters(house, "held", OLGA), ==, c->held);
	g_assert_cmpstr(ticket->state, ==, c->state);
	g_assert_cmpstr(kind, ==, c->row);
}

static void
take_answer(House *house, gint64 number, Message *message)
{
	g_autofree char *to =
	    house_keyed(house, TOKEN_AGENT, number, house_party(house, OLGA));

	house_prove(message, "pass");
	house_take(house, message, to);
}

static void
test_machine(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house);
	Message *message = house_mail("away@shop", OLGA, "I am away");

	message->kind = MESSAGE_AUTO_REPLY;
	take_answer(house, number, message);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==, 0);
}

static Attachment *
attachment(const char *type, const char *octets)
{
	Attachment *a = g_new0(Attachment, 1);

	a->name = g_strdup("x.bin");
	a->type = g_strdup(type);
	a->content_id = g_strdup("");
	a->sha256 = g_strdup("");
	a->size = octets != NULL ? (gint64)strlen(octets) : 5;
	a->octets = octets != NULL ? g_bytes_new(octets, strlen(octets)) : NULL;
	return a;
}

static const struct {
	const char *title;
	const char *text, *type, *octets;
	guint replies, held;
} attached[] = {
	{ "a file goes with the answer", "Here", "image/png", "abc", 1, 0 },
	{ "a file alone is an answer", "", "image/png", "abc", 1, 0 },
	{ "a forwarded mail is held", "Here", "message/rfc822", "abc", 0, 1 },
	{ "a forwarded mail may stand in a note", "/note\nsee",
	    "message/rfc822", "abc", 0, 0 },
	{ "a file without its octets is held", "Here", "image/png", NULL, 0,
	    1 },
};

static void
test_attached(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 number = open_ticket(house);
	Message *message = house_mail("a@shop", OLGA, attached[i].text);

	g_ptr_array_add(message->attachments,
	    attachment(attached[i].type, attached[i].octets));
	take_answer(house, number, message);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==,
	    attached[i].replies);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==,
	    attached[i].held);
}

/* A form wrote from our own address: an answer would come back to us. */
static void
test_own(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = house_take(house,
	    house_mail("form@x", "support@shop.example", "Hello"), NULL);

	take_answer(house, number, house_mail("a@shop", OLGA, "Hi"));
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==, 1);
}

static void
test_unknown_customer(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = house_take(house, house_mail("n@x", NULL, "?"), NULL);

	take_answer(house, number, house_mail("a@shop", OLGA, "Hi"));
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==, 1);
}

/* An answering machine that hides it, at an agent's address. */
static void
test_flood(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house);
	g_autofree char *to =
	    house_keyed(house, TOKEN_AGENT, number, house_party(house, OLGA));

	for (guint i = 0; i < 40; i++) {
		g_autofree char *id = g_strdup_printf("%u@shop", i);

		house_take(house, house_mail(id, OLGA, "I am away"), to);
	}
	g_assert_cmpuint(house_letters(house, "held", OLGA), ==, 10);
}

/* The mails are built in memory, so their Message-IDs differ and dates do
 * not matter: the same words twice are two answers. */
static void
test_twice(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house);

	take_answer(house, number, house_mail("a@shop", OLGA, "Hi"));
	take_answer(house, number, house_mail("a@shop", OLGA, "Hi"));
	take_answer(house, number, house_mail("b@shop", OLGA, "Hi"));
	g_assert_cmpuint(house_letters(house, "reply", ANN), ==, 2);
}

static void
test_nothing_internal(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autofree char *text = NULL;
	Message *message = house_mail("secret-host@shop", OLGA, "It left.");
	StoreTxn *txn;

	house_field(message, "X-Originating-IP", "10.1.2.3");
	house_text(&message->subject, "internal matter");
	take_answer(house, number, message);
	txn = house_write(house);
	rows = outbox_lease(txn, HOUSE_NOW, HOUSE_NOW + 60, 100, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < rows->len; i++) {
		const OutboxRow *row = rows->pdata[i];

		if (g_str_equal(row->letter, "reply"))
			text = g_strndup(g_bytes_get_data(row->octets, NULL),
			    g_bytes_get_size(row->octets));
	}
	store_rollback(txn);
	g_assert_nonnull(text);
	g_assert_nonnull(strstr(text, "It left."));
	g_assert_nonnull(strstr(text, "In-Reply-To: <first@x>"));
	g_assert_null(strstr(text, OLGA));
	g_assert_null(strstr(text, "secret-host"));
	g_assert_null(strstr(text, "note@shop"));
	g_assert_null(strstr(text, "10.1.2.3"));
	g_assert_null(strstr(text, "internal matter"));
	g_assert_null(strstr(text, "Auto-Submitted"));
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "an agent's answering machine goes nowhere", test_machine },
	{ "no answer goes to an address of ours", test_own },
	{ "no answer goes to nobody", test_unknown_customer },
	{ "an answering machine is told ten times an hour at most",
	    test_flood },
	{ "one mail is one answer", test_twice },
	{ "an answer carries nothing internal", test_nothing_internal },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/relay/%s", cases[i].title);

		g_test_add(path, House, &cases[i], house_set_up, test_case,
		    house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(attached); i++) {
		g_autofree char *path =
		    g_strdup_printf("/relay/%s", attached[i].title);

		g_test_add(path, House, GSIZE_TO_POINTER(i), house_set_up,
		    test_attached, house_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/relay/%s", tests[i].path);

		g_test_add(path, House, NULL, house_set_up, tests[i].run,
		    house_tear_down);
	}
	return g_test_run();
}
