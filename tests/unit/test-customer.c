/* test-customer.c - one profile over all addresses, and erasure: afterwards no
 * octet in the state directory tells of him, and other people's mails stay. */
#include "policy/customer.h"

#include "ground/error.h"
#include "house.h"
#include "store/erasure.h"
#include "store/search.h"

#define ANN  "ann@customer.example"
#define HOME "annette@home.example"
#define BOB  "bob@other.example"
#define OLGA "olga@shop.example"

/* What would tell of Ann; her name, addresses, ids, subjects, words. */
static const char *const traces[] = { "customer.example", "home.example",
	"Annabella", "zanzibar", "quixotic", "Xylophone" };

/* Takes a mail whose stored octets are its text too. */
static gint64
take(House *house, const char *id, const char *from, const char *name,
    const char *subject, const char *text, const char *to)
{
	g_autoptr(Message) message = house_mail(id, from, text);
	g_autoptr(Envelope) envelope = house_envelope(to);
	g_autofree char *raw = g_strdup_printf(
	    "From: %s <%s>\r\nSubject: %s\r\nMessage-ID: <%s>\r\n\r\n%s\r\n",
	    name, from, subject, id, text);
	g_autoptr(GBytes) octets = g_bytes_new(raw, strlen(raw));
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = house_write(house);
	Address *author = message->from->pdata[0];
	gint64 ticket = 0;

	house_text(&author->name, name);
	house_text(&message->subject, subject);
	house_prove(message, "pass");
	pipeline_run(txn, &house->desk, message, envelope, NULL, octets,
	    HOUSE_NOW, &ticket, &error);
	g_assert_no_error(error);
	house_commit(g_steal_pointer(&txn));
	return ticket;
}

static void
merge(House *house, const char *from, const char *into)
{
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;
	g_autofree char *said = customer_merge(txn, house->site, from, into,
	    "root (shell)", HOUSE_NOW, &error);

	g_assert_no_error(error);
	g_assert_nonnull(said);
	house_commit(g_steal_pointer(&txn));
}

static Customer *
find(House *house, const char *address)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(GError) error = NULL;
	Customer *customer = customer_find(txn, address, &error);

	g_assert_no_error(error);
	return customer;
}

static void
index_all(House *house)
{
	g_autoptr(GError) error = NULL;
	guint done = 1;

	while (done > 0)
		store_index_pending(house->store, 100, &done, &error);
	g_assert_no_error(error);
}

static gboolean
erase(Shop *shop, const char *address, GError **error)
{
	g_autofree char *said = customer_erase(shop->house.store, shop->spool,
	    shop->house.site, address, "root (shell)", HOUSE_NOW, error);

	return said != NULL;
}

/* --- the byte search --------------------------------------------------------- */

static gboolean
holds(const char *octets, gsize size, const char *word)
{
	gsize length = strlen(word);

	for (gsize i = 0; i + length <= size; i++)
		if (g_ascii_strncasecmp(octets + i, word, length) == 0)
			return TRUE;
	return FALSE;
}

/* How many of the traces stand in any file below dir. */
static guint
traces_below(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	guint found = 0;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *octets = NULL;
		gsize size;

		if (g_file_test(file, G_FILE_TEST_IS_DIR))
			found += traces_below(file);
		else if (g_file_get_contents(file, &octets, &size, NULL))
			for (guint i = 0; i < G_N_ELEMENTS(traces); i++)
				found += holds(octets, size, traces[i]);
	}
	if (dir != NULL)
		g_dir_close(dir);
	return found;
}

static gint64
count(House *house, const char *sql)
{
	g_autofree char *db = g_build_filename(house->dir, "javob.db", NULL);
	const char *argv[] = { "sqlite3", "-readonly", db, sql, NULL };
	g_autofree char *out = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
		NULL, &out, NULL, NULL, NULL))
		return -1;
	return g_ascii_strtoll(out, NULL, 10);
}

