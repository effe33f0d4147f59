/* Tests of out/out_smtp.c against a scripted server. */
#include "out/out_smtp.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/stream.h"
#include "peer.h"

#define ROOM 8

static char *certificates;
static StreamTrust *trust;

static const char letter[] = "From: support@shop.example\r\n"
			     "Message-ID: <1@shop.example>\r\n"
			     "\r\n"
			     ".a line\r\n"
			     ".\r\n"
			     "last\r\n";

static SmtpSettings
settings_for(const Peer *peer)
{
	SmtpSettings settings = {
		.host = "127.0.0.1",
		.port = peer->port,
		.user = "",
		.password = "",
		.trust = trust,
		.connect_ms = 3000,
		.command_ms = 3000,
		.dot_ms = 3000,
		.idle_ms = 20000,
		.stop_fd = -1,
	};

	return settings;
}

/* Sends to the addresses in to (space between); "fate:code ..." and the
 * replies in words if wanted. */
static char *
send_to(SmtpOutlet *outlet, const char *from, const char *to,
    const char *octets, gsize size, char **replies, char **problem)
{
	static const char *const names[] = {
		[OUT_SENT] = "sent",
		[OUT_AGAIN] = "again",
		[OUT_FAILED] = "failed",
		[OUT_UNCERTAIN] = "uncertain",
	};
	g_auto(GStrv) paths = g_strsplit(to, " ", -1);
	g_autoptr(GBytes) bytes = g_bytes_new_static(octets, size);
	OutMail mail = { from, (const char *const *)paths, bytes };
	OutResult results[ROOM];
	g_autoptr(GString) fates = g_string_new(NULL);
	g_autoptr(GString) texts = g_string_new(NULL);

	g_assert_cmpuint(g_strv_length(paths), <=, ROOM);
	out_smtp_send(outlet, &mail, results, problem);
	for (guint i = 0; paths[i] != NULL; i++) {
		g_assert_nonnull(results[i].reply);
		g_string_append_printf(fates, "%s%s:%d", i > 0 ? " " : "",
		    names[results[i].fate], results[i].code);
		g_string_append_printf(texts, "%s\n", results[i].reply);
		out_result_clear(&results[i]);
	}
	if (replies != NULL)
		*replies = g_strdup(texts->str);
	return g_strdup(fates->str);
}

typedef struct ReplyCase {
	const char *title;
	const char *words; /* the server's script */
	const char *to;
	const char *want;
	const char *reply; /* stands in the replies, or NULL */
} ReplyCase;

