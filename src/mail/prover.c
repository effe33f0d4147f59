/* prover.c - both sides of the worker that verifies DKIM: daemon/ingest hands
 * in the mails that nobody else has proven, the child (prover_worker_main)
 * reads them, asks DNS for all of them at once, and answers with verdicts.
 *
 * request: struct Request with the descriptor of the mail as SCM_RIGHTS, one
 *          for each mail, the last one marked
 * answer:  struct Answer for each, then
 *
 * over a pair of SOCK_SEQPACKET, so that each is one packet. */
#define _GNU_SOURCE 1 /* MSG_DONTWAIT and friends */
#include "mail/prover.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mail/nameserver.h"
#include "mail/prove.h"
#include "mail/sandbox.h"
#include "mail/worker.h"

#define PROVER_MAGIC 0x6a767077U

enum {
	DNS_SECONDS = PROVER_SECONDS - 1, /* the rest is for reading */
	OCTETS_SECOND = 20 << 20,         /* and more for large mails */
	AUTHOR_MOST = 320,
	REASON_MOST = 800,
	DESCRIPTORS = RESOLVER_SOCKETS + 16,
};

typedef struct Request {
	guint32 magic;
	guint32 index;
	guint32 last; /* of its batch */
	guint32 unused;
	gint64 offset, when;
	char author[AUTHOR_MOST];
} Request;

typedef struct Answer {
	guint32 magic;
	guint32 index;
	guint32 pass;
	char reason[REASON_MOST];
} Answer;

struct Prover {
	Worker worker;
	char *servers;
};

Prover *
prover_new(const char *servers)
{
	Prover *prover = g_new0(Prover, 1);

	worker_clear(&prover->worker);
	prover->servers = g_strdup(servers);
	return prover;
}

void
prover_free(Prover *prover)
{
	if (prover == NULL)
		return;
	g_free(worker_end(&prover->worker, SIGKILL));
	g_free(prover->servers);
	g_free(prover);
}

/* --- the parent's side ----------------------------------------------------- */

/* What is asked together, and until when. */
typedef struct Batch {
	ProverMail **mails;
	guint n;
	gint64 deadline;
	char *why; /* it went wrong */
	gboolean late;
} Batch;

static gboolean
start(Prover *prover, GError **error)
{
	g_autofree char *system = NULL;
	const char *arguments[] = { "javob-prove", PROVER_ARGUMENT,
		prover->servers, NULL };
	struct timeval patience = { .tv_sec = PROVER_SECONDS };

	if (*prover->servers == '\0')
		arguments[2] = system = nameserver_system();
	if (!worker_start(&prover->worker, arguments, SOCK_SEQPACKET, error))
		return FALSE;
	/* A worker that hangs must not hang us. */
	setsockopt(prover->worker.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
	    sizeof(patience));
	return TRUE;
}

static gboolean
send_all(Prover *prover, const Batch *batch)
{
	for (guint i = 0; i < batch->n; i++) {
		const ProverMail *mail = batch->mails[i];
		Request request = { .magic = PROVER_MAGIC,
			.index = i,
			.last = i + 1 == batch->n,
			.offset = mail->offset,
			.when = mail->when };

		g_strlcpy(request.author,
		    message_author(mail->message)->address, AUTHOR_MOST);
		if (!worker_send(&prover->worker, &request, sizeof(request),
			mail->fd))
			return FALSE;
	}
	return TRUE;
}

