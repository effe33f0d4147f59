/* in_lmtp.c - the LMTP server's loop: epoll, many connections, one thread.
 * daemon/listen runs it.
 *
 * The loop moves octets between sockets and sessions (lmtp_session.c). What
 * touches the disk (lmtp_store.c) goes to a few writers; while one has a
 * client, the loop leaves session and socket alone, which is also the
 * backpressure: what the client sends stays in the socket. A writer answers
 * its client itself and wakes the loop only if there is more to do. */
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
#include "in/lmtp_session.h"
#include "in/lmtp_store.h"

#define INPUT    (16 * 1024)
#define EVENTS   64
#define ACCEPTS  16   /* new connections a turn, so that old ones live */
#define TICK_MS  200  /* *stop is seen within */
#define SWEEP_MS 1000 /* idle connections are sought this often */
#define LAST_MS  5000 /* for a mail in hand when we stop */
#define STOPPING "421 4.3.2 shutting down"
#define IDLE     "421 4.4.2 idle for too long"
#define TOO_MANY "421 4.3.2 too many connections\r\n"

typedef struct Server {
	Spool *spool;
	const LmtpSettings *settings;
	int listener;
	int epoll;
	int wake; /* eventfd: jobs are done */
	gboolean listening;
	gboolean stopping; /* under mutex */
	gint64 accept_at;  /* when listening begins again */
	gint64 sweep_at;
	GPtrArray *clients;
	GThreadPool *writers;
	GMutex mutex;
	GPtrArray *done; /* clients whose job is done; under mutex */
} Server;

/* Members of Server and Client are the loop's, but for those said to be under
 * mutex, and for session and fd, which are the writer's while job is set. */

typedef enum Job { JOB_NONE, JOB_STORE, JOB_COMMIT, JOB_DROP } Job;

typedef struct Client {
	Server *server;
	LmtpSession *session;
	int fd;
	guint32 watched;  /* epoll events, 0: not in the set */
	gboolean closing; /* when the replies are sent */
	gsize start, end; /* what of input is not yet fed */
	Job job;          /* under mutex */
	gboolean parked;  /* the loop wants to hear of the end; under mutex */
	gint64 last;      /* monotonic ms of the last octets; under mutex */
	char input[INPUT];
} Client;

/* ---- one client ------------------------------------------------------- */

static void
watch(Client *client, guint32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = client };
	int how = client->watched == 0 ? EPOLL_CTL_ADD
		  : events == 0        ? EPOLL_CTL_DEL
				       : EPOLL_CTL_MOD;

	if (client->watched == events)
		return;
	if (epoll_ctl(client->server->epoll, how, client->fd, &event) != 0) {
		log_error("door=lmtp error=epoll_ctl: %s", g_strerror(errno));
		client->closing = TRUE;
		return;
	}
	client->watched = events;
}

static void
hand_over(Client *client, Job job)
{
	g_mutex_lock(&client->server->mutex);
	client->job = job;
	/* The writer may settle it alone if the loop has nothing left to do. */
	client->parked =
	    client->watched != EPOLLIN || client->start != client->end;
	g_mutex_unlock(&client->server->mutex);
	g_thread_pool_push(client->server->writers, client, NULL);
}

/* Does a writer have it? Then the loop will hear of the end. */
static gboolean
busy(Client *client)
{
	gboolean is;

	g_mutex_lock(&client->server->mutex);
	is = client->job != JOB_NONE;
	if (is)
		client->parked = TRUE;
	g_mutex_unlock(&client->server->mutex);
	return is;
}

static void
touch(Client *client)
{
	gint64 now = clock_monotonic_ms();

	g_mutex_lock(&client->server->mutex);
	client->last = now;
	g_mutex_unlock(&client->server->mutex);
}

static void
client_free(Client *client)
{
	if (client->fd >= 0)
		close(client->fd); /* leaves the epoll set by itself */
	lmtp_session_free(client->session);
	g_free(client);
}

