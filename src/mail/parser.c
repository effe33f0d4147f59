/* parser.c - both sides of the sandboxed worker: the parent sends a descriptor,
 * the child (parser_worker_main) answers with wire.h octets. One mail at a
 * time over one pair of sockets.
 *
 * request: struct Request with the descriptor of the mail as SCM_RIGHTS
 * answer:  struct Answer, then octets of wire.h or, if it failed, a text
 */
#define _GNU_SOURCE 1 /* POSIX_SPAWN_SETSID, pipe2 */
#include "mail/parser.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/error.h"
#include "mail/octets.h"
#include "mail/sandbox.h"
#include "mail/wire.h"
#include "mail/words.h"

#define PARSER_FD          3
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

struct Parser {
	pid_t pid; /* 0: no child */
	int fd;
	char *words; /* directory of further tables; NULL: none */
};

Parser *
parser_new(void)
{
	Parser *parser = g_new0(Parser, 1);

	parser->fd = -1;
	return parser;
}

/* Ends the child; text says how it ended, if it did so by itself. */
static char *
child_end(Parser *parser, int signal_number)
{
	int status = 0;
	pid_t pid = parser->pid;

	if (parser->fd >= 0)
		close(parser->fd);
	parser->fd = -1;
	parser->pid = 0;
	if (pid == 0)
		return g_strdup("not started");
	if (signal_number != 0)
		kill(pid, signal_number);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return g_strdup("lost");
	}
	if (WIFSIGNALED(status))
		return g_strdup_printf("signal %d", WTERMSIG(status));
	return g_strdup_printf("status %d", WEXITSTATUS(status));
}

