/* out_smtp.c - hands a mail to the relay.
 *
 * The send role calls out_smtp_send for each outbox row and writes the
 * results back. libetpan speaks the commands of a transaction. Three things
 * are done here on its stream instead: EHLO, because its parser of the reply
 * can be made to loop for ever; AUTH, because it cuts long passwords; and
 * MAIL with SMTPUTF8, which it does not know. */
#include "out/out_smtp.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <libetpan/libetpan.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/stream.h"
#include "ground/text.h"
#include "mail/address.h"

#define REPLY_MOST    200          /* characters of a reply that we keep */
#define REPLY_OCTETS  (256 * 1024) /* more than that is no reply */
#define BYTES_PER_MS  64           /* slowest upload we wait for */
#define QUIT_MS       2000
#define DOT_GRACE_MS  5000 /* stop: wait so long for the dot's reply */
#define EARLY_WORD_MS 1000

enum { AUTH_PLAIN = 1, AUTH_LOGIN = 2 };

struct SmtpOutlet {
	SmtpSettings settings; /* its strings are ours */
	mailsmtp *session;     /* NULL: not connected */
	Stream *stream;        /* belongs to the session's mailstream */
	gboolean utf8;         /* SMTPUTF8 offered (RFC 6531) */
	int auth;              /* AUTH_ bits */
	gboolean fresh;        /* no mail has gone over it yet */
	gint64 used_ms;
};

SmtpOutlet *
out_smtp_new(const SmtpSettings *settings)
{
	SmtpOutlet *outlet = g_new0(SmtpOutlet, 1);

	outlet->settings = *settings;
	outlet->settings.host = g_strdup(settings->host);
	outlet->settings.user = g_strdup(settings->user);
	outlet->settings.password = g_strdup(settings->password);
	return outlet;
}

/* The session is of no use any more: no QUIT. */
static void
drop(SmtpOutlet *outlet)
{
	if (outlet->session == NULL)
		return;
	if (outlet->session->stream != NULL)
		mailstream_close(outlet->session->stream);
	outlet->session->stream = NULL;
	outlet->stream = NULL;
	mailsmtp_free(outlet->session);
	outlet->session = NULL;
}

static void
quit(SmtpOutlet *outlet)
{
	if (outlet->session == NULL)
		return;
	stream_budget(outlet->stream, QUIT_MS, REPLY_OCTETS);
	mailsmtp_quit(outlet->session);
	drop(outlet);
}

void
out_smtp_free(SmtpOutlet *outlet)
{
	if (outlet == NULL)
		return;
	quit(outlet);
	g_free((char *)outlet->settings.host);
	g_free((char *)outlet->settings.user);
	g_free((char *)outlet->settings.password);
	g_free(outlet);
}

void
out_smtp_idle(SmtpOutlet *outlet)
{
	gint64 idle = clock_monotonic_ms() - outlet->used_ms;

	if (outlet->session != NULL && idle > outlet->settings.idle_ms)
		quit(outlet);
}

static void
budget(SmtpOutlet *outlet, int ms)
{
	stream_budget(outlet->stream, ms, REPLY_OCTETS);
}

/* Reads a reply into the session, where libetpan puts those that it reads.
 * Returns: the code, or 0. */
static int
hear(mailsmtp *session)
{
	const char *line;
	gboolean more;
	int code;

	session->response = NULL;
	session->response_code = 0;
	mmap_string_assign(session->response_buffer, "");
	do {
		line = mailstream_read_line_remove_eol(session->stream,
		    session->line_buffer);
		if (line == NULL)
			return 0;
		code = 0;
		for (int i = 0; i < 3; i++) {
			if (!g_ascii_isdigit(line[i]))
				return 0;
			code = code * 10 + (line[i] - '0');
		}
		more = line[3] == '-';
		mmap_string_append(session->response_buffer,
		    line[3] == '\0' ? "" : line + 4);
		mmap_string_append_c(session->response_buffer, '\n');
	} while (more);
	session->response = session->response_buffer->str;
	session->response_code = code;
	return code;
}

