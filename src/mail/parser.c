/* parser.c - both sides of the sandboxed worker: the parent sends a descriptor,
 * the child (parser_worker_main) answers with wire.h octets. One mail at a
 * time over one pair of sockets.
 *
 * request: struct Request with the descriptor of the mail as SCM_RIGHTS
 * answer:  struct Answer, then octets of wire.h or, if it failed, a text
 */
#include "mail/parser.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/error.h"
#include "mail/octets.h"
#include "mail/sandbox.h"
#include "mail/wire.h"
#include "mail/words.h"
#include "mail/worker.h"

#define PARSER_MAGIC       0x6a76706dU
#define PARSER_SECONDS     20
#define ANSWER_MOST        (G_GUINT64_CONSTANT(8) << 20)
#define ANSWER_MOST_OCTETS (G_GUINT64_CONSTANT(96) << 20)
/* After a mail of this size the worker gives its memory back. */
#define TRIM_SIZE (8 * 1024 * 1024)

typedef struct Request {
	guint32 magic;
	guint32 flags;
	gint64 offset;
} Request;

typedef struct Answer {
	guint32 magic;
	guint32 failed; /* the octets are an error text */
	guint64 size;
} Answer;

/* A mail that the worker has been asked about. */
typedef struct Pending {
	Request what;
	int fd; /* the caller's */
} Pending;

struct Parser {
	Worker worker;
	char *words; /* directory of further tables; NULL: none */
	Pending pending[PARSER_AHEAD]; /* the first one is answered next */
	guint waiting;                 /* how many there are */
};

Parser *
parser_new(void)
{
	Parser *parser = g_new0(Parser, 1);

	worker_clear(&parser->worker);
	return parser;
}

void
parser_free(Parser *parser)
{
	if (parser == NULL)
		return;
	g_free(worker_end(&parser->worker, SIGKILL));
	g_free(parser->words);
	g_free(parser);
}

void
parser_set_words(Parser *parser, const char *directory)
{
	g_free(parser->words);
	parser->words = directory != NULL && *directory != '\0'
			    ? g_canonicalize_filename(directory, NULL)
			    : NULL;
}

/* Reads exactly size octets before the deadline (monotonic microseconds);
 * *late is set if that passed. */
static gboolean
receive(int fd, void *to, gsize size, gint64 deadline, gboolean *late)
{
	char *p = to;

	while (size > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n = recv(fd, p, size, MSG_DONTWAIT);
		gint64 left;

		if (n > 0) {
			p += n;
			size -= (gsize)n;
			continue;
		}
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return FALSE;
		left = deadline - g_get_monotonic_time();
		if (left <= 0) {
			*late = TRUE;
			return FALSE;
		}
		poll(&wait, 1, (int)(left / 1000) + 1);
	}
	return TRUE;
}

static gboolean
answer_is_sane(const Answer *answer, guint flags)
{
	guint64 most =
	    flags & MESSAGE_WITH_ATTACHMENTS ? ANSWER_MOST_OCTETS : ANSWER_MOST;

	return answer->magic == PARSER_MAGIC && answer->size <= most;
}

static GBytes *
receive_answer(Parser *parser, guint flags, GError **error)
{
	gint64 deadline =
	    g_get_monotonic_time() + PARSER_SECONDS * G_USEC_PER_SEC;
	gboolean late = FALSE;
	g_autofree char *octets = NULL, *end = NULL;
	Answer answer;

	if (parser->worker.pid != 0 && receive(parser->worker.fd, &answer,
					   sizeof(answer), deadline, &late)) {
		if (!answer_is_sane(&answer, flags)) {
			end = worker_end(&parser->worker, SIGKILL);
			error_permanent(error,
			    "parser: the worker's answer makes no sense");
			return NULL;
		}
		octets = g_malloc(answer.size + 1);
		if (receive(parser->worker.fd, octets, answer.size, deadline,
			&late)) {
			octets[answer.size] = '\0';
			if (!answer.failed)
				return g_bytes_new_take(
				    g_steal_pointer(&octets), answer.size);
			error_temporary(error, "parser: %s", octets);
			return NULL;
		}
	}
	end = worker_end(&parser->worker, late ? SIGKILL : 0);
	if (late)
		error_permanent(error, "parser: no answer within %d s",
		    PARSER_SECONDS);
	else
		error_permanent(error, "parser: the worker died: %s", end);
	return NULL;
}

static gboolean
start(Parser *parser, GError **error)
{
	const char *const arguments[] = { "javob-parse", PARSER_ARGUMENT,
		parser->words, NULL };

	return worker_is_alive(&parser->worker) ||
	       worker_start(&parser->worker, arguments, SOCK_STREAM, error);
}

/* A worker that died between two mails (its thread ended, an update) is
 * replaced; that says nothing about the mail. */
static gboolean
request(Parser *parser, const Pending *mail, GError **error)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (!start(parser, error))
			return FALSE;
		if (worker_send(&parser->worker, &mail->what,
			sizeof(mail->what), mail->fd))
			return TRUE;
		g_free(worker_end(&parser->worker, SIGKILL));
	}
	return error_temporary(error, "parser: the worker does not start");
}

gboolean
parser_begin(Parser *parser, int fd, gint64 offset, guint flags, GError **error)
{
	Pending mail = { { PARSER_MAGIC, flags, offset }, fd };

	g_return_val_if_fail(parser->waiting < PARSER_AHEAD, FALSE);
	/* While others wait a dead worker is for parser_finish to find: one of
	 * them has killed it. */
	if (parser->waiting == 0) {
		if (!request(parser, &mail, error))
			return FALSE;
	} else if (parser->worker.pid != 0) {
		worker_send(&parser->worker, &mail.what, sizeof(mail.what), fd);
	}
	parser->pending[parser->waiting++] = mail;
	return TRUE;
}

