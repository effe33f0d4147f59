/* in_imap.c - watches one IMAP folder, and brings its mail into the spool.
 *
 * The fetch role runs in_imap_watch in a thread for each mailbox: connect,
 * sweep (in_imap_sweep.c), IDLE, sweep, and so on; when the connection is
 * lost, back off and connect. The commands are in in_imap_session.c,
 * in_imap_fetch.c and in_imap_settle.c. Mail goes on to the spool, and ingest
 * tells through ImapMemory what has been committed. */
#include "in/in_imap.h"
#include "in/in_imap_session.h"
#include "in/in_imap_sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS  (5 * 60 * 1000)
#define DENIED_MS        (30 * 1000) /* many providers lock out */
#define ROUNDS_MOST      10

gboolean
in_imap_watch_stopped(const Watch *w)
{
	struct pollfd fd = { w->stop_fd, POLLIN, 0 };

	return poll(&fd, 1, 0) > 0;
}

static void
pause_ms(const Watch *w, int ms)
{
	struct pollfd fd = { w->stop_fd, POLLIN, 0 };

	while (poll(&fd, 1, ms) < 0 && errno == EINTR)
		;
}

void
in_imap_watch_problem(Watch *w, const GError *error)
{
	ImapStatus *status = w->status;

	if (status->failing_since == 0)
		status->failing_since = clock_now();
	if (strncmp(status->problem, error->message,
		sizeof status->problem - 1) == 0)
		return;
	g_strlcpy(status->problem, error->message, sizeof status->problem);
	log_error("mailbox=%s event=imap-problem host=%s problem=\"%s\"",
	    w->settings->mailbox, w->settings->host, error->message);
}

int
in_imap_watch_backoff(const Watch *w)
{
	return w->settings->backoff_ms > 0 ? w->settings->backoff_ms
					   : BACKOFF_FIRST_MS;
}

void
in_imap_watch_well(Watch *w)
{
	w->backoff_ms = in_imap_watch_backoff(w);
	w->status->last_sweep = clock_now();
	if (w->unacted->len > 0)
		return; /* it cannot be marked or moved: not well */
	if (w->status->failing_since != 0)
		log_info("mailbox=%s event=imap-well-again failing=%" PRId64
			 "s",
		    w->settings->mailbox,
		    w->status->last_sweep - w->status->failing_since);
	w->status->failing_since = 0;
	w->status->problem[0] = '\0';
}

gboolean
in_imap_watch_save(Watch *w, GError **error)
{
	const ImapMemory *memory = w->settings->memory;
	const ImapPlace place = { w->uidvalidity, w->floor, w->since };

	if (!memory->save(memory->data, &place, error))
		return FALSE;
	w->saved_floor = w->floor;
	w->saved_at = clock_monotonic_ms();
	return TRUE;
}

/* The first time only mail that comes from now on is ours: nobody wants
 * years-old mail acknowledged. Saved before anything is fetched, so that what
 * comes in between is not lost by a crash. */
static gboolean
first_sight(Watch *w, GError **error)
{
	guint32 next = in_imap_session_uidnext(w->session);
	guint32 highest;

	if (next > 0)
		highest = next - 1;
	else if (!in_imap_session_highest(w->session, &highest, error))
		return FALSE;
	w->uidvalidity = in_imap_session_uidvalidity(w->session);
	w->floor = highest;
	w->since = clock_now();
	if (!in_imap_watch_save(w, error)) {
		w->uidvalidity = 0; /* not seen yet */
		return FALSE;
	}
	log_info("mailbox=%s event=imap-first-sight folder=%s "
		 "uidvalidity=%u floor=%u",
	    w->settings->mailbox, w->settings->folder, w->uidvalidity,
	    w->floor);
	return TRUE;
}

/* All UIDs are void. Everything that came since first sight is offered again;
 * the store knows by Message-ID and content what it has. */
static gboolean
other_uidvalidity(Watch *w, GError **error)
{
	guint32 now = in_imap_session_uidvalidity(w->session);

	log_info("mailbox=%s event=imap-uidvalidity-changed folder=%s "
		 "was=%u now=%u: the folder is read again",
	    w->settings->mailbox, w->settings->folder, w->uidvalidity, now);
	in_imap_sweep_forget(w);
	w->uidvalidity = now;
	w->floor = 0;
	return in_imap_watch_save(w, error);
}