static int
exchange(mailsmtp *session, const char *command)
{
	gssize length = (gssize)strlen(command);

	session->response = NULL;
	session->response_code = 0;
	if (mailstream_write(session->stream, command, (size_t)length) !=
		length ||
	    mailstream_flush(session->stream) == -1)
		return 0;
	return hear(session);
}

/* What the server said last, else why it said nothing. Free with g_free. */
static char *
last_words(const SmtpOutlet *outlet)
{
	const mailsmtp *session = outlet->session;

	if (session == NULL)
		return g_strdup("not connected");
	if (session->response_code != 0 && session->response != NULL)
		return text_clean_line(session->response, REPLY_MOST);
	if (stream_end(outlet->stream) == STREAM_OK)
		return g_strdup("the server's reply is not SMTP");
	return g_strdup(stream_end_text(outlet->stream));
}

/* FALSE, with what was tried and what the server said. */
static gboolean
refused(const SmtpOutlet *outlet, const char *what, GError **error)
{
	g_autofree char *words = last_words(outlet);
	int code = outlet->session->response_code;

	if (code == 0)
		return error_temporary(error, "%s port %u: %s: %s",
		    outlet->settings.host, (unsigned int)outlet->settings.port,
		    what, words);
	return error_temporary(error, "%s port %u: %s: %d %s",
	    outlet->settings.host, (unsigned int)outlet->settings.port, what,
	    code, words);
}

/* Our name, as RFC 5321 4.1.1.1 wants it: with a dot, or the address. */
static char *
own_name(const SmtpOutlet *outlet)
{
	const char *name = g_get_host_name();
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
		struct sockaddr_storage room;
	} own;
	socklen_t length = sizeof own;
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	int fd;

	if (strchr(name, '.') != NULL && text_is_ascii(name) &&
	    strpbrk(name, " <>") == NULL)
		return g_strdup(name);
	fd = mailstream_low_get_fd(mailstream_get_low(outlet->session->stream));
	own.any.sa_family = AF_UNSPEC;
	if (getsockname(fd, &own.any, &length) == 0 &&
	    own.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &own.six.sin6_addr, text, sizeof text);
		return g_strdup_printf("[IPv6:%s]", text);
	}
	if (own.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &own.four.sin_addr, text, sizeof text);
	return g_strdup_printf("[%s]", text);
}

/* One line of the reply to EHLO: keyword, then its words. */
static void
note_extension(SmtpOutlet *outlet, const char *line)
{
	static const struct {
		const char *keyword;
		int flag;
	} flags[] = {
		{ "SIZE", MAILSMTP_ESMTP_SIZE },
		{ "STARTTLS", MAILSMTP_ESMTP_STARTTLS },
		{ "8BITMIME", MAILSMTP_ESMTP_8BITMIME },
	};
	g_auto(GStrv) words = g_strsplit_set(line, " \t\r", -1);

	if (words[0] == NULL)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		if (g_ascii_strcasecmp(words[0], flags[i].keyword) == 0)
			outlet->session->esmtp |= flags[i].flag;
	if (g_ascii_strcasecmp(words[0], "SMTPUTF8") == 0)
		outlet->utf8 = TRUE;
	if (g_ascii_strcasecmp(words[0], "AUTH") != 0)
		return;
	for (guint i = 1; words[i] != NULL; i++) {
		if (g_ascii_strcasecmp(words[i], "PLAIN") == 0)
			outlet->auth |= AUTH_PLAIN;
		if (g_ascii_strcasecmp(words[i], "LOGIN") == 0)
			outlet->auth |= AUTH_LOGIN;
	}
}

static gboolean
greet(SmtpOutlet *outlet, GError **error)
{
	mailsmtp *session = outlet->session;
	g_autofree char *name = own_name(outlet);
	g_autofree char *ehlo = g_strdup_printf("EHLO %s\r\n", name);
	g_autofree char *helo = g_strdup_printf("HELO %s\r\n", name);
	g_auto(GStrv) lines = NULL;

	/* What was offered before TLS does not count after it. */
	session->esmtp = 0;
	outlet->utf8 = FALSE;
	outlet->auth = 0;
	budget(outlet, outlet->settings.command_ms);
	if (exchange(session, ehlo) == 250) {
		session->esmtp = MAILSMTP_ESMTP;
		lines = g_strsplit(session->response, "\n", -1);
		for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
			note_extension(outlet, lines[i]);
		return TRUE;
	}
	if (session->response_code >= 500 && exchange(session, helo) == 250)
		return TRUE;
	return refused(outlet, "EHLO", error);
}

