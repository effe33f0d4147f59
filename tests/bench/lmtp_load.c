/* An LMTP client that sends as fast as it is answered.
 *
 *   lmtp_load HOST PORT CONNECTIONS GAP_MS RECIPIENT LOG <list of files
 *
 * Each connection takes the next file of the list, sends MAIL, RCPT and DATA in
 * one packet (RFC 2920), then the mail, and waits for the answer; GAP_MS later
 * it takes the next. The reverse-path is what the file's Return-Path says. LOG
 * gets a line a mail: msg-id, when the final dot was sent, when it was answered
 * (seconds of CLOCK_MONOTONIC). Prints mails/s up to the last answer. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>

#include "bench.h"

enum { CONNECTIONS_MOST = 64, ID_MOST = 200 };

typedef struct Mail {
	char id[ID_MOST];
	char path[ID_MOST];
	char *wire; /* dots doubled, with the final one */
	size_t size;
	double sent, answered;
} Mail;

typedef struct Client {
	int fd;
	char line[1024];
	size_t have;
} Client;

static struct sockaddr_in server = { .sin_family = AF_INET };
static const char *recipient;
static Mail *mails;
static size_t count, next_mail;
static int gap_ms;
static pthread_barrier_t ready;

/* What stands between < and > in that field; "" if it is not there. */
static void
field_path(const File *file, const char *name, char *to)
{
	const char *end = strstr(file->octets, "\r\n\r\n");
	const char *field = strcasestr(file->octets, name);
	const char *open, *close;

	to[0] = '\0';
	if (field == NULL || end == NULL || field > end)
		return;
	open = strchr(field, '<');
	close = open != NULL ? strchr(open, '>') : NULL;
	if (close != NULL && close - open < ID_MOST)
		memcpy(to, open + 1, (size_t)(close - open - 1)),
		    to[close - open - 1] = '\0';
}

static void
prepare(Mail *mail, const File *file)
{
	const char *from = file->octets, *end = from + file->size;
	char *to = mail->wire = malloc(file->size * 2 + 8);

	if (to == NULL)
		die("memory");
	field_path(file, "Return-Path:", mail->path);
	field_path(file, "\nMessage-ID:", mail->id);
	while (from < end) {
		const char *next = memchr(from, '\n', (size_t)(end - from));
		size_t length =
		    (size_t)((next != NULL ? next + 1 : end) - from);

		if (*from == '.')
			*to++ = '.';
		memcpy(to, from, length);
		to += length;
		from += length;
	}
	memcpy(to, ".\r\n", 3);
	mail->size = (size_t)(to - mail->wire) + 3;
}

static void
send_all(Client *client, const char *octets, size_t size)
{
	while (size > 0) {
		ssize_t n = send(client->fd, octets, size, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		octets += n;
		size -= (size_t)n;
	}
}

/* The next reply; ends the program if it is not the wanted one. */
static void
expect(Client *client, const char *code)
{
	for (;;) {
		char *end = memchr(client->line, '\n', client->have);
		ssize_t n;

		if (end != NULL) {
			int last = client->line[3] != '-';
			int good = strncmp(client->line, code, 3) == 0;

			if (!good) {
				fprintf(stderr, "wanted %s, got %.*s\n", code,
				    (int)(end - client->line), client->line);
				exit(1);
			}
			client->have -= (size_t)(end + 1 - client->line);
			memmove(client->line, end + 1, client->have);
			if (last)
				return;
			continue;
		}
		n = recv(client->fd, client->line + client->have,
		    sizeof client->line - client->have, 0);
		if (n <= 0)
			die("recv");
		client->have += (size_t)n;
	}
}

static void
transmit(Client *client, Mail *mail)
{
	char command[1024];
	int size = snprintf(command, sizeof command,
	    "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", mail->path,
	    recipient);

	send_all(client, command, (size_t)size);
	expect(client, "250");
	expect(client, "250");
	expect(client, "354");
	send_all(client, mail->wire, mail->size);
	mail->sent = seconds(CLOCK_MONOTONIC);
	expect(client, "250");
	mail->answered = seconds(CLOCK_MONOTONIC);
}

static void *
connection(void *nothing)
{
	Client client = { .have = 0 };
	int yes = 1;
	size_t i;

	(void)nothing;
	client.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client.fd < 0 ||
	    connect(client.fd, (struct sockaddr *)&server, sizeof server) != 0)
		die("connect");
	setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	expect(&client, "220");
	send_all(&client, "LHLO bench.invalid\r\n", 20);
	expect(&client, "250");
	pthread_barrier_wait(&ready);
	while (
	    (i = __atomic_fetch_add(&next_mail, 1, __ATOMIC_RELAXED)) < count) {
		transmit(&client, &mails[i]);
		if (gap_ms > 0)
			usleep((useconds_t)gap_ms * 1000);
	}
	send_all(&client, "QUIT\r\n", 6);
	close(client.fd);
	return NULL;
}

static void
report(const char *log, double start)
{
	FILE *file = fopen(log, "w");
	double *took = calloc(count, sizeof *took), last = start;

	if (file == NULL || took == NULL)
		die(log);
	for (size_t i = 0; i < count; i++) {
		fprintf(file, "%s %.6f %.6f\n", mails[i].id, mails[i].sent,
		    mails[i].answered);
		took[i] = mails[i].answered - mails[i].sent;
		if (mails[i].answered > last)
			last = mails[i].answered;
	}
	if (fclose(file) != 0)
		die(log);
	printf("rate %.1f p50 %.3f p99 %.3f start %.6f end %.6f\n",
	    (double)count / (last - start), percentile(took, count, 50) * 1e3,
	    percentile(took, count, 99) * 1e3, start, last);
}

int
main(int argc, char **argv)
{
	pthread_t thread[CONNECTIONS_MOST];
	int connections = argc == 7 ? atoi(argv[3]) : 0;
	double start;
	File *files;

	if (connections < 1 || connections > CONNECTIONS_MOST ||
	    inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
		return 2;
	server.sin_port = htons((unsigned short)atoi(argv[2]));
	gap_ms = atoi(argv[4]);
	recipient = argv[5];
	files = list_files(&count, 1);
	mails = calloc(count, sizeof *mails);
	for (size_t i = 0; i < count; i++) {
		prepare(&mails[i], &files[i]);
		free(files[i].octets);
	}
	pthread_barrier_init(&ready, NULL, (unsigned)connections + 1);
	for (int i = 0; i < connections; i++)
		if (pthread_create(&thread[i], NULL, connection, NULL) != 0)
			die("thread");
	pthread_barrier_wait(&ready);
	start = seconds(CLOCK_MONOTONIC);
	for (int i = 0; i < connections; i++)
		pthread_join(thread[i], NULL);
	report(argv[6], start);
	return 0;
}