/* A half-written mail must go first, and the disk may be slow about it. */
static void
client_end(Client *client)
{
	if (lmtp_store_pending(client->session)) {
		close(client->fd);
		client->fd = -1;
		client->watched = 0;
		hand_over(client, JOB_DROP);
		return;
	}
	g_ptr_array_remove_fast(client->server->clients, client);
	client_free(client);
}

/* FALSE: the peer is gone. What does not fit now stays in the replies. */
static gboolean
send_replies(Client *client)
{
	GString *replies = lmtp_session_replies(client->session);
	gssize n;

	while (replies->len > 0) {
		n = send(client->fd, replies->str, replies->len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		g_string_erase(replies, 0, n);
	}
	return TRUE;
}

/* FALSE: the peer is gone. */
static gboolean
receive(Client *client)
{
	gssize n;

	do
		n = recv(client->fd, client->input, sizeof client->input, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN;
	client->start = 0;
	client->end = (gsize)n;
	touch(client);
	return n > 0;
}

/* Feeds what is there until it is used up, a writer has the client, or the
 * replies do not fit. FALSE: there is no client any more. */
static gboolean
advance(Client *client)
{
	for (;;) {
		LmtpWant want;
		gsize used;

		if (!send_replies(client)) {
			client_end(client);
			return FALSE;
		}
		if (lmtp_session_replies(client->session)->len > 0) {
			watch(client, EPOLLOUT);
			return TRUE;
		}
		if (client->closing) {
			client_end(client);
			return FALSE;
		}
		if (client->start == client->end) {
			watch(client, EPOLLIN);
			return TRUE;
		}
		want = lmtp_session_feed(client->session,
		    client->input + client->start, client->end - client->start,
		    &used);
		client->start += used;
		if (want == LMTP_STORE || want == LMTP_FINISH) {
			hand_over(client,
			    want == LMTP_STORE ? JOB_STORE : JOB_COMMIT);
			return TRUE;
		}
		client->closing = want == LMTP_CLOSE;
	}
}

/* Says it and closes, whether it can still be heard or not. */
static void
dismiss(Client *client, const char *reply)
{
	lmtp_session_goodbye(client->session, reply);
	send_replies(client);
	client_end(client);
}

static void
client_ready(Client *client)
{
	/* Left in the set until something comes, which with most clients is
	 * never: they wait for the answer. */
	if (busy(client)) {
		watch(client, 0);
		return;
	}
	if (client->start == client->end &&
	    lmtp_session_replies(client->session)->len == 0 &&
	    !receive(client)) {
		client_end(client);
		return;
	}
	advance(client);
}

/* ---- writers ---------------------------------------------------------- */

/* TRUE: the client waits for octets again and the loop need not know. */
static gboolean
settle(Client *client)
{
	Server *server = client->server;
	gint64 now = clock_monotonic_ms();
	gboolean settled;

	g_mutex_lock(&server->mutex);
	settled = !client->parked && !server->stopping &&
		  lmtp_session_replies(client->session)->len == 0;
	if (settled) {
		client->job = JOB_NONE;
		client->last = now;
	}
	g_mutex_unlock(&server->mutex);
	return settled;
}

static void
wake_loop(Client *client)
{
	Server *server = client->server;
	guint64 one = 1;
	gboolean first;

	g_mutex_lock(&server->mutex);
	first = server->done->len == 0;
	g_ptr_array_add(server->done, client);
	g_mutex_unlock(&server->mutex);
	if (first && write(server->wake, &one, sizeof one) < 0)
		log_error("door=lmtp error=eventfd: %s", g_strerror(errno));
}

static void
write_job(gpointer data, gpointer user_data)
{
	Client *client = data;
	Server *server = user_data;
	const LmtpSettings *settings = server->settings;
	guint good = 0;

	switch (client->job) {
	case JOB_STORE:
		lmtp_store_body(client->session, server->spool);
		break;
	case JOB_COMMIT:
		good = lmtp_store_commit(client->session, server->spool);
		lmtp_session_answer(client->session);
		send_replies(client); /* the loop finds out if he is gone */
		break;
	default:
		lmtp_store_drop(client->session);
	}
	/* He may be freed from here on, unless the loop is to be woken. */
	if (client->job == JOB_DROP || !settle(client))
		wake_loop(client);
	if (good > 0 && settings->arrived != NULL)
		settings->arrived(settings->data);
}

static void
job_done(Client *client)
{
	Server *server = client->server;
	gboolean drop = client->job == JOB_DROP;

	g_mutex_lock(&server->mutex);
	client->job = JOB_NONE;
	client->parked = FALSE;
	g_mutex_unlock(&server->mutex);
	touch(client);
	if (drop)
		client_end(client);
	else if (server->stopping && !lmtp_session_in_mail(client->session))
		dismiss(client, STOPPING);
	else
		advance(client);
}

static void
jobs_done(Server *server)
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
		job_done(done->pdata[i]);
}

/* ---- the listening socket --------------------------------------------- */

static void
set_listening(Server *server, gboolean on)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (server->listening != on &&
	    epoll_ctl(server->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
		server->listener, &event) == 0)
		server->listening = on;
}

