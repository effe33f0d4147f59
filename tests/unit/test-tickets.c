/* test-tickets.c - rows of tickets and what hangs on them. */
#include "store/tickets.h"

#include "ground/error.h"
#include "house.h"

static gint64
add_address(StoreTxn *txn, const char *address)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressRow) row =
	    party_need(txn, address, address, "", 10, &error);

	g_assert_no_error(error);
	return row->id;
}

/* An empty ticket with the next number. */
static gint64
add_ticket(StoreTxn *txn, const char *state, const char *queue)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Ticket) ticket = ticket_new();

	g_assert_true(ticket_next_number(txn, &ticket->number, &error));
	ticket->id = ticket->number;
	house_text(&ticket->state, state);
	house_text(&ticket->queue, queue);
	house_text(&ticket->subject, "Parcel");
	ticket_insert(txn, ticket, &error);
	g_assert_no_error(error);
	return ticket->id;
}

static gint64
add_message(StoreTxn *txn, gint64 ticket, const char *direction,
    const char *visibility, const char *kind, const char *id)
{
	g_autoptr(GBytes) octets = g_bytes_new(id, strlen(id));
	g_autoptr(GError) error = NULL;
	MessageRow row = { 0 };
	gint64 message;

	row.ticket = ticket;
	row.direction = (char *)direction;
	row.visibility = (char *)visibility;
	row.kind = (char *)kind;
	row.message_id = (char *)id;
	row.new_text = (char *)id;
	message_add(txn, &row, octets, &message, &error);
	g_assert_no_error(error);
	return message;
}

static void
test_numbers(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 next;

	g_assert_cmpint(add_ticket(txn, "new", "a"), ==, 1001);
	g_assert_cmpint(add_ticket(txn, "new", "a"), ==, 1002);
	store_savepoint(txn, &error);
	g_assert_cmpint(add_ticket(txn, "new", "a"), ==, 1003);
	store_undo(txn, &error);
	g_assert_true(ticket_next_number(txn, &next, &error));
	g_assert_cmpint(next, ==, 1003);
	g_assert_no_error(error);
}

static void
test_update(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 id = add_ticket(txn, "new", "a");
	g_autoptr(Ticket) ticket = ticket_by_id(txn, id, &error);
	g_autoptr(Ticket) copy = ticket_copy(ticket);
	g_autoptr(Ticket) after = NULL;

	g_assert_cmpint(ticket->requester, ==, 0);
	house_text(&copy->state, "waiting");
	copy->agent = add_address(txn, "olga@shop.example");
	copy->updated = 20;
	copy->promised = 30;
	copy->answered = 40;
	copy->resolved = 50;
	g_assert_true(ticket_update(txn, copy, &error));
	after = ticket_by_number(txn, ticket->number, &error);
	g_assert_cmpstr(after->state, ==, "waiting");
	g_assert_cmpint(after->agent, ==, copy->agent);
	g_assert_cmpint(after->promised, ==, 30);
	g_assert_cmpint(after->answered, ==, 40);
	g_assert_cmpint(after->resolved, ==, 50);
	g_assert_cmpstr(ticket->state, ==, "new");
	g_assert_null(ticket_by_id(txn, 1, &error));
	g_assert_no_error(error);
}

static void
test_list(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	static const struct {
		const char *state, *queue;
		gint64 after, most;
		guint want;
	} rows[] = {
		{ NULL, NULL, 0, 10, 3 },
		{ "new", NULL, 0, 10, 2 },
		{ NULL, "a", 0, 10, 2 },
		{ "new", "b", 0, 10, 1 },
		{ NULL, NULL, 1001, 10, 2 },
		{ NULL, NULL, 0, 2, 2 },
		{ "spam", NULL, 0, 10, 0 },
	};

	add_ticket(txn, "new", "a");
	add_ticket(txn, "closed", "a");
	add_ticket(txn, "new", "b");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) got = ticket_list(txn, rows[i].state,
		    rows[i].queue, rows[i].after, rows[i].most, &error);

		g_assert_no_error(error);
		g_assert_cmpuint(got->len, ==, rows[i].want);
	}
}

