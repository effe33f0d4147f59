/* An SMTP server that takes all mail at once and keeps none.
 *
 *   sink LOG PORTFILE
 *
 * LOG gets a line a mail, when the final dot has come: seconds of
 * CLOCK_MONOTONIC, In-Reply-To, Message-ID (or -), forward-path. PORTFILE gets
 * the port. A thread a connection. Ends with SIGTERM. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench.h"

enum { WORD_MOST = 300, INPUT = 65536 };

typedef struct Session {
	int fd;
	char input[INPUT];
	size_t start, end;
	char path[WORD_MOST];
	char reply_to[WORD_MOST], id[WORD_MOST];
	int in_header;
	char wanted; /* which field goes on, if the next line is folded */
} Session;

static int log_fd;

/* The next line without its end, or NULL: he is gone. */
static char *
read_line(Session *session)
{
	for (;;) {
		char *line = session->input + session->start;
		char *end = memchr(line, '\n', session->end - session->start);
		ssize_t n;

		if (end != NULL) {
			session->start = (size_t)(end + 1 - session->input);
			*end = '\0';
			if (end > line && end[-1] == '\r')
				end[-1] = '\0';
			return line;
		}
		memmove(session->input, line, session->end - session->start);
		session->end -= session->start;
		session->start = 0;
		if (session->end == INPUT)
			return NULL;
		n = recv(session->fd, session->input + session->end,
		    INPUT - session->end, 0);
		if (n <= 0)
			return NULL;
		session->end += (size_t)n;
	}
}

static void
say(Session *session, const char *reply)
{
	if (send(session->fd, reply, strlen(reply), MSG_NOSIGNAL) < 0)
		shutdown(session->fd, SHUT_RDWR);
}

static void
take_path(const char *text, char *to)
{
	const char *open = strchr(text, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;

	if (close != NULL && close - open < WORD_MOST)
		snprintf(to, WORD_MOST, "%.*s", (int)(close - open - 1),
		    open + 1);
}

static void
header_line(Session *session, const char *line)
{
	if (*line == '\0')
		session->in_header = 0;
	else if (strncasecmp(line, "In-Reply-To:", 12) == 0)
		session->wanted = 'r';
	else if (strncasecmp(line, "Message-ID:", 11) == 0)
		session->wanted = 'i';
	else if (*line != ' ' && *line != '\t')
		session->wanted = 0;
	if (session->wanted == 'r')
		take_path(line, session->reply_to);
	else if (session->wanted == 'i')
		take_path(line, session->id);
}

/* One write, so that the lines of all threads stay whole. */
static void
note(Session *session)
{
	char line[4 * WORD_MOST];
	int size = snprintf(line, sizeof line, "%.6f %s %s %s\n",
	    seconds(CLOCK_MONOTONIC), session->reply_to, session->id,
	    session->path);

	if (write(log_fd, line, (size_t)size) != size)
		die("log");
}

/* 0: he is gone. */
static int
take_mail(Session *session)
{
	char *line;

	strcpy(session->reply_to, "-");
	strcpy(session->id, "-");
	session->in_header = 1;
	session->wanted = 0;
	while ((line = read_line(session)) != NULL) {
		if (strcmp(line, ".") == 0) {
			note(session);
			say(session, "250 2.0.0 taken\r\n");
			return 1;
		}
		if (session->in_header)
			header_line(session, line);
	}
	return 0;
}

static void *
serve(void *data)
{
	Session *session = data;
	char *line;

	say(session, "220 sink.invalid\r\n");
	while ((line = read_line(session)) != NULL) {
		if (strncasecmp(line, "EHLO", 4) == 0)
			say(session, "250-sink.invalid\r\n250-PIPELINING\r\n"
				     "250 8BITMIME\r\n");
		else if (strncasecmp(line, "RCPT", 4) == 0) {
			take_path(line, session->path);
			say(session, "250 2.1.5 yes\r\n");
		} else if (strncasecmp(line, "DATA", 4) == 0) {
			say(session, "354 go on\r\n");
			if (!take_mail(session))
				break;
		} else if (strncasecmp(line, "QUIT", 4) == 0) {
			say(session, "221 2.0.0 bye\r\n");
			break;
		} else
			say(session, "250 2.0.0 yes\r\n");
	}
	close(session->fd);
	free(session);
	return NULL;
}

static void
on_term(int number)
{
	(void)number;
	_exit(0);
}

static int
listen_on(const char *port_file)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	char temporary[4096];
	FILE *file;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
	    listen(fd, 128) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		die("listen");
	snprintf(temporary, sizeof temporary, "%s.tmp", port_file);
	file = fopen(temporary, "w");
	if (file == NULL ||
	    fprintf(file, "%d\n", ntohs(address.sin_port)) < 0 ||
	    fclose(file) != 0 || rename(temporary, port_file) != 0)
		die(port_file);
	return fd;
}

int
main(int argc, char **argv)
{
	int listener, yes = 1;

	if (argc != 3)
		return 2;
	signal(SIGTERM, on_term);
	log_fd = open(argv[1],
	    O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(argv[1]);
	listener = listen_on(argv[2]);
	for (;;) {
		Session *session = calloc(1, sizeof *session);
		pthread_t thread;

		if (session == NULL)
			die("memory");
		session->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (session->fd < 0)
			die("accept");
		setsockopt(session->fd, IPPROTO_TCP, TCP_NODELAY, &yes,
		    sizeof yes);
		if (pthread_create(&thread, NULL, serve, session) != 0)
			die("thread");
		pthread_detach(thread);
	}
}