static gboolean
start_tls(SmtpOutlet *outlet, GError **error)
{
	const SmtpSettings *settings = &outlet->settings;
	int result;

	if ((outlet->session->esmtp & MAILSMTP_ESMTP_STARTTLS) == 0)
		return error_temporary(error,
		    "%s port %u: STARTTLS is not offered, so nothing is sent: "
		    "use a port with TLS, or allow plain text in the "
		    "configuration",
		    settings->host, (unsigned int)settings->port);
	budget(outlet, settings->command_ms);
	outlet->session->response_code = 0;
	result = mailesmtp_starttls(outlet->session);
	if (outlet->session->response_code == 220 &&
	    result != MAILSMTP_NO_ERROR)
		return error_temporary(error,
		    "%s port %u: STARTTLS: octets came behind the reply: "
		    "somebody on the way injects",
		    settings->host, (unsigned int)settings->port);
	if (result != MAILSMTP_NO_ERROR)
		return refused(outlet, "STARTTLS", error);
	return stream_start_tls(outlet->stream, settings->host, settings->trust,
		   settings->connect_ms, error) &&
	       greet(outlet, error);
}

static char *
base64_line(const char *prefix, const void *octets, gsize size)
{
	g_autofree char *text = g_base64_encode(octets, size);

	return g_strdup_printf("%s%s\r\n", prefix, text);
}

/* RFC 4616: NUL user NUL password. */
static int
auth_plain(mailsmtp *session, const char *user, const char *password)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *line = NULL;

	g_string_append_c(octets, '\0');
	g_string_append(octets, user);
	g_string_append_c(octets, '\0');
	g_string_append(octets, password);
	line = base64_line("AUTH PLAIN ", octets->str, octets->len);
	return exchange(session, line);
}

static int
auth_login(mailsmtp *session, const char *user, const char *password)
{
	g_autofree char *first = base64_line("", user, strlen(user));
	g_autofree char *second = base64_line("", password, strlen(password));

	if (exchange(session, "AUTH LOGIN\r\n") == 334 &&
	    exchange(session, first) == 334)
		exchange(session, second);
	return session->response_code;
}

static gboolean
authenticate(SmtpOutlet *outlet, GError **error)
{
	const SmtpSettings *settings = &outlet->settings;
	const char *password = settings->password;
	int code = 0;

	if (settings->user == NULL || *settings->user == '\0')
		return TRUE;
	if (password == NULL)
		password = "";
	budget(outlet, settings->command_ms);
	if (outlet->auth == 0)
		return error_temporary(error,
		    "%s port %u: no AUTH PLAIN or LOGIN is offered: use the "
		    "submission port with TLS, or leave the user empty",
		    settings->host, (unsigned int)settings->port);
	if (outlet->auth & AUTH_PLAIN)
		code = auth_plain(outlet->session, settings->user, password);
	if (code != 235 && (code == 0 || code >= 500 || code == 334) &&
	    (outlet->auth & AUTH_LOGIN) &&
	    stream_end(outlet->stream) == STREAM_OK)
		code = auth_login(outlet->session, settings->user, password);
	if (code == 235)
		return TRUE;
	return refused(outlet, "AUTH: check user and password", error);
}

