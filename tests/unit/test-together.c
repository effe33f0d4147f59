/* test-together.c - two agents at the same ticket at the same moment, each with
 * a connection of his own: interleavings as the threads happen to fall, 200, or
 * as many as $ROUNDS says (a thousand take 20 s of CPU, and a commit on disk
 * for each deed). No word is lost, and there is one history. */
#include "house.h"
#include "store/links.h"

#define ANN  "ann@customer.example"
#define OLGA "olga@shop.example"
#define PETR "petr@shop.example"

/* The clock goes on between rounds: letters that tell one agent of held mail are
 * limited by the hour. */
enum { ROUNDS = 200, DEEDS = 2, AGENTS = 2, ROUND = 7200 };

typedef struct Hand {
	House *house;
	Store *store;
	const char *address;
	gint64 party, ticket, other;
	guint round;
	guint32 seed;
	volatile gint *start;
	char *words[DEEDS];
	gboolean answers[DEEDS]; /* the words are for the customer */
} Hand;

/* A deed by mail: each with a word that nothing else has in it. */
static char *
deed(Hand *hand, GRand *rand, guint n)
{
	const char *above = "";
	g_autofree char *merge = NULL;

	hand->words[n] = g_strdup_printf("w%ux%ux%.4s", hand->round, n,
	    hand->address);
	hand->answers[n] = TRUE;
	switch (g_rand_int_range(rand, 0, 7)) {
	case 0:
		above = "/close\n";
		break;
	case 1:
		above = "/note\n";
		hand->answers[n] = FALSE;
		break;
	case 2:
		above = "/take\n";
		break;
	case 3:
		merge = g_strdup_printf("/merge %" G_GINT64_FORMAT "\n",
		    hand->other);
		above = merge;
		break;
	case 4:
		above = "/wait\n/tag seen\n";
		break;
	case 5:
		above = "/undo\n";
		break;
	default:
		break;
	}
	return g_strconcat(above, "It is ", hand->words[n], " for you.", NULL);
}

static void
take(Hand *hand, Message *message, const char *to)
{
	g_autoptr(Message) owned = message;
	g_autoptr(Envelope) envelope = house_envelope(to);
	g_autoptr(GBytes) octets = g_bytes_new_static("x", 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = store_begin(hand->store, &error);
	gint64 ticket;

	g_assert_no_error(error);
	pipeline_run(txn, &hand->house->desk, owned, envelope, NULL, octets,
	    HOUSE_NOW + hand->round * ROUND + 60, &ticket, &error);
	g_assert_no_error(error);
	store_commit(g_steal_pointer(&txn), &error);
	g_assert_no_error(error);
}

static gpointer
work(gpointer data)
{
	Hand *hand = data;
	GRand *rand = g_rand_new_with_seed(hand->seed);

	while (!g_atomic_int_get(hand->start))
		;
	for (guint n = 0; n < DEEDS; n++) {
		g_autofree char *text = deed(hand, rand, n);
		g_autofree char *id =
		    g_strdup_printf("%s@mail.example", hand->words[n]);
		g_autofree char *to = house_keyed(hand->house, TOKEN_AGENT,
		    hand->ticket, hand->party);
		Message *message = house_mail(id, hand->address, text);

		house_prove(message, "pass");
		g_usleep((gulong)g_rand_int_range(rand, 0, 300));
		take(hand, message, to);
	}
	g_rand_free(rand);
	return NULL;
}

/* --- what must hold ---------------------------------------------------------- */

typedef struct Seen {
	guint in, reply, held;
} Seen;

static void
count(const GPtrArray *rows, const char *word, Seen *seen)
{
	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (strstr(row->body_text, word) == NULL)
			continue;
		seen->in += g_str_equal(row->direction, "in");
		seen->reply += g_str_equal(row->kind, "reply");
		seen->held += g_str_equal(row->kind, "held");
	}
}

/* One log in the order of time, and a state that agrees with it. */
static void
check_history(StoreTxn *txn, gint64 ticket)
{
	g_autoptr(GPtrArray) events = event_list(txn, ticket, NULL);
	g_autoptr(Ticket) row = ticket_by_id(txn, ticket, NULL);
	guint opened = 0;
	gint64 last = 0;

	for (guint i = 0; i < events->len; i++) {
		const EventRow *event = events->pdata[i];

		g_assert_cmpint(event->id, >, last);
		last = event->id;
		opened += g_str_equal(event->event, "opened");
	}
	g_assert_cmpuint(opened, ==, 1);
	g_assert_true(row->merged_into == 0 ||
		      g_str_equal(row->state, "closed"));
	g_assert_cmpint(row->resolved != 0, ==,
	    g_str_equal(row->state, "closed") ||
		g_str_equal(row->state, "spam"));
}

static void
check(House *house, Hand *hands, gint64 ticket, gint64 other)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) one = message_list(txn, ticket, NULL);
	g_autoptr(GPtrArray) two = message_list(txn, other, NULL);

	for (guint a = 0; a < AGENTS; a++)
		for (guint n = 0; n < DEEDS; n++) {
			Seen seen = { 0, 0, 0 };

			count(one, hands[a].words[n], &seen);
			count(two, hands[a].words[n], &seen);
			g_assert_cmpuint(seen.in, ==, 1);
			g_assert_cmpuint(seen.reply + seen.held, ==,
			    hands[a].answers[n] ? 1 : seen.held);
			g_clear_pointer(&hands[a].words[n], g_free);
		}
	check_history(txn, ticket);
	check_history(txn, other);
}

static gint64
open_ticket(House *house, guint round, const char *which)
{
	g_autofree char *id = g_strdup_printf("%s%u@x", which, round);
	Message *message = house_mail(id, ANN, "Hello");

	house_prove(message, "pass");
	return house_take_at(house, message, NULL, HOUSE_NOW + round * ROUND);
}

static void
play(House *house, Hand *hands, guint round)
{
	volatile gint start = 0;
	GThread *threads[AGENTS];
	gint64 ticket = open_ticket(house, round, "a");
	gint64 other = open_ticket(house, round, "b");

	for (guint a = 0; a < AGENTS; a++) {
		hands[a].round = round;
		hands[a].ticket = ticket;
		hands[a].other = other;
		hands[a].party = house_party(house, hands[a].address);
		hands[a].seed = round * AGENTS + a;
		hands[a].start = &start;
		threads[a] = g_thread_new("agent", work, &hands[a]);
	}
	g_atomic_int_set(&start, 1);
	for (guint a = 0; a < AGENTS; a++)
		g_thread_join(threads[a]);
	check(house, hands, ticket, other);
}

static void
test_together(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Hand hands[AGENTS] = { { .address = OLGA }, { .address = PETR } };
	const char *asked = g_getenv("ROUNDS");
	guint rounds =
	    asked != NULL ? (guint)g_ascii_strtoull(asked, NULL, 10) : ROUNDS;

	for (guint a = 0; a < AGENTS; a++) {
		g_autoptr(GError) error = NULL;

		hands[a].house = house;
		hands[a].store = store_open(house->dir, NULL, &error);
		g_assert_no_error(error);
	}
	for (guint round = 0; round < rounds; round++)
		play(house, hands, round);
	for (guint a = 0; a < AGENTS; a++)
		store_close(hands[a].store);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/together/no interleaving loses a word", House,
	    NULL, house_set_up, test_together, house_tear_down);
	return g_test_run();
}