static void
test_participants(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 ticket = add_ticket(txn, "new", "a");
	gint64 ann = add_address(txn, "ann@x.example");
	g_autofree char *role = NULL, *none = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	const AddressRow *row;

	g_assert_true(
	    participant_add(txn, ticket, ann, "requester", 10, &error));
	g_assert_true(participant_add(txn, ticket, ann, "new", 20, &error));
	role = participant_role(txn, ticket, ann, &error);
	none = participant_role(txn, ticket, ann + 1, &error);
	rows = participant_list(txn, ticket, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(role, ==, "requester");
	g_assert_cmpstr(none, ==, "");
	g_assert_cmpuint(rows->len, ==, 1);
	row = rows->pdata[0];
	g_assert_cmpstr(row->role, ==, "requester");
	g_assert_cmpstr(row->address, ==, "ann@x.example");
}

static void
test_messages(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 ticket = add_ticket(txn, "new", "a"), first;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(MessageRow) row = NULL;
	g_autoptr(GBytes) octets = NULL;

	first = add_message(txn, ticket, "in", "public", "human", "1@x");
	add_message(txn, ticket, "out", "public", "ack", "2@x");
	rows = message_list(txn, ticket, &error);
	g_assert_cmpuint(rows->len, ==, 2);
	row = message_by_id(txn, first, &error);
	g_assert_cmpstr(row->message_id, ==, "1@x");
	g_assert_cmpstr(row->from_name, ==, "");
	octets = message_octets(txn, row->raw, &error);
	g_assert_no_error(error);
	g_assert_cmpmem(g_bytes_get_data(octets, NULL),
	    g_bytes_get_size(octets), "1@x", 3);
	g_assert_null(message_octets(txn, 4711, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

/* A customer's client threads by these; nothing internal may be named. */
static void
test_thread(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 ticket = add_ticket(txn, "new", "a");
	g_autofree char *last = NULL, *all = NULL, *none = NULL;
	g_autoptr(GPtrArray) ids = NULL, notes = NULL, empty = NULL;

	add_message(txn, ticket, "in", "public", "human", "1@x");
	add_message(txn, ticket, "out", "public", "ack", "2@us");
	add_message(txn, ticket, "out", "internal", "notify", "3@us");
	add_message(txn, ticket, "in", "internal", "note", "4@agent");
	add_message(txn, ticket, "in", "public", "bounce", "5@agent");
	add_message(txn, ticket, "in", "public", "auto-reply", "6@agent");
	add_message(txn, ticket, "in", "public", "own-copy", "2@us");
	add_message(txn, ticket, "in", "public", "list", "7@x");
	add_message(txn, ticket, "out", "public", "reply", "8@us");
	ids = message_thread_ids(txn, ticket, &last, &error);
	g_assert_no_error(error);
	g_ptr_array_add(ids, NULL);
	all = g_strjoinv(" ", (char **)ids->pdata);
	g_assert_cmpstr(all, ==, "1@x 2@us 7@x 8@us");
	g_assert_cmpstr(last, ==, "7@x");
	notes = message_notes(txn, ticket, &error);
	g_assert_cmpuint(notes->len, ==, 1);
	g_assert_cmpstr(notes->pdata[0], ==, "4@agent");
	empty =
	    message_thread_ids(txn, add_ticket(txn, "new", "a"), &none, &error);
	g_assert_cmpuint(empty->len, ==, 0);
	g_assert_cmpstr(none, ==, "");
}

static void
test_msgid(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 one = add_ticket(txn, "new", "a");
	gint64 two = add_ticket(txn, "new", "a");
	gint64 ann = add_address(txn, "ann@x.example");
	MsgidFound found;

	participant_add(txn, one, ann, "requester", 10, &error);
	msgid_add(txn, "a@x", one, "seen", &error);
	msgid_add(txn, "a@x", two, "mentioned", &error);
	msgid_add(txn, "own@us", one, "own", &error);
	msgid_add(txn, "own@us", two, "mentioned", &error);
	msgid_add(txn, "own@us", two, "mentioned", &error);
	g_assert_no_error(error);

	g_assert_true(msgid_find(txn, "none@x", ann, &found, &error));
	g_assert_cmpint(found.ticket, ==, 0);
	g_assert_false(found.own || found.mine);
	g_assert_true(msgid_find(txn, "a@x", 0, &found, &error));
	g_assert_cmpint(found.ticket, ==, two);
	g_assert_false(found.own || found.mine);
	g_assert_true(msgid_find(txn, "a@x", ann, &found, &error));
	g_assert_cmpint(found.ticket, ==, one);
	g_assert_true(found.mine);
	g_assert_true(msgid_find(txn, "own@us", 0, &found, &error));
	g_assert_cmpint(found.ticket, ==, one);
	g_assert_true(found.own);
}

static void
test_events(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 ticket = add_ticket(txn, "new", "a");
	g_autoptr(GPtrArray) rows = NULL;
	const EventRow *row;

	g_assert_true(event_add(txn, ticket, 10, "opened", "ann@x.example",
	    "by lmtp", &error));
	g_assert_true(event_add(txn, ticket, 11, "closed", "", "", &error));
	rows = event_list(txn, ticket, &error);
	g_assert_cmpuint(rows->len, ==, 2);
	row = rows->pdata[0];
	g_assert_cmpstr(row->event, ==, "opened");
	g_assert_cmpstr(row->detail, ==, "by lmtp");
	g_assert_no_error(error);
}

static void
test_timers(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	gint64 ticket = add_ticket(txn, "new", "a");
	g_autoptr(GPtrArray) early = NULL, due = NULL, after = NULL;
	const TimerRow *row;

	g_assert_true(timer_add(txn, ticket, "undelivered", 7, 100, &error));
	g_assert_true(timer_add(txn, ticket, "undelivered", 7, 100, &error));
	g_assert_true(timer_add(txn, ticket, "undelivered", 8, 200, &error));
	early = timer_due(txn, 99, 10, &error);
	due = timer_due(txn, 100, 10, &error);
	g_assert_cmpuint(early->len, ==, 0);
	g_assert_cmpuint(due->len, ==, 1);
	row = due->pdata[0];
	g_assert_cmpint(row->number, ==, 7);
	g_assert_true(timer_done(txn, row->id, &error));
	after = timer_due(txn, 300, 10, &error);
	g_assert_cmpuint(after->len, ==, 1);
	g_assert_no_error(error);
}

static const struct {
	const char *path;
	void (*run)(House *house, gconstpointer data);
} tests[] = {
	{ "numbers follow one another, and what is undone gives its back",
	    test_numbers },
	{ "a change is written, a copy is a copy", test_update },
	{ "the list is by state and queue, in order", test_list },
	{ "a participant has his first role", test_participants },
	{ "a message gives back its octets", test_messages },
	{ "the public thread names nothing internal", test_thread },
	{ "an id is looked for in one's own tickets first", test_msgid },
	{ "events are in order", test_events },
	{ "a timer stands once, is due and is done", test_timers },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/tickets/%s", tests[i].path);

		g_test_add(path, House, NULL, house_set_up, tests[i].run,
		    house_tear_down);
	}
	return g_test_run();
}
