/* stream.c - sockets and TLS under libetpan's sessions.
 *
 * in/in_imap.c and out/out_smtp.c open a Stream, wrap it into a mailstream
 * and talk through libetpan. Every wait of theirs ends in
 * stream_wait_fd(). TLS begins in stream_tls.c. */
#include "ground/stream.h"
#include "ground/stream_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <libetpan/libetpan.h>

#include "ground/clock.h"
#include "ground/error.h"

#define BUFFER_SIZE 16384

static const char *const end_texts[] = {
	[STREAM_OK] = "no error",
	[STREAM_EOF] = "the peer closed the connection",
	[STREAM_DEADLINE] = "the peer did not answer in time",
	[STREAM_WOKEN] = "stopped",
	[STREAM_TLS] = "TLS failed",
	[STREAM_IO] = "the connection broke",
	[STREAM_TOO_BIG] = "the answer is larger than allowed",
};

int
stream_wait_fd(const Stream *stream, short events, gint64 until)
{
	struct pollfd fds[2] = {
		{ stream->fd, events, 0 },
		{ stream->wake_fd, POLLIN, 0 },
	};
	nfds_t count = stream->wake_fd >= 0 && !stream->deaf ? 2 : 1;

	for (;;) {
		gint64 left = 3600000;
		int ready;

		if (until != 0)
			left = MIN(left, until - clock_monotonic_ms());
		if (until != 0 && left < 0)
			left = 0;
		ready = poll(fds, count, (int)left);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return -1;
		if (count == 2 && fds[1].revents != 0)
			return -2;
		if (fds[0].revents != 0)
			return 1;
		if (until != 0 && clock_monotonic_ms() >= until)
			return 0;
	}
}

static ssize_t
fail(Stream *stream, StreamEnd end)
{
	stream->end = end;
	return -1;
}

/* Woken in a time of grace: go on, but not for long. */
static gboolean
grace(Stream *stream)
{
	gint64 until = clock_monotonic_ms() + stream->grace_ms;

	if (stream->grace_ms == 0)
		return FALSE;
	stream->deaf = TRUE;
	if (stream->deadline == 0 || stream->deadline > until)
		stream->deadline = until;
	return TRUE;
}

/* Waits within the budget. */
static gboolean
wait_ready(Stream *stream, short events)
{
	int ready = stream_wait_fd(stream, events, stream->deadline);

	if (ready == -2 && grace(stream))
		ready = stream_wait_fd(stream, events, stream->deadline);
	if (ready == 1)
		return TRUE;
	if (ready == 0)
		fail(stream, STREAM_DEADLINE);
	else
		fail(stream, ready == -2 ? STREAM_WOKEN : STREAM_IO);
	return FALSE;
}

/* A peer that feeds drop by drop never lets one wait time out, so each call
 * of the driver looks at the clock as well. */
static gboolean
overdue(Stream *stream)
{
	if (stream->deadline == 0 || clock_monotonic_ms() < stream->deadline)
		return FALSE;
	fail(stream, STREAM_DEADLINE);
	return TRUE;
}

/* What the library's error means: TRUE to try again. */
static gboolean
tls_again(Stream *stream, ssize_t result)
{
	int direction;

	if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED) {
		direction = gnutls_record_get_direction(stream->tls);
		return wait_ready(stream, direction ? POLLOUT : POLLIN);
	}
	if (!gnutls_error_is_fatal((int)result))
		return TRUE; /* a warning alert: read on */
	fail(stream,
	    result == GNUTLS_E_PREMATURE_TERMINATION ? STREAM_EOF : STREAM_TLS);
	return FALSE;
}

static gboolean
socket_again(Stream *stream, short events)
{
	if (errno == EINTR)
		return TRUE;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return wait_ready(stream, events);
	fail(stream,
	    errno == ECONNRESET || errno == EPIPE ? STREAM_EOF : STREAM_IO);
	return FALSE;
}

