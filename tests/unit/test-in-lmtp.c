/* test-in-lmtp.c - the LMTP server over sockets: a 250 means that the mail is
 * in the spool, and nothing else gets there. */
#include "in/in_lmtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/log.h"

#define LIMIT (256 * 1024)
#define BEGIN                                                                  \
	"LHLO x\r\nMAIL FROM:<ann@x>\r\nRCPT TO:<support@shop>\r\nDATA\r\n"

typedef struct Case {
	char *dir;
	char *path; /* of the socket */
	Spool *spool;
	LmtpSettings settings;
	int listener;
	volatile gint stop;
	gint arrived;
	GThread *thread;
} Case;

static const char *
route(const char *forward_path, void *data)
{
	(void)data;
	if (g_str_has_prefix(forward_path, "sales"))
		return "sales";
	return g_str_has_prefix(forward_path, "support") ? "support" : NULL;
}

static void
arrived(void *data)
{
	Case *c = data;

	g_atomic_int_inc(&c->arrived);
}

static gpointer
serve(gpointer data)
{
	Case *c = data;
	g_autoptr(GError) error = NULL;
	gboolean good = in_lmtp_serve(c->listener, c->spool, &c->settings,
	    &c->stop, &error);

	g_assert_no_error(error);
	g_assert_true(good);
	return NULL;
}

static void
start(Case *c)
{
	g_autoptr(GError) error = NULL;

	c->listener = in_lmtp_listen(c->path, &error);
	g_assert_no_error(error);
	c->thread = g_thread_new("serve", serve, c);
}

static void
stop(Case *c)
{
	g_atomic_int_set(&c->stop, 1);
	if (c->thread != NULL) {
		g_thread_join(c->thread);
		close(c->listener);
	}
	c->thread = NULL;
}

static void
set_up(Case *c, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	c->dir = g_dir_make_tmp("javob-lmtp-XXXXXX", &error);
	g_assert_no_error(error);
	c->path = g_build_filename(c->dir, "sock", NULL);
	c->spool = spool_open(c->dir, TRUE, &error);
	g_assert_no_error(error);
	c->settings = (LmtpSettings){
		.hostname = "gw.example",
		.max_size = LIMIT,
		.idle_seconds = 60,
		.max_connections = 60,
		.max_recipients = 1000,
		.writers = 4,
		.route = route,
		.arrived = arrived,
		.data = c,
	};
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		remove_tree(inner);
	}
	g_remove(path);
}

static void
tear_down(Case *c, gconstpointer data)
{
	(void)data;
	stop(c);
	spool_free(c->spool);
	remove_tree(c->dir);
	g_free(c->path);
	g_free(c->dir);
}

/* ---- a client --------------------------------------------------------- */

static int
dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(
	    connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	return fd;
}

static void
say(int fd, const char *octets, gsize size)
{
	while (size > 0) {
		gssize n = send(fd, octets, size, MSG_NOSIGNAL);

		g_assert_cmpint(n, >, 0);
		octets += n;
		size -= (gsize)n;
	}
}

/* Reads `most` replies (or up to the end of the connection): their first
 * digits and enhanced codes, as "250 354 250/2.0.0 ". */
static char *
hear(int fd, guint most)
{
	GString *codes = g_string_new(NULL);
	g_autoptr(GString) line = g_string_new(NULL);
	char c;

	while (most > 0) {
		struct pollfd wait = { fd, POLLIN, 0 };

		g_assert_cmpint(poll(&wait, 1, 20000), ==, 1);
		if (recv(fd, &c, 1, 0) <= 0)
			break;
		g_string_append_c(line, c);
		if (c != '\n')
			continue;
		if (line->str[3] == ' ') {
			gsize length = strcspn(line->str + 4, " ");

			g_string_append_printf(codes, "%.3s", line->str);
			if (line->str[5] == '.')
				g_string_append_printf(codes, "/%.*s",
				    (int)length, line->str + 4);
			g_string_append_c(codes, ' ');
			most--;
		}
		g_string_truncate(line, 0);
	}
	return g_string_free(codes, FALSE);
}

