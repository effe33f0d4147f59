/* test-act.c - what agents do with a ticket, and taking it back: state, agent,
 * queue, links, merge and split, and where mail goes afterwards. */
#include "policy/act.h"

#include "ground/error.h"
#include "house.h"
#include "store/links.h"

#define ANN  "ann@customer.example"
#define BOB  "bob@other.example"
#define OLGA "olga@shop.example"
#define SARA "sara@shop.example"

/* NULL: it was refused, and why is in *why. */
static char *
act_as(House *house, const Act *act, char **why)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	char *said = act_run(txn, &house->desk, act, HOUSE_NOW + 60, &error);

	if (said != NULL) {
		house_commit(g_steal_pointer(&txn));
		return said;
	}
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	if (why != NULL)
		*why = g_strdup(error->message);
	return NULL;
}

static Act
act_of(const char *verb, gint64 number)
{
	Act act = { 0 };

	act.verb = verb;
	act.number = number;
	act.actor = "root (shell)";
	return act;
}

static void
ok(House *house, Act act)
{
	g_autofree char *why = NULL;
	g_autofree char *said = act_as(house, &act, &why);

	if (said == NULL)
		g_error("%s %d: %s", act.verb, (int)act.number, why);
}

static void
refused(House *house, Act act, const char *words)
{
	g_autofree char *why = NULL;
	g_autofree char *said = act_as(house, &act, &why);

	g_assert_null(said);
	if (strstr(why, words) == NULL)
		g_error("%s: %s", words, why);
}

static void
undo(House *house, gint64 number)
{
	ok(house, act_of("undo", number));
}

static void
merge(House *house, gint64 number, gint64 into)
{
	Act act = act_of("merge", number);

	act.other = into;
	ok(house, act);
}

static gint64
open_ticket(House *house, const char *id, const char *from)
{
	Message *message = house_mail(id, from, "Hello");

	house_prove(message, "pass");
	house_text(&message->subject, id);
	return house_take(house, message, NULL);
}

static void
assert_state(House *house, gint64 number, const char *want)
{
	g_autoptr(Ticket) ticket = house_ticket(house, number);

	g_assert_cmpstr(ticket->state, ==, want);
	g_assert_cmpint(ticket->resolved != 0, ==,
	    g_str_equal(want, "closed") || g_str_equal(want, "spam"));
}

static guint
messages(House *house, gint64 number)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) rows = message_list(txn, number, NULL);

	return rows->len;
}

/* Row of the customer's mail with that Message-ID. */
static gint64
row_of(House *house, gint64 number, const char *id)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) rows = message_list(txn, number, NULL);

	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (g_str_equal(row->message_id, id))
			return row->id;
	}
	return 0;
}

static void
test_state(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);

	ok(house, act_of("close", number));
	assert_state(house, number, "closed");
	refused(house, act_of("close", number), "closed already");
	ok(house, act_of("spam", number));
	undo(house, number);
	assert_state(house, number, "closed");
	undo(house, number);
	assert_state(house, number, "new");
	refused(house, act_of("undo", number), "nothing");
	refused(house, act_of("close", 4711), "not there");
	refused(house, act_of("dance", number), "nothing that can be done");
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
}

static void
test_state_changed(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	g_autofree char *to =
	    house_keyed(house, TOKEN_CUSTOMER, number, house_party(house, ANN));
	Message *message = house_mail("b@x", ANN, "Still broken");

	ok(house, act_of("close", number));
	house_prove(message, "pass");
	g_assert_cmpint(house_take(house, message, to), ==, number);
	assert_state(house, number, "open");
	refused(house, act_of("undo", number), "has changed since");
	assert_state(house, number, "open");
}

static void
test_assign(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	g_autoptr(Ticket) ticket = NULL, after = NULL;
	Act act = act_of("assign", number);

	act.word = OLGA;
	ok(house, act);
	ticket = house_ticket(house, number);
	g_assert_cmpint(ticket->agent, ==, house_party(house, OLGA));
	g_assert_cmpuint(house_letters(house, "notify", OLGA), ==, 2);
	refused(house, act, "already");
	act.word = BOB;
	refused(house, act, "no agent");
	undo(house, number);
	after = house_ticket(house, number);
	g_assert_cmpint(after->agent, ==, 0);
}

