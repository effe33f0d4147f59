/* test-pipeline.c - whole roads through policy: one mail after another, what
 * the store holds in the end. */
#include "policy/pipeline.h"

#include "house.h"
#include "store/seen.h"

#define ANN  "ann@customer.example"
#define OLGA "olga@shop.example"

static guint
acks(House *house)
{
	return house_letters(house, "ack", NULL) +
	       house_letters(house, "ack-plain", NULL);
}

static gint64
state_is(House *house, gint64 number, const char *state)
{
	g_autoptr(Ticket) ticket = house_ticket(house, number);

	g_assert_cmpstr(ticket->state, ==, state);
	return ticket->id;
}

static void
test_first(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number =
	    house_take(house, house_mail("1@x", ANN, "Hello"), NULL);
	g_autoptr(Ticket) ticket = house_ticket(house, number);

	g_assert_cmpint(number, ==, 1001);
	g_assert_cmpstr(ticket->queue, ==, "general");
	g_assert_cmpint(ticket->requester, ==, house_party(house, ANN));
	g_assert_cmpint(ticket->promised, >=, HOUSE_NOW + 8 * 3600);
	g_assert_cmpuint(acks(house), ==, 1);
	g_assert_cmpuint(house_letters(house, "ack-plain", ANN), ==, 1);
	g_assert_cmpuint(house_letters(house, "notify", NULL), ==, 2);
}

static void
test_twice(House *house, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(
		    house_take(house, house_mail("1@x", ANN, "Hello"), NULL),
		    ==, 1001);
	g_assert_cmpuint(acks(house), ==, 1);
	g_assert_cmpuint(house_letters(house, "notify", NULL), ==, 2);
}

/* The same Message-ID with other content is another mail (THREATS 1.2). */
static void
test_same_id(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *other = house_mail("1@x", "eve@evil.example", "Hello");

	house_take(house, other, NULL);
	other = house_mail("1@x", ANN, "Hello");
	house_text(&other->content_hash, "0123");
	g_assert_cmpint(house_take(house, other, NULL), ==, 1002);
	g_assert_cmpuint(acks(house), ==, 2);
}

/* Each kind: is it kept, is it answered, are agents told, in which state. */
static const struct {
	const char *title;
	MessageKind kind;
	guint acks, notified;
	const char *state;
} kinds[] = {
	{ "a person's mail", MESSAGE_HUMAN, 1, 2, "new" },
	{ "an automatic answer", MESSAGE_AUTO_REPLY, 0, 2, "new" },
	{ "a list's mail", MESSAGE_LIST, 0, 2, "new" },
	{ "a bounce", MESSAGE_BOUNCE, 0, 0, "closed" },
	{ "a report", MESSAGE_REPORT, 0, 0, "closed" },
	{ "spam", MESSAGE_SPAM, 0, 0, "spam" },
};

static void
test_kind(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	Message *message = house_mail("1@x", ANN, "Hello");

	message->kind = kinds[i].kind;
	message->may_answer = kinds[i].kind == MESSAGE_HUMAN;
	state_is(house, house_take(house, message, NULL), kinds[i].state);
	g_assert_cmpuint(acks(house), ==, kinds[i].acks);
	g_assert_cmpuint(house_letters(house, "notify", NULL), ==,
	    kinds[i].notified);
}

/* The same kinds as answers to a ticket that waits for the customer. */
static const struct {
	const char *title;
	MessageKind kind;
	guint notified;
	const char *state;
} answers[] = {
	{ "a person's answer", MESSAGE_HUMAN, 2, "open" },
	{ "an automatic answer", MESSAGE_AUTO_REPLY, 0, "waiting" },
	{ "an answer by a list", MESSAGE_LIST, 2, "waiting" },
	{ "an answer that looks like spam", MESSAGE_SPAM, 2, "waiting" },
	{ "a bounce without a report", MESSAGE_BOUNCE, 0, "waiting" },
};

static gint64
waiting_ticket(House *house)
{
	gint64 number =
	    house_take(house, house_mail("1@x", ANN, "Hello"), NULL);
	Message *answer = house_mail("2@shop", OLGA, "It left.");
	g_autofree char *to =
	    house_keyed(house, TOKEN_AGENT, number, house_party(house, OLGA));

	house_prove(answer, "pass");
	house_take(house, answer, to);
	return state_is(house, number, "waiting");
}

static void
test_answer(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 number = waiting_ticket(house);
	guint before = house_letters(house, "notify", NULL);
	Message *message = house_mail("3@x", ANN, "Thanks");
	g_autofree char *to =
	    house_keyed(house, TOKEN_CUSTOMER, number, house_party(house, ANN));

	message->kind = answers[i].kind;
	message->may_answer = answers[i].kind == MESSAGE_HUMAN;
	g_assert_cmpint(house_take(house, message, to), ==, number);
	state_is(house, number, answers[i].state);
	g_assert_cmpuint(acks(house), ==, 1);
	g_assert_cmpuint(house_letters(house, "notify", NULL) - before, ==,
	    answers[i].notified);
}