static void
add_file(Shop *shop, const char *from, gboolean aside)
{
	g_autofree char *mail = g_strdup_printf(
	    "From: Somebody <%s>\r\nSubject: zanzibar\r\n\r\nquixotic\r\n",
	    from);
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GError) error = NULL;

	spool_add(shop->spool, envelope, mail, strlen(mail), &error);
	g_assert_no_error(error);
	if (!aside)
		return;
	names = spool_list(shop->spool, 100, &error);
	spool_quarantine(shop->spool, names->pdata[names->len - 1], "test",
	    &error);
	g_assert_no_error(error);
}

/* --- profiles ------------------------------------------------------------------ */

static void
test_merge(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autoptr(Customer) customer = NULL;
	gint64 ticket = take(house, "1@customer.example", ANN, "Annabella",
	    "Parcel", "Hello", NULL);
	Message *before = house_mail("2@other.example", BOB, "More");
	Message *after = house_mail("3@home.example", HOME, "More");

	take(house, "4@home.example", HOME, "", "Other", "Hello", NULL);
	/* Without a profile in common: a stranger with a reference. */
	house_prove(before, "pass");
	g_ptr_array_add(before->references, g_strdup("1@customer.example"));
	g_assert_cmpint(house_take(house, before, NULL), !=, ticket);
	merge(house, HOME, ANN);
	house_prove(after, "pass");
	g_ptr_array_add(after->references, g_strdup("1@customer.example"));
	g_assert_cmpint(house_take(house, after, NULL), ==, ticket);
	customer = find(house, HOME);
	g_assert_cmpuint(customer->addresses->len, ==, 2);
	g_assert_cmpstr(customer->profile->name, ==, "Annabella");
}

static void
test_merge_refused(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const pairs[][2] = { { ANN, ANN }, { ANN, OLGA },
		{ OLGA, ANN }, { ANN, "nobody@x.example" },
		{ "support@shop.example", ANN } };
	House *house = &shop->house;

	take(house, "1@x", ANN, "Annabella", "Parcel", "Hello", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autoptr(StoreTxn) txn = house_write(house);
		g_autoptr(GError) error = NULL;

		g_assert_null(customer_merge(txn, house->site, pairs[i][0],
		    pairs[i][1], "root", HOUSE_NOW, &error));
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	}
}

static void
set(House *house, const CustomerWords *words, gboolean want)
{
	g_autoptr(Customer) customer = find(house, ANN);
	g_autoptr(StoreTxn) txn = house_write(house);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(customer_set(txn, customer, words, &error), ==, want);
	if (want)
		house_commit(g_steal_pointer(&txn));
}

static void
test_set(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	CustomerWords words = { "Dr. Ann Lee", "uz-Latn", "formal", TRUE };
	g_autoptr(Customer) customer = NULL;
	g_autoptr(Ticket) ticket = NULL;

	take(house, "1@x", ANN, "Annabella", "Parcel", "Hello", NULL);
	set(house, &words, TRUE);
	words.tone = "rude";
	set(house, &words, FALSE);
	words.tone = NULL;
	words.language = "no tag!";
	set(house, &words, FALSE);
	/* Her next mail changes no name that an agent gave. */
	ticket = house_ticket(house,
	    take(house, "2@x", ANN, "annie", "Other", "Hello", NULL));
	g_assert_cmpstr(ticket->language, ==, "uz");
	customer = find(house, ANN);
	g_assert_cmpstr(customer->profile->name, ==, "Dr. Ann Lee");
	g_assert_cmpstr(customer->profile->tone, ==, "formal");
}

/* --- erasure ------------------------------------------------------------------- */

/* Ann writes from two addresses, an agent answers with quotations, a bounce
 * comes back, and Bob takes part in one of her tickets. */
