/* test-ingest.c - from spool files to rows: nothing is lost, nothing acts
 * twice, nothing holds up the next mail. */
#include "daemon/ingest.h"

#include "ground/error.h"
#include "house.h"
#include "mail/parser.h"

#define MAIL(id, text)                                                         \
	"From: Ann <ann@customer.example>\r\nTo: support@shop.example\r\n"     \
	"Subject: Parcel\r\nMessage-ID: <" id ">\r\n\r\n" text "\r\n"

static void
add_octets(Shop *shop, const void *octets, gsize size)
{
	g_autoptr(Envelope) envelope = house_envelope(NULL);
	g_autoptr(GError) error = NULL;

	envelope->received = g_get_real_time() / G_USEC_PER_SEC;
	spool_add(shop->spool, envelope, octets, size, &error);
	g_assert_no_error(error);
}

static void
add_mail(Shop *shop, const char *text)
{
	add_octets(shop, text, strlen(text));
}

static Ingest *
open_ingest(Shop *shop)
{
	g_autoptr(GError) error = NULL;
	Ingest *ingest = ingest_new(shop->house.site, &error);

	g_assert_no_error(error);
	return ingest;
}

/* Until nothing is left; how many mails it took. */
static guint
work_off(Shop *shop)
{
	g_autoptr(Ingest) ingest = open_ingest(shop);
	guint all = 0, done;

	do {
		g_autoptr(GError) error = NULL;

		g_assert_true(ingest_round(ingest, &done, &error));
		g_assert_no_error(error);
		all += done;
	} while (done > 0);
	ingest_idle(ingest);
	return all;
}

static guint
tickets(Shop *shop)
{
	g_autoptr(StoreTxn) txn = house_read(&shop->house);
	g_autoptr(GPtrArray) rows = ticket_list(txn, NULL, NULL, 0, 9999, NULL);

	return rows->len;
}

static guint
waiting(Shop *shop)
{
	gint64 oldest;

	return spool_count(shop->spool, &oldest);
}

static guint
aside(Shop *shop)
{
	g_autoptr(GPtrArray) rows = spool_quarantined(shop->spool, NULL);

	return rows->len;
}

static void
test_one(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(StoreTxn) txn = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GBytes) octets = NULL;
	const MessageRow *row;
	const char *mail = MAIL("1@x", "Hello");

	add_mail(shop, mail);
	g_assert_cmpuint(work_off(shop), ==, 1);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(waiting(shop), ==, 0);
	g_assert_cmpuint(house_letters(&shop->house, "ack-plain", NULL), ==, 1);
	txn = house_read(&shop->house);
	rows = message_list(txn, 1001, NULL);
	row = rows->pdata[0];
	octets = message_octets(txn, row->raw, NULL);
	g_assert_cmpmem(g_bytes_get_data(octets, NULL),
	    g_bytes_get_size(octets), mail, strlen(mail));
}

/* More than one commit holds, each twice. */
static void
test_many(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	for (guint i = 0; i < 160; i++) {
		g_autofree char *mail =
		    g_strdup_printf(MAIL("%u@x", "Hello %u"), i / 2, i / 2);

		add_mail(shop, mail);
	}
	g_assert_cmpuint(work_off(shop), ==, 160);
	g_assert_cmpuint(tickets(shop), ==, 80);
	g_assert_cmpuint(waiting(shop), ==, 0);
	g_assert_cmpuint(aside(shop), ==, 0);
	g_assert_cmpuint(house_letters(&shop->house, "ack-plain", NULL), ==, 1);
}