static const ReplyCase reply_cases[] = {
	{ "/out-smtp/a mail is taken", "", "a@shop.example", "sent:250",
	    "2.0.0 kept as 1" },
	{ "/out-smtp/each address has its own result", "",
	    "a@shop.example 550-b@shop.example 450-c@shop.example "
	    "d@shop.example",
	    "sent:250 failed:550 again:450 sent:250",
	    "5.1.1 as you wish\n4.1.1 as you wish" },
	{ "/out-smtp/all addresses refused", "",
	    "550-a@shop.example 552-b@shop.example", "failed:550 failed:552",
	    NULL },
	{ "/out-smtp/a bad address never reaches the wire", "",
	    "a@b>\r\nRCPT x@shop.example", "failed:0 sent:250",
	    "5.1.3 not a valid address" },
	{ "/out-smtp/greylisting at RCPT is tried again",
	    "rcpt=450 4.2.0 greylisted", "a@shop.example", "again:450",
	    "4.2.0 greylisted" },
	{ "/out-smtp/421 at RCPT: none of them has it",
	    "rcpt@2=421 4.3.2 going down", "a@b.example b@b.example",
	    "again:421 again:421", "4.3.2 going down" },
	{ "/out-smtp/a long reply becomes one line",
	    "mail=550 5.7.1 first|550 5.7.1 second", "a@b.example",
	    "failed:550", "5.7.1 first 5.7.1 second" },
	{ "/out-smtp/452 at MAIL is tried again", "mail=452 4.3.1 disk full",
	    "a@b.example", "again:452", NULL },
	{ "/out-smtp/552 at MAIL fails", "mail=552 5.3.4 too big",
	    "a@b.example", "failed:552", NULL },
	{ "/out-smtp/530 at MAIL is not the mail's fault",
	    "mail=530 5.7.0 authenticate first", "a@b.example", "again:530",
	    NULL },
	{ "/out-smtp/554 at DATA fails", "data=554 5.5.1 no", "a@b.example",
	    "failed:554", NULL },
	{ "/out-smtp/421 at DATA is tried again", "data=421 4.3.2 bye",
	    "a@b.example", "again:421", NULL },
	{ "/out-smtp/552 after the dot fails", "dot=552 5.2.2 full",
	    "a@b.example", "failed:552", NULL },
	{ "/out-smtp/450 after the dot is tried again", "dot=450 4.2.0 later",
	    "a@b.example", "again:450", NULL },
	{ "/out-smtp/421 after the dot is tried again", "dot=421 4.3.2 later",
	    "a@b.example", "again:421", NULL },
	{ "/out-smtp/a cut after the dot is uncertain", "dot=cut",
	    "a@b.example 550-b@b.example", "uncertain:0 failed:550",
	    "the peer closed the connection" },
	{ "/out-smtp/taken and cut is uncertain too", "dot=take-cut",
	    "a@b.example", "uncertain:0", NULL },
	{ "/out-smtp/silence after the dot is uncertain", "dot=stall",
	    "a@b.example", "uncertain:0", "did not answer in time" },
	{ "/out-smtp/drops after the dot are uncertain", "dot=drip",
	    "a@b.example", "uncertain:0", NULL },
	{ "/out-smtp/nonsense after the dot is uncertain", "dot=garbage",
	    "a@b.example", "uncertain:0", "not SMTP" },
	{ "/out-smtp/a cut at DATA is tried again", "data=cut", "a@b.example",
	    "again:0", NULL },
	{ "/out-smtp/silence at MAIL is tried again", "mail=stall",
	    "a@b.example", "again:0", "did not answer in time" },
	{ "/out-smtp/silence at RCPT is tried again", "rcpt=stall",
	    "a@b.example", "again:0", NULL },
	{ "/out-smtp/silence at DATA is tried again", "data=stall",
	    "a@b.example", "again:0", NULL },
	{ "/out-smtp/a reply without end is tried again", "mail=flood",
	    "a@b.example", "again:0", "larger than allowed" },
	{ "/out-smtp/drop by drop at RCPT is tried again", "rcpt=drip",
	    "a@b.example", "again:0", NULL },
	{ "/out-smtp/an address with umlauts needs SMTPUTF8", "",
	    "\xc3\xbcnal@shop.example b@shop.example", "failed:0 sent:250",
	    "5.6.7" },
	{ "/out-smtp/an address with umlauts is sent with SMTPUTF8",
	    "caps=SMTPUTF8,8BITMIME", "\xc3\xbcnal@shop.example", "sent:250",
	    NULL },
	{ "/out-smtp/HELO will do", "ehlo=502 5.5.1 what", "a@b.example",
	    "sent:250", NULL },
	{ "/out-smtp/AUTH with a tab does no harm", "ehlo=hang", "a@b.example",
	    "sent:250", NULL },
};

static void
test_reply(gconstpointer data)
{
	const ReplyCase *c = data;
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", c->words);
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = NULL;
	g_autofree char *got = NULL, *replies = NULL, *problem = NULL;
	gint64 start = clock_monotonic_ms();

	settings.command_ms = 600;
	settings.dot_ms = 600;
	outlet = out_smtp_new(&settings);
	got = send_to(outlet, "support@shop.example", c->to, letter,
	    sizeof letter - 1, &replies, &problem);
	g_assert_cmpstr(got, ==, c->want);
	if (c->reply != NULL && strstr(replies, c->reply) == NULL)
		g_test_fail_printf("reply was %s", replies);
	g_assert_true((problem != NULL) == (strstr(got, ":530") != NULL));
	g_assert_cmpint(clock_monotonic_ms() - start, <, 5000);
}

typedef struct ConnectCase {
	const char *title;
	const char *certificate; /* NULL: none */
	const char *words;
	gboolean implicit, start_tls;
	const char *user, *password;
	const char *problem; /* NULL: it is sent */
} ConnectCase;

