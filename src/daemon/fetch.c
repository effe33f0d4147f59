/* fetch.c - one thread an IMAP mailbox: octets and envelope to the spool.
 *
 * The store is asked only where a mailbox stands; it may be missing for a
 * while, then a mailbox waits and its server keeps the mail. */
#include "daemon/role.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"
#include "ground/wake.h"
#include "in/in_imap.h"
#include "store/seen.h"

enum { STATUS_SECONDS = 5 };

typedef struct Fetch {
	const Site *site;
	Spool *spool;
	StreamTrust *trust;
	char *run_dir;
	int stop_fd;
	GMutex mutex; /* guards store */
	Store *store; /* NULL until it could be opened */
} Fetch;

typedef struct Watch {
	Fetch *fetch;
	const Mailbox *mailbox;
	Endpoint *endpoint;
	char *password;
	ImapMemory memory;
	ImapSettings settings;
	ImapStatus status;
	GThread *thread;
} Watch;

/* --- memory in the store -------------------------------------------------- */

/* With the mutex held. */
static Store *
need_store(Fetch *fetch, GError **error)
{
	if (fetch->store == NULL)
		fetch->store = store_open(
		    fetch->site->state_dir, fetch->site->store_url, error);
	return fetch->store;
}

static gboolean
memory_load(void *data, ImapPlace *place, GError **error)
{
	Watch *watch = data;
	g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&watch->fetch->mutex);
	Store *store = need_store(watch->fetch, error);
	g_autoptr(StoreTxn) txn = store != NULL
	    ? store_begin_read(store, error)
	    : NULL;

	return lock != NULL && txn != NULL &&
	    seen_state_get(txn, watch->mailbox->name,
		&place->uidvalidity, &place->floor, &place->since, error);
}

static gboolean
memory_save(void *data, const ImapPlace *place, GError **error)
{
	Watch *watch = data;
	g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&watch->fetch->mutex);
	Store *store = need_store(watch->fetch, error);
	g_autoptr(StoreTxn) txn = store != NULL ? store_begin(store, error)
						: NULL;

	return lock != NULL && txn != NULL &&
	    seen_state_set(txn, watch->mailbox->name, place->uidvalidity,
		place->floor, place->since, error) &&
	    store_commit(g_steal_pointer(&txn), error);
}

static gboolean
memory_seen(void *data, guint32 uidvalidity, guint32 floor, GHashTable *uids,
    GError **error)
{
	Watch *watch = data;
	g_autoptr(GMutexLocker) lock = g_mutex_locker_new(&watch->fetch->mutex);
	Store *store = need_store(watch->fetch, error);
	g_autoptr(StoreTxn) txn = store != NULL
	    ? store_begin_read(store, error)
	    : NULL;

	return lock != NULL && txn != NULL &&
	    seen_uids(txn, watch->mailbox->name, uidvalidity, floor, uids,
		error);
}

/* --- threads -------------------------------------------------------------- */

static void
arrived(void *data)
{
	const Fetch *fetch = data;

	wake_send(fetch->run_dir, "ingest");
}

/* A password that cannot be read now is asked for again, with patience. */
static gboolean
need_password(Watch *watch)
{
	while (watch->password == NULL) {
		struct pollfd stop = { watch->fetch->stop_fd, POLLIN, 0 };
		g_autoptr(GError) error = NULL;

		watch->password = site_password(
		    watch->mailbox->section, &error);
		if (watch->password != NULL)
			break;
		log_error("mailbox=%s event=no-password problem=\"%s\"",
		    watch->mailbox->name, error->message);
		g_strlcpy(watch->status.problem, error->message,
		    sizeof watch->status.problem);
		if (watch->status.failing_since == 0)
			watch->status.failing_since = clock_now();
		if (poll(&stop, 1, 30000) > 0)
			return FALSE;
	}
	watch->settings.password = watch->password;
	return TRUE;
}

static gpointer
watch_run(gpointer data)
{
	Watch *watch = data;

	if (need_password(watch))
		in_imap_watch(&watch->settings, watch->fetch->spool,
		    watch->fetch->stop_fd, &watch->status);
	return NULL;
}

static ImapAfter
after_of(const char *word)
{
	static const char *const words[] = { "nothing", "seen", "keyword",
		"move" }; /* by ImapAfter */

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(words[i], word))
			return (ImapAfter)i;
	return IMAP_AFTER_NOTHING;
}

