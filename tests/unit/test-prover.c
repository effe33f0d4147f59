/* test-prover.c - the worker that verifies DKIM, against a name server on
 * loopback that is slow, lies, cuts short or says nothing. This program is its
 * own worker: main() calls prover_worker_main first. */
#define _GNU_SOURCE 1 /* MSG_DONTWAIT */
#include "mail/prover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dkim.h"
#include "mail/nameserver.h"
#include "mail/sandbox.h"

#define NOW G_GINT64_CONSTANT(1795694400)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* --- a name server ---------------------------------------------------------- */

/* What it does with a name: the first label says so. */
typedef struct Server {
	int udp, tcp;
	guint16 port;
	char *address; /* "127.0.0.1:PORT" */
	GThread *thread;
	gint stop, asked, by_tcp;
	const char *text;
} Server;

typedef struct Packet {
	guint8 octets[16384];
	gsize size;
} Packet;

static void
put(Packet *packet, const void *octets, gsize size)
{
	g_assert_cmpuint(packet->size + size, <=, sizeof packet->octets);
	memcpy(packet->octets + packet->size, octets, size);
	packet->size += size;
}

static void
put16(Packet *packet, guint value)
{
	guint8 octets[2] = { (guint8)(value >> 8), (guint8)value };

	put(packet, octets, 2);
}

static gsize
name_size(const guint8 *at)
{
	gsize size = 0;

	while (at[size] != 0)
		size += at[size] + 1U;
	return size + 1;
}

/* Header and question; counts are set as records come. */
static void
begin(Packet *packet, const guint8 *query, guint flags)
{
	gsize question = name_size(query + 12) + 4;

	packet->size = 0;
	put(packet, query, 2);
	put16(packet, flags);
	put16(packet, 1);
	put16(packet, 0);
	put16(packet, 0);
	put16(packet, 0);
	put(packet, query + 12, question);
}

/* owner: offset of a name in the packet. */
static void
put_record(Packet *packet, guint owner, guint type, const void *data,
    gsize size)
{
	put16(packet, 0xc000 | owner);
	put16(packet, type);
	put16(packet, 1);
	put16(packet, 0);
	put16(packet, 300);
	put16(packet, (guint)size);
	put(packet, data, size);
	packet->octets[7]++;
}

static void
put_text(Packet *packet, guint owner, const char *text)
{
	g_autoptr(GString) data = g_string_new(NULL);

	for (gsize left = strlen(text); left > 0;) {
		gsize n = MIN(left, 255);

		g_string_append_c(data, (char)n);
		g_string_append_len(data, text, (gssize)n);
		text += n;
		left -= n;
	}
	put_record(packet, owner, 16, data->str, data->len);
}

static gboolean
is_name(const guint8 *query, const char *label)
{
	return query[12] == strlen(label) &&
	       memcmp(query + 13, label, strlen(label)) == 0;
}

/* Any process of ours that is named after the prover. */
static void
kill_worker(void)
{
	g_autofree char *path =
	    g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
	g_autofree char *text = NULL;
	g_auto(GStrv) pids = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	pids = g_strsplit(text, " ", -1);
	for (guint i = 0; pids[i] != NULL; i++)
		if (*pids[i] != '\0')
			kill(atoi(pids[i]), SIGKILL);
}