static const ConnectCase connect_cases[] = {
	{ "/out-smtp/connect/STARTTLS and AUTH PLAIN", "server",
	    "user=me;pass=secret;caps=AUTH LOGIN PLAIN", FALSE, TRUE, "me",
	    "secret", NULL },
	{ "/out-smtp/connect/TLS from the start and AUTH LOGIN", "server",
	    "implicit=1;user=me;pass=secret;caps=AUTH LOGIN", TRUE, FALSE, "me",
	    "secret", NULL },
	{ "/out-smtp/connect/wrong password", "server",
	    "user=me;pass=secret;caps=AUTH LOGIN PLAIN", FALSE, TRUE, "me",
	    "wrong", "AUTH: check user and password: 535" },
	{ "/out-smtp/connect/AUTH for the time being not", "server",
	    "user=me;pass=secret;caps=AUTH PLAIN;auth=454 4.7.0 later", FALSE,
	    TRUE, "me", "secret", "454 4.7.0 later" },
	{ "/out-smtp/connect/no AUTH offered", NULL, "", FALSE, FALSE, "me",
	    "x", "no AUTH PLAIN or LOGIN is offered" },
	{ "/out-smtp/connect/no STARTTLS offered, nothing is sent", NULL, "",
	    FALSE, TRUE, "", "", "STARTTLS is not offered" },
	{ "/out-smtp/connect/STARTTLS refused", "server",
	    "starttls=454 4.7.0 not now", FALSE, TRUE, "", "",
	    "STARTTLS: 454 4.7.0 not now" },
	{ "/out-smtp/connect/octets injected behind STARTTLS", "server",
	    "starttls=inject", FALSE, TRUE, "", "",
	    "octets came behind the reply" },
	{ "/out-smtp/connect/certificate of another host", "wronghost", "",
	    FALSE, TRUE, "", "",
	    "certificate refused: name does not match host localhost" },
	{ "/out-smtp/connect/greeting is 554", NULL,
	    "connect=554 5.7.1 go away", FALSE, FALSE, "", "",
	    "greeting: 5.7.1 go away" },
	{ "/out-smtp/connect/greeting is 421", NULL,
	    "connect=421 4.3.2 too busy", FALSE, FALSE, "", "",
	    "greeting: 4.3.2 too busy" },
	{ "/out-smtp/connect/no greeting", NULL, "connect=stall", FALSE, FALSE,
	    "", "", "greeting: none came" },
	{ "/out-smtp/connect/cut instead of a greeting", NULL, "connect=cut",
	    FALSE, FALSE, "", "", "greeting: none came" },
	{ "/out-smtp/connect/silence at EHLO", NULL, "ehlo=stall", FALSE, FALSE,
	    "", "", "EHLO: the peer did not answer in time" },
	{ "/out-smtp/connect/cut at EHLO", NULL, "ehlo=cut", FALSE, FALSE, "",
	    "", "EHLO: the peer closed" },
};

static void
test_connect(gconstpointer data)
{
	const ConnectCase *c = data;
	g_autofree char *words = NULL, *got = NULL, *problem = NULL;
	g_autoptr(Peer) peer = NULL;
	g_autoptr(SmtpOutlet) outlet = NULL;
	SmtpSettings settings;

	words = c->certificate == NULL
		    ? g_strdup(c->words)
		    : peer_tls_words(certificates, c->certificate, c->words);
	peer = peer_start("fake-smtp.py", words);
	settings = settings_for(peer);
	settings.host = "localhost";
	settings.implicit_tls = c->implicit;
	settings.start_tls = c->start_tls;
	settings.user = c->user;
	settings.password = c->password;
	settings.command_ms = 800;
	outlet = out_smtp_new(&settings);
	got = send_to(outlet, "", "a@shop.example b@shop.example", letter,
	    sizeof letter - 1, NULL, &problem);
	if (c->problem == NULL) {
		g_assert_cmpstr(problem, ==, NULL);
		g_assert_cmpstr(got, ==, "sent:250 sent:250");
		return;
	}
	g_assert_cmpstr(got, ==, "again:0 again:0");
	g_assert_nonnull(problem);
	if (strstr(problem, c->problem) == NULL)
		g_test_fail_printf("problem was %s", problem);
	g_assert_null(
	    *c->password == '\0' ? NULL : strstr(problem, c->password));
}

static char *
kept(const char *dir, int number, const char *suffix, gsize *size)
{
	g_autofree char *name = g_strdup_printf("%d.%s", number, suffix);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;
	char *text;

	g_file_get_contents(path, &text, size, &error);
	g_assert_no_error(error);
	return text;
}