/* Where were we? Also after each reconnect: UIDVALIDITY may have changed. */
static gboolean
recall(Watch *w, GError **error)
{
	const ImapMemory *memory = w->settings->memory;
	ImapPlace place = { 0 };

	if (w->uidvalidity == 0) {
		if (!memory->load(memory->data, &place, error))
			return FALSE;
		w->uidvalidity = place.uidvalidity;
		w->floor = w->saved_floor = place.floor;
		w->since = place.since;
	}
	if (w->uidvalidity == 0)
		return first_sight(w, error);
	return w->uidvalidity == in_imap_session_uidvalidity(w->session) ||
	       other_uidvalidity(w, error);
}

/* Until there may be new mail. */
static gboolean
await(Watch *w, GError **error)
{
	gint64 left = w->full_due - clock_monotonic_ms();
	gboolean unwilling;

	left = CLAMP(left, 1, (gint64)w->settings->idle_seconds * 1000);
	if (w->no_idle || !in_imap_session_has_idle(w->session))
		return in_imap_session_pause(w->session, (int)left, error);
	if (in_imap_session_idle(w->session, (int)left, &unwilling, error))
		return TRUE;
	if (unwilling)
		w->no_idle = TRUE;
	return FALSE;
}

/* One connection's life. */
static gboolean
attend(Watch *w, GError **error)
{
	const ImapSettings *settings = w->settings;
	gboolean denied;
	int rounds = 0;

	w->session = in_imap_session_open(settings, w->stop_fd, &denied, error);
	if (w->session == NULL) {
		if (denied)
			w->backoff_ms = MAX(w->backoff_ms, DENIED_MS);
		return FALSE;
	}
	if (!recall(w, error))
		return FALSE;
	g_atomic_int_set(&w->status->connected, 1);
	log_info("mailbox=%s event=imap-connected host=%s folder=%s idle=%s "
		 "uidvalidity=%u floor=%u",
	    settings->mailbox, settings->host, settings->folder,
	    in_imap_session_has_idle(w->session) && !w->no_idle ? "yes" : "no",
	    w->uidvalidity, w->floor);
	w->full_due = 0;
	while (!in_imap_watch_stopped(w)) {
		in_imap_session_news(w->session);
		if (!in_imap_sweep(w, error))
			break;
		/* Mail that came while we fetched: IDLE would not tell. Some
		 * servers say EXISTS with every answer, though. */
		if (in_imap_session_news(w->session) && ++rounds < ROUNDS_MOST)
			continue;
		rounds = 0;
		if (!await(w, error))
			break;
	}
	return in_imap_watch_stopped(w) &&
	       !in_imap_session_broken(w->session) &&
	       in_imap_sweep_act(w, error);
}

/* Waits between two connections, with jitter, so that a hundred mailboxes of
 * one host do not come back in the same second. */
static void
back_off(Watch *w)
{
	int ms = w->backoff_ms;

	pause_ms(w, g_random_int_range(ms / 2, ms + 1));
	w->backoff_ms = MIN(ms * 2, BACKOFF_MOST_MS);
}

/* What is known now spares work after the restart. */
static void
last_save(Watch *w)
{
	g_autoptr(GError) error = NULL;

	if (w->uidvalidity == 0 || !in_imap_sweep_ask(w, &error))
		return;
	in_imap_sweep_floor(w);
	if (w->floor != w->saved_floor && !in_imap_watch_save(w, &error))
		log_error("mailbox=%s event=imap-save problem=\"%s\"",
		    w->settings->mailbox, error->message);
}

void
in_imap_watch(const ImapSettings *settings, Spool *spool, int stop_fd,
    ImapStatus *status)
{
	Watch w = {
		.settings = settings,
		.spool = spool,
		.stop_fd = stop_fd,
		.status = status,
		.mails = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.unacted = g_array_new(FALSE, FALSE, sizeof(guint32)),
		.barred = g_array_new(FALSE, FALSE, sizeof(guint32)),
		.window = WINDOW_FIRST,
	};

	w.backoff_ms = in_imap_watch_backoff(&w);
	while (!in_imap_watch_stopped(&w)) {
		g_autoptr(GError) error = NULL;

		attend(&w, &error);
		g_atomic_int_set(&status->connected, 0);
		g_clear_pointer(&w.session, in_imap_session_free);
		if (in_imap_watch_stopped(&w))
			break;
		if (error != NULL)
			in_imap_watch_problem(&w, error);
		back_off(&w);
	}
	last_save(&w);
	g_hash_table_unref(w.mails);
	g_array_unref(w.unacted);
	g_array_unref(w.barred);
	log_info("mailbox=%s event=imap-stopped", settings->mailbox);
}