/* The answer to a query; size 0: none. */
static void
answer(Server *server, const guint8 *query, gboolean tcp, Packet *packet)
{
	static const guint8 loop[] = { 0xc0, 12 };
	g_autofree char *huge = NULL;

	begin(packet, query, 0x8180);
	if (is_name(query, "silent")) {
		packet->size = 0;
	} else if (is_name(query, "kill")) {
		kill_worker();
		packet->size = 0;
	} else if (is_name(query, "nothing")) {
		begin(packet, query, 0x8183);
	} else if (is_name(query, "broken")) {
		begin(packet, query, 0x8182);
	} else if (is_name(query, "noedns") && query[11] != 0) {
		begin(packet, query, 0x8181);
	} else if (is_name(query, "cut") && !tcp) {
		begin(packet, query, 0x8380);
	} else if (is_name(query, "drip") && !tcp) {
		begin(packet, query, 0x8380);
	} else if (is_name(query, "loop")) {
		put_record(packet, 12, 5, loop, 2);
	} else if (is_name(query, "alias")) {
		/* The target's name stands in the data of the alias. */
		guint at = (guint)packet->size + 12;

		put_record(packet, 12, 5, "\6target\0", 8);
		put_text(packet, at, server->text);
	} else if (is_name(query, "other")) {
		/* A text, but of a name nobody asked for. */
		guint at = (guint)packet->size + 12;

		put_record(packet, 12, 15, "\0\6target\0", 9);
		put_text(packet, at + 1, server->text);
	} else if (is_name(query, "huge")) {
		huge = g_strnfill(5000, 'x');
		put_text(packet, 12, huge);
	} else if (is_name(query, "short")) {
		put_text(packet, 12, server->text);
		packet->size -= 10;
	} else if (is_name(query, "many")) {
		put_text(packet, 12, "v=spf1 -all");
		put_text(packet, 12, "v=DKIM1; k=ed25519; p=AAAA");
		put_text(packet, 12, server->text);
	} else {
		put_text(packet, 12, server->text);
	}
}

/* Packets of others in front of the true one. */
static void
lie(const Server *server, const Packet *truth, const struct sockaddr_in *to)
{
	Packet packet = *truth;

	packet.octets[0] ^= 1;
	sendto(server->udp, packet.octets, packet.size, 0, (void *)to,
	    sizeof *to);
	packet = *truth;
	packet.octets[14] ^= 1;
	sendto(server->udp, packet.octets, packet.size, 0, (void *)to,
	    sizeof *to);
	sendto(server->udp, "x", 1, 0, (void *)to, sizeof *to);
	packet = *truth;
	packet.octets[2] = 0; /* no response */
	sendto(server->udp, packet.octets, packet.size, 0, (void *)to,
	    sizeof *to);
}

static void
serve_udp(Server *server)
{
	guint8 query[512] = { 0 };
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	Packet packet;
	ssize_t n = recvfrom(server->udp, query, sizeof query, MSG_DONTWAIT,
	    (void *)&from, &size);

	if (n < 17)
		return;
	g_atomic_int_inc(&server->asked);
	answer(server, query, FALSE, &packet);
	if (packet.size == 0)
		return;
	if (is_name(query, "slow"))
		g_usleep(300000);
	if (is_name(query, "liar"))
		lie(server, &packet, &from);
	sendto(server->udp, packet.octets, packet.size, 0, (void *)&from,
	    sizeof from);
}

static void
serve_tcp(Server *server)
{
	int fd = accept(server->tcp, NULL, NULL);
	guint8 query[514] = { 0 }, length[2];
	Packet packet;

	if (fd < 0)
		return;
	g_atomic_int_inc(&server->by_tcp);
	if (recv(fd, query, sizeof query, 0) > 19 &&
	    !is_name(query + 2, "drip")) {
		answer(server, query + 2, TRUE, &packet);
		length[0] = (guint8)(packet.size >> 8);
		length[1] = (guint8)packet.size;
		/* In pieces, as networks do. */
		send(fd, length, 1, MSG_NOSIGNAL);
		g_usleep(20000);
		send(fd, length + 1, 1, MSG_NOSIGNAL);
		send(fd, packet.octets, 5, MSG_NOSIGNAL);
		g_usleep(20000);
		send(fd, packet.octets + 5, packet.size - 5, MSG_NOSIGNAL);
		close(fd);
	}
	/* A dripping one stays open until the program ends. */
}

static gpointer
serve(gpointer data)
{
	Server *server = data;

	while (!g_atomic_int_get(&server->stop)) {
		struct pollfd wait[] = { { server->udp, POLLIN, 0 },
			{ server->tcp, POLLIN, 0 } };

		if (poll(wait, 2, 50) <= 0)
			continue;
		if (wait[0].revents != 0)
			serve_udp(server);
		if (wait[1].revents != 0)
			serve_tcp(server);
	}
	return NULL;
}

