/* ingest.c - spool files through parser and pipeline into the store, many in
 * one commit when many wait; the next ones are parsed meanwhile.
 *
 * R1 -> R2 of a mail's life: rows are committed, then the file goes. A mail
 * that kills the parser twice, or this process twice, is set aside in
 * quarantine with a minimal ticket, so that the next one is not held up. */
#include "daemon/ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/wake.h"
#include "mail/parser.h"
#include "mail/words.h"
#include "mail/prover.h"
#include "policy/pipeline.h"
#include "store/search.h"
#include "store/spool.h"
#include "store/store.h"

enum {
	BATCH = 32,               /* mails in one commit */
	BATCH_OCTETS = 16 << 20,  /* and about so many octets */
	BATCHES = 8,              /* in one round */
	NAP_MS = 20,              /* while few wait of many that come */
	QUIET_MS = 1000,
	NICE = 10,                /* behind the doors */
	ATTACH_MOST = 5 << 20,    /* passed on to agents up to this size */
	CRASHES = 2,              /* of this process on one mail */
	DEATH = 4,                /* weight of one of the parser's own */
	NAME_MOST = 256,
};

struct Ingest {
	const Site *site;
	Store *store;
	TokenKeys *keys;
	Templates *templates;
	Spool *spool;
	Parser *parser;
	Prover *prover; /* NULL: the site leaves proving to its border */
	Desk desk;
	ForecastCache *forecasts;
	GPtrArray *roster; /* of Agent, as the round began; NULL at first */
	char *run_dir;
	GThread *reader;     /* NULL until more than one batch waits */
	GAsyncQueue *asked;  /* of items to be left out; of ingest: end */
	GAsyncQueue *parsed; /* of Ahead */
};

/* What the reader has found while a batch was committed. */
typedef struct Ahead {
	GPtrArray *items; /* NULL: error */
	GError *error;
} Ahead;

/* One mail of a round. */
typedef struct Item {
	char *name;
	Envelope *envelope;
	Message *message;
	AuthFinding *dkim; /* NULL: not asked for */
	GBytes *octets;
	int fd;
	gint64 offset;
	char *quarantine; /* why it is set aside; NULL: it is not */
	gint64 ticket;
} Item;

static void
item_free(void *data)
{
	Item *item = data;

	g_free(item->name);
	envelope_free(item->envelope);
	message_free(item->message);
	auth_finding_free(item->dkim);
	g_clear_pointer(&item->octets, g_bytes_unref);
	if (item->fd >= 0)
		close(item->fd);
	g_free(item->quarantine);
	g_free(item);
}

Ingest *
ingest_new(const Site *site, GError **error)
{
	g_autoptr(Ingest) ingest = g_new0(Ingest, 1);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = g_build_filename(site->state_dir, "key", NULL);

	message_init();
	ingest->site = site;
	ingest->run_dir = role_run_dir(site);
	ingest->keys = token_keys_load(key, error);
	if (ingest->keys == NULL)
		return NULL;
	ingest->store = store_open(site->state_dir, site->store_url, error);
	if (ingest->store == NULL)
		return NULL;
	ingest->spool = spool_open(site->state_dir, TRUE, error);
	if (ingest->spool == NULL)
		return NULL;
	ingest->templates = templates_load(site->templates_dir, faults);
	templates_otherwise(ingest->templates, site->default_language);
	for (guint i = 0; i < faults->len; i++)
		log_error("event=template-broken problem=\"%s\"",
		    (const char *)faults->pdata[i]);
	ingest->parser = parser_new();
	parser_set_words(ingest->parser, site->words_dir);
	if (*site->words_dir != '\0')
		words_add(site->words_dir, NULL); /* checked with the site */
	if (site->dkim)
		ingest->prover = prover_new(site->resolver);
	ingest->desk.site = site;
	ingest->desk.templates = ingest->templates;
	ingest->desk.keys = ingest->keys;
	ingest->desk.forecasts = ingest->forecasts = forecast_cache_new();
	return g_steal_pointer(&ingest);
}