static void
fill(Watch *watch)
{
	const ConfigSection *section = watch->mailbox->section;
	ImapSettings *settings = &watch->settings;

	watch->memory.load = memory_load;
	watch->memory.save = memory_save;
	watch->memory.seen = memory_seen;
	watch->memory.data = watch;
	settings->mailbox = watch->mailbox->name;
	settings->address = watch->mailbox->address;
	role_imap_account(settings, watch->endpoint, section);
	settings->folder = *watch->endpoint->path != '\0'
	    ? watch->endpoint->path
	    : "INBOX";
	settings->after = after_of(config_text(section, "imap-after"));
	settings->keyword = config_text(section, "imap-keyword");
	settings->move_to = config_text(section, "imap-move-to");
	settings->max_size = watch->fetch->site->max_size;
	settings->idle_seconds = (int)config_number(section, "imap-idle");
	settings->sweep_seconds = (int)config_number(section, "imap-sweep");
	settings->trust = watch->fetch->trust;
	settings->memory = &watch->memory;
	settings->arrived = arrived;
	settings->data = watch->fetch;
}

static GPtrArray *
start_watches(Fetch *fetch)
{
	GPtrArray *watches = g_ptr_array_new();

	for (guint i = 0; i < fetch->site->mailboxes->len; i++) {
		const Mailbox *mailbox = fetch->site->mailboxes->pdata[i];
		const char *url = config_text(mailbox->section, "imap");
		Watch *watch;

		if (*url == '\0')
			continue;
		watch = g_new0(Watch, 1);
		watch->fetch = fetch;
		watch->mailbox = mailbox;
		watch->endpoint = endpoint_parse(url, "imap", NULL);
		fill(watch);
		watch->thread = g_thread_new("imap", watch_run, watch);
		g_ptr_array_add(watches, watch);
	}
	return watches;
}

static void
end_watches(GPtrArray *watches)
{
	for (guint i = 0; i < watches->len; i++) {
		Watch *watch = watches->pdata[i];

		g_thread_join(watch->thread);
		endpoint_free(watch->endpoint);
		g_free(watch->password);
		g_free(watch);
	}
	g_ptr_array_unref(watches);
}

/* --- what `javob health` reads -------------------------------------------- */

static void
write_status(const Fetch *fetch, const GPtrArray *watches)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < watches->len; i++) {
		const Watch *watch = watches->pdata[i];
		const ImapStatus *status = &watch->status;

		role_status_add(text, watch->mailbox->name,
		    g_atomic_int_get(&status->connected), status->last_sweep,
		    status->failing_since, status->problem);
	}
	role_status_write(fetch->run_dir, "fetch.status", text);
}

gboolean
fetch_wanted(const Site *site)
{
	for (guint i = 0; i < site->mailboxes->len; i++) {
		const Mailbox *mailbox = site->mailboxes->pdata[i];

		if (*config_text(mailbox->section, "imap") != '\0')
			return TRUE;
	}
	return FALSE;
}

int
fetch_run(const RoleContext *context)
{
	const ConfigSection *gateway = config_section(
	    context->site->config, "gateway", NULL);
	struct pollfd stop = { context->stop_fd, POLLIN, 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *run = role_run_dir(context->site);
	Fetch fetch = { 0 };
	GPtrArray *watches;
	int status = 1;

	fetch.site = context->site;
	fetch.stop_fd = context->stop_fd;
	fetch.run_dir = run;
	g_mutex_init(&fetch.mutex);
	fetch.spool = spool_open(context->site->state_dir, TRUE, &error);
	if (fetch.spool != NULL)
		fetch.trust = stream_trust_new(
		    config_text(gateway, "ca-file"), &error);
	if (fetch.trust == NULL)
		log_error("event=failed problem=\"%s\"", error->message);
	else {
		watches = start_watches(&fetch);
		do
			write_status(&fetch, watches);
		while (poll(&stop, 1, STATUS_SECONDS * 1000) <= 0);
		end_watches(watches);
		status = 0;
	}
	stream_trust_free(fetch.trust);
	store_close(fetch.store);
	spool_free(fetch.spool);
	g_mutex_clear(&fetch.mutex);
	return status;
}