/* The same port for both; FALSE if one of them is in use. */
static gboolean
server_bind(Server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(server->udp, (void *)&address, sizeof address), ==,
	    0);
	g_assert_cmpint(getsockname(server->udp, (void *)&address, &size), ==,
	    0);
	server->port = ntohs(address.sin_port);
	if (bind(server->tcp, (void *)&address, sizeof address) == 0)
		return TRUE;
	close(server->udp);
	close(server->tcp);
	return FALSE;
}

static void
server_start(Server *server, gconstpointer data)
{
	memset(server, 0, sizeof *server);
	server->text = data;
	while (!server_bind(server))
		;
	g_assert_cmpint(listen(server->tcp, 64), ==, 0);
	server->address = g_strdup_printf("127.0.0.1:%u", server->port);
	server->thread = g_thread_new("dns", serve, server);
}

static void
server_stop(Server *server, gconstpointer data)
{
	(void)data;
	g_atomic_int_set(&server->stop, 1);
	g_thread_join(server->thread);
	close(server->udp);
	close(server->tcp);
	g_free(server->address);
}

/* --- mails ------------------------------------------------------------------ */

static SignKey key;

static Message *
message_of(const char *author)
{
	Message *message = message_new();
	HeaderField field = { g_strdup("From"), g_strdup(author) };

	g_array_append_val(message->fields, field);
	g_ptr_array_add(message->from, address_new(author, ""));
	message->from_fields = 1;
	return message;
}

/* A mail of Ann's whose key is at selector._domainkey.shop.example. */
static void
mail_make(ProverMail *mail, const char *selector)
{
	g_autofree char *text = sign_mail(&key, "shop.example", selector);
	FILE *file = tmpfile();

	*mail = (ProverMail){ .when = NOW, .offset = 12 };
	g_assert_nonnull(file);
	fputs("envelope=x\n\n", file);
	fputs(text, file);
	fflush(file);
	mail->fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
	fclose(file);
	mail->message = message_of("ann@shop.example");
}

static void
mail_clear(ProverMail *mail)
{
	close(mail->fd);
	message_free((Message *)mail->message);
	auth_finding_free(mail->finding);
}

static void
assert_one(Prover *prover, const char *selector, AuthVerdict want,
    const char *words)
{
	ProverMail mail;

	mail_make(&mail, selector);
	prover_judge(prover, &mail, 1);
	if (mail.finding->verdict != want ||
	    strstr(mail.finding->reason, words) == NULL)
		g_error("%s: %s", selector, mail.finding->reason);
	mail_clear(&mail);
}