void
ingest_free(Ingest *ingest)
{
	if (ingest == NULL)
		return;
	if (ingest->reader != NULL) {
		g_async_queue_push(ingest->asked, ingest);
		g_thread_join(ingest->reader);
	}
	g_clear_pointer(&ingest->asked, g_async_queue_unref);
	g_clear_pointer(&ingest->parsed, g_async_queue_unref);
	g_clear_pointer(&ingest->roster, g_ptr_array_unref);
	parser_free(ingest->parser);
	prover_free(ingest->prover);
	forecast_cache_free(ingest->forecasts);
	templates_free(ingest->templates);
	token_keys_free(ingest->keys);
	spool_free(ingest->spool);
	store_close(ingest->store);
	g_free(ingest->run_dir);
	g_free(ingest);
}

Store *
ingest_store(Ingest *ingest)
{
	return ingest->store;
}

const Desk *
ingest_desk(Ingest *ingest)
{
	return &ingest->desk;
}

/* --- crashes of this process ---------------------------------------------- */

/* What a fatal signal leaves behind: the name of the mail in hand, appended to
 * spool/crashed. Written by the handler, so plain memory and one write; each
 * thread has its own, and a fatal signal comes to the thread that caused it. */
static __thread char in_hand[NAME_MOST + 1];
static volatile sig_atomic_t crash_fd = -1;

static void
on_crash(int number)
{
	gsize length = strlen(in_hand);

	if (crash_fd >= 0 && length > 0 &&
	    write(crash_fd, in_hand, length) != (gssize)length)
		_exit(70);
	signal(number, SIG_DFL);
	raise(number);
}

static void
set_in_hand(const char *name)
{
	g_snprintf(in_hand, sizeof in_hand, "%s\n", name);
}

static char *
crash_path(const Site *site)
{
	return g_build_filename(site->state_dir, "spool", "crashed", NULL);
}

static void
watch_crashes(const Site *site)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE,
		SIGILL };
	g_autofree char *path = crash_path(site);

	crash_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
		signal(signals[i], on_crash);
}

static guint
crashes_of(Ingest *ingest, const char *name)
{
	g_autofree char *path = crash_path(ingest->site);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint n = 0;

	if (crash_fd < 0 || !g_file_get_contents(path, &text, NULL, NULL) ||
	    *text == '\0')
		return 0;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		n += g_str_equal(lines[i], name) ? 1 : 0;
	return n;
}

/* --- one mail ------------------------------------------------------------- */

static GBytes *
map_octets(int fd, gint64 offset, gint64 size, GError **error)
{
	g_autoptr(GMappedFile) file = NULL;
	g_autoptr(GBytes) whole = NULL;
	g_autoptr(GError) reason = NULL;

	file = g_mapped_file_new_from_fd(fd, FALSE, &reason);
	if (file == NULL) {
		error_temporary(error, "spool: %s", reason->message);
		return NULL;
	}
	whole = g_mapped_file_get_bytes(file);
	return g_bytes_new_from_bytes(whole, (gsize)offset, (gsize)size);
}

/* SIGKILL comes from outside (a person, the kernel short of memory): that is
 * not the mail's fault, and is forgiven a few times. */
static guint
weight_of_death(const GError *reason)
{
	return g_str_has_suffix(reason->message, "signal 9") ? 1 : DEATH;
}

/* A mail that was set aside has a minimal ticket, which knows it by what a byte
 * scan says. */
static void
remember_scan(Item *item)
{
	g_autoptr(Message) scan = message_scan(item->octets);

	item->envelope->scanned_id = g_strdup(scan->message_id);
	item->envelope->scanned_hash = g_strdup(scan->content_hash);
}

/* The parser's word, asked again if it dies; after two deaths that the mail
 * may have caused only a byte scan. */