static const struct {
	const char *title;
	const char *octets;
	gsize size;
} odd[] = {
	{ "nothing at all", "", 0 },
	{ "no header", "Hello there\r\n", 13 },
	{ "NUL octets", "Subject: a\0b\r\n\r\n\0\0", 18 },
	{ "bare CR", "Subject: a\r\rHello\r", 18 },
	{ "no From", "Subject: a\r\n\r\nHello\r\n", 21 },
	{ "an empty From", "From: \r\nSubject: a\r\n\r\nHello\r\n", 29 },
	{ "an mbox line first", "From x Mon\r\nFrom: a@b.example\r\n\r\nHello",
	    36 },
	{ "a boundary that never ends",
	    "From: a@b.example\r\nContent-Type: multipart/mixed; "
	    "boundary=x\r\n\r\n--x\r\n--x\r\n--x",
	    76 },
	{ "bytes in no charset",
	    "From: a@b.example\r\nContent-Type: text/plain; "
	    "charset=x-unknown\r\n\r\n\xff\xfe\xfd",
	    68 },
};

/* Whatever it is, it is kept, and the mail behind it is not held up. */
static void
test_odd(Shop *shop, gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	add_octets(shop, odd[i].octets, odd[i].size);
	add_mail(shop, MAIL("1@x", "Hello"));
	g_assert_cmpuint(work_off(shop), ==, 2);
	g_assert_cmpuint(tickets(shop), ==, 2);
	g_assert_cmpuint(waiting(shop), ==, 0);
}

static void
test_deep(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GString) text = g_string_new("From: a@b.example\r\nTo: ");

	for (guint i = 0; i < 40500; i++)
		g_string_append(text, "a:");
	g_string_append(text, "\r\n\r\nHello\r\n");
	add_mail(shop, text->str);
	g_string_assign(text, "From: a@b.example\r\n");
	for (guint i = 0; i < 2000; i++)
		g_string_append_printf(text,
		    "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n"
		    "--b%u\r\n",
		    i, i);
	add_mail(shop, text->str);
	add_mail(shop, MAIL("1@x", "Hello"));
	g_assert_cmpuint(work_off(shop), ==, 3);
	g_assert_cmpuint(tickets(shop), ==, 3);
}

/* A file in the spool that is none of ours: aside, and the next one goes. */
static void
test_broken_file(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *path = NULL;

	add_mail(shop, MAIL("1@x", "Hello"));
	names = spool_list(shop->spool, 10, NULL);
	path = g_build_filename(shop->house.dir, "spool", "new",
	    names->pdata[0], NULL);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_free(path);
		path = g_build_filename(shop->house.dir, "spool",
		    names->pdata[0], NULL);
	}
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_set_contents(path, "nonsense", -1, NULL));
	add_mail(shop, MAIL("2@x", "Hello"));
	g_assert_cmpuint(work_off(shop), ==, 2);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(aside(shop), ==, 1);
	g_assert_cmpuint(waiting(shop), ==, 0);
}

/* A mail that has killed us has a minimal ticket, which a byte scan made. Tried
 * anew and read, it goes there, and opens no second one. */
static void
test_retried(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	const char *mail = MAIL("1@x", "Hello");
	g_autoptr(GBytes) octets = g_bytes_new(mail, strlen(mail));
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(StoreTxn) txn = NULL;
	const char *name;

	g_assert_cmpint(
	    house_take(&shop->house, message_scan(octets), NULL), ==, 1001);
	add_mail(shop, mail);
	names = spool_list(shop->spool, 10, NULL);
	name = names->pdata[0];
	g_assert_true(spool_quarantine(shop->spool, name, "why", NULL));
	g_assert_true(spool_retry(shop->spool, name, NULL));
	g_assert_cmpuint(work_off(shop), ==, 1);
	g_assert_cmpuint(waiting(shop), ==, 0);
	g_assert_cmpuint(aside(shop), ==, 0);
	g_assert_cmpuint(tickets(shop), ==, 1);
	txn = house_read(&shop->house);
	rows = message_list(txn, 1001, NULL);
	for (guint i = 0; i < rows->len; i++) {
		const MessageRow *row = rows->pdata[i];

		if (g_str_equal(row->reason, "itself, set aside before"))
			return;
	}
	g_assert_not_reached();
}