/* After a death: asks again about those that were not answered. What fails here
 * fails again when its turn comes. */
static void
ask_again(Parser *parser)
{
	for (guint i = 0; i < parser->waiting; i++)
		request(parser, &parser->pending[i], NULL);
}

/* The worker has ended itself after an earlier mail: this one is innocent. */
static gboolean
has_retired(const GError *error)
{
	return g_str_has_suffix(error->message, "status 0");
}

/* The mail, or something in it, made the worker fail; not time, not memory. */
static gboolean
is_crash(const GError *error)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE,
		SIGILL };

	for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
		g_autofree char *end = g_strdup_printf("signal %d", signals[i]);

		if (g_str_has_suffix(error->message, end))
			return TRUE;
	}
	return FALSE;
}

static Message *
receive_message(Parser *parser, guint flags, GError **error)
{
	g_autoptr(GBytes) octets = receive_answer(parser, flags, error);
	Message *message;

	if (octets == NULL)
		return NULL;
	message = wire_unpack(octets, error);
	/* It answered nonsense: whatever it is now, it is not ours. */
	if (message == NULL)
		g_free(worker_end(&parser->worker, SIGKILL));
	return message;
}

/* The library that reads winmail.dat is the one that we trust least: without
 * it the rest of the mail may be read. */
static Message *
receive_without_tnef(Parser *parser, guint flags, GError **error)
{
	Message *message;

	parser->pending[0].what.flags = flags | MESSAGE_WITHOUT_TNEF;
	ask_again(parser);
	message = receive_message(parser, flags, error);
	if (message != NULL)
		g_ptr_array_add(message->defects,
		    g_strdup("the first attempt to read it failed"));
	return message;
}

Message *
parser_finish(Parser *parser, GError **error)
{
	guint flags = parser->pending[0].what.flags;
	g_autoptr(GError) reason = NULL;
	Message *message;

	g_return_val_if_fail(parser->waiting > 0, NULL);
	message = receive_message(parser, flags, &reason);
	if (message == NULL && has_retired(reason)) {
		g_clear_error(&reason);
		ask_again(parser);
		message = receive_message(parser, flags, &reason);
	}
	if (message == NULL && is_crash(reason))
		message = receive_without_tnef(parser, flags, NULL);
	parser->waiting--;
	memmove(parser->pending, parser->pending + 1,
	    parser->waiting * sizeof(Pending));
	if (parser->worker.pid == 0 && parser->waiting > 0)
		ask_again(parser);
	if (message == NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	return message;
}

Message *
parser_parse(Parser *parser, int fd, gint64 offset, guint flags, GError **error)
{
	if (!parser_begin(parser, fd, offset, flags, error))
		return NULL;
	return parser_finish(parser, error);
}

Message *
parser_parse_bytes(Parser *parser, GBytes *octets, guint flags, GError **error)
{
	int fd = octets_to_file(octets, error);
	Message *message;

	if (fd < 0)
		return NULL;
	message = parser_parse(parser, fd, 0, flags, error);
	close(fd);
	return message;
}

static gboolean
send_answer(GBytes *octets, gboolean failed)
{
	gsize size;
	const void *data = g_bytes_get_data(octets, &size);
	Answer answer = { PARSER_MAGIC, failed, size };
	struct iovec pieces[] = { { &answer, sizeof(answer) },
		{ (void *)data, size } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };

	while (pieces[1].iov_len > 0 || pieces[0].iov_len > 0) {
		ssize_t n = sendmsg(WORKER_FD, &message, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		for (guint i = 0; i < 2; i++) {
			gsize done = MIN((gsize)n, pieces[i].iov_len);

			pieces[i].iov_base = (char *)pieces[i].iov_base + done;
			pieces[i].iov_len -= done;
			n -= (ssize_t)done;
		}
	}
	return TRUE;
}

/* libytnef leaks what it had when it gives up: a new worker begins without. */
static gboolean
message_has_leaked(const Message *message)
{
	return g_ptr_array_find_with_equal_func(message->defects,
	    MESSAGE_DEFECT_TNEF, g_str_equal, NULL);
}

static gboolean
serve_one(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) message = NULL;
	g_autoptr(GBytes) octets = NULL;
	gboolean sent, retire;
	Request what;
	int fd = worker_take(&what, sizeof(what));

	if (fd < 0 || what.magic != PARSER_MAGIC)
		return FALSE;
	sandbox_begin();
	message = message_parse_file(fd, what.offset, what.flags, &error);
	close(fd);
	octets = message != NULL
		     ? wire_pack(message)
		     : g_bytes_new(error->message, strlen(error->message));
	sent = send_answer(octets, message == NULL);
	retire = message != NULL && message_has_leaked(message);
	if (message == NULL || message->size > TRIM_SIZE) {
		g_clear_pointer(&octets, g_bytes_unref);
		g_clear_pointer(&message, message_free);
		malloc_trim(0);
	}
	return sent && !retire;
}

/* Large blocks come from mmap and go back at once; one arena is enough; each
 * freed block of 64 KiB would look through all small ones again. */
static void
tune_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MXFAST, 0);
	mallopt(M_MMAP_THRESHOLD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024);
}

void
parser_worker_main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (argc < 2 || argc > 3 || strcmp(argv[1], PARSER_ARGUMENT) != 0)
		return;
	tune_memory();
	worker_begin(argv[0]);
	if (argc == 3)
		words_add(argv[2], NULL);
	message_init();
	if (!sandbox_enter(&error))
		_exit(71); /* EX_OSERR */
	while (serve_one())
		;
	_exit(0);
}