static gboolean
parse(Ingest *ingest, Item *item, guint flags, GError **error)
{
	g_autoptr(GError) reason = NULL;

	for (guint deaths = 0; deaths < 2 * DEATH && item->message == NULL;
	     deaths += reason != NULL ? weight_of_death(reason) : 0) {
		g_clear_error(&reason);
		item->message = parser_parse(
		    ingest->parser, item->fd, item->offset, flags, &reason);
		if (item->message == NULL &&
		    g_error_matches(
			reason, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
	}
	if (item->message == NULL) {
		item->quarantine = g_strdup_printf(
		    "the parser died twice: %s", reason->message);
		item->message = message_scan(item->octets);
	}
	return TRUE;
}

static gboolean
wants_attachments(const Message *message)
{
	gint64 size = 0;

	for (guint i = 0; i < message->attachments->len; i++) {
		const Attachment *attachment = message->attachments->pdata[i];

		size += attachment->size;
	}
	return message->attachments->len > 0 && size <= ATTACH_MOST;
}

/* Agents' attachments go to the customer whatever their size, and their words
 * as they wrote them. */
static gboolean
goes_out(const Ingest *ingest, const Message *message)
{
	const Address *author = message_author(message);

	return author != NULL && roster_has(ingest->roster, author->address);
}

static gboolean
read_item(Ingest *ingest, Item *item, GError **error)
{
	g_autoptr(GError) reason = NULL;
	guint flags, wanted = 0;
	gint64 size;

	item->fd = spool_read(ingest->spool, item->name, &item->envelope,
	    &item->offset, &size, &reason);
	if (item->fd < 0 &&
	    g_error_matches(reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
		item->quarantine = g_strdup(reason->message);
		return TRUE;
	}
	if (item->fd < 0) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	item->octets = map_octets(item->fd, item->offset, size, error);
	if (item->octets == NULL)
		return FALSE;
	if (spool_is_retried(item->name))
		remember_scan(item);
	if (crashes_of(ingest, item->name) >= CRASHES) {
		item->quarantine = g_strdup("javobd died twice on this mail");
		item->message = message_scan(item->octets);
		return TRUE;
	}
	/* A small mail cannot have too large ones: a customer's is parsed once,
	 * not twice. */
	flags = size <= ATTACH_MOST ? MESSAGE_WITH_ATTACHMENTS : 0;
	/* So is an agent's, when the envelope already tells that it is his. */
	if (flags != 0 && item->envelope->reverse_path != NULL &&
	    roster_has(ingest->roster, item->envelope->reverse_path))
		flags |= MESSAGE_WITH_HTML;
	if (!parse(ingest, item, flags, error))
		return FALSE;
	if (item->quarantine != NULL)
		return TRUE;
	if (goes_out(ingest, item->message))
		wanted = MESSAGE_WITH_ATTACHMENTS | MESSAGE_WITH_HTML;
	else if (wants_attachments(item->message))
		wanted = MESSAGE_WITH_ATTACHMENTS;
	if ((wanted & ~flags) == 0)
		return TRUE;
	g_clear_pointer(&item->message, message_free);
	return parse(ingest, item, wanted, error);
}

static gboolean
run_item(Ingest *ingest, StoreTxn *txn, Item *item, gint64 now, GError **error)
{
	set_in_hand(item->name);
	return store_savepoint(txn, error) &&
	    pipeline_run(txn, &ingest->desk, item->message, item->envelope,
		item->dkim, item->octets, now, &item->ticket, error) &&
	    store_release(txn, error);
}

/* The pipeline refused these octets for good: the minimal ticket instead. */
static gboolean
run_minimal(Ingest *ingest, StoreTxn *txn, Item *item, gint64 now,
    const char *why, GError **error)
{
	if (item->quarantine != NULL)
		return error_temporary(error, "%s: %s", item->name, why);
	item->quarantine = g_strdup(why);
	g_clear_pointer(&item->dkim, auth_finding_free);
	message_free(item->message);
	item->message = message_scan(item->octets);
	return store_undo(txn, error) && run_item(ingest, txn, item, now, error);
}

static gboolean
run_all(Ingest *ingest, GPtrArray *items, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(ingest->store, error);
	gint64 now = clock_now();

	if (txn == NULL)
		return FALSE;
	for (guint i = 0; i < items->len; i++) {
		Item *item = items->pdata[i];
		g_autoptr(GError) reason = NULL;

		if (item->message == NULL)
			continue;
		if (run_item(ingest, txn, item, now, &reason))
			continue;
		if (!g_error_matches(
			reason, JAVOB_ERROR, JAVOB_ERROR_PERMANENT)) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return FALSE;
		}
		if (!run_minimal(
			ingest, txn, item, now, reason->message, error))
			return FALSE;
	}
	in_hand[0] = '\0';
	return store_commit(g_steal_pointer(&txn), error);
}

/* After the commit: the file goes, or is set aside. */
static gboolean
settle(Ingest *ingest, const Item *item, GError **error)
{
	if (item->quarantine == NULL) {
		log_info("mail=%s event=ingested ticket=%" G_GINT64_FORMAT
			 " kind=%s door=%s",
		    item->name, item->ticket,
		    message_kind_name(item->message->kind),
		    item->envelope->door);
		return spool_done(ingest->spool, item->name, error);
	}
	log_error("mail=%s event=quarantined ticket=%" G_GINT64_FORMAT
		  " problem=\"%s\"",
	    item->name, item->ticket, item->quarantine);
	/* Who puts it back wants it tried anew. */
	if (crash_fd >= 0 && ftruncate(crash_fd, 0) != 0)
		log_error("event=not-forgotten problem=\"%s\"",
		    g_strerror(errno));
	return spool_quarantine(
	    ingest->spool, item->name, item->quarantine, error);
}

static gboolean
is_among(const GPtrArray *items, const char *name)
{
	for (guint i = 0; items != NULL && i < items->len; i++) {
		const Item *item = items->pdata[i];

		if (g_str_equal(item->name, name))
			return TRUE;
	}
	return FALSE;
}

/* Mails whose author the border has not proven, and which the parser could
 * read, are proven by their signatures: all at the same time, so that slow DNS
 * holds a batch up for one PROVER_SECONDS at most. */
static void
prove_items(Ingest *ingest, const GPtrArray *items)
{
	ProverMail mails[BATCH];
	Item *owners[BATCH];
	guint n = 0;

	for (guint i = 0; ingest->prover != NULL && i < items->len; i++) {
		Item *item = items->pdata[i];

		if (item->message == NULL || item->quarantine != NULL ||
		    authres_judge(item->message, ingest->site->authserv_id,
			NULL) != AUTH_NONE)
			continue;
		mails[n] = (ProverMail){ item->message, item->fd, item->offset,
			item->envelope->received, NULL };
		owners[n++] = item;
	}
	if (n > 0)
		prover_judge(ingest->prover, mails, n);
	for (guint i = 0; i < n; i++)
		owners[i]->dkim = mails[i].finding;
}

/* The oldest that wait, but for those in hand (NULL: none is). */
static GPtrArray *
read_items(Ingest *ingest, const GPtrArray *hand, GError **error)
{
	guint most = BATCH + (hand != NULL ? hand->len : 0);
	g_autoptr(GPtrArray) names = spool_list(ingest->spool, most, error);
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
	g_autoptr(GError) reason = NULL;
	gsize octets = 0;

	if (names == NULL)
		return NULL;
	for (guint i = 0; i < names->len && items->len < BATCH &&
	     octets < BATCH_OCTETS;
	     i++) {
		Item *item;

		if (is_among(hand, names->pdata[i]))
			continue;
		item = g_new0(Item, 1);
		item->fd = -1;
		item->name = g_strdup(names->pdata[i]);
		g_ptr_array_add(items, item);
		set_in_hand(item->name);
		/* One file that cannot be read must not hold up the others. */
		g_clear_error(&reason);
		if (!read_item(ingest, item, &reason)) {
			log_error("mail=%s event=not-read problem=\"%s\"",
			    item->name, reason->message);
			g_ptr_array_set_size(items, (gint)items->len - 1);
			continue;
		}
		if (item->octets != NULL)
			octets += g_bytes_get_size(item->octets);
	}
	in_hand[0] = '\0';
	if (items->len == 0 && reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return NULL;
	}
	prove_items(ingest, items);
	return g_steal_pointer(&items);
}

/* --- the next batch, parsed while this one is committed ------------------- */

/* One thread for good: the parser's worker dies with the thread that started
 * it. */
static gpointer
reader_main(gpointer data)
{
	Ingest *ingest = data;
	gpointer hand;

	while ((hand = g_async_queue_pop(ingest->asked)) != ingest) {
		Ahead *ahead = g_new0(Ahead, 1);

		ahead->items = read_items(ingest, hand, &ahead->error);
		g_async_queue_push(ingest->parsed, ahead);
	}
	return NULL;
}

static void
ask_ahead(Ingest *ingest, GPtrArray *hand)
{
	if (ingest->reader == NULL) {
		ingest->asked = g_async_queue_new();
		ingest->parsed = g_async_queue_new();
		ingest->reader = g_thread_new("reader", reader_main, ingest);
	}
	g_async_queue_push(ingest->asked, hand);
}

static GPtrArray *
take_ahead(Ingest *ingest, GError **error)
{
	g_autofree Ahead *ahead = g_async_queue_pop(ingest->parsed);

	if (ahead->error != NULL)
		g_propagate_error(error, ahead->error);
	return ahead->items;
}

/* Commits a batch. *next: those that were parsed meanwhile, if more wait and
 * `more` wants them; NULL else. */
static gboolean
run_batch(Ingest *ingest, GPtrArray *items, gboolean more, GPtrArray **next,
    GError **error)
{
	g_autoptr(GError) reason = NULL;
	gboolean ok;

	if (more)
		ask_ahead(ingest, items);
	ok = run_all(ingest, items, error);
	/* Before any file goes: the reader has seen them all waiting. */
	if (more)
		*next = take_ahead(ingest, &reason);
	if (!ok)
		return FALSE;
	wake_send(ingest->run_dir, "send");
	wake_send(ingest->run_dir, "board");
	for (guint i = 0; i < items->len; i++)
		if (!settle(ingest, items->pdata[i], error))
			return FALSE;
	store_tidy(ingest->store, FALSE);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

static gboolean
round_locked(Ingest *ingest, guint *done, GError **error)
{
	g_autoptr(GPtrArray) items = read_items(ingest, NULL, error);

	if (items == NULL)
		return FALSE;
	for (guint i = 1; items != NULL && items->len > 0; i++) {
		gboolean more = items->len == BATCH && i < BATCHES;
		g_autoptr(GPtrArray) next = NULL;

		if (!run_batch(ingest, items, more, &next, error))
			return FALSE;
		*done += items->len;
		g_ptr_array_unref(items);
		items = g_steal_pointer(&next);
	}
	return TRUE;
}

/* Between rounds the reader rests. A store that does not answer will say so
 * when there is something to commit. */
static void
refresh_roster(Ingest *ingest)
{
	g_autoptr(StoreTxn) txn = store_begin_read(ingest->store, NULL);
	GPtrArray *roster =
	    txn != NULL ? roster_read(txn, ingest->site, NULL) : NULL;

	if (roster == NULL)
		return;
	g_clear_pointer(&ingest->roster, g_ptr_array_unref);
	ingest->roster = roster;
}

gboolean
ingest_round(Ingest *ingest, guint *done, GError **error)
{
	gboolean ok;

	*done = 0;
	if (!spool_lock(ingest->spool, TRUE, error))
		return FALSE;
	role_refresh_keys(ingest->site, ingest->keys);
	refresh_roster(ingest);
	ok = round_locked(ingest, done, error);
	spool_unlock(ingest->spool);
	return ok;
}

void
ingest_idle(Ingest *ingest)
{
	g_autoptr(GError) error = NULL;
	guint done = 0;

	if (!store_index_pending(ingest->store, 200, &done, &error))
		log_error("event=index-failed problem=\"%s\"", error->message);
	store_tidy(ingest->store, done == 0);
}

/* --- the role ------------------------------------------------------------- */

static gpointer
open_ingest(const RoleContext *context, G_GNUC_UNUSED gpointer data,
    GError **error)
{
	return ingest_new(context->site, error);
}

/* Mail has come while a few were committed: some more will, and every commit
 * holds up the doors' own. */
static void
rest(Ingest *ingest)
{
	guint waiting = spool_count(ingest->spool, NULL);

	if (waiting > 0 && waiting < BATCH)
		g_usleep(NAP_MS * 1000);
}

int
ingest_run(const RoleContext *context)
{
	g_autofree char *run = role_run_dir(context->site);
	g_autoptr(GError) error = NULL;
	g_autoptr(Ingest) ingest = NULL;
	int wake = wake_open(run, "ingest", &error), failures = 0;

	if (wake < 0) {
		log_error("event=failed problem=\"%s\"", error->message);
		return 1;
	}
	watch_crashes(context->site);
	if (setpriority(PRIO_PROCESS, 0, NICE) != 0)
		log_debug("event=not-nice");
	ingest = role_open_patiently(context, wake, open_ingest, NULL);
	while (ingest != NULL && !g_atomic_int_get(context->stop)) {
		g_autoptr(GError) reason = NULL;
		gint64 since;
		guint done;

		if (!ingest_round(ingest, &done, &reason)) {
			log_error("event=round-failed problem=\"%s\"",
			    reason->message);
			wake_wait(wake, MIN(250 << MIN(failures, 7), 30000));
			failures++;
			continue;
		}
		failures = 0;
		if (done > 0) {
			rest(ingest);
			continue;
		}
		since = clock_monotonic_ms();
		wake_wait(wake, QUIET_MS);
		if (clock_monotonic_ms() - since >= QUIET_MS)
			store_tidy(ingest->store, TRUE);
	}
	close(wake);
	return 0;
}
