/* in_imap_sweep.c - takes what is new in the folder; in_imap.c says when.
 *
 * What decides is the UID, never \Seen or the date: `floor` is the UID up to
 * which all is settled. Above it a mail is, in this order: listed, taken (in
 * the spool), acted on (marked or moved), committed (the store has it). */
#include "in/in_imap_sweep.h"

#include <inttypes.h>

#include "ground/clock.h"
#include "ground/log.h"
#include "mail/envelope.h"

#define RETRY_MS      (10 * 1000) /* spool full, store away */
#define FAILURES_MOST 3
#define SKIP_MS       (60 * 60 * 1000)
#define CLOCK_SKEW (5 * 60) /* between the server and us, seconds */
#define SAVE_MS       (60 * 1000)
#define ACT_BATCH     100
#define WINDOW_MOST   (1u << 30)
#define WINDOW_SPARSE 1000

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

void
in_imap_sweep_forget(Watch *w)
{
	g_hash_table_remove_all(w->mails);
	g_array_set_size(w->unacted, 0);
	g_array_set_size(w->barred, 0);
	w->bad_first = w->bad_last = 0;
	w->highest = 0;
	w->whole = FALSE;
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

/* After a change of UIDVALIDITY old mail has new UIDs; what was there before
 * first sight still is not ours. */
static gboolean
is_from_before(const Watch *w, const ImapItem *item)
{
	return item->internal_date != 0 &&
	       item->internal_date < w->since - CLOCK_SKEW;
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
	if (!in_imap_watch_stopped(w))
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

gboolean
in_imap_sweep_act(Watch *w, GError **error)
{
	g_autoptr(GError) own = NULL;

	g_array_sort(w->unacted, by_number);
	if (w->unacted->len > 0 &&
	    !in_imap_session_settle(w->session, w->unacted, &own)) {
		if (in_imap_session_broken(w->session)) {
			g_propagate_error(error, g_steal_pointer(&own));
			return FALSE;
		}
		in_imap_watch_problem(w, own);
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
	if (is_from_before(w, item)) {
		mail->left = TRUE;
		return TRUE;
	}
	if (item->size > w->settings->max_size) {
		leave_too_large(w, item);
		return TRUE;
	}
	if (in_imap_watch_stopped(w) || !take(w, item, error))
		return FALSE;
	return w->unacted->len < ACT_BATCH || in_imap_sweep_act(w, error);
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
	w->backoff_ms = in_imap_watch_backoff(w);
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

gboolean
in_imap_sweep_ask(Watch *w, GError **error)
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

void
in_imap_sweep_floor(Watch *w)
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
	if (!in_imap_sweep_ask(w, error))
		return FALSE;
	mark_absent(w);
	w->whole = FALSE;
	if (!sweep_from(w, w->floor + 1, error))
		return FALSE;
	w->whole = TRUE;
	if (!in_imap_sweep_act(w, error) || !in_imap_sweep_ask(w, error))
		return FALSE;
	in_imap_sweep_floor(w);
	w->window = WINDOW_FIRST;
	w->bad_first = w->bad_last = 0;
	w->full_due =
	    clock_monotonic_ms() + (gint64)w->settings->sweep_seconds * 1000;
	if (w->floor != w->saved_floor &&
	    clock_monotonic_ms() - w->saved_at >= SAVE_MS &&
	    !in_imap_watch_save(w, error))
		return FALSE;
	in_imap_watch_well(w);
	return TRUE;
}

/* Only what is newer than all we know: the fast road after IDLE. */
static gboolean
quick_sweep(Watch *w, GError **error)
{
	guint32 first = MAX(w->highest, w->floor) + 1;

	if (!sweep_from(w, first, error) || !in_imap_sweep_act(w, error))
		return FALSE;
	in_imap_watch_well(w);
	return TRUE;
}

gboolean
in_imap_sweep(Watch *w, GError **error)
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
	in_imap_watch_problem(w, own);
	w->full_due = clock_monotonic_ms() +
		      MIN(RETRY_MS, w->settings->sweep_seconds * 1000);
	return TRUE;
}