/* One packet before the deadline; FALSE: none comes. */
static gboolean
receive(Prover *prover, Batch *batch, Answer *answer)
{
	for (;;) {
		struct pollfd wait = { .fd = prover->worker.fd,
			.events = POLLIN };
		gint64 left = batch->deadline - g_get_monotonic_time();
		ssize_t n;

		if (left <= 0) {
			batch->late = TRUE;
			return FALSE;
		}
		if (poll(&wait, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		n = recv(prover->worker.fd, answer, sizeof(*answer),
		    MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		return n == (ssize_t)sizeof(*answer);
	}
}

/* The worker may have been taken over by a mail: what it says is text of at
 * most that length about a mail of this batch, and nothing else. */
static gboolean
take_answer(Batch *batch, Answer *answer)
{
	g_autofree char *reason = NULL;
	ProverMail *mail;

	if (answer->magic != PROVER_MAGIC || answer->index >= batch->n)
		return FALSE;
	mail = batch->mails[answer->index];
	if (mail->finding != NULL)
		return FALSE;
	answer->reason[REASON_MOST - 1] = '\0';
	reason = g_utf8_make_valid(answer->reason, -1);
	mail->finding = auth_finding_new(answer->pass ? AUTH_PASS : AUTH_NONE,
	    g_strdelimit(reason, "\r\n\t", ' '));
	return TRUE;
}

/* TRUE: every mail has its finding. FALSE: the worker is gone, see why. */
static gboolean
ask(Prover *prover, Batch *batch)
{
	Answer answer;
	guint have = 0;
	gboolean sane = TRUE;

	if (send_all(prover, batch))
		while (have < batch->n && sane &&
		       receive(prover, batch, &answer)) {
			sane = take_answer(batch, &answer);
			have++;
		}
	if (have == batch->n && sane)
		return TRUE;
	g_free(batch->why);
	batch->why =
	    worker_end(&prover->worker, batch->late || !sane ? SIGKILL : 0);
	return FALSE;
}

/* Once more with a new worker: the old one may have left on its own account,
 * or was killed from outside. Which of many mails did it is found out below. */
static void
ask_twice(Prover *prover, Batch *batch)
{
	for (guint i = 0; i < 2; i++) {
		g_autoptr(GError) error = NULL;

		if (!worker_is_alive(&prover->worker) &&
		    !start(prover, &error)) {
			g_free(batch->why);
			batch->why = g_strdup(error->message);
			return;
		}
		if (ask(prover, batch) || batch->late ||
		    (batch->n > 1 && !g_str_equal(batch->why, "status 0")))
			return;
	}
}

static void
give_up(Batch *batch)
{
	for (guint i = 0; i < batch->n; i++) {
		g_autofree char *reason = NULL;

		if (batch->mails[i]->finding != NULL)
			continue;
		reason = batch->late
			     ? g_strdup("DKIM was not verified: out of time")
			     : g_strdup_printf("DKIM was not verified: the "
					       "prover died: %s",
				   batch->why);
		batch->mails[i]->finding = auth_finding_new(AUTH_NONE, reason);
	}
}

/* After a death, which one mail has caused: each by itself. */
static void
ask_singly(Prover *prover, const Batch *batch)
{
	gint64 deadline =
	    g_get_monotonic_time() + PROVER_SECONDS * G_USEC_PER_SEC;

	for (guint i = 0; i < batch->n; i++) {
		Batch one = { &batch->mails[i], 1, deadline, NULL, FALSE };

		if (batch->mails[i]->finding == NULL) {
			ask_twice(prover, &one);
			give_up(&one);
		}
		g_free(one.why);
	}
}

static gint64
seconds_for(const ProverMail *const *mails, guint n)
{
	gint64 octets = 0;

	for (guint i = 0; i < n; i++)
		octets += mails[i]->message->size;
	return PROVER_SECONDS + octets / OCTETS_SECOND;
}

static void
judge_some(Prover *prover, ProverMail **mails, guint n)
{
	gint64 seconds = seconds_for((const ProverMail *const *)mails, n);
	Batch batch = { mails, n,
		g_get_monotonic_time() + seconds * G_USEC_PER_SEC, NULL,
		FALSE };

	ask_twice(prover, &batch);
	if (batch.why != NULL && !batch.late && n > 1)
		ask_singly(prover, &batch);
	give_up(&batch);
	g_free(batch.why);
}

void
prover_judge(Prover *prover, ProverMail *mails, guint n)
{
	ProverMail *some[PROVER_MAILS];
	guint used = 0;

	for (guint i = 0; i < n; i++) {
		const char *oddity = authres_oddity(mails[i].message);

		mails[i].finding =
		    oddity != NULL ? auth_finding_new(AUTH_NONE, oddity) : NULL;
		if (oddity == NULL)
			some[used++] = &mails[i];
		if (used == PROVER_MAILS || (i + 1 == n && used > 0)) {
			judge_some(prover, some, used);
			used = 0;
		}
	}
}

/* --- the worker's side ----------------------------------------------------- */

/* A mail of the batch in hand. */
typedef struct Pending {
	guint32 index;
	Prove *prove; /* NULL: could not be read */
} Pending;

static void
pending_clear(gpointer data)
{
	Pending *pending = data;

	prove_free(pending->prove);
}

static Prove *
read_mail(int fd, Request *request)
{
	g_auto(Octets) octets = { .fd = -1 };

	request->author[AUTHOR_MOST - 1] = '\0';
	if (!octets_open(&octets, fd, request->offset, NULL))
		return NULL;
	return prove_new(&octets, request->author, request->when);
}

static const ResolverAnswer *
look_up(gpointer resolver, const char *name)
{
	return resolver_answer(resolver, name);
}

static gboolean
answer_one(const Pending *pending, Resolver *resolver)
{
	Answer answer = { .magic = PROVER_MAGIC, .index = pending->index };
	g_autofree char *reason = NULL;

	if (pending->prove == NULL)
		reason = g_strdup("DKIM was not verified: the mail could not "
				  "be read");
	else
		answer.pass = prove_judge(pending->prove, look_up, resolver,
				  &reason) == AUTH_PASS;
	g_strlcpy(answer.reason, reason, REASON_MOST);
	return send(WORKER_FD, &answer, sizeof(answer), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(answer);
}

/* FALSE: this worker is of no more use. */
static gboolean
finish(GArray *batch, Resolver *resolver, gint64 deadline)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	gboolean useful;

	for (guint i = 0; i < batch->len; i++) {
		const Pending *pending = &g_array_index(batch, Pending, i);

		if (pending->prove != NULL)
			prove_names(pending->prove, names);
	}
	/* Servers that are all silent may have moved: /etc/resolv.conf is read
	 * anew for the next worker. */
	useful = resolver_fetch(resolver, names, deadline);
	for (guint i = 0; i < batch->len; i++)
		if (!answer_one(&g_array_index(batch, Pending, i), resolver))
			return FALSE;
	return useful;
}

static gboolean
serve_batch(Resolver *resolver)
{
	g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(Pending));
	gint64 deadline = 0;
	Request request;

	g_array_set_clear_func(batch, pending_clear);
	do {
		int fd = worker_take(&request, sizeof(request));
		Pending pending = { .index = request.index };

		if (fd < 0 || request.magic != PROVER_MAGIC ||
		    batch->len == PROVER_MAILS)
			return FALSE;
		if (batch->len == 0) {
			deadline = g_get_monotonic_time() +
				   DNS_SECONDS * G_USEC_PER_SEC;
			sandbox_begin();
		}
		pending.prove = read_mail(fd, &request);
		close(fd);
		g_array_append_val(batch, pending);
	} while (!request.last);
	return finish(batch, resolver, deadline);
}

void
prover_worker_main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Resolver *resolver;

	if (argc != 3 || strcmp(argv[1], PROVER_ARGUMENT) != 0)
		return;
	mallopt(M_ARENA_MAX, 1);
	worker_begin(argv[0]);
	message_init();
	resolver = resolver_new(argv[2], &error);
	if (resolver == NULL)
		_exit(78); /* EX_CONFIG */
	if (!sandbox_enter_with_sockets(DESCRIPTORS, &error))
		_exit(71); /* EX_OSERR */
	while (serve_batch(resolver))
		;
	_exit(0);
}