static void
test_assign_himself(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	Act act = act_of("assign", number);

	act.word = act.agent = act.actor = OLGA;
	ok(house, act);
	g_assert_cmpuint(house_letters(house, "notify", OLGA), ==, 1);
}

static void
test_hands(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	Act act = act_of("take", number);
	g_autoptr(Ticket) taken = NULL, free = NULL;

	refused(house, act, "only an agent");
	act.agent = act.actor = OLGA;
	ok(house, act);
	taken = house_ticket(house, number);
	g_assert_cmpint(taken->agent, ==, house_party(house, OLGA));
	refused(house, act, "already");
	ok(house, act_of("release", number));
	free = house_ticket(house, number);
	g_assert_cmpint(free->agent, ==, 0);
	refused(house, act_of("release", number), "already");
}

static void
test_turns(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);

	ok(house, act_of("open", number));
	assert_state(house, number, "open");
	refused(house, act_of("open", number), "open already");
	ok(house, act_of("wait", number));
	assert_state(house, number, "waiting");
	ok(house, act_of("open", number));
	undo(house, number);
	assert_state(house, number, "waiting");
	undo(house, number);
	assert_state(house, number, "open");
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
}

static void
test_move(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	g_autoptr(Ticket) ticket = NULL, after = NULL;
	g_autofree char *text = NULL;
	Act act = act_of("queue", number);

	act.word = "sales";
	ok(house, act);
	ticket = house_ticket(house, number);
	g_assert_cmpstr(ticket->queue, ==, "sales");
	g_assert_cmpuint(house_letters(house, "notify", SARA), ==, 1);
	g_assert_cmpuint(house_letters(house, "notify", OLGA), ==, 1);
	text = house_letter_text(house, "notify");
	g_assert_nonnull(strstr(text, "from queue general"));
	g_assert_nonnull(strstr(text, "Hello"));
	refused(house, act, "already");
	act.word = "attic";
	refused(house, act, "no [queue attic]");
	undo(house, number);
	after = house_ticket(house, number);
	g_assert_cmpstr(after->queue, ==, "general");
}

static guint
links(House *house, gint64 number)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GArray) list = link_list(txn, number, NULL);

	return list->len;
}

static void
test_link(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 one = open_ticket(house, "a@x", ANN);
	gint64 other = open_ticket(house, "b@x", BOB);
	Act act = act_of("link", other);

	act.other = one;
	ok(house, act);
	g_assert_cmpuint(links(house, one), ==, 1);
	g_assert_cmpuint(links(house, other), ==, 1);
	refused(house, act, "already");
	act.other = other;
	refused(house, act, "no other ticket");
	refused(house, act_of("undo", one), "undo it there");
	undo(house, other);
	g_assert_cmpuint(links(house, one), ==, 0);
	refused(house, act_of("undo", one), "nothing");
}

/* --- merge ------------------------------------------------------------------- */

static void
test_merge(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 one = open_ticket(house, "a@x", ANN);
	gint64 other = open_ticket(house, "b@x", BOB);
	g_autofree char *key =
	    house_keyed(house, TOKEN_CUSTOMER, one, house_party(house, ANN));
	g_autofree char *own =
	    house_own_id(house, one, house_party(house, ANN));
	Message *by_key = house_mail("c@x", ANN, "More");
	Message *by_own = house_mail("d@x", ANN, "More");
	Message *by_known = house_mail("e@x", ANN, "More");
	Message *by_number = house_mail("f@x", ANN, "More");
	Message *stranger = house_mail("g@x", "eve@evil.example", "More");

	merge(house, one, other);
	assert_state(house, one, "closed");
	assert_state(house, other, "new");
	g_assert_cmpuint(messages(house, one), ==, 0);
	house_prove(by_key, "pass");
	g_assert_cmpint(house_take(house, by_key, key), ==, other);
	house_prove(by_own, "pass");
	g_ptr_array_add(by_own->in_reply_to, g_strdup(own));
	g_assert_cmpint(house_take(house, by_own, NULL), ==, other);
	house_prove(by_known, "pass");
	g_ptr_array_add(by_known->references, g_strdup("a@x"));
	g_assert_cmpint(house_take(house, by_known, NULL), ==, other);
	house_prove(by_number, "pass");
	house_text(&by_number->subject, "Re: [#1001] Parcel");
	g_assert_cmpint(house_take(house, by_number, NULL), ==, other);
	house_prove(stranger, "pass");
	house_text(&stranger->subject, "Re: [#1001] Parcel");
	g_assert_cmpint(house_take(house, stranger, NULL), >, other);
	refused(house, act_of("close", one), "part of ticket");
}