/* A connection on which MAIL may be said. */
static gboolean
open_session(SmtpOutlet *outlet, GError **error)
{
	const SmtpSettings *settings = &outlet->settings;
	g_autoptr(Stream) stream = NULL;
	int result;

	stream = stream_connect(settings->host, settings->port,
	    settings->connect_ms, settings->stop_fd, error);
	if (stream == NULL ||
	    (settings->implicit_tls &&
		!stream_start_tls(stream, settings->host, settings->trust,
		    settings->connect_ms, error)))
		return FALSE;
	outlet->session = mailsmtp_new(0, NULL);
	outlet->stream = g_steal_pointer(&stream);
	budget(outlet, settings->command_ms);
	result = mailsmtp_connect(outlet->session,
	    stream_mailstream(outlet->stream));
	if (result != MAILSMTP_NO_ERROR) {
		g_autofree char *words = NULL;

		/* It has closed the stream. */
		if (outlet->session->response_code != 0 &&
		    outlet->session->response != NULL)
			words = text_clean_line(outlet->session->response,
			    REPLY_MOST);
		return error_temporary(error, "%s port %u: greeting: %s",
		    settings->host, (unsigned int)settings->port,
		    words != NULL ? words : "none came in time");
	}
	outlet->fresh = TRUE;
	return greet(outlet, error) &&
	       (!settings->start_tls || settings->implicit_tls ||
		   start_tls(outlet, error)) &&
	       authenticate(outlet, error);
}

/* Takes the connection that is there if it still lives. */
static gboolean
connected(SmtpOutlet *outlet, GError **error)
{
	/* Something to read now can only be a 421 or the end. */
	if (outlet->session != NULL && stream_wait(outlet->stream, 0) != 0)
		drop(outlet);
	if (outlet->session != NULL)
		return TRUE;
	if (open_session(outlet, error))
		return TRUE;
	drop(outlet);
	return FALSE;
}

static OutFate
fate_of(int code)
{
	/* 503 and 530: the server wants something of the session that the
	 * sysadmin must configure; the mail is not at fault. */
	if (code >= 200 && code < 300)
		return OUT_SENT;
	if (code >= 500 && code < 600 && code != 503 && code != 530)
		return OUT_FAILED;
	return OUT_AGAIN;
}

static void
settle(OutResult *result, OutFate fate, int code, const char *words)
{
	g_free(result->reply);
	result->fate = fate;
	result->code = code;
	result->reply = g_strdup(words);
}

/* A mail under way. */
typedef struct Transaction {
	SmtpOutlet *outlet;
	const OutMail *mail;
	OutResult *results;
	guint count;
	guint accepted; /* forward-paths: fate OUT_SENT until the dot */
	gboolean utf8;  /* an address needs SMTPUTF8 */
	gboolean retry; /* dead before MAIL was answered, on an old one */
	char *problem;  /* the server wants something of the session */
} Transaction;

/* All that are not settled yet, or (only_good) those that were accepted. */
static void
settle_all(Transaction *t, gboolean only_good, OutFate fate, int code,
    const char *words)
{
	for (guint i = 0; i < t->count; i++) {
		OutResult *result = &t->results[i];

		if (only_good ? result->fate == OUT_SENT
			      : result->reply == NULL)
			settle(result, fate, code, words);
	}
}

static void
settle_by_reply(Transaction *t, gboolean only_good)
{
	g_autofree char *words = last_words(t->outlet);
	int code = t->outlet->session->response_code;
	OutFate fate = fate_of(code);

	settle_all(t, only_good, fate == OUT_SENT ? OUT_AGAIN : fate, code,
	    words);
}

/* The server has closed or will (421), or it talks nonsense. */
static gboolean
is_over(const SmtpOutlet *outlet)
{
	return outlet->session->response_code == 0 ||
	       outlet->session->response_code == 421 ||
	       stream_end(outlet->stream) != STREAM_OK;
}

/* Ends the transaction on a connection that is to be used again. */
static void
reset(SmtpOutlet *outlet)
{
	if (!is_over(outlet)) {
		budget(outlet, outlet->settings.command_ms);
		mailsmtp_reset(outlet->session);
	}
	if (is_over(outlet))
		drop(outlet);
}

