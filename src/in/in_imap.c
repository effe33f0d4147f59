/* in_imap.c - brings the mail of one IMAP folder into the spool.
 *
 * The fetch role runs in_imap_watch in a thread for each mailbox; mail goes
 * on to the spool, and ingest tells through ImapMemory what has been
 * committed. The commands are in in_imap_session.c.
 *
 * What decides is the UID, never \Seen or the date: `floor` is the UID up to
 * which all is settled. Above it a mail is, in this order: listed, taken (in
 * the spool), acted on (marked or moved), committed (the store has it). */
#include "in/in_imap.h"
#include "in/in_imap_session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "mail/envelope.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS  (5 * 60 * 1000)
#define DENIED_MS        (30 * 1000) /* many providers lock out */
#define RETRY_MS         (10 * 1000) /* spool full, store away */
#define FAILURES_MOST    3
#define SKIP_MS          (60 * 60 * 1000)
#define SAVE_MS          (60 * 1000)
#define ROUNDS_MOST      10
#define ACT_BATCH        100
#define WINDOW_FIRST     20000 /* UIDs asked for at once */
#define WINDOW_MOST      (1u << 30)
#define WINDOW_SPARSE    1000

/* A UID above the floor. */
typedef struct Mail {
	gboolean present; /* in the folder when it was last looked at */
	gboolean taken;
	gboolean acted;
	gboolean committed;
	gboolean left; /* too large: stays there */
	int failures;
	gint64 not_before; /* of clock_monotonic_ms */
} Mail;

typedef struct Watch {
	const ImapSettings *settings;
	Spool *spool;
	int stop_fd;
	ImapStatus *status;
	ImapSession *session;
	gboolean no_idle; /* announced but not taken */
	guint32 uidvalidity;
	guint32 floor, saved_floor;
	guint32 highest;   /* UID listed or taken */
	GHashTable *mails; /* UID to Mail, above floor */
	GArray *unacted;   /* UIDs */
	guint32 window;
	guint32 bad_first, bad_last; /* this range spoils a listing; or 0 */
	GArray *barred;              /* UIDs whose listing cannot be read */
	gint64 barred_until;
	gint64 full_due, saved_at; /* of clock_monotonic_ms */
	gboolean whole;            /* the last full listing came to its end */
	int backoff_ms;
} Watch;

static gboolean
stopped(const Watch *w)
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

/* Said once, not at each attempt: people read this. */
static void
problem(Watch *w, const GError *error)
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

static int
first_backoff(const Watch *w)
{
	return w->settings->backoff_ms > 0 ? w->settings->backoff_ms
					   : BACKOFF_FIRST_MS;
}