/* Merges that would run in a circle. */
static void
test_merge_circle(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 a = open_ticket(house, "a@x", ANN);
	gint64 b = open_ticket(house, "b@x", ANN);
	gint64 c = open_ticket(house, "c@x", ANN);
	Act act = act_of("merge", a);
	g_autofree char *key =
	    house_keyed(house, TOKEN_CUSTOMER, a, house_party(house, ANN));
	Message *message = house_mail("d@x", ANN, "More");

	act.other = a;
	refused(house, act, "same ticket");
	merge(house, a, b);
	act.number = b;
	refused(house, act, "part of ticket");
	merge(house, b, c);
	act.number = c;
	refused(house, act, "part of ticket");
	house_prove(message, "pass");
	g_assert_cmpint(house_take(house, message, key), ==, c);
	refused(house, act_of("undo", a), "undo that first");
	undo(house, b);
	undo(house, a);
	g_assert_cmpint(row_of(house, a, "a@x"), !=, 0);
	g_assert_cmpint(row_of(house, b, "b@x"), !=, 0);
	g_assert_cmpint(row_of(house, c, "d@x"), !=, 0);
}

static void
test_merge_undone(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 one = open_ticket(house, "a@x", ANN);
	gint64 other = open_ticket(house, "b@x", BOB);
	guint before = messages(house, one), there = messages(house, other);
	g_autofree char *key =
	    house_keyed(house, TOKEN_CUSTOMER, one, house_party(house, ANN));
	Message *message = house_mail("c@x", ANN, "More");
	Message *later = house_mail("d@x", ANN, "More");

	ok(house, act_of("close", other));
	merge(house, one, other);
	assert_state(house, other, "open");
	house_prove(message, "pass");
	house_take(house, message, key);
	refused(house, act_of("undo", other), "undo it there");
	undo(house, one);
	assert_state(house, one, "new");
	assert_state(house, other, "closed");
	g_assert_cmpuint(messages(house, one), ==, before);
	/* What came while they were one stays; agents were told of it. */
	g_assert_cmpuint(messages(house, other), ==, there + 3);
	house_prove(later, "pass");
	g_assert_cmpint(house_take(house, later, key), ==, one);
	undo(house, other);
	assert_state(house, other, "new");
}

/* The earlier promise and the customer's unanswered question count. */
static void
test_merge_promise(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 one = open_ticket(house, "a@x", ANN);
	Message *message = house_mail("b@x", ANN, "Hello");
	g_autoptr(Ticket) first = house_ticket(house, one), both = NULL;
	gint64 other;

	house_text(&message->subject, "Another");
	other = house_take_at(house, message, NULL, HOUSE_NOW + 3600);
	merge(house, one, other);
	both = house_ticket(house, other);
	g_assert_cmpint(both->promised, ==, first->promised);
}

/* --- split ------------------------------------------------------------------- */

static gint64
two_mails(House *house)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	g_autofree char *key =
	    house_keyed(house, TOKEN_CUSTOMER, number, house_party(house, ANN));
	Message *message = house_mail("b@x", ANN, "And now my bicycle");

	house_prove(message, "pass");
	house_text(&message->subject, "My bicycle");
	g_assert_cmpint(house_take(house, message, key), ==, number);
	return number;
}