static void
expect(int fd, guint most, const char *want)
{
	g_autofree char *codes = hear(fd, most);

	g_assert_cmpstr(codes, ==, want);
}

static guint
files_in(const Case *c, const char *part)
{
	g_autofree char *path = g_build_filename(c->dir, "spool", part, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint count = 0;

	while (g_dir_read_name(dir) != NULL)
		count++;
	return count;
}

/* Until part of the spool has this many files. */
static void
wait_files(const Case *c, const char *part, guint count)
{
	for (int i = 0; i < 1000 && files_in(c, part) != count; i++)
		g_usleep(10000);
	g_assert_cmpuint(files_in(c, part), ==, count);
}

static char *
take_mail(const Case *c, char **mailbox, guint *recipients)
{
	g_autoptr(GPtrArray) names = spool_list(c->spool, 1, NULL);
	g_autoptr(Envelope) envelope = NULL;
	gint64 offset, size;
	char *octets;
	int fd;

	g_assert_cmpuint(names->len, ==, 1);
	fd = spool_read(c->spool, names->pdata[0], &envelope, &offset, &size,
	    NULL);
	g_assert_cmpint(fd, >=, 0);
	octets = g_malloc0((gsize)size + 1);
	g_assert_cmpint(pread(fd, octets, (gsize)size, offset), ==, size);
	close(fd);
	g_assert_cmpstr(envelope->reverse_path, ==, "ann@x");
	g_assert_cmpstr(envelope->door, ==, "lmtp");
	*mailbox = g_strdup(envelope->mailbox);
	*recipients = envelope->forward_paths->len;
	g_assert_true(spool_done(c->spool, names->pdata[0], NULL));
	return octets;
}

/* ---- the promises ----------------------------------------------------- */

static void
test_mail(Case *c, gconstpointer data)
{
	g_autofree char *mailbox = NULL;
	g_autofree char *octets = NULL;
	guint recipients;
	int fd;

	(void)data;
	start(c);
	fd = dial(c->path);
	say(fd, BEGIN, strlen(BEGIN));
	expect(fd, 5, "220 250 250/2.1.0 250/2.1.5 354 ");
	say(fd, "Subject: x\r\n\r\ny\r\n.\r\n", 20);
	expect(fd, 1, "250/2.0.0 ");
	octets = take_mail(c, &mailbox, &recipients);
	g_assert_cmpstr(octets, ==, "Subject: x\r\n\r\ny\r\n");
	g_assert_cmpstr(mailbox, ==, "support");
	g_assert_cmpuint(recipients, ==, 1);
	say(fd, "QUIT\r\n", 6);
	expect(fd, 9, "221/2.0.0 ");
	close(fd);
	stop(c);
	g_assert_cmpint(c->arrived, ==, 1);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
}

/* Everything in one write, two mails and what follows them. */
static void
test_pipelined(Case *c, gconstpointer data)
{
	static const char all[] = BEGIN
	    "one\r\n.\r\n"
	    "MAIL FROM:<ann@x>\r\nRCPT TO:<support@a>\r\nRCPT TO:<nobody@a>\r\n"
	    "RCPT TO:<sales@a>\r\nRCPT TO:<support@b>\r\nDATA\r\n"
	    "two\r\n.\r\nNOOP\r\nQUIT\r\n";
	int fd;

	(void)data;
	start(c);
	fd = dial(c->path);
	say(fd, all, strlen(all));
	expect(fd, 99,
	    "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 "
	    "250/2.1.0 250/2.1.5 550/5.1.1 250/2.1.5 250/2.1.5 354 "
	    "250/2.0.0 250/2.0.0 250/2.0.0 250/2.0.0 221/2.0.0 ");
	close(fd);
	for (int i = 0; i < 3; i++) {
		static const char *const want[] = { "support1one\r\n",
			"support2two\r\n", "sales1two\r\n" };
		g_autofree char *mailbox = NULL;
		g_autofree char *got = NULL;
		g_autofree char *octets = NULL;
		guint recipients;

		octets = take_mail(c, &mailbox, &recipients);
		got = g_strdup_printf("%s%u%s", mailbox, recipients, octets);
		g_assert_cmpstr(got, ==, want[i]);
	}
}

/* Larger than what is kept in memory; then one over the limit. */
static void
test_large(Case *c, gconstpointer data)
{
	g_autofree char *text = g_strnfill(LIMIT - 2, 'x');
	g_autofree char *mailbox = NULL;
	g_autofree char *octets = NULL;
	guint recipients;
	int fd;

	(void)data;
	start(c);
	fd = dial(c->path);
	say(fd, BEGIN, strlen(BEGIN));
	say(fd, text, LIMIT - 2);
	say(fd, "\r\n.\r\n", 5);
	expect(fd, 6, "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ");
	octets = take_mail(c, &mailbox, &recipients);
	g_assert_cmpuint(strlen(octets), ==, LIMIT);
	say(fd, BEGIN, strlen(BEGIN));
	say(fd, text, LIMIT - 2);
	say(fd, "yy\r\n.\r\nNOOP\r\n", 13);
	expect(fd, 6, "250 250/2.1.0 250/2.1.5 354 552/5.3.4 250/2.0.0 ");
	close(fd);
	g_assert_cmpuint(files_in(c, "new"), ==, 0);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
}

static void
test_cut(Case *c, gconstpointer data)
{
	g_autofree char *text = g_strnfill(100000, 'x');

	(void)data;
	start(c);
	/* Before and after the first octets have gone to a file. */
	for (gsize size = 0; size <= 100000; size += 50000) {
		int fd = dial(c->path);

		say(fd, BEGIN, strlen(BEGIN));
		say(fd, text, size);
		say(fd, "\r\n.\r", 4);
		expect(fd, 5, "220 250 250/2.1.0 250/2.1.5 354 ");
		if (size > 0)
			wait_files(c, "tmp", 1);
		close(fd);
		wait_files(c, "tmp", 0);
	}
	stop(c);
	g_assert_cmpuint(files_in(c, "new"), ==, 0);
	g_assert_cmpint(c->arrived, ==, 0);
}

static gpointer
send_ten(gpointer data)
{
	const Case *c = data;
	int fd = dial(c->path);
	g_autofree char *text = g_strnfill(20000, 'z');

	expect(fd, 1, "220 ");
	for (int i = 0; i < 10; i++) {
		say(fd, BEGIN, strlen(BEGIN));
		expect(fd, 4, "250 250/2.1.0 250/2.1.5 354 ");
		say(fd, text, (gsize)i * 2000);
		say(fd, "\r\n.\r\n", 5);
		expect(fd, 1, "250/2.0.0 ");
	}
	close(fd);
	return NULL;
}

static void
test_parallel(Case *c, gconstpointer data)
{
	GThread *thread[50];

	(void)data;
	start(c);
	for (int i = 0; i < 50; i++)
		thread[i] = g_thread_new("client", send_ten, c);
	for (int i = 0; i < 50; i++)
		g_thread_join(thread[i]);
	g_assert_cmpuint(spool_count(c->spool, NULL), ==, 500);
	stop(c);
	g_assert_cmpint(c->arrived, ==, 500);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
}

static void
set_file_limit(rlim_t most, struct rlimit *old)
{
	struct rlimit now;

	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &now), ==, 0);
	if (old != NULL)
		*old = now;
	now.rlim_cur = most;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &now), ==, 0);
}

