/* lmtp_session.c - cuts what an LMTP client says into command lines, which
 * lmtp_command.c obeys, and mail, which in_lmtp.c stores.
 *
 * Everything here may be said by an attacker: no octet is trusted, all room
 * is bounded, and only CR LF . CR LF ends a mail (SMTP smuggling). */
#include "in/lmtp_session.h"
#include "in/lmtp_private.h"

#include <string.h>

#define LINE_MOST    2048        /* command line with its CR LF */
#define BODY_ROOM    (48 * 1024) /* octets of mail kept before LMTP_STORE */
#define REPLIES_MOST 4096        /* LMTP_SEND from there on */
#define ERRORS_MOST  20

void
lmtp_session_reply(LmtpSession *session, const char *text)
{
	g_string_append(session->replies, text);
	g_string_append_len(session->replies, "\r\n", 2);
}

void
lmtp_session_complain(LmtpSession *session, const char *text)
{
	lmtp_session_reply(session, text);
	if (++session->errors >= ERRORS_MOST)
		lmtp_session_goodbye(session, "421 4.7.0 too many errors");
}

static void
part_free(void *data)
{
	LmtpPart *part = data;

	g_ptr_array_unref(part->forward_paths);
	g_free(part);
}

void
lmtp_session_reset(LmtpSession *session)
{
	g_clear_pointer(&session->reverse_path, g_free);
	g_ptr_array_set_size(session->parts, 0);
	g_array_set_size(session->recipients, 0);
	g_byte_array_set_size(session->body, 0);
	session->paths = 0;
	session->size = 0;
	session->too_big = FALSE;
}

LmtpSession *
lmtp_session_new(const LmtpSettings *settings)
{
	LmtpSession *session = g_new0(LmtpSession, 1);

	session->settings = settings;
	session->line = g_string_new(NULL);
	session->replies = g_string_new(NULL);
	session->parts = g_ptr_array_new_with_free_func(part_free);
	session->recipients = g_array_new(FALSE, FALSE, sizeof(guint));
	session->body = g_byte_array_new();
	g_string_printf(session->replies, "220 %s LMTP javob\r\n",
	    settings->hostname);
	return session;
}

void
lmtp_session_free(LmtpSession *session)
{
	if (session == NULL)
		return;
	lmtp_session_reset(session);
	g_ptr_array_unref(session->parts);
	g_array_unref(session->recipients);
	g_byte_array_unref(session->body);
	g_string_free(session->line, TRUE);
	g_string_free(session->replies, TRUE);
	g_free(session);
}

GString *
lmtp_session_replies(LmtpSession *session)
{
	return session->replies;
}

const char *
lmtp_session_reverse_path(const LmtpSession *session)
{
	return session->reverse_path;
}

GPtrArray *
lmtp_session_parts(LmtpSession *session)
{
	return session->parts;
}

GByteArray *
lmtp_session_body(LmtpSession *session)
{
	return session->body;
}

gint64
lmtp_session_size(const LmtpSession *session)
{
	return session->size;
}

void
lmtp_session_stored(LmtpSession *session)
{
	g_byte_array_set_size(session->body, 0);
}

gboolean
lmtp_session_in_mail(const LmtpSession *session)
{
	return session->state >= LMTP_STATE_LINE_START;
}

void
lmtp_session_goodbye(LmtpSession *session, const char *text)
{
	if (!session->closing)
		lmtp_session_reply(session, text);
	session->closing = TRUE;
}

static void
take_line(LmtpSession *session)
{
	GString *line = session->line;

	if (session->state == LMTP_STATE_LONG) {
		session->state = LMTP_STATE_COMMAND;
		lmtp_session_complain(session, "500 5.5.2 line too long");
	} else if (line->len < 2 || line->str[line->len - 2] != '\r') {
		lmtp_session_complain(session,
		    "500 5.5.2 lines end with CR LF");
	} else {
		g_string_truncate(line, line->len - 2);
		if (memchr(line->str, '\0', line->len) != NULL ||
		    memchr(line->str, '\r', line->len) != NULL)
			lmtp_session_complain(session,
			    "500 5.5.2 NUL or CR in a command");
		else
			lmtp_command_run(session, line->str);
	}
	g_string_truncate(line, 0);
}

