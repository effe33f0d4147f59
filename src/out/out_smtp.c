/* out_smtp.c - hands a mail to the relay.
 *
 * The send role calls out_smtp_send for each outbox row and writes the
 * results back. This file makes the transaction, MAIL to the final dot; the
 * connection is made in out_smtp_session.c. */
#include "out/out_smtp.h"
#include "out/out_smtp_session.h"

#include <string.h>

#include <libetpan/libetpan.h>

#include "ground/clock.h"
#include "ground/stream.h"
#include "ground/text.h"
#include "mail/address.h"

#define BYTES_PER_MS  64   /* slowest upload we wait for */
#define DOT_GRACE_MS  5000 /* stop: wait so long for the dot's reply */
#define EARLY_WORD_MS 1000

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

void
out_smtp_free(SmtpOutlet *outlet)
{
	if (outlet == NULL)
		return;
	out_smtp_session_quit(outlet);
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
		out_smtp_session_quit(outlet);
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
	g_autofree char *words = out_smtp_session_last_words(t->outlet);
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
		out_smtp_session_budget(outlet, outlet->settings.command_ms);
		mailsmtp_reset(outlet->session);
	}
	if (is_over(outlet))
		out_smtp_session_drop(outlet);
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

	out_smtp_session_budget(outlet, outlet->settings.command_ms);
	session->response_code = 0;
	if (t->utf8) {
		line = g_strdup_printf("MAIL FROM:<%s>%s SMTPUTF8\r\n",
		    t->mail->reverse_path,
		    session->esmtp & MAILSMTP_ESMTP_8BITMIME ? " BODY=8BITMIME"
							     : "");
		out_smtp_session_exchange(session, line);
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
		t->problem = out_smtp_session_last_words(outlet);
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
		out_smtp_session_budget(outlet, outlet->settings.command_ms);
		session->response_code = 0;
		mailesmtp_rcpt(session, t->mail->forward_paths[i], 0, NULL);
		if (is_over(outlet)) {
			settle_by_reply(t, FALSE);
			settle_by_reply(t, TRUE);
			return FALSE;
		}
		fate = fate_of(session->response_code);
		words = out_smtp_session_last_words(outlet);
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
		out_smtp_session_budget(t->outlet, EARLY_WORD_MS);
		if (out_smtp_session_hear(t->outlet->session) >= 400) {
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
	g_autofree char *words = out_smtp_session_last_words(outlet);
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

	out_smtp_session_budget(outlet, outlet->settings.command_ms);
	session->response_code = 0;
	if (mailsmtp_data(session) != MAILSMTP_NO_ERROR) {
		settle_by_reply(t, TRUE);
		reset(outlet);
		return outlet->session != NULL;
	}
	/* libetpan's own end is CR LF . CR LF. */
	if (size >= 2 && memcmp(octets + size - 2, "\r\n", 2) == 0)
		size -= 2;
	out_smtp_session_budget(outlet,
	    outlet->settings.command_ms +
		(int)MIN(size / BYTES_PER_MS, G_MAXINT / 2));
	if (!put_stuffed(session->stream, octets, size)) {
		early_word(t);
		return FALSE;
	}
	/* From here on the mail may have been taken. */
	out_smtp_session_budget(outlet, outlet->settings.dot_ms);
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
		out_smtp_session_drop(outlet);
		return;
	}
	if (t->accepted == 0)
		reset(outlet);
	else if (!say_data(t))
		out_smtp_session_drop(outlet);
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
		if (!out_smtp_session_connect(outlet, &error))
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
