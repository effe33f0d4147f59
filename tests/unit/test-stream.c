/* Tests of ground/stream.c against scripted peers. */
#include "ground/stream.h"

#include <libetpan/libetpan.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/clock.h"
#include "peer.h"

static char *certificates;
static StreamTrust *trust;

/* Reads lines until the stream says no; the number of octets. */
static gsize
read_all(mailstream *stream)
{
	char buffer[4096];
	gsize total = 0;
	ssize_t got;

	while ((got = mailstream_read(stream, buffer, sizeof buffer)) > 0)
		total += (gsize)got;
	return total;
}

typedef struct TlsCase {
	const char *title;
	const char *certificate; /* NULL: a port without TLS */
	const char *host;
	const char *want; /* in the error; NULL: it works */
} TlsCase;

static const TlsCase tls_cases[] = {
	{ "/stream/tls/a good certificate is taken", "server", "localhost",
	    NULL },
	{ "/stream/tls/an address in the certificate is a name too", "server",
	    "127.0.0.1", NULL },
	{ "/stream/tls/another host's certificate is refused", "wronghost",
	    "localhost",
	    "certificate refused: name does not match host localhost" },
	{ "/stream/tls/an unknown issuer is refused", "stranger", "localhost",
	    "certificate refused: issuer not trusted, of host localhost" },
	{ "/stream/tls/an expired certificate is refused", "expired",
	    "localhost", "certificate refused: expired, of host localhost" },
	{ "/stream/tls/a server that speaks first is no TLS server", NULL,
	    "localhost", "octets came before the handshake" },
};

static void
test_tls(gconstpointer data)
{
	const TlsCase *c = data;
	g_autofree char *words = NULL;
	g_autoptr(Peer) peer = NULL;
	g_autoptr(Stream) stream = NULL;
	g_autoptr(GError) error = NULL;
	mailstream *outer;
	gboolean good;

	words = c->certificate == NULL ? g_strdup("")
				       : peer_tls_words(certificates,
					     c->certificate, "implicit=1");
	peer = peer_start("fake-smtp.py", words);
	stream = stream_connect(c->host, peer->port, 5000, -1, &error);
	g_assert_no_error(error);
	if (c->certificate == NULL)
		g_assert_cmpint(stream_wait(stream, 5000), ==, 1);
	good = stream_start_tls(stream, c->host, trust, 5000, &error);
	if (c->want != NULL) {
		g_assert_false(good);
		g_assert_nonnull(error);
		g_assert_nonnull(strstr(error->message, c->want));
		return;
	}
	g_assert_no_error(error);
	g_assert_true(good);
	outer = stream_mailstream(stream);
	stream_budget(stream, 5000, 22);
	g_assert_cmpuint(read_all(outer), ==, strlen("220 fake ESMTP\r\n"));
	stream = NULL;
	mailstream_close(outer);
}

typedef struct EndCase {
	const char *title;
	const char *words;
	int ms;
	gsize octets;
	StreamEnd want;
} EndCase;

static const EndCase end_cases[] = {
	{ "/stream/end/a peer that says nothing ends by the clock",
	    "connect=stall", 200, 0, STREAM_DEADLINE },
	{ "/stream/end/drop by drop does not buy more time", "connect=drip",
	    300, 0, STREAM_DEADLINE },
	{ "/stream/end/a peer that closes is noticed at once", "connect=cut",
	    5000, 0, STREAM_EOF },
	{ "/stream/end/endless output ends by the octets", "connect=flood",
	    5000, 100000, STREAM_TOO_BIG },
};

static void
test_end(gconstpointer data)
{
	const EndCase *c = data;
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", c->words);
	g_autoptr(GError) error = NULL;
	Stream *stream;
	mailstream *outer;
	gint64 start, took;
	gsize got;

	stream = stream_connect("127.0.0.1", peer->port, 5000, -1, &error);
	g_assert_no_error(error);
	outer = stream_mailstream(stream);
	start = clock_monotonic_ms();
	stream_budget(stream, c->ms, c->octets);
	got = read_all(outer);
	took = clock_monotonic_ms() - start;
	g_assert_cmpint(stream_end(stream), ==, c->want);
	if (c->want == STREAM_DEADLINE)
		g_assert_cmpint(took, >=, c->ms - 1);
	g_assert_cmpint(took, <, c->ms + 2000);
	if (c->octets > 0)
		g_assert_cmpuint(got, ==, c->octets);
	mailstream_close(outer);
}