static Message *
bounce(const char *id, const char *recipient, const char *status)
{
	Message *message =
	    house_mail(id, "mailer-daemon@customer.example", "Sorry");

	message->kind = MESSAGE_BOUNCE;
	message->may_answer = FALSE;
	message->dsn = dsn_new();
	g_ptr_array_add(message->dsn->recipients, g_strdup(recipient));
	house_text(&message->dsn->status, status);
	house_text(&message->dsn->action,
	    *status == '5' ? "failed" : "delayed");
	return message;
}

/* Delivery reports at the bounce address of ann's letter. */
static const struct {
	const char *title;
	const char *recipient, *status;
	gboolean marked;
	guint notified;
	const char *state;
} reports[] = {
	{ "for good", ANN, "5.1.1", TRUE, 2, "open" },
	{ "for a while", ANN, "4.4.1", FALSE, 0, "waiting" },
	{ "about a stranger", "eve@evil.example", "5.1.1", FALSE, 0,
	    "waiting" },
	{ "about an agent", OLGA, "5.1.1", FALSE, 0, "waiting" },
};

static gint64
mark_of(House *house, const char *address)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(AddressRow) row = party_by_address(txn, address, NULL);

	return row != NULL ? row->undeliverable : 0;
}

static void
test_report(House *house, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 number = waiting_ticket(house);
	guint before = house_letters(house, "notify", NULL);
	g_autofree char *to =
	    house_keyed(house, TOKEN_BOUNCE, number, house_party(house, ANN));

	house_take(house,
	    bounce("b@x", reports[i].recipient, reports[i].status), to);
	/* Told once, however many come. */
	house_take(house,
	    bounce("c@x", reports[i].recipient, reports[i].status), to);
	state_is(house, number, reports[i].state);
	g_assert_cmpint(mark_of(house, reports[i].recipient) != 0, ==,
	    reports[i].marked);
	g_assert_cmpuint(house_letters(house, "notify", NULL) - before, ==,
	    reports[i].notified);
}

/* The report names our letter, and comes to the plain address. */
static void
test_returned(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = waiting_ticket(house);
	Message *message = bounce("b@x", ANN, "5.1.1");

	g_free(message->dsn->original_message_id);
	message->dsn->original_message_id =
	    house_own_id(house, number, house_party(house, ANN));
	g_assert_cmpint(house_take(house, message, NULL), ==, number);
	g_assert_cmpint(mark_of(house, ANN), !=, 0);
}

/* A report about a mail that we did not send marks nobody. */
static void
test_not_ours(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = waiting_ticket(house);
	Message *message = bounce("b@x", ANN, "5.1.1");

	house_text(&message->dsn->original_message_id, "1@x");
	g_assert_cmpint(house_take(house, message, NULL), !=, number);
	g_assert_cmpint(mark_of(house, ANN), ==, 0);
}

static void
test_mark_goes(House *house, gconstpointer data G_GNUC_UNUSED)
{
	gint64 number = waiting_ticket(house);
	Message *message = house_mail("4@x", ANN, "I am here");
	g_autofree char *to =
	    house_keyed(house, TOKEN_BOUNCE, number, house_party(house, ANN));

	house_take(house, bounce("b@x", ANN, "5.1.1"), to);
	house_prove(message, "pass");
	house_take(house, message, NULL);
	g_assert_cmpint(mark_of(house, ANN), ==, 0);
}

/* THREATS 2.11 and AC-01: machines that show no sign of it. */
static void
test_limits(House *house, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 200; i++) {
		g_autofree char *id = g_strdup_printf("%u@x", i);
		Message *message = house_mail(id, ANN, "Hello");
		g_autofree char *subject =
		    g_strdup_printf("matter %c%c", 'a' + i % 26, 'a' + i / 26);

		house_text(&message->subject, subject);
		house_take_at(house, message, NULL, HOUSE_NOW + i * 400);
	}
	g_assert_cmpuint(acks(house), ==, 10);
}

static void
test_same_subject(House *house, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 20; i++) {
		g_autofree char *id = g_strdup_printf("%u@x", i);
		Message *message = house_mail(id, ANN, "Hello");
		g_autofree char *subject =
		    g_strdup_printf("Re: Your parcel %u is on its way", i);

		house_text(&message->subject, subject);
		house_take_at(house, message, NULL, HOUSE_NOW + i * 4000);
	}
	g_assert_cmpuint(acks(house), ==, 1);
}