static void
test_split(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = two_mails(house);
	g_autoptr(Ticket) ticket = NULL;
	g_autofree char *text = NULL;
	Message *about_new = house_mail("c@x", ANN, "The bicycle again");
	Message *about_old = house_mail("d@x", ANN, "The parcel again");
	Act act = act_of("split", number);

	act.other = row_of(house, number, "b@x");
	ok(house, act);
	ticket = house_ticket(house, number + 1);
	g_assert_cmpstr(ticket->subject, ==, "My bicycle");
	g_assert_cmpstr(ticket->state, ==, "new");
	g_assert_cmpint(ticket->requester, ==, house_party(house, ANN));
	g_assert_cmpint(ticket->opened, ==, HOUSE_NOW);
	g_assert_cmpuint(links(house, number), ==, 1);
	text = house_letter_text(house, "notify");
	g_assert_nonnull(strstr(text, "And now my bicycle"));
	house_prove(about_new, "pass");
	g_ptr_array_add(about_new->references, g_strdup("b@x"));
	g_assert_cmpint(house_take(house, about_new, NULL), ==, number + 1);
	house_prove(about_old, "pass");
	g_ptr_array_add(about_old->references, g_strdup("a@x"));
	g_assert_cmpint(house_take(house, about_old, NULL), ==, number);
	/* The same mail again is known, wherever it is now. */
	about_new = house_mail("b@x", ANN, "And now my bicycle");
	g_assert_cmpint(house_take(house, about_new, NULL), ==, number + 1);
}

static void
test_split_undone(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = two_mails(house);
	g_autofree char *key = NULL;
	Message *message = house_mail("c@x", ANN, "More");
	Act act = act_of("split", number);

	act.other = row_of(house, number, "b@x");
	ok(house, act);
	key = house_keyed(house, TOKEN_CUSTOMER, number + 1,
	    house_party(house, ANN));
	undo(house, number);
	g_assert_cmpint(row_of(house, number, "b@x"), !=, 0);
	house_prove(message, "pass");
	g_assert_cmpint(house_take(house, message, key), ==, number);
	refused(house, act_of("undo", number), "nothing");
}

static void
test_split_refused(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	Act act = act_of("split", number);

	act.other = row_of(house, number, "a@x");
	refused(house, act, "only mail of a customer");
	act.other++;
	refused(house, act, "no mail of a customer");
}

/* --- words ------------------------------------------------------------------- */

static void
test_reply(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	g_autoptr(Ticket) ticket = NULL;
	g_autofree char *text = NULL;
	Act act = act_of("reply", number);

	act.text = "It left today.\n";
	act.agent = act.actor = OLGA;
	ok(house, act);
	g_assert_cmpuint(house_letters(house, "reply", ANN), ==, 1);
	text = house_letter_text(house, "reply");
	g_assert_nonnull(strstr(text, "It left today."));
	ticket = house_ticket(house, number);
	g_assert_cmpstr(ticket->state, ==, "waiting");
	g_assert_cmpint(ticket->agent, ==, house_party(house, OLGA));
	g_assert_cmpint(ticket->answered, ==, HOUSE_NOW + 60);
	/* The same words once more are another answer. */
	ok(house, act);
	g_assert_cmpuint(house_letters(house, "reply", ANN), ==, 2);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 2);
}

static void
test_reply_guarded(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	Act act = act_of("note", number);

	act.text = "she pays late and shouts at everybody here";
	ok(house, act);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	act.verb = "reply";
	refused(house, act, "internal note");
	act.text = "/dance\nYes.";
	refused(house, act, "no command");
	act.text = " \n";
	refused(house, act, "empty");
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(house_letters(house, "held", NULL), ==, 0);
}

static void
test_reply_closes(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = open_ticket(house, "a@x", ANN);
	Act act = act_of("reply", number);

	act.text = "/close\nIt left today.";
	ok(house, act);
	assert_state(house, number, "closed");
	undo(house, number);
	assert_state(house, number, "waiting");
}

/* --- any deeds in any order --------------------------------------------------- */

enum { TICKETS = 5, ROUNDS = 12, DEEDS = 14 };