static void
test_woken(void)
{
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "connect=stall");
	int wake = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	Stream *stream;
	mailstream *outer;
	gint64 start;
	guint64 drain;

	g_assert_cmpint(read(wake, &drain, sizeof drain), ==, sizeof drain);
	stream = stream_connect("127.0.0.1", peer->port, 5000, wake, NULL);
	g_assert_nonnull(stream);
	drain = 1;
	g_assert_cmpint(write(wake, &drain, sizeof drain), ==, sizeof drain);
	outer = stream_mailstream(stream);
	stream_budget(stream, 10000, 0);
	start = clock_monotonic_ms();
	g_assert_cmpuint(read_all(outer), ==, 0);
	g_assert_cmpint(stream_end(stream), ==, STREAM_WOKEN);
	g_assert_cmpint(stream_wait(stream, 10000), ==, -2);
	g_assert_cmpint(clock_monotonic_ms() - start, <, 2000);
	/* With grace it goes on for a while. */
	stream_budget(stream, 10000, 0);
	stream_grace(stream, 300);
	start = clock_monotonic_ms();
	g_assert_cmpuint(read_all(outer), ==, 0);
	g_assert_cmpint(stream_end(stream), ==, STREAM_DEADLINE);
	g_assert_cmpint(clock_monotonic_ms() - start, >=, 299);
	g_assert_cmpint(clock_monotonic_ms() - start, <, 3000);
	mailstream_close(outer);
	close(wake);
}

static void
test_refused(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "");
	guint16 port = peer->port;

	g_clear_pointer(&peer, peer_stop);
	g_assert_null(stream_connect("127.0.0.1", port, 2000, -1, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_nonnull(strstr(error->message, "Connection refused"));
}

static void
test_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *path = g_build_filename(certificates, "socket", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Stream) stream = NULL;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(
	    bind(listener, (struct sockaddr *)&address, sizeof address), ==, 0);
	g_assert_cmpint(listen(listener, 1), ==, 0);
	stream = stream_connect(path, 0, 2000, -1, &error);
	g_assert_no_error(error);
	peer = accept(listener, NULL, NULL);
	g_assert_cmpint(stream_wait(stream, 0), ==, 0);
	g_assert_cmpint(send(peer, "x", 1, 0), ==, 1);
	g_assert_cmpint(stream_wait(stream, 2000), ==, 1);
	close(peer);
	close(listener);
	/* The octet is still there; only then comes the end. */
	g_assert_cmpint(stream_wait(stream, 2000), ==, 1);
}

static void
test_gone(void)
{
	g_autoptr(Peer) peer = peer_start("fake-smtp.py", "connect=cut");
	g_autoptr(Stream) stream = NULL;

	stream = stream_connect("127.0.0.1", peer->port, 2000, -1, NULL);
	g_assert_nonnull(stream);
	g_assert_cmpint(stream_wait(stream, 5000), ==, -1);
	g_assert_cmpint(stream_end(stream), ==, STREAM_EOF);
}

static void
test_no_ca(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(stream_trust_new("/nonexistent/ca.pem", &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
}

int
main(int argc, char **argv)
{
	g_autofree char *ca = NULL;
	g_autoptr(GError) error = NULL;
	int result;

	g_test_init(&argc, &argv, NULL);
	certificates = peer_certificates();
	ca = g_build_filename(certificates, "ca.crt", NULL);
	trust = stream_trust_new(ca, &error);
	g_assert_no_error(error);
	for (gsize i = 0; i < G_N_ELEMENTS(tls_cases); i++)
		g_test_add_data_func(tls_cases[i].title, &tls_cases[i],
		    test_tls);
	for (gsize i = 0; i < G_N_ELEMENTS(end_cases); i++)
		g_test_add_data_func(end_cases[i].title, &end_cases[i],
		    test_end);
	g_test_add_func("/stream/stop ends a wait at once", test_woken);
	g_test_add_func("/stream/a closed port is told", test_refused);
	g_test_add_func("/stream/a path is a unix socket", test_unix);
	g_test_add_func("/stream/waiting tells when the peer is gone",
	    test_gone);
	g_test_add_func("/stream/a missing CA file is a config error",
	    test_no_ca);
	result = g_test_run();
	stream_trust_free(trust);
	peer_remove(certificates);
	g_free(certificates);
	return result;
}