void
parser_free(Parser *parser)
{
	if (parser == NULL)
		return;
	g_free(child_end(parser, SIGKILL));
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

static int
spawn(int fd, const char *words, pid_t *pid)
{
	static char *const environment[] = { (char *)"LANG=C.UTF-8", NULL };
	char *const arguments[] = { (char *)"javob-parse",
		(char *)PARSER_ARGUMENT, (char *)words, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int failed;

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fd, PARSER_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, PARSER_FD + 1);
	failed = posix_spawn(pid, "/proc/self/exe", &actions, &attributes,
	    arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

static gboolean
child_start(Parser *parser, GError **error)
{
	int pair[2], theirs, failed;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_temporary(error, "parser: socketpair: %s",
		    g_strerror(errno));
	/* dup2 onto itself would leave close-on-exec set. */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, PARSER_FD + 1);
	close(pair[1]);
	failed = theirs < 0 ? errno : spawn(theirs, parser->words, &parser->pid);
	if (theirs >= 0)
		close(theirs);
	if (failed != 0) {
		parser->pid = 0;
		close(pair[0]);
		return error_temporary(error, "parser: starting the worker: %s",
		    g_strerror(failed));
	}
	parser->fd = pair[0];
	return TRUE;
}

/* FALSE if the other side is gone. */
static gboolean
send_request(int to, const Request *request, int fd)
{
	union {
		char octets[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec io = { .iov_base = (void *)request,
		.iov_len = sizeof(*request) };
	struct msghdr header = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof(control.octets),
	};
	struct cmsghdr *message = CMSG_FIRSTHDR(&header);
	ssize_t n;

	message->cmsg_level = SOL_SOCKET;
	message->cmsg_type = SCM_RIGHTS;
	message->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(message), &fd, sizeof(int));
	do {
		n = sendmsg(to, &header, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*request);
}

/* Reads exactly size octets before the deadline (monotonic microseconds);
 * *late is set if that passed. */
static gboolean
receive(int fd, void *to, gsize size, gint64 deadline, gboolean *late)
{
	char *p = to;

	while (size > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		gint64 left = deadline - g_get_monotonic_time();
		ssize_t n;

		if (left <= 0) {
			*late = TRUE;
			return FALSE;
		}
		if (poll(&wait, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		n = recv(fd, p, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return FALSE;
		p += n;
		size -= (gsize)n;
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

	if (receive(parser->fd, &answer, sizeof(answer), deadline, &late)) {
		if (!answer_is_sane(&answer, flags)) {
			end = child_end(parser, SIGKILL);
			error_permanent(error,
			    "parser: the worker's answer makes no sense");
			return NULL;
		}
		octets = g_malloc(answer.size + 1);
		if (receive(parser->fd, octets, answer.size, deadline, &late)) {
			octets[answer.size] = '\0';
			if (!answer.failed)
				return g_bytes_new_take(
				    g_steal_pointer(&octets), answer.size);
			error_temporary(error, "parser: %s", octets);
			return NULL;
		}
	}
	end = child_end(parser, late ? SIGKILL : 0);
	if (late)
		error_permanent(error, "parser: no answer within %d s",
		    PARSER_SECONDS);
	else
		error_permanent(error, "parser: the worker died: %s", end);
	return NULL;
}

/* A worker that died between two mails (its thread ended, an update) is
 * replaced; that says nothing about the mail. */
static gboolean
request(Parser *parser, const Request *what, int fd, GError **error)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		if (parser->pid != 0 &&
		    waitpid(parser->pid, NULL, WNOHANG) != 0) {
			close(parser->fd);
			parser->fd = -1;
			parser->pid = 0;
		}
		if (parser->pid == 0 && !child_start(parser, error))
			return FALSE;
		if (send_request(parser->fd, what, fd))
			return TRUE;
		g_free(child_end(parser, SIGKILL));
	}
	return error_temporary(error, "parser: the worker does not start");
}

Message *
parser_parse(Parser *parser, int fd, gint64 offset, guint flags, GError **error)
{
	const Request what = { PARSER_MAGIC, flags, offset };
	g_autoptr(GBytes) octets = NULL;
	Message *message;

	if (!request(parser, &what, fd, error))
		return NULL;
	octets = receive_answer(parser, flags, error);
	if (octets == NULL)
		return NULL;
	message = wire_unpack(octets, error);
	/* It answered nonsense: whatever it is now, it is not ours. */
	if (message == NULL)
		g_free(child_end(parser, SIGKILL));
	return message;
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

/* The worker's side. -1: the parent is gone. */
static int
receive_request(Request *what)
{
	union {
		char octets[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec io = { .iov_base = what, .iov_len = sizeof(*what) };
	struct msghdr header = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof(control.octets),
	};
	struct cmsghdr *message;
	ssize_t n;
	int fd;

	do {
		n = recvmsg(PARSER_FD, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	message = CMSG_FIRSTHDR(&header);
	if (n != (ssize_t)sizeof(*what) || what->magic != PARSER_MAGIC ||
	    message == NULL || message->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(message), sizeof(int));
	return fd;
}

static gboolean
send_all(const void *octets, gsize size, int more)
{
	const char *p = octets;

	while (size > 0) {
		ssize_t n = send(PARSER_FD, p, size, MSG_NOSIGNAL | more);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FALSE;
		p += n;
		size -= (gsize)n;
	}
	return TRUE;
}

static gboolean
send_answer(GBytes *octets, gboolean failed)
{
	gsize size;
	const void *data = g_bytes_get_data(octets, &size);
	const Answer answer = { PARSER_MAGIC, failed, size };

	return send_all(&answer, sizeof(answer), MSG_MORE) &&
	       send_all(data, size, 0);
}

static gboolean
serve_one(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Message) message = NULL;
	g_autoptr(GBytes) octets = NULL;
	gboolean sent;
	Request what;
	int fd = receive_request(&what);

	if (fd < 0)
		return FALSE;
	sandbox_begin();
	message = message_parse_file(fd, what.offset, what.flags, &error);
	close(fd);
	octets = message != NULL
		     ? wire_pack(message)
		     : g_bytes_new(error->message, strlen(error->message));
	sent = send_answer(octets, message == NULL);
	if (message == NULL || message->size > TRIM_SIZE) {
		g_clear_pointer(&octets, g_bytes_unref);
		g_clear_pointer(&message, message_free);
		malloc_trim(0);
	}
	return sent;
}

/* Large blocks come from mmap and go back at once; one arena is enough. */
static void
tune_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024);
}

/* What GLib, GMime or libxml2 have to say about hostile mail interests nobody,
 * and the default writer asks the system what stderr is. */
static GLogWriterOutput
drop_log(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
	(void)level;
	(void)fields;
	(void)n;
	(void)data;
	return G_LOG_WRITER_HANDLED;
}

void
parser_worker_main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (argc < 2 || argc > 3 || strcmp(argv[1], PARSER_ARGUMENT) != 0)
		return;
	tune_memory();
	g_log_set_writer_func(drop_log, NULL, NULL);
	if (argc == 3)
		words_add(argv[2], NULL);
	message_init();
	if (!sandbox_enter(&error))
		_exit(71); /* EX_OSERR */
	while (serve_one())
		;
	_exit(0);
}
