/* in_lmtp.c - the LMTP server's loop: epoll, many connections, one thread.
 * daemon/listen runs it.
 *
 * It waits for all descriptors; what is done for one client stands in
 * lmtp_client.c. Nothing here waits for a disk. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include "in/in_lmtp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "in/lmtp_client.h"
#include "in/lmtp_store.h"

#define EVENTS   64
#define ACCEPTS  16   /* new connections a turn, so that old ones live */
#define TICK_MS  200  /* *stop is seen within */
#define SWEEP_MS 1000 /* idle connections are sought this often */
#define LAST_MS  5000 /* for a mail in hand when we stop */
#define IDLE     "421 4.4.2 idle for too long"
#define TOO_MANY "421 4.3.2 too many connections\r\n"

static void
jobs_done(LmtpServer *server)
{
	g_autoptr(GPtrArray) done = NULL;
	guint64 count;

	if (read(server->wake, &count, sizeof count) < 0 && errno != EAGAIN)
		log_error("door=lmtp error=eventfd: %s", g_strerror(errno));
	g_mutex_lock(&server->mutex);
	done = server->done;
	server->done = g_ptr_array_new();
	g_mutex_unlock(&server->mutex);
	for (guint i = 0; i < done->len; i++)
		lmtp_client_job_done(done->pdata[i]);
}

/* ---- the listening socket --------------------------------------------- */

static void
set_listening(LmtpServer *server, gboolean on)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (server->listening != on &&
	    epoll_ctl(server->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
		server->listener, &event) == 0)
		server->listening = on;
}

static void
welcome(LmtpServer *server, int fd)
{
	int yes = 1;

	if (server->clients->len >= server->settings->max_connections) {
		if (send(fd, TOO_MANY, strlen(TOO_MANY), MSG_NOSIGNAL) < 0)
			log_debug("door=lmtp event=gone");
		close(fd);
		return;
	}
	/* Fails on a unix socket, which has nothing to switch off. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	lmtp_client_add(server, fd);
}

static void
accept_clients(LmtpServer *server)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(server->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(server, fd);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			/* Out of descriptors: the loop would spin. */
			log_error("door=lmtp error=accept: %s",
			    g_strerror(errno));
			set_listening(server, FALSE);
			server->accept_at = clock_monotonic_ms() + SWEEP_MS;
		}
		return;
	}
}

/* ---- the loop --------------------------------------------------------- */

/* Backwards, since client_end takes the last one into the gap. */
static void
sweep(LmtpServer *server, gint64 now)
{
	gint64 before = now - (gint64)server->settings->idle_seconds * 1000;

	for (guint i = server->clients->len; i-- > 0;) {
		LmtpClient *client = server->clients->pdata[i];

		if (!lmtp_client_busy(client) && client->last < before)
			lmtp_client_dismiss(client, IDLE);
	}
	server->sweep_at = now + SWEEP_MS;
	if (!server->listening && !server->stopping && now > server->accept_at)
		set_listening(server, TRUE);
}

static void
dismiss_all(LmtpServer *server, gboolean even_in_mail)
{
	for (guint i = server->clients->len; i-- > 0;) {
		LmtpClient *client = server->clients->pdata[i];

		if (!lmtp_client_busy(client) &&
		    (even_in_mail || !lmtp_session_in_mail(client->session)))
			lmtp_client_dismiss(client, LMTP_STOPPING);
	}
}

static gboolean
turn(LmtpServer *server, GError **error)
{
	struct epoll_event event[EVENTS];
	gboolean woken = FALSE, knocked = FALSE;
	int n = epoll_wait(server->epoll, event, EVENTS, TICK_MS);
	gint64 now;

	if (n < 0 && errno != EINTR)
		return error_temporary(error, "lmtp: epoll_wait: %s",
		    g_strerror(errno));
	for (int i = 0; i < n; i++) {
		if (event[i].data.ptr == NULL)
			knocked = TRUE;
		else if (event[i].data.ptr == server)
			woken = TRUE;
		else
			lmtp_client_ready(event[i].data.ptr);
	}
	/* After the others: these free clients that may stand in event. */
	if (woken)
		jobs_done(server);
	if (knocked)
		accept_clients(server);
	now = clock_monotonic_ms();
	if (now >= server->sweep_at)
		sweep(server, now);
	return TRUE;
}

/* A writer that got the main thread's signal would let the loop sleep on. */
static GThreadPool *
start_writers(LmtpServer *server, GError **error)
{
	g_autoptr(GError) why = NULL;
	sigset_t all, before;
	GThreadPool *pool;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pool = g_thread_pool_new(lmtp_client_job, server,
	    (gint)MAX(server->settings->writers, 1), TRUE, &why);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pool == NULL || why != NULL)
		error_temporary(error, "lmtp: cannot start writers: %s",
		    why->message);
	return why == NULL ? pool : NULL;
}

static gboolean
start(LmtpServer *server, GError **error)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = server };

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll < 0 || server->wake < 0 ||
	    epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->wake, &event) != 0)
		return error_temporary(error, "lmtp: cannot make its loop: %s",
		    g_strerror(errno));
	set_listening(server, TRUE);
	if (!server->listening)
		return error_temporary(error, "lmtp: cannot listen: %s",
		    g_strerror(errno));
	server->writers = start_writers(server, error);
	return server->writers != NULL;
}

/* Mails in hand get their time; then the writers finish what they hold, since
 * a mail that is on disk deserves its 250. */
static gboolean
finish(LmtpServer *server, GError **error)
{
	gint64 until = clock_monotonic_ms() + LAST_MS;
	gboolean good = TRUE;

	g_mutex_lock(&server->mutex);
	server->stopping = TRUE;
	g_mutex_unlock(&server->mutex);
	set_listening(server, FALSE);
	dismiss_all(server, FALSE);
	while (good && server->clients->len > 0 && clock_monotonic_ms() < until)
		good = turn(server, error);
	dismiss_all(server, TRUE);
	g_thread_pool_free(server->writers, FALSE, TRUE);
	server->writers = NULL;
	return good;
}

static void
clear(LmtpServer *server)
{
	for (guint i = 0; i < server->clients->len; i++) {
		LmtpClient *client = server->clients->pdata[i];

		lmtp_store_drop(client->session);
		lmtp_client_free(client);
	}
	g_ptr_array_unref(server->clients);
	g_ptr_array_unref(server->done);
	g_mutex_clear(&server->mutex);
	if (server->epoll >= 0)
		close(server->epoll);
	if (server->wake >= 0)
		close(server->wake);
}

gboolean
in_lmtp_serve(int listener, Spool *spool, const LmtpSettings *settings,
    volatile gint *stop, GError **error)
{
	LmtpServer server = { .spool = spool,
		.settings = settings,
		.listener = listener,
		.epoll = -1,
		.wake = -1 };
	gboolean good;

	server.clients = g_ptr_array_new();
	server.done = g_ptr_array_new();
	g_mutex_init(&server.mutex);
	good = start(&server, error);
	while (good && g_atomic_int_get(stop) == 0)
		good = turn(&server, error);
	if (server.writers != NULL)
		good = finish(&server, good ? error : NULL) && good;
	clear(&server);
	return good;
}
