/* test-outbox.c - letters on their way: leases, results, what a person does. */
#include "store/outbox.h"

#include "house.h"

/* A letter of a new ticket, queued at HOUSE_NOW; its row id. */
static gint64
add_letter(StoreTxn *txn, const char *cause)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Ticket) ticket = ticket_new();
	g_autoptr(GBytes) octets = g_bytes_new_static("Subject: x\r\n\r\n", 14);
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	MessageRow row = { 0 };
	gint64 message, id = 0;

	ticket_next_number(txn, &ticket->number, &error);
	ticket->id = ticket->number;
	ticket_insert(txn, ticket, &error);
	g_assert_no_error(error);
	row.ticket = ticket->id;
	row.direction = (char *)"out";
	row.visibility = (char *)"public";
	row.kind = (char *)"ack";
	row.to_addresses = (char *)"ann@x.example";
	message_add(txn, &row, octets, &message, &error);
	g_ptr_array_add(to, (char *)"ann@x.example");
	outbox_add(txn, ticket->id, message, "ack", cause, "", to, HOUSE_NOW,
	    &id, &error);
	g_assert_no_error(error);
	return id;
}

static OutboxRow *
lease_one(StoreTxn *txn, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows =
	    outbox_lease(txn, now, now + 1200, 1, &error);
	OutboxRow *row = NULL;

	g_assert_no_error(error);
	if (rows->len > 0) {
		row = rows->pdata[0];
		rows->pdata[0] = NULL;
		g_ptr_array_set_free_func(rows, NULL);
	}
	return row;
}

static void
test_delay(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_letter(txn, "a"), due;
	g_autoptr(OutboxRow) row = NULL;

	g_assert_true(outbox_delay(txn, id, HOUSE_NOW + 3600, &error));
	g_assert_true(outbox_next_due(txn, &due, &error));
	g_assert_cmpint(due, ==, HOUSE_NOW + 3600);
	g_assert_null(lease_one(txn, HOUSE_NOW + 3599));
	row = lease_one(txn, HOUSE_NOW + 3600);
	g_assert_cmpint(row->id, ==, id);
}

static void
test_cause(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gboolean has;

	g_assert_true(outbox_has(txn, "ack:1", &has, &error));
	g_assert_false(has);
	g_assert_cmpint(add_letter(txn, "ack:1"), !=, 0);
	g_assert_true(outbox_has(txn, "ack:1", &has, &error));
	g_assert_true(has);
	g_assert_cmpint(add_letter(txn, "ack:1"), ==, 0);
	g_assert_no_error(error);
}

static void
test_sent(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_letter(txn, "a"), due, count, oldest;
	g_autoptr(OutboxRow) row = NULL;
	OutboxRecipient *to;

	g_assert_null(lease_one(txn, HOUSE_NOW - 1));
	row = lease_one(txn, HOUSE_NOW);
	g_assert_cmpint(row->id, ==, id);
	g_assert_cmpint(row->attempts, ==, 1);
	g_assert_cmpint(row->uncertain, ==, 0);
	g_assert_cmpuint(g_bytes_get_size(row->octets), ==, 14);
	g_assert_cmpuint(row->recipients->len, ==, 1);
	g_assert_null(lease_one(txn, HOUSE_NOW + 1));
	g_assert_true(outbox_next_due(txn, &due, &error));
	g_assert_cmpint(due, ==, HOUSE_NOW + 1200);
	g_assert_true(outbox_count(txn, &count, &oldest, &error));
	g_assert_cmpint(count, ==, 1);
	g_assert_cmpint(oldest, ==, HOUSE_NOW);
	to = row->recipients->pdata[0];
	house_text(&to->state, "sent");
	house_text(&to->reply, "250 2.0.0 ok");
	to->code = 250;
	g_assert_true(outbox_recipient_result(txn, id, to, &error));
	g_assert_true(
	    outbox_finish(txn, row, "sent", HOUSE_NOW, HOUSE_NOW, &error));
	g_assert_true(outbox_next_due(txn, &due, &error));
	g_assert_cmpint(due, ==, G_MAXINT64);
	g_assert_null(lease_one(txn, HOUSE_NOW + 9999));
	g_assert_no_error(error);
}

static void
test_again(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(OutboxRow) row = NULL, again = NULL;

	add_letter(txn, "a");
	row = lease_one(txn, HOUSE_NOW);
	g_assert_true(outbox_finish(txn, row, "queued", HOUSE_NOW + 60,
	    HOUSE_NOW, &error));
	g_assert_null(lease_one(txn, HOUSE_NOW + 59));
	again = lease_one(txn, HOUSE_NOW + 60);
	g_assert_cmpint(again->attempts, ==, 2);
	g_assert_cmpint(again->uncertain, ==, 0);
	g_assert_no_error(error);
}