static void
check_addresses(Transaction *t)
{
	const char *path = t->mail->reverse_path;

	if (*path != '\0' && !address_is_valid(path))
		settle_all(t, FALSE, OUT_FAILED, 0,
		    "5.1.7 the reverse-path is not a valid address");
	if (!text_is_ascii(path))
		t->utf8 = TRUE;
	for (guint i = 0; i < t->count; i++) {
		path = t->mail->forward_paths[i];
		if (!address_is_valid(path))
			settle(&t->results[i], OUT_FAILED, 0,
			    "5.1.3 not a valid address");
		else if (!text_is_ascii(path))
			t->utf8 = TRUE;
	}
}

/* Without SMTPUTF8 only the plain addresses can be reached. */
static void
leave_out_utf8(Transaction *t)
{
	static const char words[] = "5.6.7 the relay does not take "
				    "internationalised addresses";

	if (!t->utf8 || t->outlet->utf8)
		return;
	if (!text_is_ascii(t->mail->reverse_path))
		settle_all(t, FALSE, OUT_FAILED, 0, words);
	for (guint i = 0; i < t->count; i++)
		if (t->results[i].reply == NULL &&
		    !text_is_ascii(t->mail->forward_paths[i]))
			settle(&t->results[i], OUT_FAILED, 0, words);
	t->utf8 = FALSE;
}

static gboolean
any_open(const Transaction *t)
{
	for (guint i = 0; i < t->count; i++)
		if (t->results[i].reply == NULL)
			return TRUE;
	return FALSE;
}

static gboolean
say_mail(Transaction *t)
{
	SmtpOutlet *outlet = t->outlet;
	mailsmtp *session = outlet->session;
	g_autofree char *line = NULL;

	budget(outlet, outlet->settings.command_ms);
	session->response_code = 0;
	if (t->utf8) {
		line = g_strdup_printf("MAIL FROM:<%s>%s SMTPUTF8\r\n",
		    t->mail->reverse_path,
		    session->esmtp & MAILSMTP_ESMTP_8BITMIME ? " BODY=8BITMIME"
							     : "");
		exchange(session, line);
	} else {
		mailesmtp_mail_size(session, t->mail->reverse_path, 0, NULL,
		    g_bytes_get_size(t->mail->octets));
	}
	if (fate_of(session->response_code) == OUT_SENT)
		return TRUE;
	if (is_over(outlet) && !outlet->fresh &&
	    stream_end(outlet->stream) != STREAM_WOKEN)
		t->retry = TRUE;
	else
		settle_by_reply(t, FALSE);
	if (session->response_code == 503 || session->response_code == 530)
		t->problem = last_words(outlet);
	return FALSE;
}

/* FALSE: the connection is gone. */
static gboolean
say_rcpt(Transaction *t)
{
	SmtpOutlet *outlet = t->outlet;
	mailsmtp *session = outlet->session;

	for (guint i = 0; i < t->count; i++) {
		g_autofree char *words = NULL;
		OutFate fate;

		if (t->results[i].reply != NULL)
			continue;
		budget(outlet, outlet->settings.command_ms);
		session->response_code = 0;
		mailesmtp_rcpt(session, t->mail->forward_paths[i], 0, NULL);
		if (is_over(outlet)) {
			settle_by_reply(t, FALSE);
			settle_by_reply(t, TRUE);
			return FALSE;
		}
		fate = fate_of(session->response_code);
		words = last_words(outlet);
		settle(&t->results[i], fate, session->response_code, words);
		if (fate == OUT_SENT)
			t->accepted++;
	}
	return TRUE;
}

static gboolean
put(mailstream *stream, const char *octets, gsize size)
{
	return size == 0 ||
	       mailstream_write(stream, octets, size) == (ssize_t)size;
}

/* RFC 5321 4.5.2; each dot after an LF is doubled. libetpan does this line by
 * line and always adds an empty line at the end. */
static gboolean
put_stuffed(mailstream *stream, const char *octets, gsize size)
{
	const char *end = octets + size;
	const char *at;

	if (size > 0 && *octets == '.' && !put(stream, ".", 1))
		return FALSE;
	for (at = octets; at < end; at++) {
		at = memchr(at, '\n', (gsize)(end - at));
		if (at == NULL)
			break;
		if (at + 1 == end || at[1] != '.')
			continue;
		if (!put(stream, octets, (gsize)(at + 1 - octets)) ||
		    !put(stream, ".", 1))
			return FALSE;
		octets = at + 1;
	}
	return put(stream, octets, (gsize)(end - octets));
}

