/* test-proof.c - what proves an author, from the configuration through ingest
 * to the ticket: the border's word first, then his DKIM signature. */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/ingest.h"
#include "dkim.h"
#include "house.h"
#include "mail/parser.h"
#include "mail/prover.h"
#include "store/spool.h"

static SignKey key;

/* --- who has the first word -------------------------------------------------- */

static void
test_order(House *house, gconstpointer data)
{
	static const struct {
		const char *border; /* dmarc= result; NULL: no field */
		AuthVerdict dkim;
		gboolean asked;
		AuthVerdict want;
		const char *words;
	} cases[] = {
		{ "pass", AUTH_NONE, TRUE, AUTH_PASS, "dmarc=pass" },
		{ "fail", AUTH_PASS, TRUE, AUTH_FAIL, "dmarc=fail" },
		{ "none", AUTH_PASS, TRUE, AUTH_PASS, "signature" },
		{ NULL, AUTH_PASS, TRUE, AUTH_PASS, "signature" },
		{ NULL, AUTH_NONE, TRUE, AUTH_NONE, "signature" },
		{ NULL, AUTH_NONE, FALSE, AUTH_NONE, "no results" },
	};

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Message) message =
		    house_mail("1@x", "ann@customer.example", "Hello");
		g_autoptr(Envelope) envelope = house_envelope(NULL);
		g_autoptr(AuthFinding) dkim =
		    auth_finding_new(cases[i].dkim, "the signature");
		g_autoptr(GError) error = NULL;
		g_autoptr(StoreTxn) txn = store_begin(house->store, &error);
		g_autoptr(Facts) facts = NULL;

		g_assert_no_error(error);
		if (cases[i].border != NULL)
			house_prove(message, cases[i].border);
		facts = facts_read(txn, &house->desk, message, envelope,
		    cases[i].asked ? dkim : NULL, HOUSE_NOW, &error);
		g_assert_no_error(error);
		g_assert_cmpint(facts->auth, ==, cases[i].want);
		g_assert_nonnull(strstr(facts->auth_reason, cases[i].words));
	}
}

/* --- the configuration ------------------------------------------------------- */

static void
test_options(void)
{
	static const struct {
		const char *lines;
		gboolean proves, dkim;
		const char *resolver; /* NULL: a fault */
	} cases[] = {
		{ "", FALSE, FALSE, "" },
		{ "dkim = no\n", FALSE, FALSE, "" },
		{ "dkim = yes\n", TRUE, TRUE, "" },
		{ "authserv-id = mx\n", TRUE, FALSE, "" },
		{ "dkim = yes\nresolver = 127.0.0.1:5353, ::1\n", TRUE, TRUE,
		    "127.0.0.1:5353,::1" },
		{ "dkim = yes\nresolver = localhost\n", TRUE, TRUE, NULL },
	};
	g_autofree char *dir = g_dir_make_tmp("javob-proof-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "javob.conf", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
		    "[gateway]\nstate-dir = .\n%s[mailbox support]\n"
		    "address = support@shop.example\n",
		    cases[i].lines);
		g_autoptr(GError) error = NULL;
		g_autoptr(Site) site = NULL;

		g_file_set_contents(path, text, -1, NULL);
		site = options_load(path, &error);
		if (cases[i].resolver == NULL) {
			g_assert_nonnull(
			    strstr(error->message, "no name server"));
			continue;
		}
		g_assert_no_error(error);
		g_assert_cmpint(site_can_prove(site), ==, cases[i].proves);
		g_assert_cmpint(site->dkim, ==, cases[i].dkim);
		g_assert_cmpstr(site->resolver, ==, cases[i].resolver);
	}
	house_remove(dir);
}

/* --- through ingest ---------------------------------------------------------- */