/* The sender died with the letter in hand. */
static void
test_died(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(OutboxRow) row = NULL, again = NULL, late = NULL;

	add_letter(txn, "a");
	row = lease_one(txn, HOUSE_NOW);
	g_assert_true(outbox_expire(txn, &error));
	again = lease_one(txn, HOUSE_NOW + 1);
	g_assert_cmpint(again->uncertain, ==, 1);
	late = lease_one(txn, HOUSE_NOW + 1 + 1200);
	g_assert_cmpint(late->uncertain, ==, 2);
	g_assert_cmpint(late->attempts, ==, 3);
	g_assert_no_error(error);
}

static void
test_release(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_letter(txn, "a"), changed;
	g_autoptr(OutboxRow) row = lease_one(txn, HOUSE_NOW), again = NULL;
	OutboxRecipient *to = row->recipients->pdata[0];

	house_text(&to->state, "failed");
	house_text(&to->reply, "550 5.1.1 nobody");
	outbox_recipient_result(txn, id, to, &error);
	outbox_finish(txn, row, "failed", HOUSE_NOW, HOUSE_NOW, &error);
	g_assert_true(
	    outbox_release(txn, id, HOUSE_NOW + 500, &changed, &error));
	g_assert_cmpint(changed, ==, 1);
	g_assert_null(lease_one(txn, HOUSE_NOW + 499));
	again = lease_one(txn, HOUSE_NOW + 500);
	to = again->recipients->pdata[0];
	g_assert_cmpstr(to->state, ==, "queued");
	g_assert_true(
	    outbox_release(txn, id, HOUSE_NOW + 501, &changed, &error));
	g_assert_cmpint(changed, ==, 0);
	g_assert_no_error(error);
}

static void
test_hold(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_letter(txn, "a"), changed;
	g_autoptr(OutboxRow) row = NULL;

	g_assert_true(
	    outbox_set_state(txn, id, "queued", "held", &changed, &error));
	g_assert_cmpint(changed, ==, 1);
	g_assert_null(lease_one(txn, HOUSE_NOW));
	g_assert_true(
	    outbox_set_state(txn, id, "queued", "held", &changed, &error));
	g_assert_cmpint(changed, ==, 0);
	g_assert_true(outbox_flush(txn, HOUSE_NOW, &changed, &error));
	g_assert_cmpint(changed, ==, 0);
	g_assert_true(outbox_release(txn, id, HOUSE_NOW, &changed, &error));
	row = lease_one(txn, HOUSE_NOW);
	g_assert_cmpint(row->id, ==, id);
	g_assert_no_error(error);
}

static void
test_flush(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autoptr(OutboxRow) row = NULL, again = NULL;
	gint64 changed;

	add_letter(txn, "a");
	row = lease_one(txn, HOUSE_NOW);
	g_assert_true(outbox_flush(txn, HOUSE_NOW, &changed, &error));
	g_assert_cmpint(changed, ==, 0); /* in hand: not twice at once */
	outbox_finish(txn, row, "queued", HOUSE_NOW + 3600, HOUSE_NOW, &error);
	g_assert_true(outbox_flush(txn, HOUSE_NOW + 1, &changed, &error));
	g_assert_cmpint(changed, ==, 1);
	again = lease_one(txn, HOUSE_NOW + 1);
	g_assert_nonnull(again);
	g_assert_no_error(error);
}

static void
test_list(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_letter(txn, "a");
	g_autoptr(OutboxRow) row = NULL;
	g_autoptr(GPtrArray) waiting = NULL, none = NULL, all = NULL;
	g_autoptr(OutboxLine) line = NULL;

	waiting = outbox_list(txn, FALSE, &error);
	g_assert_cmpuint(waiting->len, ==, 1);
	row = lease_one(txn, HOUSE_NOW);
	outbox_finish(txn, row, "failed", HOUSE_NOW, HOUSE_NOW, &error);
	none = outbox_list(txn, FALSE, &error);
	all = outbox_list(txn, TRUE, &error);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(all->len, ==, 1);
	line = outbox_line(txn, id, &error);
	g_assert_cmpstr(line->state, ==, "failed");
	g_assert_cmpstr(line->to, ==, "ann@x.example");
	g_assert_null(outbox_line(txn, id + 1, &error));
	g_assert_no_error(error);
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "a cause has one letter", test_cause },
	{ "a letter is leased, sent and gone", test_sent },
	{ "a letter that must wait is due later", test_again },
	{ "what a dead sender had in hand is uncertain", test_died },
	{ "a failed letter that is released has its recipients again",
	    test_release },
	{ "a letter for later waits until then", test_delay },
	{ "a held letter waits for a person", test_hold },
	{ "a flush makes waiting letters due, not those in hand", test_flush },
	{ "the list shows what waits, or all", test_list },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/outbox/%s", tests[i].path);

		g_test_add(path, House, NULL, house_set_up, tests[i].run,
		    house_tear_down);
	}
	return g_test_run();
}