/* No file may be longer than some octets: what a full disk does, no root. */
static void
test_disk_full(Case *c, gconstpointer data)
{
	g_autofree char *text = g_strnfill(100000, 'x');
	struct rlimit old;
	int fd;

	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	start(c);
	fd = dial(c->path);
	set_file_limit(60000, &old);
	say(fd, BEGIN, strlen(BEGIN));
	say(fd, text, 100000);
	say(fd, "\r\n.\r\n", 5);
	expect(fd, 6, "220 250 250/2.1.0 250/2.1.5 354 451/4.3.0 ");
	say(fd, BEGIN "small\r\n.\r\n", strlen(BEGIN) + 10);
	expect(fd, 5, "250 250/2.1.0 250/2.1.5 354 250/2.0.0 ");
	set_file_limit(old.rlim_cur, NULL);
	close(fd);
	g_assert_cmpuint(files_in(c, "new"), ==, 1);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
}

static void
test_spool_gone(Case *c, gconstpointer data)
{
	g_autofree char *tmp = g_build_filename(c->dir, "spool", "tmp", NULL);
	int fd;

	(void)data;
	start(c);
	g_assert_cmpint(g_rmdir(tmp), ==, 0);
	fd = dial(c->path);
	say(fd, BEGIN "x\r\n.\r\nNOOP\r\n", strlen(BEGIN) + 12);
	expect(fd, 7, "220 250 250/2.1.0 250/2.1.5 354 451/4.3.0 250/2.0.0 ");
	close(fd);
}