/* Everything of the first tickets that deeds change, in words. */
static char *
picture(House *house)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	GString *out = g_string_new(NULL);

	for (gint64 n = 1001; n < 1001 + TICKETS; n++) {
		g_autoptr(Ticket) t = ticket_by_number(txn, n, NULL);
		g_autoptr(GPtrArray) rows = message_list(txn, n, NULL);
		g_autoptr(GArray) list = link_list(txn, n, NULL);
		guint in = 0;

		for (guint i = 0; i < rows->len; i++) {
			const MessageRow *row = rows->pdata[i];

			in += g_str_equal(row->direction, "in") ? 1 : 0;
		}
		g_string_append_printf(out,
		    "%d %s %s agent %d in %d resolved %d mails %u links",
		    (int)n, t->state, t->queue, (int)t->agent,
		    (int)t->merged_into, t->resolved != 0, in);
		for (guint i = 0; i < list->len; i++) {
			gint64 other = g_array_index(list, gint64, i);

			if (other < 1001 + TICKETS)
				g_string_append_printf(out, " %d", (int)other);
		}
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

/* A deed that may or may not be possible. */
static Act
any_deed(GRand *rand)
{
	static const char *const verbs[] = { "close", "reopen", "spam",
		"assign", "move", "link", "merge" };
	static const char *const agents[] = { OLGA, SARA, "-" };
	Act act = act_of(verbs[g_rand_int_range(rand, 0, 7)],
	    1001 + g_rand_int_range(rand, 0, TICKETS));

	act.other = 1001 + g_rand_int_range(rand, 0, TICKETS);
	if (g_str_equal(act.verb, "assign"))
		act.word = agents[g_rand_int_range(rand, 0, 3)];
	else
		act.word = g_rand_boolean(rand) ? "sales" : "general";
	return act;
}

static void
assert_states(House *house)
{
	static const char *const states[] = { "new", "open", "waiting",
		"closed", "spam", NULL };

	for (gint64 n = 1001; n < 1001 + TICKETS; n++) {
		g_autoptr(Ticket) ticket = house_ticket(house, n);

		g_assert_true(g_strv_contains(states, ticket->state));
		g_assert_cmpint(ticket->resolved != 0, ==,
		    g_str_equal(ticket->state, "closed") ||
			g_str_equal(ticket->state, "spam"));
	}
}

/* What was done is taken back from the newest on, each step to what was
 * before. */
static void
do_and_undo(House *house, GRand *rand)
{
	g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(Act));

	for (guint i = 0; i < DEEDS; i++) {
		Act act = any_deed(rand);
		char *was = picture(house);
		g_autofree char *said = act_as(house, &act, NULL);

		assert_states(house);
		if (said == NULL) { /* refused: nothing has changed */
			g_autofree char *is = picture(house);

			g_assert_cmpstr(is, ==, was);
			g_free(was);
			continue;
		}
		g_ptr_array_add(before, was);
		g_array_append_val(done, act);
	}
	while (done->len > 0) {
		const Act *act = &g_array_index(done, Act, done->len - 1);
		g_autofree char *is = NULL;

		g_test_message("undo %s %d (%d, %s)", act->verb,
		    (int)act->number, (int)act->other, act->word);
		undo(house, act->number);
		is = picture(house);
		g_assert_cmpstr(is, ==, before->pdata[done->len - 1]);
		g_ptr_array_set_size(before, (gint)done->len - 1);
		g_array_set_size(done, done->len - 1);
	}
}

static void
test_any(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(
	    (guint32)g_test_rand_int());

	for (guint i = 0; i < TICKETS; i++) {
		g_autofree char *id = g_strdup_printf("m%u@x", i);

		open_ticket(house, id, i % 2 == 0 ? ANN : BOB);
	}
	for (guint i = 0; i < ROUNDS; i++)
		do_and_undo(house, rand);
}

#define TEST(title, function)                                                  \
	g_test_add("/act/" title, House, NULL, house_set_up, function,         \
	    house_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("close, reopen and spam are taken back one by one", test_state);
	TEST("undo leaves alone what has changed since", test_state_changed);
	TEST("an agent gets a ticket, and hears of it", test_assign);
	TEST("who takes a ticket himself is not told", test_assign_himself);
	TEST("a ticket is taken and let go", test_hands);
	TEST("a ticket is at work or waits, as the agent says", test_turns);
	TEST("a moved ticket is told to its new queue", test_move);
	TEST("links are seen from both sides", test_link);
	TEST("mail for a merged ticket goes where it is now", test_merge);
	TEST("merges never run in a circle", test_merge_circle);
	TEST("a merge taken back leaves two tickets as before",
	    test_merge_undone);
	TEST("of two promises the earlier one stands", test_merge_promise);
	TEST("a mail split off is a ticket of its own", test_split);
	TEST("a split taken back is one ticket again", test_split_undone);
	TEST("only one of several mails can be split off", test_split_refused);
	TEST("an answer from the shell is an agent's answer", test_reply);
	TEST("an answer from the shell is guarded as any", test_reply_guarded);
	TEST("an answer from the shell may close", test_reply_closes);
	TEST("any deeds in any order are taken back step by step", test_any);
	return g_test_run();
}