static gsize
feed_command(LmtpSession *session, const char *octets, gsize size)
{
	const char *end = memchr(octets, '\n', size);
	gsize length = end == NULL ? size : (gsize)(end + 1 - octets);

	if (session->line->len + length > LINE_MOST)
		session->state = LMTP_STATE_LONG;
	if (session->state == LMTP_STATE_COMMAND)
		g_string_append_len(session->line, octets, (gssize)length);
	if (end != NULL)
		take_line(session);
	return length;
}

/* Too big: nothing more is kept, but it is read to its end. */
static void
put(LmtpSession *session, const char *octets, gsize size)
{
	if (session->too_big)
		return;
	session->size += (gint64)size;
	if (session->size <= session->settings->max_size) {
		g_byte_array_append(session->body, (const guint8 *)octets,
		    (guint)size);
		return;
	}
	session->too_big = TRUE;
	g_byte_array_set_size(session->body, 0);
	for (guint i = 0; i < session->parts->len; i++) {
		LmtpPart *part = session->parts->pdata[i];

		part->failure = "552 5.3.4";
	}
}

/* Text up to the next CR, which decides; a lone CR or LF is text too. */
static gsize
feed_text(LmtpSession *session, const char *octets, gsize size)
{
	gsize room = BODY_ROOM - session->body->len;
	gsize length = MIN(size, room);
	const char *cr = memchr(octets, '\r', length);

	if (cr != NULL)
		length = (gsize)(cr + 1 - octets);
	put(session, octets, length);
	session->state = cr == NULL ? LMTP_STATE_TEXT : LMTP_STATE_CR;
	return length;
}

/* Takes one octet, or a run of text. */
static gsize
feed_data(LmtpSession *session, const char *octets, gsize size)
{
	switch (session->state) {
	case LMTP_STATE_LINE_START:
		if (*octets != '.')
			return feed_text(session, octets, size);
		session->state = LMTP_STATE_DOT; /* left out, RFC 5321 4.5.2 */
		return 1;
	case LMTP_STATE_DOT:
		if (*octets != '\r')
			return feed_text(session, octets, size);
		session->state = LMTP_STATE_DOT_CR;
		return 1;
	case LMTP_STATE_DOT_CR:
		if (*octets == '\n') {
			session->state = LMTP_STATE_ANSWER;
			return 1;
		}
		put(session, "\r", 1); /* kept back until now */
		session->state = LMTP_STATE_CR;
		return 0;
	case LMTP_STATE_CR:
		if (*octets != '\n')
			return feed_text(session, octets, size);
		put(session, "\n", 1);
		session->state = LMTP_STATE_LINE_START;
		return 1;
	default:
		return feed_text(session, octets, size);
	}
}

LmtpWant
lmtp_session_feed(LmtpSession *session, const char *octets, gsize size,
    gsize *used)
{
	gsize at = 0;
	LmtpWant want = LMTP_READ;

	while (at < size && !session->closing && want == LMTP_READ) {
		if (!lmtp_session_in_mail(session)) {
			at += feed_command(session, octets + at, size - at);
			if (session->replies->len > REPLIES_MOST)
				want = LMTP_SEND;
		} else if (session->body->len + 2 > BODY_ROOM) {
			want = LMTP_STORE;
		} else {
			at += feed_data(session, octets + at, size - at);
			if (session->state == LMTP_STATE_ANSWER)
				want = LMTP_FINISH;
		}
	}
	*used = at;
	return session->closing ? LMTP_CLOSE : want;
}

static void
answer_one(LmtpSession *session, const char *failure)
{
	if (failure == NULL) {
		lmtp_session_reply(session, "250 2.0.0 ok");
		return;
	}
	g_string_append(session->replies, failure);
	if (g_str_has_prefix(failure, "552"))
		lmtp_session_reply(session, " message too big");
	else if (*failure == '4')
		lmtp_session_reply(session, " not accepted: try again later");
	else
		lmtp_session_reply(session, " not accepted");
}

void
lmtp_session_answer(LmtpSession *session)
{
	g_return_if_fail(session->state == LMTP_STATE_ANSWER);
	for (guint i = 0; i < session->recipients->len; i++) {
		guint at = g_array_index(session->recipients, guint, i);
		const LmtpPart *part = session->parts->pdata[at];

		answer_one(session, part->failure);
		if (part->failure == NULL)
			session->errors = 0;
	}
	lmtp_session_reset(session);
	session->state = LMTP_STATE_COMMAND;
}