static void
well(Watch *w)
{
	w->backoff_ms = first_backoff(w);
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

static Mail *
mail_of(Watch *w, guint32 uid)
{
	Mail *mail = g_hash_table_lookup(w->mails, GUINT_TO_POINTER(uid));

	if (mail == NULL) {
		mail = g_new0(Mail, 1);
		g_hash_table_insert(w->mails, GUINT_TO_POINTER(uid), mail);
	}
	w->highest = MAX(w->highest, uid);
	return mail;
}

static void
forget_all(Watch *w)
{
	g_hash_table_remove_all(w->mails);
	g_array_set_size(w->unacted, 0);
	g_array_set_size(w->barred, 0);
	w->bad_first = w->bad_last = 0;
	w->highest = 0;
	w->whole = FALSE;
}

static gboolean
save(Watch *w, GError **error)
{
	const ImapMemory *memory = w->settings->memory;

	if (!memory->save(memory->data, w->uidvalidity, w->floor, error))
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
	if (!save(w, error)) {
		w->uidvalidity = 0; /* not seen yet */
		return FALSE;
	}
	log_info("mailbox=%s event=imap-first-sight folder=%s "
		 "uidvalidity=%u floor=%u",
	    w->settings->mailbox, w->settings->folder, w->uidvalidity,
	    w->floor);
	return TRUE;
}

/* All UIDs are void. Everything is offered again; the store knows by
 * Message-ID and content what it has, and the INTERNALDATE in the envelope
 * tells what is too old to be answered. */
static gboolean
other_uidvalidity(Watch *w, GError **error)
{
	guint32 now = in_imap_session_uidvalidity(w->session);

	log_info("mailbox=%s event=imap-uidvalidity-changed folder=%s "
		 "was=%u now=%u: the folder is read again",
	    w->settings->mailbox, w->settings->folder, w->uidvalidity, now);
	forget_all(w);
	w->uidvalidity = now;
	w->floor = 0;
	return save(w, error);
}

/* Where were we? Also after each reconnect: UIDVALIDITY may have changed. */
static gboolean
recall(Watch *w, GError **error)
{
	const ImapMemory *memory = w->settings->memory;

	if (w->uidvalidity == 0) {
		if (!memory->load(memory->data, &w->uidvalidity, &w->floor,
			error))
			return FALSE;
		w->saved_floor = w->floor;
	}
	if (w->uidvalidity == 0)
		return first_sight(w, error);
	return w->uidvalidity == in_imap_session_uidvalidity(w->session) ||
	       other_uidvalidity(w, error);
}

/* One mail into the spool. */
typedef struct Intake {
	SpoolFile *file;
	gint64 room;
	GError *error; /* the spool's: not the mail's fault */
	gboolean too_large;
} Intake;

static gboolean
into_spool(const char *octets, gsize size, void *data)
{
	Intake *intake = data;

	intake->room -= (gint64)size;
	if (intake->room < 0) /* RFC822.SIZE was wrong */
		intake->too_large = TRUE;
	return !intake->too_large &&
	       spool_write(intake->file, octets, size, &intake->error);
}

static Envelope *
envelope_of(const Watch *w, const ImapItem *item)
{
	Envelope *envelope =
	    envelope_new(w->settings->mailbox, "imap", clock_now());

	g_ptr_array_add(envelope->forward_paths,
	    g_strdup(w->settings->address));
	envelope->internal_date = item->internal_date;
	envelope->uidvalidity = w->uidvalidity;
	envelope->uid = item->uid;
	return envelope;
}

/* Mail that cannot be had must not keep the others waiting. */
static void
note_failure(Watch *w, guint32 uid, const char *why)
{
	Mail *mail = mail_of(w, uid);

	if (++mail->failures < FAILURES_MOST)
		return;
	mail->failures = 0;
	mail->not_before = clock_monotonic_ms() + SKIP_MS;
	log_error("mailbox=%s event=imap-mail-skipped uid=%u for=1h "
		  "problem=\"%s\": look at it in folder %s",
	    w->settings->mailbox, uid, why, w->settings->folder);
}

static void
leave_too_large(Watch *w, const ImapItem *item)
{
	Mail *mail = mail_of(w, item->uid);

	mail->left = TRUE;
	log_error("mailbox=%s event=imap-mail-too-large uid=%u "
		  "octets=%" PRId64 " limit=%" PRId64 ": left in folder %s",
	    w->settings->mailbox, item->uid, item->size, w->settings->max_size,
	    w->settings->folder);
}

static void
taken(Watch *w, const ImapItem *item, gint64 octets)
{
	Mail *mail = mail_of(w, item->uid);

	mail->taken = TRUE;
	mail->failures = 0;
	w->status->taken++;
	if (w->settings->arrived != NULL)
		w->settings->arrived(w->settings->data);
	log_info("mailbox=%s event=imap-taken uid=%u octets=%" PRId64,
	    w->settings->mailbox, item->uid, octets);
	g_array_append_val(w->unacted, item->uid);
}

/* Its octets did not come. FALSE: end the sweep, as the session is broken. */
static gboolean
not_had(Watch *w, const ImapItem *item, GError *why, GError **error)
{
	if (!stopped(w))
		note_failure(w, item->uid, why->message);
	if (!in_imap_session_broken(w->session)) {
		g_error_free(why);
		return TRUE;
	}
	g_propagate_error(error, why);
	return FALSE;
}

/* FALSE: end the sweep. */
static gboolean
take(Watch *w, const ImapItem *item, GError **error)
{
	g_autoptr(Envelope) envelope = envelope_of(w, item);
	g_autoptr(SpoolFile) file = spool_begin(w->spool, envelope, error);
	Intake intake = { .file = file, .room = w->settings->max_size };
	GError *why = NULL;
	gint64 octets;

	if (file == NULL)
		return FALSE;
	in_imap_session_body(w->session, item, into_spool, &intake, &why);
	if (intake.too_large)
		leave_too_large(w, item);
	if (intake.error != NULL) {
		g_clear_error(&why);
		g_propagate_error(error, intake.error);
		return FALSE;
	}
	if (why != NULL)
		return not_had(w, item, why, error);
	if (intake.too_large)
		return TRUE;
	octets = spool_size(file);
	if (!spool_commit(g_steal_pointer(&file), error))
		return FALSE;
	taken(w, item, octets);
	return TRUE;
}

static int
by_number(gconstpointer a, gconstpointer b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return left < right ? -1 : left > right;
}

/* Marks or moves. Refused by the server: tried again with the next full
 * sweep; the mail itself is safe. */
static gboolean
act(Watch *w, GError **error)
{
	g_autoptr(GError) own = NULL;

	g_array_sort(w->unacted, by_number);
	if (w->unacted->len > 0 &&
	    !in_imap_session_settle(w->session, w->unacted, &own)) {
		if (in_imap_session_broken(w->session)) {
			g_propagate_error(error, g_steal_pointer(&own));
			return FALSE;
		}
		problem(w, own);
		return TRUE;
	}
	for (guint i = 0; i < w->unacted->len; i++) {
		Mail *mail = mail_of(w, g_array_index(w->unacted, guint32, i));

		mail->acted = TRUE;
		if (w->settings->after == IMAP_AFTER_MOVE)
			mail->present = FALSE;
	}
	g_array_set_size(w->unacted, 0);
	return TRUE;
}

/* A listed mail. FALSE: end the sweep. */
static gboolean
consider(Watch *w, const ImapItem *item, GError **error)
{
	Mail *mail = mail_of(w, item->uid);

	mail->present = TRUE;
	if (mail->committed && !mail->taken && !mail->acted) {
		/* Of an earlier run, which may have died before it acted. */
		mail->taken = TRUE;
		g_array_append_val(w->unacted, item->uid);
	}
	if (mail->committed || mail->taken || mail->left ||
	    mail->not_before > clock_monotonic_ms())
		return TRUE;
	if (item->size > w->settings->max_size) {
		leave_too_large(w, item);
		return TRUE;
	}
	if (stopped(w) || !take(w, item, error))
		return FALSE;
	return w->unacted->len < ACT_BATCH || act(w, error);
}

static gboolean
is_barred(const Watch *w, guint32 uid)
{
	for (guint i = 0; i < w->barred->len; i++)
		if (g_array_index(w->barred, guint32, i) == uid)
			return TRUE;
	return FALSE;
}

/* A listing that cannot be read is asked for in eighths, then the bad eighth
 * in eighths (the session breaks each time), until the mail that spoils it
 * stands alone. If that fails twice it is left out. */
static void
narrow(Watch *w, guint32 first, guint32 last)
{
	w->backoff_ms = first_backoff(w);
	if (first == last && w->bad_first == first && w->bad_last == first) {
		log_error("mailbox=%s event=imap-mail-unlistable uid=%u "
			  "for=1h",
		    w->settings->mailbox, first);
		g_array_append_val(w->barred, first);
		w->barred_until = clock_monotonic_ms() + SKIP_MS;
		w->bad_first = w->bad_last = 0;
		return;
	}
	w->bad_first = first;
	w->bad_last = last;
}

/* The next range to ask for; last 0: to the end. */
static void
next_range(const Watch *w, guint32 *first, guint32 *last, guint32 top)
{
	guint32 step = w->window, limit = G_MAXUINT32;

	while (is_barred(w, *first))
		(*first)++;
	if (w->bad_first > *first) {
		limit = w->bad_first - 1;
	} else if (w->bad_last >= *first) {
		step = MAX((w->bad_last - w->bad_first + 1) / 8, 1);
		limit = w->bad_last;
	}
	for (guint i = 0; i < w->barred->len; i++) {
		guint32 uid = g_array_index(w->barred, guint32, i);

		if (uid > *first)
			limit = MIN(limit, uid - 1);
	}
	*last = MIN(limit, *first + MIN(step - 1, G_MAXUINT32 - *first));
	if (limit == G_MAXUINT32 && *last >= top)
		*last = 0;
}

/* Takes what is new of first and above. */
static gboolean
sweep_from(Watch *w, guint32 first, GError **error)
{
	guint32 last, top;

	top = MAX(in_imap_session_uidnext(w->session), w->highest + 1);
	if (w->barred->len > 0 && clock_monotonic_ms() > w->barred_until)
		g_array_set_size(w->barred, 0);
	do {
		g_autoptr(GArray) items = NULL;

		next_range(w, &first, &last, top);
		items = in_imap_session_list(w->session, first, last, error);
		if (items == NULL) {
			if (in_imap_session_garbled(w->session))
				narrow(w, first,
				    last != 0 ? last : MAX(top, first));
			return FALSE;
		}
		for (guint i = 0; i < items->len; i++)
			if (!consider(w, &g_array_index(items, ImapItem, i),
				error))
				return FALSE;
		if (items->len < WINDOW_SPARSE && w->window < WINDOW_MOST)
			w->window *= 2;
		first = last + 1;
	} while (last != 0 && last != G_MAXUINT32);
	return TRUE;
}

/* What the store has committed since. */
static gboolean
ask_store(Watch *w, GError **error)
{
	const ImapMemory *memory = w->settings->memory;
	g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer uid;

	if (!memory->seen(memory->data, w->uidvalidity, w->floor, uids, error))
		return FALSE;
	g_hash_table_iter_init(&iter, uids);
	while (g_hash_table_iter_next(&iter, &uid, NULL))
		mail_of(w, GPOINTER_TO_UINT(uid))->committed = TRUE;
	return TRUE;
}

/* Up to the last UID before the first that is there and not settled. A mail
 * that is merely in the spool is not: the spool could still be lost. After a
 * listing that broke off nobody knows what is there. */
static void
raise_floor(Watch *w)
{
	guint32 floor = MAX(w->highest, w->floor);
	GHashTableIter iter;
	gpointer key, value;

	if (!w->whole)
		return;
	for (guint i = 0; i < w->barred->len; i++)
		floor = MIN(floor, g_array_index(w->barred, guint32, i) - 1);
	g_hash_table_iter_init(&iter, w->mails);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const Mail *mail = value;

		if (mail->present && !mail->committed && !mail->left)
			floor = MIN(floor, GPOINTER_TO_UINT(key) - 1);
	}
	for (guint i = 0; i < w->unacted->len; i++)
		floor = MIN(floor, g_array_index(w->unacted, guint32, i) - 1);
	w->floor = MAX(floor, w->floor);
	g_hash_table_iter_init(&iter, w->mails);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (GPOINTER_TO_UINT(key) <= w->floor)
			g_hash_table_iter_remove(&iter);
}

