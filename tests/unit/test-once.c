/* test-once.c - one mail is one ticket, however often and by whatever way it
 * comes (AC-05, AC-08), and two mails are two, whatever they call themselves.
 * Through the real spool and parser, with envelopes made by hand. */
#include "daemon/ingest.h"

#include "house.h"
#include "mail/parser.h"
#include "mail/prover.h"
#include "store/seen.h"

#define HEAD                                                                   \
	"From: Ann <ann@customer.example>\r\nTo: support@shop.example\r\n"     \
	"Subject: Parcel\r\nDate: Thu, 26 Nov 2026 11:00:00 +0000\r\n"
#define ID "Message-ID: <1@customer.example>\r\n"

static void
set_up(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	shop_build(shop,
	    HOUSE_CONFIG "[mailbox archive]\naddress = archive@shop.example\n");
}

/* One way in. */
typedef struct Way {
	const char *mailbox, *door;
	guint32 uidvalidity, uid;
	const char *trace; /* fields that the way adds on top */
} Way;

static void
put(Shop *shop, const Way *way, const char *mail)
{
	g_autofree char *octets = g_strconcat(way->trace, mail, NULL);
	g_autoptr(Envelope) envelope = envelope_new(way->mailbox, way->door,
	    g_get_real_time() / G_USEC_PER_SEC);
	g_autoptr(GError) error = NULL;

	envelope->uidvalidity = way->uidvalidity;
	envelope->uid = way->uid;
	spool_add(shop->spool, envelope, octets, strlen(octets), &error);
	g_assert_no_error(error);
}

static void
work_off(Shop *shop)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Ingest) ingest = ingest_new(shop->house.site, &error);
	guint done = 1;

	g_assert_no_error(error);
	while (done > 0) {
		g_assert_true(ingest_round(ingest, &done, &error));
		g_assert_no_error(error);
	}
}

static guint
tickets(Shop *shop)
{
	g_autoptr(StoreTxn) txn = house_read(&shop->house);
	g_autoptr(GPtrArray) rows = ticket_list(txn, NULL, NULL, 0, 999, NULL);

	return rows->len;
}

static guint
acks(Shop *shop)
{
	return house_letters(&shop->house, "ack", NULL) +
	       house_letters(&shop->house, "ack-plain", NULL);
}

/* --- one mail ---------------------------------------------------------------- */

static const Way ways[] = {
	{ "support", "pipe", 0, 0, "" },
	{ "support", "imap", 7, 12, "" },
	{ "support", "lmtp", 0, 0,
	    "Return-Path: <ann@customer.example>\r\n"
	    "Delivered-To: support@shop.example\r\n"
	    "Received: from a by b; Thu, 26 Nov 2026 11:00:01 +0000\r\n" },
	{ "support", "imap", 7, 40, "X-Spam-Status: No\r\n" }, /* moved back */
	{ "support", "imap", 8, 3, "" },                       /* UIDVALIDITY */
	{ "archive", "imap", 11, 900, "" },                    /* All Mail */
	{ "sales", "lmtp", 0, 0, "X-Original-To: sales@shop.example\r\n" },
};

static void
test_all_at_once(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		put(shop, &ways[i], HEAD ID "\r\nWhere is it?\r\n");
	work_off(shop);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(acks(shop), ==, 1);
	g_assert_cmpuint(spool_count(shop->spool, NULL), ==, 0);
}

static void
test_one_by_one(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		put(shop, &ways[i], HEAD ID "\r\nWhere is it?\r\n");
		work_off(shop);
		g_assert_cmpuint(tickets(shop), ==, 1);
		g_assert_cmpuint(acks(shop), ==, 1);
	}
}

/* A UID that is settled is not fetched again, also when the mail was known. */
static void
test_uids(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
	g_autoptr(StoreTxn) txn = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		put(shop, &ways[i], HEAD ID "\r\nWhere is it?\r\n");
	work_off(shop);
	txn = house_read(&shop->house);
	g_assert_true(seen_uids(txn, "support", 7, 0, uids, NULL));
	g_assert_cmpuint(g_hash_table_size(uids), ==, 2);
	g_hash_table_remove_all(uids);
	g_assert_true(seen_uids(txn, "support", 8, 0, uids, NULL));
	g_assert_cmpuint(g_hash_table_size(uids), ==, 1);
}