static ssize_t
driver_read(mailstream_low *low, void *buffer, size_t size)
{
	Stream *stream = low->data;

	if (stream->limited && stream->left == 0)
		return fail(stream, STREAM_TOO_BIG);
	if (stream->limited)
		size = MIN(size, stream->left);
	for (;;) {
		ssize_t got;

		if (overdue(stream))
			return -1;
		if (stream->tls != NULL)
			got = gnutls_record_recv(stream->tls, buffer, size);
		else
			got = recv(stream->fd, buffer, size, 0);
		/* Never hand 0 up: inside a literal libetpan 1.9.4 would
		 * call again and again for ever. */
		if (got == 0)
			return fail(stream, STREAM_EOF);
		if (got > 0) {
			stream->left -= stream->limited ? (gsize)got : 0;
			return got;
		}
		if (stream->tls != NULL ? !tls_again(stream, got)
					: !socket_again(stream, POLLIN))
			return -1;
	}
}

static ssize_t
driver_write(mailstream_low *low, const void *buffer, size_t size)
{
	Stream *stream = low->data;

	for (;;) {
		ssize_t sent;

		if (overdue(stream))
			return -1;
		if (stream->tls != NULL)
			sent = gnutls_record_send(stream->tls, buffer, size);
		else
			sent = send(stream->fd, buffer, size, MSG_NOSIGNAL);
		if (sent >= 0)
			return sent;
		if (stream->tls != NULL ? !tls_again(stream, sent)
					: !socket_again(stream, POLLOUT))
			return -1;
	}
}

static void
hang_up(Stream *stream)
{
	if (stream->tls != NULL) {
		/* The socket does not block, so this never waits. */
		gnutls_bye(stream->tls, GNUTLS_SHUT_WR);
		gnutls_deinit(stream->tls);
		stream->tls = NULL;
	}
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

static int
driver_close(mailstream_low *low)
{
	hang_up(low->data);
	return 0;
}

static int
driver_fd(mailstream_low *low)
{
	const Stream *stream = low->data;

	return stream->fd;
}

static void
driver_free(mailstream_low *low)
{
	Stream *stream = low->data;

	hang_up(stream);
	g_free(stream);
	free(low); /* libetpan's malloc */
}

static void
driver_cancel(mailstream_low *low)
{
	(void)low;
}

static struct mailstream_cancel *
driver_get_cancel(mailstream_low *low)
{
	(void)low;
	return NULL;
}

static mailstream_low_driver driver = {
	.mailstream_read = driver_read,
	.mailstream_write = driver_write,
	.mailstream_close = driver_close,
	.mailstream_get_fd = driver_fd,
	.mailstream_free = driver_free,
	.mailstream_cancel = driver_cancel,
	.mailstream_get_cancel = driver_get_cancel,
};

void *
stream_mailstream(Stream *stream)
{
	mailstream_low *low;

	g_return_val_if_fail(stream->outer == NULL, NULL);
	low = mailstream_low_new(stream, &driver);
	if (low != NULL)
		stream->outer = mailstream_new(low, BUFFER_SIZE);
	if (stream->outer == NULL)
		g_error("out of memory for a stream");
	return stream->outer;
}

/* Small commands must leave at once, and a peer that has vanished without a
 * word must be noticed while nobody writes (IDLE). */
static void
tune(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 60 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 15 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 4 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 120000 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof options[i].value);
}

/* 0, or errno. */
static int
connect_one(Stream *stream, const struct sockaddr *address, socklen_t length,
    gint64 until)
{
	int problem = 0, ready;
	socklen_t size = sizeof problem;

	stream->fd = socket(address->sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0)
		return errno;
	if (address->sa_family != AF_UNIX)
		tune(stream->fd);
	if (connect(stream->fd, address, length) == 0)
		return 0;
	problem = errno;
	if (problem == EINPROGRESS) {
		ready = stream_wait_fd(stream, POLLOUT, until);
		if (ready == 1)
			getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &problem,
			    &size);
		else
			problem = ready == 0 ? ETIMEDOUT : ECANCELED;
	}
	if (problem != 0) {
		close(stream->fd);
		stream->fd = -1;
	}
	return problem;
}

