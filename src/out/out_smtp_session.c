/* out_smtp_session.c - a connection to the relay on which mail may be sent.
 *
 * libetpan speaks what it can; two things are done here on its stream
 * instead: EHLO, because its parser of the reply can be made to loop for
 * ever, and AUTH, because it cuts long passwords. out_smtp.c adds MAIL with
 * SMTPUTF8, which it does not know. */
#include "out/out_smtp_session.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <libetpan/libetpan.h>

#include "ground/error.h"
#include "ground/stream.h"
#include "ground/text.h"

#define REPLY_MOST   200          /* characters of a reply that we keep */
#define REPLY_OCTETS (256 * 1024) /* more than that is no reply */
#define QUIT_MS      2000

enum { AUTH_PLAIN = 1, AUTH_LOGIN = 2 };

void
out_smtp_session_drop(SmtpOutlet *outlet)
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

void
out_smtp_session_quit(SmtpOutlet *outlet)
{
	if (outlet->session == NULL)
		return;
	stream_budget(outlet->stream, QUIT_MS, REPLY_OCTETS);
	mailsmtp_quit(outlet->session);
	out_smtp_session_drop(outlet);
}

void
out_smtp_session_budget(SmtpOutlet *outlet, int ms)
{
	stream_budget(outlet->stream, ms, REPLY_OCTETS);
}

int
out_smtp_session_hear(mailsmtp *session)
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

int
out_smtp_session_exchange(mailsmtp *session, const char *command)
{
	gssize length = (gssize)strlen(command);

	session->response = NULL;
	session->response_code = 0;
	if (mailstream_write(session->stream, command, (size_t)length) !=
		length ||
	    mailstream_flush(session->stream) == -1)
		return 0;
	return out_smtp_session_hear(session);
}

char *
out_smtp_session_last_words(const SmtpOutlet *outlet)
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
	g_autofree char *words = out_smtp_session_last_words(outlet);
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
	out_smtp_session_budget(outlet, outlet->settings.command_ms);
	if (out_smtp_session_exchange(session, ehlo) == 250) {
		session->esmtp = MAILSMTP_ESMTP;
		lines = g_strsplit(session->response, "\n", -1);
		for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
			note_extension(outlet, lines[i]);
		return TRUE;
	}
	if (session->response_code >= 500 &&
	    out_smtp_session_exchange(session, helo) == 250)
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
	out_smtp_session_budget(outlet, settings->command_ms);
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
	return out_smtp_session_exchange(session, line);
}

static int
auth_login(mailsmtp *session, const char *user, const char *password)
{
	g_autofree char *first = base64_line("", user, strlen(user));
	g_autofree char *second = base64_line("", password, strlen(password));

	if (out_smtp_session_exchange(session, "AUTH LOGIN\r\n") == 334 &&
	    out_smtp_session_exchange(session, first) == 334)
		out_smtp_session_exchange(session, second);
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
	out_smtp_session_budget(outlet, settings->command_ms);
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
	out_smtp_session_budget(outlet, settings->command_ms);
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

gboolean
out_smtp_session_connect(SmtpOutlet *outlet, GError **error)
{
	/* Something to read now can only be a 421 or the end. */
	if (outlet->session != NULL && stream_wait(outlet->stream, 0) != 0)
		out_smtp_session_drop(outlet);
	if (outlet->session != NULL)
		return TRUE;
	if (open_session(outlet, error))
		return TRUE;
	out_smtp_session_drop(outlet);
	return FALSE;
}