/* Answers two questions with the key and ends. */
static gpointer
serve(gpointer data)
{
	int fd = GPOINTER_TO_INT(data);
	guint8 packet[1024];
	struct sockaddr_in from;
	gsize length = strlen(key.record);

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		socklen_t size = sizeof from;
		ssize_t n;
		gsize end = 12;

		if (poll(&wait, 1, 2000) <= 0)
			return NULL;
		n = recvfrom(fd, packet, 512, 0, (void *)&from, &size);
		g_assert_cmpint(n, >, 17);
		while (packet[end] != 0)
			end += packet[end] + 1U;
		end += 5;
		packet[2] = 0x81;
		packet[3] = 0x80;
		packet[7] = 1; /* an answer */
		packet[11] = 0;
		memcpy(packet + end, "\xc0\x0c\0\x10\0\1\0\0\1\0\0", 11);
		packet[end + 11] = (guint8)(length + 1);
		packet[end + 12] = (guint8)length;
		memcpy(packet + end + 13, key.record, length);
		sendto(fd, packet, end + 13 + length, 0, (void *)&from,
		    sizeof from);
	}
}

static guint16
open_server(int *fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(*fd, (void *)&address, sizeof address), ==, 0);
	g_assert_cmpint(getsockname(*fd, (void *)&address, &size), ==, 0);
	return ntohs(address.sin_port);
}

static void
put_in_spool(House *house, const char *text, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(house->dir, TRUE, &error);
	g_autoptr(Envelope) envelope =
	    envelope_new("support", "pipe", HOUSE_NOW);
	g_autofree char *whole =
	    g_strdup_printf("Message-ID: <%s>\r\n%s", id, text);

	g_assert_no_error(error);
	spool_add(spool, envelope, whole, strlen(whole), &error);
	g_assert_no_error(error);
}

static gboolean
is_authenticated(House *house, gint64 number)
{
	g_autoptr(StoreTxn) txn = house_read(house);
	g_autoptr(Ticket) ticket = ticket_by_number(txn, number, NULL);
	g_autoptr(GPtrArray) rows = NULL;
	const MessageRow *row;

	g_assert_nonnull(ticket);
	rows = message_list(txn, ticket->id, NULL);
	row = rows->pdata[0];
	return row->authenticated;
}

static void
test_ingest(void)
{
	g_autofree char *signed_mail = sign_mail(&key, "shop.example", "s1");
	g_autofree char *changed = g_strdup(signed_mail);
	g_autofree char *config = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Ingest) ingest = NULL;
	GThread *thread;
	House house;
	guint done;
	int fd;

	config = g_strdup_printf("[gateway]\nstate-dir = .\ndkim = yes\n"
				 "resolver = 127.0.0.1:%u\n"
				 "[mailbox support]\n"
				 "address = support@help.example\n",
	    open_server(&fd));
	thread = g_thread_new("dns", serve, GINT_TO_POINTER(fd));
	house_build(&house, config);
	changed[strlen(changed) - 4] = 'X';
	put_in_spool(&house, signed_mail, "1@x");
	put_in_spool(&house, changed, "2@x");
	ingest = ingest_new(house.site, &error);
	g_assert_no_error(error);
	g_assert_true(ingest_round(ingest, &done, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(done, ==, 2);
	g_assert_true(is_authenticated(&house, 1001));
	g_assert_false(is_authenticated(&house, 1002));
	g_thread_join(thread);
	close(fd);
	g_clear_pointer(&ingest, ingest_free);
	house_tear_down(&house, NULL);
}

int
main(int argc, char **argv)
{
	int status;

	parser_worker_main(argc, argv);
	prover_worker_main(argc, argv);
	g_test_init(&argc, &argv, NULL);
	sign_key_make(&key, 0);
	g_test_add("/proof/the border's word comes before the signature", House,
	    NULL, house_set_up, test_order, house_tear_down);
	g_test_add_func("/proof/options are checked", test_options);
	g_test_add_func(
	    "/proof/ingest verifies the signature of what it takes in",
	    test_ingest);
	status = g_test_run();
	sign_key_clear(&key);
	return status;
}
