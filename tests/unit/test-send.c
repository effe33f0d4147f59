/* test-send.c - what became of a letter: the results of each recipient, and
 * the id that a relay gave it. */
#include "daemon/send.h"

#include "daemon/tick.h"
#include "house.h"
#include "peer.h"

#define ANN   "ann@customer.example"
#define BOSS  "550-boss@customer.example"
#define LATER "451-later@customer.example"
#define OLGA  "olga@shop.example"

typedef struct Office {
	House house;
	Peer *peer;
} Office;

static void
open_office(Office *office, const char *words)
{
	g_autofree char *config = NULL;

	office->peer = peer_start("fake-smtp.py", words);
	config = g_strdup_printf(HOUSE_CONFIG
	    "[smtp]\nserver = smtp://127.0.0.1:%u\nconnections = 1\n",
	    office->peer->port);
	house_build(&office->house, config);
}

static void
close_office(Office *office)
{
	peer_stop(office->peer);
	house_tear_down(&office->house, NULL);
}

static void
send_all(Office *office)
{
	g_autoptr(GError) error = NULL;
	guint sent;

	send_once(office->house.site, &sent, &error);
	g_assert_no_error(error);
}

static Message *
proven_mail(const char *id, const char *from)
{
	Message *message = house_mail(id, from, "Hello");

	house_prove(message, "pass");
	return message;
}

static void
answer(House *house)
{
	g_autofree char *to =
	    house_keyed(house, TOKEN_AGENT, 1001, house_party(house, OLGA));

	house_take(house, proven_mail("a@shop", OLGA), to);
}

/* AC-09: SES tells the id, and no domain. */
static void
test_relay_id(void)
{
	Office office = { 0 };
	Message *message = proven_mail("2@x", ANN);

	open_office(&office, "dot=250 Ok 0102018f2c33aa11-7d1a4a55-000000");
	house_take(&office.house, proven_mail("1@x", ANN), NULL);
	send_all(&office);
	g_ptr_array_add(message->in_reply_to,
	    g_strdup("0102018f2c33aa11-7d1a4a55-000000@eu-west-1.ses.example"));
	g_assert_cmpint(house_take(&office.house, message, NULL), ==, 1001);
	close_office(&office);
}

static gboolean
has_event(House *house, const char *event, const char *words)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) rows = event_list(txn, 1001, NULL);

	for (guint i = 0; i < rows->len; i++) {
		const EventRow *row = rows->pdata[i];

		if (g_str_equal(row->event, event) &&
		    strstr(row->detail, words) != NULL)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_marked(House *house, const char *address)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(AddressRow) row = party_by_address(txn, address, NULL);

	return row->undeliverable != 0;
}

static void
state_is(House *house, const char *letter, const char *state)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GPtrArray) lines = outbox_list(txn, TRUE, NULL);

	for (guint i = 0; i < lines->len; i++) {
		const OutboxLine *line = lines->pdata[i];

		if (g_str_equal(line->letter, letter))
			g_assert_cmpstr(line->state, ==, state);
	}
}

static void
copy_to(House *house, const char *address)
{
	Message *first = proven_mail("1@x", ANN);

	g_ptr_array_add(first->cc, address_new(address, ""));
	house_take(house, first, NULL);
	answer(house);
}

/* One in copy is refused: the letter is sent all the same, and the agents hear
 * who has missed it. */
static void
test_refused(void)
{
	Office office = { 0 };
	House *house = &office.house;
	g_autoptr(GError) error = NULL;
	g_autofree char *note = NULL;
	guint fired;

	open_office(&office, "");
	copy_to(house, BOSS);
	send_all(&office);
	state_is(house, "reply", "sent");
	g_assert_true(has_event(house, "sent", "reply to " ANN));
	g_assert_true(has_event(house, "failed", "reply to " BOSS ": "));
	g_assert_false(is_marked(house, ANN));
	g_assert_true(tick_once(house->store, &house->desk, &fired, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(fired, ==, 1);
	note = house_letter_text(house, "notify");
	g_assert_nonnull(strstr(note, BOSS));
	close_office(&office);
}

/* One in copy must wait: the others are not written to again. */
static void
test_later(void)
{
	Office office = { 0 };
	House *house = &office.house;

	open_office(&office, "");
	copy_to(house, LATER);
	send_all(&office);
	state_is(house, "reply", "queued");
	{
		g_autoptr(StoreTxn) txn = house_write(house);
		g_autoptr(GPtrArray) rows = outbox_lease(txn, HOUSE_NOW + 9999,
		    HOUSE_NOW + 19999, 99, NULL);
		guint queued = 0;

		for (guint i = 0; i < rows->len; i++) {
			const OutboxRow *row = rows->pdata[i];

			for (guint n = 0; n < row->recipients->len; n++) {
				const OutboxRecipient *one =
				    row->recipients->pdata[n];

				if (!g_str_equal(one->state, "queued"))
					continue;
				queued++;
				g_assert_cmpstr(one->forward_path, ==, LATER);
			}
		}
		g_assert_cmpuint(queued, ==, 1);
	}
	close_office(&office);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_setenv("JAVOB_CLOCK", "1795694460", TRUE); /* HOUSE_NOW + 60 */
	g_test_add_func("/send/AC-09: the id that the relay tells is known",
	    test_relay_id);
	g_test_add_func("/send/one of two recipients is refused", test_refused);
	g_test_add_func("/send/one of two recipients must wait", test_later);
	return g_test_run();
}