/* The server may cut us short with a reason, such as 552. */
static void
early_word(Transaction *t)
{
	StreamEnd end = stream_end(t->outlet->stream);

	if (end == STREAM_EOF || end == STREAM_IO) {
		budget(t->outlet, EARLY_WORD_MS);
		if (hear(t->outlet->session) >= 400) {
			settle_by_reply(t, TRUE);
			return;
		}
	}
	settle_all(t, TRUE, OUT_AGAIN, 0, stream_end_text(t->outlet->stream));
}

static void
settle_dot(Transaction *t, int result)
{
	SmtpOutlet *outlet = t->outlet;
	g_autofree char *words = last_words(outlet);
	int code = outlet->session->response_code;

	if (result == MAILSMTP_ERROR_STREAM || code == 0)
		settle_all(t, TRUE, OUT_UNCERTAIN, 0, words);
	else
		settle_all(t, TRUE, fate_of(code), code, words);
}

/* FALSE: the connection is of no more use. */
static gboolean
say_data(Transaction *t)
{
	SmtpOutlet *outlet = t->outlet;
	mailsmtp *session = outlet->session;
	gsize size;
	const char *octets = g_bytes_get_data(t->mail->octets, &size);
	int result;

	budget(outlet, outlet->settings.command_ms);
	session->response_code = 0;
	if (mailsmtp_data(session) != MAILSMTP_NO_ERROR) {
		settle_by_reply(t, TRUE);
		reset(outlet);
		return outlet->session != NULL;
	}
	/* libetpan's own end is CR LF . CR LF. */
	if (size >= 2 && memcmp(octets + size - 2, "\r\n", 2) == 0)
		size -= 2;
	budget(outlet, outlet->settings.command_ms +
			   (int)MIN(size / BYTES_PER_MS, G_MAXINT / 2));
	if (!put_stuffed(session->stream, octets, size)) {
		early_word(t);
		return FALSE;
	}
	/* From here on the mail may have been taken. */
	budget(outlet, outlet->settings.dot_ms);
	stream_grace(outlet->stream, DOT_GRACE_MS);
	session->response_code = 0;
	result = mailsmtp_data_message(session, "", 0);
	settle_dot(t, result);
	return !is_over(outlet);
}

static void
transact(Transaction *t)
{
	SmtpOutlet *outlet = t->outlet;

	leave_out_utf8(t);
	if (!any_open(t))
		return;
	if (!say_mail(t)) {
		reset(outlet);
		return;
	}
	outlet->fresh = FALSE;
	if (!say_rcpt(t)) {
		drop(outlet);
		return;
	}
	if (t->accepted == 0)
		reset(outlet);
	else if (!say_data(t))
		drop(outlet);
	outlet->used_ms = clock_monotonic_ms();
}

void
out_smtp_send(SmtpOutlet *outlet, const OutMail *mail, OutResult *results,
    char **problem)
{
	Transaction t = { .outlet = outlet, .mail = mail, .results = results };
	g_autoptr(GError) error = NULL;

	t.count = g_strv_length((char **)mail->forward_paths);
	for (guint i = 0; i < t.count; i++)
		results[i] = (OutResult){ .fate = OUT_AGAIN };
	if (problem != NULL)
		*problem = NULL;
	check_addresses(&t);
	for (int attempt = 0; attempt < 2 && any_open(&t); attempt++) {
		t.retry = FALSE;
		if (!connected(outlet, &error))
			break;
		transact(&t);
		if (!t.retry)
			break;
	}
	if (error != NULL) {
		settle_all(&t, FALSE, OUT_AGAIN, 0, error->message);
		if (problem != NULL)
			*problem = g_strdup(error->message);
	}
	settle_all(&t, FALSE, OUT_AGAIN, 0, "the connection broke");
	if (problem != NULL && *problem == NULL)
		*problem = g_steal_pointer(&t.problem);
	g_free(t.problem);
}