static void
live(Shop *shop)
{
	House *house = &shop->house;
	gint64 ticket =
	    take(house, "1@customer.example", ANN, "Annabella Xylophone",
		"The zanzibar kettle", "It leaks quixotically.", NULL);
	g_autofree char *agent =
	    house_keyed(house, TOKEN_AGENT, ticket, house_party(house, OLGA));
	g_autofree char *bob = NULL;

	take(house, "2@home.example", HOME, "Annabella", "zanzibar again",
	    "quixotic", NULL);
	take(house, "3@shop.example", OLGA, "Olga", "Re: zanzibar",
	    "Dear Annabella, a new one is on its way.\n> quixotic <" ANN ">",
	    agent);
	bob =
	    house_keyed(house, TOKEN_CUSTOMER, ticket, house_party(house, ANN));
	g_assert_cmpint(take(house, "4@other.example", BOB, "Bob", "Re: kettle",
			    "Mine leaks too.", bob),
	    ==, ticket);
	take(house, "5@other.example", BOB, "Bob", "My lamp", "It is dark.",
	    NULL);
	merge(house, HOME, ANN);
	index_all(house);
}

static void
test_erase(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = NULL, found = NULL, faults = NULL;
	g_autoptr(GPtrArray) events = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(Ticket) ticket = NULL;

	live(shop);
	add_file(shop, ANN, FALSE);
	add_file(shop, HOME, TRUE);
	g_assert_cmpuint(traces_below(house->dir), >, 10);
	g_assert_true(erase(shop, HOME, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(traces_below(house->dir), ==, 0);
	store_tidy(house->store, TRUE);
	g_assert_cmpuint(traces_below(house->dir), ==, 0);

	/* Bob's words stay, on her ticket and on his own. */
	txn = house_read(house);
	rows = message_list(txn, 1001, &error);
	g_assert_cmpuint(rows->len, ==, 1);
	g_assert_cmpstr(((MessageRow *)rows->pdata[0])->body_text, ==,
	    "Mine leaks too.");
	ticket = ticket_by_number(txn, 1001, &error);
	g_assert_cmpstr(ticket->subject, ==, "(erased)");
	g_assert_cmpint(ticket->requester, ==, 0);
	events = event_list(txn, 0, &error);
	g_assert_cmpstr(((EventRow *)events->pdata[events->len - 1])->event, ==,
	    "customer-erased");
	g_clear_pointer(&txn, store_rollback);
	found = store_search(house->store, "leaks", 10, &error);
	g_assert_cmpuint(found->len, ==, 1);
	g_assert_cmpint(house_party(house, ANN), ==, 0);
	g_assert_cmpuint(house_letters(house, "notify", NULL), >, 0);
	faults = g_ptr_array_new_with_free_func(g_free);
	g_assert_true(store_verify(house->store, faults, &error));
	g_assert_cmpuint(faults->len, ==, 0);
	if (count(house, "SELECT 1") == 1)
		g_assert_cmpint(count(house, "SELECT count(*) FROM raw"), ==,
		    count(house, "SELECT count(*) FROM message"));
}

/* The same mail again, out of a mailbox that was restored. */
static void
test_erased_again(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tickets = NULL;
	g_autoptr(StoreTxn) txn = NULL;

	live(shop);
	g_assert_true(erase(shop, ANN, &error));
	g_assert_cmpint(take(house, "1@customer.example", ANN,
			    "Annabella Xylophone", "The zanzibar kettle",
			    "It leaks quixotically.", NULL),
	    ==, 0);
	txn = house_read(house);
	tickets = ticket_list(txn, NULL, NULL, 0, 100, NULL);
	g_assert_cmpuint(tickets->len, ==, 2);
}

static void
test_erase_refused(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const addresses[] = { OLGA, "support@shop.example",
		"nobody@x.example" };

	live(shop);
	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(erase(shop, addresses[i], &error));
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	}
	g_assert_cmpint(house_party(&shop->house, ANN), !=, 0);
}

/* Killed between the commit and the scrubbing of the file. */
static void
test_erase_cut_off(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autoptr(Customer) customer = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	ErasureCounts counts = { 0 };
	gboolean due;

	live(shop);
	customer = find(house, ANN);
	txn = house_write(house);
	g_assert_true(erasure_run(txn, customer->profile->id,
	    customer->addresses, &counts, &error));
	house_commit(g_steal_pointer(&txn));
	g_assert_cmpuint(counts.addresses, ==, 2);
	g_assert_cmpuint(traces_below(house->dir), >, 0);
	g_assert_true(erase(shop, ANN, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(traces_below(house->dir), ==, 0);
	txn = house_read(house);
	g_assert_true(erasure_is_due(txn, &due, &error));
	g_assert_false(due);
}

static void
test_erase_waiting(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	add_file(shop, ANN, FALSE);
	add_file(shop, BOB, FALSE);
	g_assert_true(erase(shop, ANN, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(spool_count(shop->spool, NULL), ==, 1);
}

/* Whom she named is known from her alone; and where she was only in copy, the
 * ticket stays, but no letter that names her. */
static void
test_erase_copies(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	Message *hers = house_mail("1@customer.example", ANN, "Hello");
	Message *bobs = house_mail("2@other.example", BOB, "My lamp");
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autofree char *agent = NULL;
	gint64 ticket;

	house_prove(hers, "pass");
	g_ptr_array_add(hers->cc, address_new("carl@third.example", ""));
	house_take(house, hers, NULL);
	g_assert_cmpint(house_party(house, "carl@third.example"), !=, 0);
	house_prove(bobs, "pass");
	house_text(&bobs->subject, "Lamp");
	g_ptr_array_add(bobs->cc, address_new(ANN, ""));
	ticket = house_take(house, bobs, NULL);
	agent =
	    house_keyed(house, TOKEN_AGENT, ticket, house_party(house, OLGA));
	take(house, "3@shop.example", OLGA, "Olga", "Re: Lamp", "It left.",
	    agent);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 1);
	g_assert_true(erase(shop, ANN, &error));
	g_assert_no_error(error);
	g_assert_cmpint(house_party(house, "carl@third.example"), ==, 0);
	g_assert_cmpint(house_party(house, BOB), !=, 0);
	g_assert_cmpuint(house_letters(house, "reply", NULL), ==, 0);
	g_assert_cmpuint(traces_below(house->dir), ==, 0);
	txn = house_read(house);
	rows = message_list(txn, ticket, NULL);
	g_assert_cmpuint(rows->len, >=, 2);
}

/* What export shows is what erase takes. */
static void
test_export(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autoptr(Customer) customer = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GArray) ids = NULL;
	guint his = 0, others = 0;

	live(shop);
	customer = find(house, HOME);
	txn = house_read(house);
	ids = erasure_messages(txn, customer->profile->id, customer->addresses,
	    NULL);
	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(MessageRow) row =
		    message_by_id(txn, g_array_index(ids, gint64, i), NULL);

		his += g_str_equal(row->from_address, ANN) ||
		       g_str_equal(row->from_address, HOME);
		others += g_str_equal(row->from_address, BOB);
	}
	g_assert_cmpuint(his, ==, 2);
	g_assert_cmpuint(others, ==, 0);
}

#define TEST(title, function)                                                  \
	g_test_add("/customer/" title, Shop, NULL, shop_set_up, function, shop_tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("a second address takes part where the first does", test_merge);
	TEST("agents, strangers and one and the same are not merged",
	    test_merge_refused);
	TEST("what an agent knows of her is kept and used", test_set);
	TEST("after an erasure no octet tells of her", test_erase);
	TEST("a mail that was erased does not come back", test_erased_again);
	TEST("agents and strangers are not erased", test_erase_refused);
	TEST("an erasure that was cut off comes to its end",
	    test_erase_cut_off);
	TEST("mail that only waits is erased too", test_erase_waiting);
	TEST("erasure and those in copy", test_erase_copies);
	TEST("what is exported is hers", test_export);
	return g_test_run();
}