static void
test_too_many(Case *c, gconstpointer data)
{
	int fd[3];

	(void)data;
	c->settings.max_connections = 2;
	start(c);
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(c->path);
		expect(fd[i], i < 2 ? 1 : 9, i < 2 ? "220 " : "421/4.3.2 ");
	}
	/* A place becomes free. */
	close(fd[0]);
	for (int i = 0; i < 100; i++) {
		g_autofree char *codes = NULL;

		close(fd[2]);
		fd[2] = dial(c->path);
		codes = hear(fd[2], 1);
		if (strcmp(codes, "220 ") == 0)
			break;
		g_assert_cmpint(i, <, 99);
		g_usleep(10000);
	}
	close(fd[1]);
	close(fd[2]);
}

static void
test_idle(Case *c, gconstpointer data)
{
	int quiet, in_mail;

	(void)data;
	c->settings.idle_seconds = 1;
	start(c);
	quiet = dial(c->path);
	in_mail = dial(c->path);
	say(in_mail, BEGIN "half", strlen(BEGIN) + 4);
	expect(quiet, 9, "220 421/4.4.2 ");
	expect(in_mail, 9, "220 250 250/2.1.0 250/2.1.5 354 421/4.4.2 ");
	close(quiet);
	close(in_mail);
	g_assert_cmpuint(files_in(c, "new"), ==, 0);
}

static gpointer
stop_soon(gpointer data)
{
	Case *c = data;

	g_atomic_int_set(&c->stop, 1);
	return NULL;
}

/* Who is quiet hears 421; the mail in hand is finished, and then he too. */
static void
test_stop(Case *c, gconstpointer data)
{
	GThread *thread;
	int quiet, in_mail;

	(void)data;
	start(c);
	quiet = dial(c->path);
	in_mail = dial(c->path);
	expect(quiet, 1, "220 ");
	say(in_mail, BEGIN "half", strlen(BEGIN) + 4);
	expect(in_mail, 5, "220 250 250/2.1.0 250/2.1.5 354 ");
	thread = g_thread_new("stop", stop_soon, c);
	expect(quiet, 9, "421/4.3.2 ");
	say(in_mail, "\r\n.\r\nNOOP\r\n", 11);
	expect(in_mail, 9, "250/2.0.0 421/4.3.2 ");
	g_thread_join(thread);
	stop(c);
	g_assert_cmpuint(files_in(c, "new"), ==, 1);
	close(quiet);
	close(in_mail);
}

