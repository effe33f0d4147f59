/* test-ticket.c - the transition table: every state, every move. */
#include "policy/ticket.h"

#include "house.h"

/* want NULL: no change. */
static const struct {
	const char *from;
	TicketMove move;
	const char *want;
} moves[] = {
	{ "new", TICKET_CUSTOMER, NULL },
	{ "open", TICKET_CUSTOMER, NULL },
	{ "waiting", TICKET_CUSTOMER, "open" },
	{ "resolved", TICKET_CUSTOMER, "open" },
	{ "closed", TICKET_CUSTOMER, "open" },
	{ "spam", TICKET_CUSTOMER, NULL },
	{ "new", TICKET_ANSWER, "waiting" },
	{ "open", TICKET_ANSWER, "waiting" },
	{ "waiting", TICKET_ANSWER, NULL },
	{ "closed", TICKET_ANSWER, "waiting" },
	{ "spam", TICKET_ANSWER, NULL },
	{ "new", TICKET_CLOSE, "closed" },
	{ "waiting", TICKET_CLOSE, "closed" },
	{ "closed", TICKET_CLOSE, NULL },
	{ "spam", TICKET_CLOSE, "closed" },
	{ "new", TICKET_REOPEN, NULL },
	{ "waiting", TICKET_REOPEN, NULL },
	{ "resolved", TICKET_REOPEN, "open" },
	{ "closed", TICKET_REOPEN, "open" },
	{ "spam", TICKET_REOPEN, "open" },
	{ "new", TICKET_OPEN, "open" },
	{ "open", TICKET_OPEN, NULL },
	{ "waiting", TICKET_OPEN, "open" },
	{ "spam", TICKET_OPEN, "open" },
	{ "new", TICKET_SPAM, "spam" },
	{ "spam", TICKET_SPAM, NULL },
	{ "new", TICKET_BOUNCE, NULL },
	{ "open", TICKET_BOUNCE, NULL },
	{ "waiting", TICKET_BOUNCE, "open" },
	{ "resolved", TICKET_BOUNCE, "open" },
	{ "closed", TICKET_BOUNCE, "open" },
	{ "spam", TICKET_BOUNCE, NULL },
};

static void
test_move(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Ticket) ticket = ticket_new();
	gboolean done;

	house_text(&ticket->state, moves[i].from);
	ticket->resolved = ticket_is_done(ticket) ? 5 : 0;
	g_assert_cmpint(ticket_move(ticket, moves[i].move, 10), ==,
	    moves[i].want != NULL);
	g_assert_cmpstr(ticket->state, ==,
	    moves[i].want != NULL ? moves[i].want : moves[i].from);
	done = ticket_is_done(ticket);
	g_assert_cmpint(ticket->resolved != 0, ==, done);
	g_assert_cmpint(ticket->updated, ==, moves[i].want != NULL ? 10 : 0);
}

typedef struct Case {
	const char *title;
	const char *state, *text;
	gboolean verified, machine, inside;
	const char *want, *event; /* event NULL: none at all */
} Case;

static const Case cases[] = {
	{ "a proven answer to a waiting ticket opens it", "waiting", "Thanks",
	    TRUE, FALSE, FALSE, "open", "mail" },
	{ "a proven answer to a closed ticket opens it again", "closed",
	    "Still broken", TRUE, FALSE, FALSE, "open", "reopened" },
	{ "an unproven answer changes nothing", "closed", "Still broken", FALSE,
	    FALSE, FALSE, "closed", "mail" },
	{ "automatic mail changes nothing", "waiting", "I am away", TRUE, TRUE,
	    FALSE, "waiting", "automatic-mail" },
	{ "the closing word closes", "waiting", " Close. \n", TRUE, FALSE,
	    FALSE, "closed", "closed" },
	{ "the closing word in quotes closes", "waiting", "\"CLOSE\"", TRUE,
	    FALSE, FALSE, "closed", "closed" },
	{ "the closing word of an unproven sender does not close", "waiting",
	    "CLOSE", FALSE, FALSE, FALSE, "waiting", "mail" },
	{ "the closing word of a machine does not close", "waiting", "CLOSE",
	    TRUE, TRUE, FALSE, "waiting", "automatic-mail" },
	{ "the closing word among others does not close", "waiting",
	    "Please close the door", TRUE, FALSE, FALSE, "open", "mail" },
	{ "the closing word for a closed ticket leaves it closed", "closed",
	    "close", TRUE, FALSE, FALSE, "closed", "mail" },
	{ "an empty answer is no closing word", "waiting", "", TRUE, FALSE,
	    FALSE, "open", "mail" },
	{ "mail from inside is not the customer's", "waiting", "CLOSE", TRUE,
	    FALSE, TRUE, "waiting", NULL },
	{ "spam stays spam", "spam", "Buy", TRUE, FALSE, FALSE, "spam",
	    "mail" },
};

static void
test_step(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(Message) message =
	    house_mail("a@customer.example", "ann@customer.example", c->text);
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(Effects) effects = effects_new();
	Facts facts = { .message = message, .envelope = envelope };

	facts.author = message->from->pdata[0];
	effects->ticket = ticket_new();
	house_text(&effects->ticket->state, c->state);
	house_text(&effects->ticket->language, "en");
	effects->ticket->resolved = ticket_is_done(effects->ticket) ? 5 : 0;
	effects->verified = c->verified;
	effects->is_machine = c->machine;
	effects->is_inside = c->inside;
	ticket_step(&facts, NULL, HOUSE_NOW, effects);
	g_assert_cmpstr(effects->ticket->state, ==, c->want);
	if (c->event == NULL)
		g_assert_cmpuint(effects->events->len, ==, 0);
	else
		g_assert_true(house_has_event(effects, c->event));
}

static void
test_no_author(void)
{
	g_autoptr(Message) message = house_mail("a@x", NULL, "");
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(Effects) effects = effects_new();
	Facts facts = { .message = message, .envelope = envelope };

	effects->ticket = ticket_new();
	effects->opens = TRUE;
	effects->linked = 1001;
	ticket_step(&facts, NULL, HOUSE_NOW, effects);
	g_assert_true(house_has_event(effects, "opened"));
	g_assert_true(house_has_event(effects, "linked"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/ticket/%s by %d is %s", moves[i].from, moves[i].move,
		    moves[i].want != NULL ? moves[i].want : "no change");

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_move);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/ticket/%s", cases[i].title);

		g_test_add_data_func(path, &cases[i], test_step);
	}
	g_test_add_func("/ticket/a new one of an unknown sender says so",
	    test_no_author);
	return g_test_run();
}