/* From changes each time (freescout 688). */
static void
test_changing(House *house, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 200; i++) {
		g_autofree char *id = g_strdup_printf("%u@x", i);
		g_autofree char *from =
		    g_strdup_printf("a%u@d%u.example", i, i % 4);

		house_take(house, house_mail(id, from, "Hello"), NULL);
	}
	g_assert_cmpuint(acks(house), ==, 60);
}

/* Another desk that answers each of our letters, without a sign of it: at the
 * keyed address, or to the ids of our letter. */
static void
test_two_desks(House *house, gconstpointer data G_GNUC_UNUSED)
{
	const char *desk = "help@other.example";
	gint64 number =
	    house_take(house, house_mail("0@y", desk, "Ticket"), NULL);
	gint64 party = house_party(house, desk);
	g_autofree char *to = house_keyed(house, TOKEN_CUSTOMER, number, party);

	for (guint i = 1; i < 20; i++) {
		g_autofree char *id = g_strdup_printf("%u@y", i);
		Message *message = house_mail(id, desk, "We got your mail");

		house_text(&message->subject, id);
		if (i % 2 == 0)
			g_ptr_array_add(message->in_reply_to,
			    house_own_id(house, number, party));
		house_take(house, message, i % 2 == 0 ? NULL : to);
	}
	g_assert_cmpuint(acks(house), ==, 1);
	g_assert_cmpuint(house_letters(house, "ack-plain", desk), ==, 1);
}

static void
test_uid(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Message) message = house_mail("1@x", ANN, "Hello");
	g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
	g_autoptr(GBytes) octets = g_bytes_new_static("x", 1);
	StoreTxn *txn;

	/* The second one was moved back into the mailbox: seen, but its UID
	 * must be known too, else it would be fetched for ever. */
	for (guint32 uid = 5; uid < 7; uid++) {
		g_autoptr(Envelope) envelope = house_envelope(NULL);
		gint64 ticket;

		envelope->uidvalidity = 3;
		envelope->uid = uid;
		txn = house_write(house);
		g_assert_true(pipeline_run(txn, &house->desk, message, envelope,
		    NULL, octets, HOUSE_NOW, &ticket, NULL));
		house_commit(txn);
		g_assert_cmpint(ticket, ==, 1001);
	}
	txn = house_read(house);
	g_assert_true(seen_uids(txn, "support", 3, 0, uids, NULL));
	store_rollback(txn);
	g_assert_cmpuint(g_hash_table_size(uids), ==, 2);
}

/* Whoever keeps writing, agents hear of it thirty times an hour at most. */
static void
test_mail_bomb(House *house, gconstpointer data G_GNUC_UNUSED)
{
	Message *first = house_mail("a@x", "ann@customer.example", "Hello");
	gint64 number;
	g_autofree char *key = NULL;
	guint told;

	house_prove(first, "pass");
	number = house_take(house, first, NULL);
	key = house_keyed(house, TOKEN_CUSTOMER, number,
	    house_party(house, "ann@customer.example"));
	for (guint i = 0; i < 50; i++) {
		g_autofree char *id = g_strdup_printf("b%u@x", i);
		Message *more = house_mail(id, "ann@customer.example", id);

		house_prove(more, "pass");
		g_assert_cmpint(house_take_at(house, more, key,
				    HOUSE_NOW + 10 + i),
		    ==, number);
	}
	told = house_letters(house, "notify", "olga@shop.example");
	g_assert_cmpuint(told, >=, 29);
	g_assert_cmpuint(told, <=, 31);
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "a first mail is a ticket, an ack and notifications", test_first },
	{ "the same mail again is nothing", test_twice },
	{ "of fifty mails in an hour thirty are told", test_mail_bomb },
	{ "the same Message-ID with other content is another mail",
	    test_same_id },
	{ "a report that names our letter finds its ticket", test_returned },
	{ "a report about somebody else's mail marks nobody", test_not_ours },
	{ "proven mail takes the mark away", test_mark_goes },
	{ "one address gets ten acks a day", test_limits },
	{ "the same subject gets one", test_same_subject },
	{ "unproven senders get sixty an hour", test_changing },
	{ "another desk gets one ack", test_two_desks },
	{ "the UID of a mail seen before is known too", test_uid },
};

static void
add(const char *prefix, const char *title, gsize i,
    void (*run)(House *house, gconstpointer data))
{
	g_autofree char *path =
	    g_strdup_printf("/pipeline/%s%s", prefix, title);

	g_test_add(path, House, GSIZE_TO_POINTER(i), house_set_up, run,
	    house_tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		add("", tests[i].path, i, tests[i].run);
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		add("new: ", kinds[i].title, i, test_kind);
	for (gsize i = 0; i < G_N_ELEMENTS(answers); i++)
		add("answer: ", answers[i].title, i, test_answer);
	for (gsize i = 0; i < G_N_ELEMENTS(reports); i++)
		add("undelivered ", reports[i].title, i, test_report);
	return g_test_run();
}