/* A peer that sends and never reads is no reason to hold memory or others. */
static void
test_deaf(Case *c, gconstpointer data)
{
	g_autoptr(GString) flood = g_string_new(NULL);
	int deaf, fd;
	gssize n;

	(void)data;
	start(c);
	deaf = dial(c->path);
	for (int i = 0; i < 10000; i++)
		g_string_append(flood, "NOOP\r\n");
	do {
		struct pollfd wait = { deaf, POLLOUT, 0 };

		if (poll(&wait, 1, 300) == 0)
			break; /* it reads no more from us */
		n = send(deaf, flood->str, flood->len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n > 0 || errno == EAGAIN);
	fd = dial(c->path);
	say(fd, BEGIN "x\r\n.\r\n", strlen(BEGIN) + 6);
	expect(fd, 6, "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 ");
	close(fd);
	close(deaf);
}

static void
test_tcp(Case *c, gconstpointer data)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;
	int fd;

	(void)data;
	g_free(c->path);
	c->path = g_strdup("127.0.0.1:0");
	start(c);
	g_assert_cmpint(
	    getsockname(c->listener, (struct sockaddr *)&address, &length), ==,
	    0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(connect(fd, (struct sockaddr *)&address, length), ==,
	    0);
	say(fd, BEGIN "x\r\n.\r\nQUIT\r\n", strlen(BEGIN) + 12);
	expect(fd, 9, "220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0 ");
	close(fd);
}

/* ---- the listening socket --------------------------------------------- */

static void
test_stale(Case *c, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	struct stat st;
	int first = in_lmtp_listen(c->path, NULL), second;

	(void)data;
	g_assert_cmpint(first, >=, 0);
	g_assert_cmpint(stat(c->path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0660);
	second = in_lmtp_listen(c->path, &error);
	g_assert_cmpint(second, ==, -1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	close(first);
	second = in_lmtp_listen(c->path, NULL);
	g_assert_cmpint(second, >=, 0);
	close(second);
}

static void
test_wrong_places(Case *c, gconstpointer data)
{
	g_autofree char *longish = g_strnfill(108, 'x');
	g_autofree char *too_long = g_strconcat("/tmp/", longish, NULL);
	g_autofree char *nowhere = g_build_filename(c->dir, "no", "sock", NULL);
	const char *places[] = { too_long, nowhere, c->path, "sock",
		"host:", ":24", "127.0.0.1:99999", "127.0.0.1:x" };

	(void)data;
	g_assert_true(g_file_set_contents(c->path, "mine", -1, NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(in_lmtp_listen(places[i], &error), ==, -1);
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, places[i]));
	}
	g_assert_true(g_file_test(c->path, G_FILE_TEST_IS_REGULAR));
}

static const struct {
	const char *title;
	void (*run)(Case *c, gconstpointer data);
} cases[] = {
	{ "250 means that the mail is in the spool", test_mail },
	{ "a client may send all at once", test_pipelined },
	{ "a large mail is whole, a larger one refused", test_large },
	{ "a cut connection leaves nothing", test_cut },
	{ "fifty clients at once", test_parallel },
	{ "a full disk is 451 (AC-04)", test_disk_full },
	{ "a spool pulled away is 451", test_spool_gone },
	{ "one connection too many hears 421", test_too_many },
	{ "who is idle hears 421", test_idle },
	{ "stopping finishes the mail in hand", test_stop },
	{ "a client that never reads hinders nobody", test_deaf },
	{ "it works over TCP", test_tcp },
	{ "a stale socket is replaced, a live one not", test_stale },
	{ "places where one cannot listen", test_wrong_places },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	log_open("test", LOG_LEVEL_ERROR, FALSE);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/in-lmtp/%s", cases[i].title);

		g_test_add(path, Case, NULL, set_up, cases[i].run, tear_down);
	}
	return g_test_run();
}