static char *
dots(gsize lines)
{
	GString *text = g_string_new("Subject: dots\r\n\r\n");

	for (gsize i = 0; i < lines; i++)
		g_string_append_printf(text, "%.*s%" G_GSIZE_FORMAT "\r\n",
		    (int)(i % 5), "....", i);
	return g_string_free(text, FALSE);
}

static void
test_octets(void)
{
	g_autofree char *many = dots(30000);
	static const char binary[] = ".\r\n..\r\n\r\n\0.\xff\xfe\r\r\n.x\r\n";
	const struct {
		const char *octets;
		gsize size;
	} cases[] = {
		{ letter, sizeof letter - 1 },
		{ "", 0 },
		{ ".\r\n", 3 },
		{ binary, sizeof binary - 1 },
		{ many, strlen(many) },
	};
	g_autofree char *dir = g_dir_make_tmp("javob-smtp-XXXXXX", NULL);
	g_autofree char *words = g_strdup_printf("dir=%s", dir);
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", words);
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = out_smtp_new(&settings);
	g_autofree char *stats = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = NULL, *octets = NULL, *paths = NULL;
		gsize size;

		got = send_to(outlet, i == 0 ? "" : "s@shop.example",
		    "a@shop.example b@shop.example", cases[i].octets,
		    cases[i].size, NULL, NULL);
		g_assert_cmpstr(got, ==, "sent:250 sent:250");
		octets = kept(dir, (int)i + 1, "eml", &size);
		/* No octets cannot be said: DATA has at least one line. */
		if (cases[i].size == 0)
			g_assert_cmpmem(octets, size, "\r\n", 2);
		else
			g_assert_cmpmem(octets, size, cases[i].octets,
			    cases[i].size);
		paths = kept(dir, (int)i + 1, "env", NULL);
		g_assert_true(g_str_has_prefix(paths,
		    i == 0 ? "MAIL FROM:<>" : "MAIL FROM:<s@shop.example>"));
		g_assert_nonnull(strstr(paths,
		    "RCPT TO:<a@shop.example>\nRCPT TO:<b@shop.example>\n"));
	}
	stats = peer_ask(peer, "stats");
	g_assert_cmpstr(stats, ==, "connections=1 mails=5 quits=0 resets=0");
	peer_remove(dir);
}

typedef struct AgainCase {
	const char *title;
	const char *words;
	const char *want; /* fates of three mails */
	const char *stats;
} AgainCase;

static const AgainCase again_cases[] = {
	{ "/out-smtp/again/one connection carries them all", "",
	    "sent:250,sent:250,sent:250",
	    "connections=1 mails=3 quits=0 resets=0" },
	{ "/out-smtp/again/421 to the second MAIL: a new connection at once",
	    "mail@2=421 4.4.2 too long", "sent:250,sent:250,sent:250",
	    "connections=2 mails=3 quits=0 resets=0" },
	{ "/out-smtp/again/a dead old connection is opened again, once",
	    "mail@2=cut", "sent:250,sent:250,sent:250",
	    "connections=2 mails=3 quits=0 resets=0" },
	{ "/out-smtp/again/a new one that dies is not opened again", "mail=cut",
	    "again:0,again:0,again:0",
	    "connections=3 mails=0 quits=0 resets=0" },
	{ "/out-smtp/again/a refused address leaves the connection",
	    "rcpt@1=550 5.1.1 no", "failed:550,sent:250,sent:250",
	    "connections=1 mails=2 quits=0 resets=1" },
	{ "/out-smtp/again/a refused mail leaves the connection",
	    "dot@2=554 5.6.0 no", "sent:250,failed:554,sent:250",
	    "connections=1 mails=2 quits=0 resets=0" },
	{ "/out-smtp/again/a refused DATA leaves the connection",
	    "data@2=451 4.3.0 no", "sent:250,again:451,sent:250",
	    "connections=1 mails=2 quits=0 resets=1" },
	{ "/out-smtp/again/after a cut there is a new one", "rcpt@2=cut",
	    "sent:250,again:0,sent:250",
	    "connections=2 mails=2 quits=0 resets=0" },
};