static gboolean
connect_unix(Stream *stream, const char *path, gint64 until, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int problem;

	if (strlen(path) >= sizeof address.sun_path)
		return error_config(error, "socket %s: the path is too long",
		    path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	problem = connect_one(stream, (const struct sockaddr *)&address,
	    sizeof address, until);
	return problem == 0 || error_temporary(error, "connect to %s: %s", path,
				   g_strerror(problem));
}

/* Each address gets an equal share of the time that is left, so that one
 * black hole in DNS does not eat it all. */
static gboolean
connect_tcp(Stream *stream, const char *host, guint16 port, int ms,
    GError **error)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	struct addrinfo *all = NULL;
	char service[8];
	int code, problem = EHOSTUNREACH, count = 0;
	gint64 now, until;

	g_snprintf(service, sizeof service, "%u", (unsigned int)port);
	code = getaddrinfo(host, service, &hint, &all);
	if (code != 0)
		return error_temporary(error,
		    "name lookup of %s: %s: check the host name and DNS", host,
		    gai_strerror(code));
	for (struct addrinfo *one = all; one != NULL; one = one->ai_next)
		count++;
	until = clock_monotonic_ms() + ms;
	for (struct addrinfo *one = all; one != NULL; one = one->ai_next) {
		now = clock_monotonic_ms();
		problem = connect_one(stream, one->ai_addr, one->ai_addrlen,
		    now + MAX((until - now) / count, 1));
		if (problem == 0 || problem == ECANCELED)
			break;
		count--;
	}
	freeaddrinfo(all);
	return problem == 0 ||
	       error_temporary(error, "connect to %s port %u: %s", host,
		   (unsigned int)port, g_strerror(problem));
}

Stream *
stream_connect(const char *host, guint16 port, int ms, int wake_fd,
    GError **error)
{
	g_autoptr(Stream) stream = g_new0(Stream, 1);
	gboolean good;

	stream->fd = -1;
	stream->wake_fd = wake_fd;
	if (*host == '/')
		good = connect_unix(stream, host, clock_monotonic_ms() + ms,
		    error);
	else
		good = connect_tcp(stream, host, port, ms, error);
	return good ? g_steal_pointer(&stream) : NULL;
}

void
stream_free(Stream *stream)
{
	if (stream == NULL)
		return;
	g_return_if_fail(stream->outer == NULL);
	hang_up(stream);
	g_free(stream);
}

void
stream_budget(Stream *stream, int ms, gsize octets)
{
	stream->deadline = ms > 0 ? clock_monotonic_ms() + ms : 0;
	stream->limited = octets != 0;
	stream->left = octets;
	stream->grace_ms = 0;
	stream->deaf = FALSE;
	stream->end = STREAM_OK;
}

void
stream_grace(Stream *stream, int ms)
{
	stream->grace_ms = ms;
}

StreamEnd
stream_end(const Stream *stream)
{
	return stream->end;
}

const char *
stream_end_text(const Stream *stream)
{
	return end_texts[stream->end];
}

int
stream_wait(Stream *stream, int ms)
{
	int ready;
	char octet;

	if (stream->outer != NULL && stream->outer->read_buffer_len > 0)
		return 1;
	if (stream->tls != NULL && gnutls_record_check_pending(stream->tls))
		return 1;
	ready = stream_wait_fd(stream, POLLIN,
	    ms < 0 ? 0 : clock_monotonic_ms() + ms);
	if (ready == 1 &&
	    recv(stream->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		ready = -1;
	if (ready == -1)
		stream->end = STREAM_EOF;
	if (ready == -2)
		stream->end = STREAM_WOKEN;
	return ready;
}