/* The process died between commit and removal: the file is there again. */
static void
test_died(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	add_mail(shop, MAIL("1@x", "Hello"));
	work_off(shop);
	add_mail(shop, MAIL("1@x", "Hello"));
	g_assert_cmpuint(work_off(shop), ==, 1);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(house_letters(&shop->house, "ack-plain", NULL), ==, 1);
	g_assert_cmpuint(house_letters(&shop->house, "notify", NULL), ==, 2);
}

static void
test_locked(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(Ingest) ingest = open_ingest(shop);
	g_autoptr(GError) error = NULL;
	StoreTxn *other = house_write(&shop->house);
	guint done = 99;

	store_wait(ingest_store(ingest), 10);
	add_mail(shop, MAIL("1@x", "Hello"));
	g_assert_false(ingest_round(ingest, &done, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_cmpuint(done, ==, 0);
	g_assert_cmpuint(waiting(shop), ==, 1);
	store_rollback(other);
	g_clear_error(&error);
	g_assert_true(ingest_round(ingest, &done, &error));
	g_assert_cmpuint(done, ==, 1);
	g_assert_cmpuint(waiting(shop), ==, 0);
}

static void
test_no_store(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *db =
	    g_build_filename(shop->house.dir, "javob.db", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Ingest) ingest = NULL;

	g_assert_cmpint(g_unlink(db), ==, 0);
	ingest = ingest_new(shop->house.site, &error);
	g_assert_null(ingest);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_false(g_file_test(db, G_FILE_TEST_EXISTS));
}

/* An agent's answer with a file, parsed for real. */
static void
test_agent(Shop *shop, gconstpointer data G_GNUC_UNUSED)
{
	House *house = &shop->house;
	g_autofree char *to = NULL, *mail = NULL, *text = NULL;

	add_mail(shop, MAIL("1@x", "Hello"));
	work_off(shop);
	to = house_keyed(house, TOKEN_AGENT, 1001,
	    house_party(house, "olga@shop.example"));
	mail = g_strdup_printf(
	    "Authentication-Results: mx.shop.example; dmarc=pass "
	    "header.from=shop.example\r\nFrom: Olga <olga@shop.example>\r\n"
	    "To: %s\r\nSubject: Re: x\r\nMessage-ID: <2@shop>\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
	    "It left today.\r\n\r\n--b\r\nContent-Type: image/png\r\n"
	    "Content-Disposition: attachment; filename=\"a.png\"\r\n\r\nabc"
	    "\r\n--b--\r\n",
	    to);
	add_mail(shop, mail);
	g_assert_cmpuint(work_off(shop), ==, 1);
	g_assert_cmpuint(tickets(shop), ==, 1);
	g_assert_cmpuint(house_letters(house, "reply", "ann@customer.example"),
	    ==, 1);
	text = house_letter_text(house, "reply");
	g_assert_nonnull(strstr(text, "It left today."));
}

static const struct {
	const char *path;
	void (*run)(Shop *shop, gconstpointer data);
} tests[] = {
	{ "a mail becomes a ticket, and its file goes", test_one },
	{ "many mails, each twice, are tickets once", test_many },
	{ "what kills other parsers is a ticket", test_deep },
	{ "a broken spool file is set aside", test_broken_file },
	{ "a mail that is there again goes without a trace", test_died },
	{ "a mail tried anew goes to its minimal ticket", test_retried },
	{ "while the store is locked mail waits", test_locked },
	{ "a missing store is not made anew", test_no_store },
	{ "an agent's answer goes out with its file", test_agent },
};

int
main(int argc, char **argv)
{
	parser_worker_main(argc, argv);
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
		    g_strdup_printf("/ingest/%s", tests[i].path);

		g_test_add(path, Shop, NULL, shop_set_up, tests[i].run,
		    shop_tear_down);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autofree char *path =
		    g_strdup_printf("/ingest/kept: %s", odd[i].title);

		g_test_add(path, Shop, GSIZE_TO_POINTER(i), shop_set_up, test_odd,
		    shop_tear_down);
	}
	return g_test_run();
}