static void
test_again(gconstpointer data)
{
	const AgainCase *c = data;
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", c->words);
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = out_smtp_new(&settings);
	g_autofree char *fates = NULL, *stats = NULL;
	char *got[4] = { NULL };

	for (int i = 0; i < 3; i++)
		got[i] = send_to(outlet, "s@shop.example", "a@shop.example",
		    letter, sizeof letter - 1, NULL, NULL);
	fates = g_strjoinv(",", got);
	for (int i = 0; i < 3; i++)
		g_free(got[i]);
	g_assert_cmpstr(fates, ==, c->want);
	stats = peer_ask(peer, "stats");
	g_assert_cmpstr(stats, ==, c->stats);
}

static void
test_idle(void)
{
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "");
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = NULL;
	g_autofree char *first = NULL, *second = NULL, *stats = NULL;

	settings.idle_ms = -1; /* always too long */
	outlet = out_smtp_new(&settings);
	first = send_to(outlet, "", "a@shop.example", letter, sizeof letter - 1,
	    NULL, NULL);
	out_smtp_idle(outlet);
	second = send_to(outlet, "", "a@shop.example", letter,
	    sizeof letter - 1, NULL, NULL);
	g_assert_cmpstr(second, ==, "sent:250");
	/* The peer reads the QUIT of the first connection when it gets round
	 * to it. */
	for (int i = 0; i < 100; i++) {
		g_free(stats);
		stats = peer_ask(peer, "stats");
		if (strstr(stats, "quits=1") != NULL)
			break;
		g_usleep(50000);
	}
	g_assert_cmpstr(stats, ==, "connections=2 mails=2 quits=1 resets=0");
}

/* A server that says why before it has read all. */
static void
test_early_word(void)
{
	g_autoptr(Peer) peer =
	    peer_start("fake-smtp.py", "body=552 5.3.4 too big");
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = out_smtp_new(&settings);
	g_autofree char *got = NULL;
	gsize size = 24 * 1024 * 1024;
	g_autofree char *octets = g_malloc(size);

	memset(octets, 'x', size);
	for (gsize i = 70; i < size; i += 72)
		memcpy(octets + i, "\r\n", MIN(2, size - i));
	got = send_to(outlet, "", "a@shop.example", octets, size, NULL, NULL);
	/* The reply may be lost with the connection; sent it was not. */
	g_assert_true(
	    strcmp(got, "failed:552") == 0 || strcmp(got, "again:0") == 0);
}

static void
test_refused(void)
{
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "");
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = out_smtp_new(&settings);
	g_autofree char *got = NULL, *problem = NULL;

	g_clear_pointer(&peer, peer_stop);
	got = send_to(outlet, "", "a@shop.example", letter, sizeof letter - 1,
	    NULL, &problem);
	g_assert_cmpstr(got, ==, "again:0");
	g_assert_nonnull(strstr(problem, "Connection refused"));
}

static void
test_stop(void)
{
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "");
	SmtpSettings settings = settings_for(peer);
	g_autoptr(SmtpOutlet) outlet = NULL;
	g_autofree char *got = NULL;

	settings.stop_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	outlet = out_smtp_new(&settings);
	got = send_to(outlet, "", "a@shop.example", letter, sizeof letter - 1,
	    NULL, NULL);
	g_assert_cmpstr(got, ==, "again:0");
	close(settings.stop_fd);
}

int
main(int argc, char **argv)
{
	g_autofree char *ca = NULL;
	int result;

	g_test_init(&argc, &argv, NULL);
	certificates = peer_certificates();
	ca = g_build_filename(certificates, "ca.crt", NULL);
	trust = stream_trust_new(ca, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(reply_cases); i++)
		g_test_add_data_func(reply_cases[i].title, &reply_cases[i],
		    test_reply);
	for (gsize i = 0; i < G_N_ELEMENTS(connect_cases); i++)
		g_test_add_data_func(connect_cases[i].title, &connect_cases[i],
		    test_connect);
	for (gsize i = 0; i < G_N_ELEMENTS(again_cases); i++)
		g_test_add_data_func(again_cases[i].title, &again_cases[i],
		    test_again);
	g_test_add_func("/out-smtp/the octets arrive as they are", test_octets);
	g_test_add_func("/out-smtp/an idle connection is closed with QUIT",
	    test_idle);
	g_test_add_func("/out-smtp/a reply in the middle of DATA is heard",
	    test_early_word);
	g_test_add_func("/out-smtp/no server: all are due again", test_refused);
	g_test_add_func("/out-smtp/stop ends the wait", test_stop);
	result = g_test_run();
	stream_trust_free(trust);
	peer_remove(certificates);
	g_free(certificates);
	return result;
}
