/* send.c - leases due letters, hands them to SMTP connections, records what
 * became of each (R2 -> R3 -> R4 of a mail's life).
 *
 * The main thread alone talks to the store; each connection is a thread with
 * an outlet of its own. One transaction records what came back and leases what
 * is due, so that a busy sender needs one commit for many letters. */
#include "daemon/send.h"

#include <string.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/stream.h"
#include "ground/wake.h"
#include "mail/address.h"
#include "mail/dsn.h"
#include "mail/msgid.h"
#include "out/out_smtp.h"
#include "store/outbox.h"
#include "store/parties.h"
#include "store/tickets.h"

enum {
	LEASE = 20 * 60,   /* longer than the wait for the final dot's reply */
	/* Letters leased for each connection. So many may be sent and not yet
	 * recorded when we are killed, and are then sent again: with a busy
	 * disk 8 made up to 4 extra acknowledgements a kill, 2 about one. */
	AHEAD = 2,
	UNCERTAIN_MOST = 3,
	POLL_MS = 2000,
};

/* Seconds until the next attempt, by the number of those made. */
static const gint64 backoff[] = { 10, 30, 60, 120, 300, 600, 1200, 1800, 3600 };

typedef struct Job {
	OutboxRow *row;
	OutResult *results; /* one a recipient that is still queued */
	GPtrArray *to;      /* of OutboxRecipient, borrowed from row */
	char *problem;
	gboolean judged;
} Job;

typedef struct Sender {
	const Site *site;
	Store *store;
	StreamTrust *trust;
	Endpoint *server;
	char *password;
	char *run_dir;
	GAsyncQueue *jobs;    /* of Job; of the sender itself: end */
	GAsyncQueue *results; /* of Job */
	GPtrArray *threads;
	guint connections;
	guint in_hand;
	gint64 give_up;
	int stop_fd;
	guint sent;
} Sender;

static void
job_free(Job *job)
{
	for (guint i = 0; i < job->to->len; i++)
		out_result_clear(&job->results[i]);
	g_free(job->results);
	g_ptr_array_unref(job->to);
	outbox_row_free(job->row);
	g_free(job->problem);
	g_free(job);
}

/* --- a connection ---------------------------------------------------------- */

static SmtpOutlet *
outlet_new(const Sender *sender)
{
	const ConfigSection *smtp = config_section(
	    sender->site->config, "smtp", NULL);
	SmtpSettings settings = { 0 };

	settings.host = sender->server->host;
	settings.port = sender->server->port;
	settings.implicit_tls = sender->server->implicit_tls;
	settings.start_tls = !settings.implicit_tls &&
	    g_str_equal(config_text(smtp, "tls"), "starttls");
	settings.user = sender->server->user;
	settings.password = sender->password;
	settings.trust = sender->trust;
	settings.connect_ms = 30000;
	settings.command_ms = 120000;
	settings.dot_ms = 600000;
	settings.idle_ms = 20000;
	settings.stop_fd = sender->stop_fd;
	return out_smtp_new(&settings);
}

static void
transmit(SmtpOutlet *outlet, Job *job)
{
	g_autofree const char **paths = g_new0(const char *, job->to->len + 1);
	OutMail mail = { 0 };

	for (guint i = 0; i < job->to->len; i++) {
		OutboxRecipient *recipient = job->to->pdata[i];

		paths[i] = recipient->forward_path;
	}
	mail.reverse_path = job->row->reverse_path;
	mail.forward_paths = paths;
	mail.octets = job->row->octets;
	out_smtp_send(outlet, &mail, job->results, &job->problem);
}

static gpointer
connection(gpointer data)
{
	Sender *sender = data;
	g_autoptr(SmtpOutlet) outlet = outlet_new(sender);

	for (;;) {
		gpointer next = g_async_queue_timeout_pop(
		    sender->jobs, 5 * G_USEC_PER_SEC);

		if (next == sender)
			return NULL;
		if (next == NULL) {
			out_smtp_idle(outlet);
			continue;
		}
		transmit(outlet, next);
		g_async_queue_push(sender->results, next);
		wake_send(sender->run_dir, "send");
	}
}

/* --- what came back --------------------------------------------------------- */

typedef struct Outcome {
	guint waiting;
	gboolean uncertain;
	const char *reply; /* borrowed: last one */
} Outcome;

static Outcome
judge(Job *job)
{
	static const char *const states[] = { "sent", "queued", "failed",
		"queued" }; /* by OutFate */
	Outcome outcome = { .reply = "" };

	for (guint i = 0; i < job->to->len; i++) {
		OutboxRecipient *recipient = job->to->pdata[i];
		const OutResult *result = &job->results[i];

		g_free(recipient->state);
		recipient->state = g_strdup(states[result->fate]);
		recipient->code = result->code;
		g_free(recipient->reply);
		recipient->reply = g_strdup(
		    result->reply != NULL ? result->reply : "");
		outcome.waiting += result->fate == OUT_AGAIN ||
		    result->fate == OUT_UNCERTAIN;
		outcome.uncertain |= result->fate == OUT_UNCERTAIN;
		outcome.reply = recipient->reply;
	}
	return outcome;
}