static void
client_add(Server *server, int fd)
{
	Client *client;
	int yes = 1;

	if (server->clients->len >= server->settings->max_connections) {
		if (send(fd, TOO_MANY, strlen(TOO_MANY), MSG_NOSIGNAL) < 0)
			log_debug("door=lmtp event=gone");
		close(fd);
		return;
	}
	/* Fails on a unix socket, which has nothing to switch off. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	client = g_new0(Client, 1);
	client->server = server;
	client->fd = fd;
	touch(client);
	client->session = lmtp_session_new(server->settings);
	g_ptr_array_add(server->clients, client);
	advance(client);
}

static void
accept_clients(Server *server)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(server->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_add(server, fd);
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
sweep(Server *server, gint64 now)
{
	gint64 before = now - (gint64)server->settings->idle_seconds * 1000;

	for (guint i = server->clients->len; i-- > 0;) {
		Client *client = server->clients->pdata[i];

		if (!busy(client) && client->last < before)
			dismiss(client, IDLE);
	}
	server->sweep_at = now + SWEEP_MS;
	if (!server->listening && !server->stopping && now > server->accept_at)
		set_listening(server, TRUE);
}

static void
dismiss_all(Server *server, gboolean even_in_mail)
{
	for (guint i = server->clients->len; i-- > 0;) {
		Client *client = server->clients->pdata[i];

		if (!busy(client) &&
		    (even_in_mail || !lmtp_session_in_mail(client->session)))
			dismiss(client, STOPPING);
	}
}

static gboolean
turn(Server *server, GError **error)
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
			client_ready(event[i].data.ptr);
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
start_writers(Server *server, GError **error)
{
	g_autoptr(GError) why = NULL;
	sigset_t all, before;
	GThreadPool *pool;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pool = g_thread_pool_new(write_job, server,
	    (gint)MAX(server->settings->writers, 1), TRUE, &why);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pool == NULL || why != NULL)
		error_temporary(error, "lmtp: cannot start writers: %s",
		    why->message);
	return why == NULL ? pool : NULL;
}

static gboolean
start(Server *server, GError **error)
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
finish(Server *server, GError **error)
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
clear(Server *server)
{
	for (guint i = 0; i < server->done->len; i++) {
		Client *client = server->done->pdata[i];

		if (client->job == JOB_COMMIT) {
			lmtp_session_goodbye(client->session, STOPPING);
			send_replies(client);
		}
		lmtp_store_drop(client->session);
	}
	for (guint i = 0; i < server->clients->len; i++)
		client_free(server->clients->pdata[i]);
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
	Server server = { .spool = spool,
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