static void
mark_absent(Watch *w)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, w->mails);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		((Mail *)value)->present = FALSE;
}

/* Everything above the floor. */
static gboolean
full_sweep(Watch *w, GError **error)
{
	if (!ask_store(w, error))
		return FALSE;
	mark_absent(w);
	w->whole = FALSE;
	if (!sweep_from(w, w->floor + 1, error))
		return FALSE;
	w->whole = TRUE;
	if (!act(w, error) || !ask_store(w, error))
		return FALSE;
	raise_floor(w);
	w->window = WINDOW_FIRST;
	w->bad_first = w->bad_last = 0;
	w->full_due =
	    clock_monotonic_ms() + (gint64)w->settings->sweep_seconds * 1000;
	if (w->floor != w->saved_floor &&
	    clock_monotonic_ms() - w->saved_at >= SAVE_MS && !save(w, error))
		return FALSE;
	well(w);
	return TRUE;
}

/* Only what is newer than all we know: the fast road after IDLE. */
static gboolean
quick_sweep(Watch *w, GError **error)
{
	guint32 first = MAX(w->highest, w->floor) + 1;

	if (!sweep_from(w, first, error) || !act(w, error))
		return FALSE;
	well(w);
	return TRUE;
}

static gboolean
sweep(Watch *w, GError **error)
{
	g_autoptr(GError) own = NULL;
	gboolean good;

	if (clock_monotonic_ms() >= w->full_due)
		good = full_sweep(w, &own);
	else
		good = quick_sweep(w, &own);
	if (good || own == NULL)
		return good;
	if (in_imap_session_broken(w->session)) {
		g_propagate_error(error, g_steal_pointer(&own));
		return FALSE;
	}
	/* The spool or the store is in trouble, not the connection. */
	problem(w, own);
	w->full_due = clock_monotonic_ms() +
		      MIN(RETRY_MS, w->settings->sweep_seconds * 1000);
	return TRUE;
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
	while (!stopped(w)) {
		in_imap_session_news(w->session);
		if (!sweep(w, error))
			break;
		/* Mail that came while we fetched: IDLE would not tell. Some
		 * servers say EXISTS with every answer, though. */
		if (in_imap_session_news(w->session) && ++rounds < ROUNDS_MOST)
			continue;
		rounds = 0;
		if (!await(w, error))
			break;
	}
	return stopped(w) && !in_imap_session_broken(w->session) &&
	       act(w, error);
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

	if (w->uidvalidity == 0 || !ask_store(w, &error))
		return;
	raise_floor(w);
	if (w->floor != w->saved_floor && !save(w, &error))
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

	w.backoff_ms = first_backoff(&w);
	while (!stopped(&w)) {
		g_autoptr(GError) error = NULL;

		attend(&w, &error);
		g_atomic_int_set(&status->connected, 0);
		g_clear_pointer(&w.session, in_imap_session_free);
		if (stopped(&w))
			break;
		if (error != NULL)
			problem(&w, error);
		back_off(&w);
	}
	last_save(&w);
	g_hash_table_unref(w.mails);
	g_array_unref(w.unacted);
	g_array_unref(w.barred);
	log_info("mailbox=%s event=imap-stopped", settings->mailbox);
}