static double
seconds_since(gint64 start)
{
	return (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

/* --- tests ------------------------------------------------------------------ */

static void
test_answers(Server *server, gconstpointer data)
{
	static const struct {
		const char *selector;
		AuthVerdict want;
		const char *words;
	} cases[] = {
		{ "s1", AUTH_PASS, "shop.example is valid" },
		{ "nothing", AUTH_NONE, "has no key" },
		{ "broken", AUTH_NONE, "DNS did not answer" },
		{ "noedns", AUTH_PASS, "valid" },
		{ "cut", AUTH_PASS, "valid" },
		{ "alias", AUTH_PASS, "valid" },
		{ "loop", AUTH_NONE, "has no key" },
		{ "other", AUTH_NONE, "has no key" },
		{ "huge", AUTH_NONE, "has no key" },
		{ "short", AUTH_NONE, "DNS did not answer" },
		{ "many", AUTH_PASS, "valid" },
		{ "liar", AUTH_PASS, "valid" },
		{ "slow", AUTH_PASS, "valid" },
	};
	g_autoptr(Prover) prover = prover_new(server->address);

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_one(prover, cases[i].selector, cases[i].want,
		    cases[i].words);
}

static void
test_cache(Server *server, gconstpointer data)
{
	g_autoptr(Prover) prover = prover_new(server->address);

	(void)data;
	for (guint i = 0; i < 20; i++) {
		assert_one(prover, "s1", AUTH_PASS, "valid");
		assert_one(prover, "nothing", AUTH_NONE, "no key");
	}
	g_assert_cmpint(g_atomic_int_get(&server->asked), ==, 2);
}

/* The parent leaves out what is odd about the author. */
static void
test_oddity(Server *server, gconstpointer data)
{
	g_autoptr(Prover) prover = prover_new(server->address);
	ProverMail mail;

	(void)data;
	mail_make(&mail, "s1");
	((Message *)mail.message)->from_fields = 2;
	prover_judge(prover, &mail, 1);
	g_assert_cmpint(mail.finding->verdict, ==, AUTH_NONE);
	g_assert_cmpint(g_atomic_int_get(&server->asked), ==, 0);
	mail_clear(&mail);
	/* The parser and the signature must speak of the same person. */
	mail_make(&mail, "s1");
	message_free((Message *)mail.message);
	mail.message = message_of("eve@shop.example");
	prover_judge(prover, &mail, 1);
	g_assert_cmpint(mail.finding->verdict, ==, AUTH_NONE);
	mail_clear(&mail);
}

static void
judge_many(Prover *prover, const char *const *selectors, guint n,
    ProverMail *mails)
{
	for (guint i = 0; i < n; i++)
		mail_make(&mails[i], selectors[i]);
	prover_judge(prover, mails, n);
	for (guint i = 0; i < n; i++)
		g_assert_nonnull(mails[i].finding);
}

/* A hundred names that nobody answers for hold the good mail among them up for
 * the time of one. */
static void
test_silence(Server *server, gconstpointer data)
{
	g_autoptr(Prover) prover = prover_new(server->address);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	ProverMail mails[100];
	gint64 start;

	(void)data;
	for (guint i = 0; i < 100; i++)
		g_ptr_array_add(names,
		    g_strdup_printf(i == 50 ? "s1" : "silent.s%u", i));
	start = g_get_monotonic_time();
	judge_many(prover, (const char *const *)names->pdata, 60, mails);
	g_assert_cmpfloat(seconds_since(start), <, PROVER_SECONDS);
	for (guint i = 0; i < 60; i++) {
		g_assert_cmpint(mails[i].finding->verdict, ==,
		    i == 50 ? AUTH_PASS : AUTH_NONE);
		mail_clear(&mails[i]);
	}
}

/* The worst that a server can do to one mail is bounded too. */
static void
test_drip(Server *server, gconstpointer data)
{
	static const char *const names[] = { "drip", "s1", "drip.b" };
	g_autoptr(Prover) prover = prover_new(server->address);
	gint64 start = g_get_monotonic_time();
	ProverMail mails[3];

	(void)data;
	judge_many(prover, names, 3, mails);
	g_assert_cmpfloat(seconds_since(start), <, PROVER_SECONDS + 0.5);
	g_assert_cmpint(mails[0].finding->verdict, ==, AUTH_NONE);
	g_assert_nonnull(
	    strstr(mails[0].finding->reason, "DNS did not answer"));
	g_assert_cmpint(mails[1].finding->verdict, ==, AUTH_PASS);
	for (guint i = 0; i < 3; i++)
		mail_clear(&mails[i]);
	/* The worker is alive and well. */
	assert_one(prover, "s1", AUTH_PASS, "valid");
}

static void
test_death(Server *server, gconstpointer data)
{
	static const char *const names[] = { "s1", "kill", "s2" };
	g_autoptr(Prover) prover = prover_new(server->address);
	ProverMail mails[3];

	(void)data;
	judge_many(prover, names, 3, mails);
	g_assert_cmpint(mails[0].finding->verdict, ==, AUTH_PASS);
	g_assert_cmpint(mails[2].finding->verdict, ==, AUTH_PASS);
	g_assert_cmpint(mails[1].finding->verdict, ==, AUTH_NONE);
	g_assert_nonnull(strstr(mails[1].finding->reason, "signal 9"));
	for (guint i = 0; i < 3; i++)
		mail_clear(&mails[i]);
	/* Between two mails a death is nobody's fault. */
	assert_one(prover, "s1", AUTH_PASS, "valid");
	kill_worker();
	assert_one(prover, "s1", AUTH_PASS, "valid");
}

/* Nobody listens there: no waiting, and the next mail asks anew. */
static void
test_no_server(void)
{
	g_autoptr(Prover) prover = prover_new("127.0.0.1:1");
	gint64 start = g_get_monotonic_time();

	for (guint i = 0; i < 3; i++)
		assert_one(prover, "s1", AUTH_NONE, "DNS did not answer");
	g_assert_cmpfloat(seconds_since(start), <, 3);
}

static void
test_second_server(Server *server, gconstpointer data)
{
	g_autofree char *both =
	    g_strdup_printf("127.0.0.1:1, %s", server->address);
	g_autoptr(Prover) prover = prover_new(both);

	(void)data;
	assert_one(prover, "s1", AUTH_PASS, "valid");
	assert_one(prover, "cut", AUTH_PASS, "valid");
}

static void
test_servers(void)
{
	static const struct {
		const char *text;
		gboolean right;
	} cases[] = {
		{ "127.0.0.1", TRUE },
		{ "127.0.0.1:53, ::1", TRUE },
		{ "[::1]:5353 [fe80::1]", TRUE },
		{ "", FALSE },
		{ "localhost", FALSE },
		{ "127.0.0.1:0", FALSE },
		{ "127.0.0.1:x", FALSE },
		{ "127.0.0.1:70000", FALSE },
		{ "[::1", FALSE },
		{ "[::1]53", FALSE },
		{ "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", FALSE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		NameServer servers[NAMESERVERS_MOST];
		guint n = nameserver_list(cases[i].text, servers, &error);

		g_assert_cmpint(n > 0, ==, cases[i].right);
		g_assert_cmpint(error == NULL, ==, cases[i].right);
	}
}

/* --- what a worker that was taken over can still do ------------------------- */

static int
do_udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 ? 0 : 1;
}

static int
do_tcp(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0 ||
		       errno == EAFNOSUPPORT
		   ? 0
		   : 1;
}

static int
do_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0;
}

static int
do_raw(void)
{
	return socket(AF_INET, SOCK_RAW, 1) < 0;
}

static int
do_bind(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return bind(fd, (void *)&any, sizeof any);
}

static int
do_open(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int
do_write(void)
{
	return open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0;
}

static int
do_exec(void)
{
	return execl("/bin/true", "true", NULL);
}

static void
test_sandbox(void)
{
	static const struct {
		int (*attempt)(void);
		int signal; /* 0: it exits with 0 */
	} cases[] = {
		{ do_udp, 0 },
		{ do_tcp, 0 },
		{ do_open, 0 },
		{ do_unix, SIGSYS },
		{ do_raw, SIGSYS },
		{ do_bind, SIGSYS },
		{ do_write, SIGSYS },
		{ do_exec, SIGSYS },
	};

	if (SANITIZED) {
		g_test_skip("the sanitizer needs system calls");
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			if (!sandbox_enter_with_sockets(64, NULL))
				_exit(99);
			_exit(cases[i].attempt());
		}
		g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
		if (cases[i].signal == 0) {
			g_assert_true(WIFEXITED(status));
			g_assert_cmpint(WEXITSTATUS(status), ==, 0);
			continue;
		}
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, cases[i].signal);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *title;
		void (*test)(Server *, gconstpointer);
	} tests[] = {
		{ "/prover/every kind of answer is understood", test_answers },
		{ "/prover/a name is asked for once", test_cache },
		{ "/prover/an odd author is never proven", test_oddity },
		{ "/prover/silence holds up a batch for seconds only",
		    test_silence },
		{ "/prover/an answer that drips in holds up nobody for long",
		    test_drip },
		{ "/prover/a mail that kills the worker unproves only itself",
		    test_death },
		{ "/prover/the second server is asked when the first refuses",
		    test_second_server },
	};
	int status;

	prover_worker_main(argc, argv);
	g_test_init(&argc, &argv, NULL);
	message_init();
	sign_key_make(&key, 0);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].title, Server, key.record, server_start,
		    tests[i].test, server_stop);
	g_test_add_func("/prover/without a server there is no waiting",
	    test_no_server);
	g_test_add_func("/nameserver/lists of servers are checked",
	    test_servers);
	g_test_add_func("/sandbox/sockets to the network, and nothing else",
	    test_sandbox);
	status = g_test_run();
	sign_key_clear(&key);
	return status;
}