static gboolean
is_internal(const char *letter)
{
	return g_str_equal(letter, "notify") || g_str_equal(letter, "held");
}

/* The server says that there is nobody at that address. */
static gboolean
mark_address(StoreTxn *txn, const OutboxRecipient *recipient, gint64 now,
    GError **error)
{
	g_autofree char *status = dsn_status_in(recipient->reply);
	g_autofree char *folded = address_fold(recipient->forward_path);
	g_autoptr(AddressRow) row = NULL;
	g_autoptr(GError) reason = NULL;

	if (!g_str_has_prefix(status, "5.1."))
		return TRUE;
	row = party_by_address(txn, folded, &reason);
	if (row != NULL)
		party_set_undeliverable(txn, row->id, now, &reason);
	if (reason == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* A customer's letter that will never arrive at one of its recipients, or at
 * all: a timer has the agents told. */
static gboolean
record_failure(StoreTxn *txn, const Job *job, const char *state, gint64 now,
    GError **error)
{
	const GPtrArray *recipients = job->row->recipients;
	gboolean failed = g_str_equal(state, "failed");

	if (is_internal(job->row->letter))
		return TRUE;
	for (guint i = 0; i < recipients->len; i++) {
		const OutboxRecipient *recipient = recipients->pdata[i];

		if (!g_str_equal(recipient->state, "failed"))
			continue;
		failed = TRUE;
		if (!mark_address(txn, recipient, now, error))
			return FALSE;
	}
	return !failed ||
	    timer_add(txn, job->row->ticket, "undelivered", job->row->id, now,
		error);
}

static gboolean
record_events(StoreTxn *txn, const Job *job, gint64 now, GError **error)
{
	for (guint i = 0; i < job->row->recipients->len; i++) {
		const OutboxRecipient *recipient =
		    job->row->recipients->pdata[i];
		g_autofree char *detail = g_strdup_printf("%s to %s: %s",
		    job->row->letter, recipient->forward_path,
		    recipient->reply);

		if (!event_add(txn, job->row->ticket, now,
			g_str_equal(recipient->state, "sent") ? "sent"
							      : "failed",
			"javob", detail, error))
			return FALSE;
	}
	return TRUE;
}

/* Some relays give a letter a Message-ID of their own and tell it. */
static gboolean
record_relay_id(StoreTxn *txn, const Job *job, GError **error)
{
	for (guint i = 0; i < job->to->len; i++) {
		const OutResult *result = &job->results[i];
		g_autofree char *id = NULL;

		if (result->fate == OUT_SENT && result->reply != NULL)
			id = msgid_of_reply(result->reply);
		if (id != NULL)
			return msgid_add_relayed(
			    txn, id, job->row->ticket, error);
	}
	return TRUE;
}

/* By this attempt or one before. */
static gboolean
has_arrived(const Job *job)
{
	for (guint i = 0; i < job->row->recipients->len; i++) {
		const OutboxRecipient *recipient =
		    job->row->recipients->pdata[i];

		if (g_str_equal(recipient->state, "sent"))
			return TRUE;
	}
	return FALSE;
}

static const char *
next_state(const Sender *sender, const Job *job, const Outcome *outcome,
    gint64 now, gint64 *due)
{
	guint step = (guint)MIN(MAX(job->row->attempts, 1) - 1,
	    (gint64)G_N_ELEMENTS(backoff) - 1);

	*due = now;
	if (outcome->waiting == 0)
		return has_arrived(job) ? "sent" : "failed";
	if (now - job->row->created > sender->give_up ||
	    job->row->uncertain > UNCERTAIN_MOST)
		return "failed";
	*due = now + backoff[step] + g_random_int_range(0, 5);
	return "queued";
}

static gboolean
record(Sender *sender, StoreTxn *txn, Job *job, gint64 now, GError **error)
{
	Outcome outcome = judge(job);
	g_autoptr(GError) reason = NULL;
	g_autoptr(OutboxLine) line = outbox_line(txn, job->row->id, &reason);
	const char *state;
	gint64 due;

	if (reason != NULL) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return FALSE;
	}
	/* Its customer was erased while it was under way: not a word of it. */
	if (line == NULL)
		return TRUE;
	/* Once, however often the store has to be asked to take it. */
	if (outcome.uncertain && !job->judged)
		job->row->uncertain++;
	job->judged = TRUE;
	state = next_state(sender, job, &outcome, now, &due);
	for (guint i = 0; i < job->to->len; i++)
		if (!outbox_recipient_result(
			txn, job->row->id, job->to->pdata[i], error))
			return FALSE;
	if (!outbox_finish(txn, job->row, state, due, now, error) ||
	    !record_relay_id(txn, job, error))
		return FALSE;
	if (!g_str_equal(state, "queued") &&
	    (!record_failure(txn, job, state, now, error) ||
		!record_events(txn, job, now, error)))
		return FALSE;
	sender->sent += g_str_equal(state, "sent") ? 1 : 0;
	log_info("ticket=%" G_GINT64_FORMAT " event=%s-%s attempt=%" G_GINT64_FORMAT
		 " delay=%" G_GINT64_FORMAT "s reply=\"%s\"%s%s%s",
	    job->row->ticket, job->row->letter, state, job->row->attempts,
	    now - job->row->created, outcome.reply,
	    job->problem != NULL ? " problem=\"" : "",
	    job->problem != NULL ? job->problem : "",
	    job->problem != NULL ? "\"" : "");
	return TRUE;
}

/* --- leasing ---------------------------------------------------------------- */

static Job *
job_new(OutboxRow *row)
{
	Job *job = g_new0(Job, 1);

	job->row = row;
	job->to = g_ptr_array_new();
	for (guint i = 0; i < row->recipients->len; i++) {
		OutboxRecipient *recipient = row->recipients->pdata[i];

		if (g_str_equal(recipient->state, "queued"))
			g_ptr_array_add(job->to, recipient);
	}
	job->results = g_new0(OutResult, job->to->len + 1);
	return job;
}

/* Octets that the store cannot give back any more: an error to see, not an
 * empty letter to send. Nor is there anything to say to nobody. */
static gboolean
is_damaged(Job *job)
{
	if (g_bytes_get_size(job->row->octets) > 0 && job->to->len > 0)
		return FALSE;
	for (guint i = 0; i < job->to->len; i++) {
		job->results[i].fate = OUT_FAILED;
		job->results[i].reply = g_strdup("octets damaged in the store");
	}
	return TRUE;
}

static void
start(Sender *sender, GPtrArray *rows)
{
	for (guint i = 0; i < rows->len; i++) {
		Job *job = job_new(rows->pdata[i]);

		rows->pdata[i] = NULL;
		sender->in_hand++;
		g_async_queue_push(
		    is_damaged(job) ? sender->results : sender->jobs, job);
	}
	g_ptr_array_set_free_func(rows, NULL);
}

/* Records what is in `back` and leases what is due, in one transaction. */
static gboolean
turn(Sender *sender, GPtrArray *back, gboolean lease, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(sender->store, error);
	g_autoptr(GPtrArray) rows = NULL;
	gint64 now = clock_now();
	guint room = sender->connections * AHEAD;

	if (txn == NULL)
		return FALSE;
	for (guint i = 0; i < back->len; i++)
		if (!record(sender, txn, back->pdata[i], now, error))
			return FALSE;
	if (lease && sender->in_hand < room + back->len) {
		rows = outbox_lease(txn, now, now + LEASE,
		    (gint64)(room + back->len - sender->in_hand), error);
		if (rows == NULL)
			return FALSE;
	}
	if (!store_commit(g_steal_pointer(&txn), error))
		return FALSE;
	sender->in_hand -= back->len;
	if (rows != NULL)
		start(sender, rows);
	return TRUE;
}

static gboolean
is_due(Sender *sender, gint64 *due, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin_read(sender->store, error);

	return txn != NULL && outbox_next_due(txn, due, error);
}

static void
take_back(Sender *sender, GPtrArray *back)
{
	Job *job;

	while ((job = g_async_queue_try_pop(sender->results)) != NULL)
		g_ptr_array_add(back, job);
}

static void
forget(GPtrArray *back)
{
	for (guint i = 0; i < back->len; i++)
		job_free(back->pdata[i]);
	g_ptr_array_set_size(back, 0);
}

/* --- life of a sender ------------------------------------------------------- */

static void
sender_free(Sender *sender)
{
	Job *job;

	for (guint i = 0; sender->threads != NULL && i < sender->threads->len;
	     i++)
		g_async_queue_push(sender->jobs, sender);
	for (guint i = 0; sender->threads != NULL && i < sender->threads->len;
	     i++)
		g_thread_join(sender->threads->pdata[i]);
	g_clear_pointer(&sender->threads, g_ptr_array_unref);
	while (sender->results != NULL &&
	    (job = g_async_queue_try_pop(sender->results)) != NULL)
		job_free(job);
	g_clear_pointer(&sender->jobs, g_async_queue_unref);
	g_clear_pointer(&sender->results, g_async_queue_unref);
	store_close(sender->store);
	stream_trust_free(sender->trust);
	endpoint_free(sender->server);
	g_free(sender->password);
	g_free(sender->run_dir);
	g_free(sender);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sender, sender_free)

/* Whoever held leases before is dead, since we hold the lock. */
static gboolean
expire_leases(Sender *sender, GError **error)
{
	g_autoptr(StoreTxn) txn = store_begin(sender->store, error);

	return txn != NULL && outbox_expire(txn, error) &&
	    store_commit(g_steal_pointer(&txn), error);
}

/* *locked: the lock is held, by this process and till it ends: it may be
 * taken only once. */
static Sender *
sender_new(const Site *site, int stop_fd, gboolean *locked,
    GError **error)
{
	const ConfigSection *smtp = config_section(site->config, "smtp", NULL);
	const ConfigSection *gateway = config_section(
	    site->config, "gateway", NULL);
	g_autoptr(Sender) sender = g_new0(Sender, 1);

	sender->site = site;
	sender->stop_fd = stop_fd;
	sender->run_dir = role_run_dir(site);
	sender->connections = (guint)config_number(smtp, "connections");
	sender->give_up = config_number(smtp, "give-up-after");
	sender->server = endpoint_parse(
	    config_text(smtp, "server"), "smtp", error);
	if (sender->server == NULL)
		return NULL;
	sender->password = site_password(smtp, error);
	if (sender->password == NULL)
		return NULL;
	sender->trust = stream_trust_new(config_text(gateway, "ca-file"), error);
	if (sender->trust == NULL)
		return NULL;
	sender->store = store_open(site->state_dir, site->store_url, error);
	if (sender->store == NULL)
		return NULL;
	if (!*locked && !role_lock(site, "send", error))
		return NULL;
	*locked = TRUE;
	if (!expire_leases(sender, error))
		return NULL;
	sender->jobs = g_async_queue_new();
	sender->results = g_async_queue_new();
	sender->threads = g_ptr_array_new();
	for (guint i = 0; i < sender->connections; i++)
		g_ptr_array_add(sender->threads,
		    g_thread_new("smtp", connection, sender));
	return g_steal_pointer(&sender);
}

gboolean
send_once(const Site *site, guint *sent, GError **error)
{
	g_autoptr(GPtrArray) back = g_ptr_array_new();
	g_autoptr(Sender) sender = NULL;
	gboolean locked = role_lock(site, "send", NULL), ok;

	*sent = 0;
	if (!locked) { /* a running javobd sends; it hears that there is work */
		g_autofree char *run = role_run_dir(site);

		wake_send(run, "send");
		return TRUE;
	}
	sender = sender_new(site, -1, &locked, error);
	if (sender == NULL)
		return FALSE;
	do {
		ok = turn(sender, back, TRUE, error);
		forget(back);
		if (ok && sender->in_hand > 0) {
			g_ptr_array_add(
			    back, g_async_queue_pop(sender->results));
			take_back(sender, back);
		}
	} while (ok && (sender->in_hand > 0 || back->len > 0));
	*sent = sender->sent;
	forget(back);
	return ok;
}

static gpointer
open_sender(const RoleContext *context, gpointer locked, GError **error)
{
	return sender_new(context->site, context->stop_fd, locked, error);
}

/* One look at the outbox; FALSE: there was nothing to do. */
static gboolean
work(Sender *sender, GPtrArray *back, gboolean lease)
{
	g_autoptr(GError) error = NULL;
	gint64 due = G_MAXINT64;
	gboolean ok;

	take_back(sender, back);
	if (back->len == 0) {
		if (!lease || sender->in_hand >= sender->connections * AHEAD)
			return FALSE;
		if (is_due(sender, &due, &error) && due > clock_now())
			return FALSE;
	}
	ok = error == NULL && turn(sender, back, lease, &error);
	if (!ok) {
		log_error("event=store-failed problem=\"%s\"", error->message);
		g_usleep(G_USEC_PER_SEC);
		return FALSE;
	}
	forget(back);
	return TRUE;
}

int
send_run(const RoleContext *context)
{
	g_autofree char *run = role_run_dir(context->site);
	g_autoptr(GPtrArray) back = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Sender) sender = NULL;
	int wake = wake_open(run, "send", &error);
	gboolean locked = FALSE;

	if (wake < 0) {
		log_error("event=failed problem=\"%s\"", error->message);
		return 1;
	}
	sender = role_open_patiently(context, wake, open_sender, &locked);
	while (sender != NULL && !g_atomic_int_get(context->stop))
		if (!work(sender, back, TRUE))
			wake_wait(wake, POLL_MS);
	/* Stopping: what is in hand is finished and written down. */
	for (gint64 end = clock_monotonic_ms() + 8000; sender != NULL &&
	     sender->in_hand > 0 && clock_monotonic_ms() < end;)
		if (!work(sender, back, FALSE))
			wake_wait(wake, 50);
	forget(back);
	close(wake);
	return 0;
}
