/* lmtp_client.c - one client of the loop in in_lmtp.c.
 *
 * The loop moves octets between sockets and sessions (lmtp_session.c). What
 * touches the disk (lmtp_store.c) goes to a few writers; while one has a
 * client, the loop leaves session and socket alone, which is also the
 * backpressure: what the client sends stays in the socket. A writer answers
 * its client itself and wakes the loop only if there is more to do. */
#include "in/lmtp_client.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/log.h"
#include "in/lmtp_store.h"

static void
watch(LmtpClient *client, guint32 events)
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
hand_over(LmtpClient *client, LmtpJob job)
{
	g_mutex_lock(&client->server->mutex);
	client->job = job;
	/* The writer may settle it alone if the loop has nothing left to do. */
	client->parked =
	    client->watched != EPOLLIN || client->start != client->end;
	g_mutex_unlock(&client->server->mutex);
	g_thread_pool_push(client->server->writers, client, NULL);
}

gboolean
lmtp_client_busy(LmtpClient *client)
{
	gboolean is;

	g_mutex_lock(&client->server->mutex);
	is = client->job != LMTP_JOB_NONE;
	if (is)
		client->parked = TRUE;
	g_mutex_unlock(&client->server->mutex);
	return is;
}

static void
touch(LmtpClient *client)
{
	gint64 now = clock_monotonic_ms();

	g_mutex_lock(&client->server->mutex);
	client->last = now;
	g_mutex_unlock(&client->server->mutex);
}

void
lmtp_client_free(LmtpClient *client)
{
	if (client->fd >= 0)
		close(client->fd); /* leaves the epoll set by itself */
	lmtp_session_free(client->session);
	g_free(client);
}

/* A half-written mail must go first, and the disk may be slow about it. */
static void
client_end(LmtpClient *client)
{
	if (lmtp_store_pending(client->session)) {
		close(client->fd);
		client->fd = -1;
		client->watched = 0;
		hand_over(client, LMTP_JOB_DROP);
		return;
	}
	g_ptr_array_remove_fast(client->server->clients, client);
	lmtp_client_free(client);
}

/* FALSE: the peer is gone. What does not fit now stays in the replies. */
static gboolean
send_replies(LmtpClient *client)
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
receive(LmtpClient *client)
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
advance(LmtpClient *client)
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
			hand_over(client, want == LMTP_STORE ? LMTP_JOB_STORE
							     : LMTP_JOB_COMMIT);
			return TRUE;
		}
		client->closing = want == LMTP_CLOSE;
	}
}

void
lmtp_client_dismiss(LmtpClient *client, const char *reply)
{
	lmtp_session_goodbye(client->session, reply);
	send_replies(client);
	client_end(client);
}

void
lmtp_client_ready(LmtpClient *client)
{
	/* Left in the set until something comes, which with most clients is
	 * never: they wait for the answer. */
	if (lmtp_client_busy(client)) {
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

/* TRUE: the client waits for octets again and the loop need not know. */
static gboolean
settle(LmtpClient *client)
{
	LmtpServer *server = client->server;
	gint64 now = clock_monotonic_ms();
	gboolean settled;

	g_mutex_lock(&server->mutex);
	settled = !client->parked && !server->stopping &&
		  lmtp_session_replies(client->session)->len == 0;
	if (settled) {
		client->job = LMTP_JOB_NONE;
		client->last = now;
	}
	g_mutex_unlock(&server->mutex);
	return settled;
}

static void
wake_loop(LmtpClient *client)
{
	LmtpServer *server = client->server;
	guint64 one = 1;
	gboolean first;

	g_mutex_lock(&server->mutex);
	first = server->done->len == 0;
	g_ptr_array_add(server->done, client);
	g_mutex_unlock(&server->mutex);
	if (first && write(server->wake, &one, sizeof one) < 0)
		log_error("door=lmtp error=eventfd: %s", g_strerror(errno));
}

void
lmtp_client_job(gpointer data, gpointer user_data)
{
	LmtpClient *client = data;
	LmtpServer *server = user_data;
	const LmtpSettings *settings = server->settings;
	guint good = 0;

	switch (client->job) {
	case LMTP_JOB_STORE:
		lmtp_store_body(client->session, server->spool);
		break;
	case LMTP_JOB_COMMIT:
		good = lmtp_store_commit(client->session, server->spool);
		lmtp_session_answer(client->session);
		send_replies(client); /* the loop finds out if he is gone */
		break;
	default:
		lmtp_store_drop(client->session);
	}
	/* He may be freed from here on, unless the loop is to be woken. */
	if (client->job == LMTP_JOB_DROP || !settle(client))
		wake_loop(client);
	if (good > 0 && settings->arrived != NULL)
		settings->arrived(settings->data);
}

void
lmtp_client_job_done(LmtpClient *client)
{
	LmtpServer *server = client->server;
	gboolean drop = client->job == LMTP_JOB_DROP;

	g_mutex_lock(&server->mutex);
	client->job = LMTP_JOB_NONE;
	client->parked = FALSE;
	g_mutex_unlock(&server->mutex);
	touch(client);
	if (drop)
		client_end(client);
	else if (server->stopping && !lmtp_session_in_mail(client->session))
		lmtp_client_dismiss(client, LMTP_STOPPING);
	else
		advance(client);
}

void
lmtp_client_add(LmtpServer *server, int fd)
{
	LmtpClient *client = g_new0(LmtpClient, 1);

	client->server = server;
	client->fd = fd;
	client->last = clock_monotonic_ms();
	client->session = lmtp_session_new(server->settings);
	g_ptr_array_add(server->clients, client);
	advance(client);
}