/* Two doors, each in a thread of its own, a hundred mails, each mail by both;
 * two that take out. */
typedef struct Door {
	Shop *shop;
	const Way *way;
} Door;

static gpointer
door_main(gpointer data)
{
	const Door *door = data;

	for (guint i = 0; i < 100; i++) {
		g_autofree char *mail = g_strdup_printf(HEAD
		    "Message-ID: <%u@customer.example>\r\n\r\nNumber %u\r\n",
		    i, i);

		put(door->shop, door->way, mail);
	}
	return NULL;
}

static void
test_two_doors(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	Door pipe = { shop, &ways[0] }, lmtp = { shop, &ways[2] };
	GThread *one = g_thread_new("pipe", door_main, &pipe);
	GThread *two = g_thread_new("lmtp", door_main, &lmtp);

	work_off(shop);
	g_thread_join(one);
	g_thread_join(two);
	work_off(shop);
	g_assert_cmpuint(tickets(shop), ==, 100);
}

/* What lies in a watched mailbox for years is kept, and answered by nobody
 * but a person; by its INTERNALDATE, whatever its Date says. */
static void
test_years_old(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	const char *mail = HEAD ID "\r\nWhere is it?\r\n";
	g_autoptr(Envelope) envelope = envelope_new(
	    "support", "imap", g_get_real_time() / G_USEC_PER_SEC);
	g_autoptr(GError) error = NULL;

	envelope->uidvalidity = 7;
	envelope->uid = 12;
	envelope->internal_date =
	    envelope->received - (gint64)9 * 365 * 24 * 3600;
	spool_add(shop->spool, envelope, mail, strlen(mail), &error);
	g_assert_no_error(error);
	work_off(shop);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(acks(shop), ==, 0);
}

/* --- two mails --------------------------------------------------------------- */

static void
test_two(Shop *shop, const char *one, const char *other, guint want)
{
	put(shop, &ways[0], one);
	put(shop, &ways[1], other);
	work_off(shop);
	g_assert_cmpuint(tickets(shop), ==, want);
}

static void
test_same_id(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	test_two(shop, HEAD ID "\r\nWhere is it?\r\n",
	    HEAD ID "\r\nI mean the other one.\r\n", 2);
}

static void
test_no_id(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	test_two(shop, HEAD "\r\nWhere is it?\r\n", HEAD "\r\nWhere is it?\r\n",
	    1);
}

static void
test_no_id_other(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	test_two(shop, HEAD "\r\nWhere is it?\r\n",
	    HEAD "\r\nWhere is she?\r\n", 2);
}

static void
test_same_body(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	test_two(shop, HEAD ID "\r\nWhere is it?\r\n",
	    HEAD "Message-ID: <2@customer.example>\r\n\r\nWhere is it?\r\n", 2);
}

#define TEST(title, function)                                                  \
	g_test_add("/once/" title, Shop, NULL, set_up, function, shop_tear_down)

int
main(int argc, char **argv)
{
	parser_worker_main(argc, argv);
	prover_worker_main(argc, argv);
	g_test_init(&argc, &argv, NULL);
	TEST("AC-08: one mail by seven ways at once is one ticket",
	    test_all_at_once);
	TEST(
	    "AC-05: one mail by seven ways, one after the other, is one ticket",
	    test_one_by_one);
	TEST("AC-05: every way that it came is settled", test_uids);
	TEST("AC-08: two doors at once are one ticket a mail", test_two_doors);
	TEST("AC-19: a mail of nine years ago is not acknowledged",
	    test_years_old);
	TEST("AC-08: the same Message-ID with another text is another mail",
	    test_same_id);
	TEST("AC-08: without a Message-ID the same text is the same mail",
	    test_no_id);
	TEST("AC-08: without a Message-ID another text is another mail",
	    test_no_id_other);
	TEST("AC-08: the same text with another Message-ID is another mail",
	    test_same_body);
	return g_test_run();
}
