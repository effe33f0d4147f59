/* lmtp_session.c - what an LMTP client says and what it hears. in_lmtp.c
 * feeds it and stores what comes out.
 *
 * Everything here may be said by an attacker: no octet is trusted, all room
 * is bounded, and only CR LF . CR LF ends a mail (SMTP smuggling). */
#include "in/lmtp_session.h"

#include <string.h>

#define LINE_MOST    2048        /* command line with its CR LF */
#define PATH_MOST    512         /* one reverse- or forward-path */
#define PATHS_MOST   (64 * 1024) /* all forward-paths of a transaction */
#define BODY_ROOM    (48 * 1024) /* octets of mail kept before LMTP_STORE */
#define REPLIES_MOST 4096        /* LMTP_SEND from there on */
#define ERRORS_MOST  20

typedef enum State {
	STATE_COMMAND,
	STATE_LONG, /* rest of a command line that is too long */
	/* In a mail: what came last. */
	STATE_LINE_START, /* CR LF, or nothing yet */
	STATE_TEXT,
	STATE_CR,
	STATE_DOT,    /* CR LF . */
	STATE_DOT_CR, /* CR LF . CR */
	STATE_ANSWER, /* the mail is whole */
} State;

struct LmtpSession {
	const LmtpSettings *settings;
	State state;
	GString *line;
	GString *replies;
	gboolean greeted; /* LHLO was said */
	gboolean closing;
	guint errors;

	char *reverse_path; /* NULL: no MAIL yet */
	GPtrArray *parts;
	GArray *recipients; /* of guint: index of its part, in RCPT order */
	gsize paths;        /* octets of all forward-paths */
	GByteArray *body;
	gint64 size;
	gboolean too_big;
};

static void
reply(LmtpSession *session, const char *text)
{
	g_string_append(session->replies, text);
	g_string_append_len(session->replies, "\r\n", 2);
}

/* A reply to what no sane client says; too many of them end the session. */
static void
complain(LmtpSession *session, const char *text)
{
	reply(session, text);
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

static void
reset(LmtpSession *session)
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
	reset(session);
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
	return session->state >= STATE_LINE_START;
}

void
lmtp_session_goodbye(LmtpSession *session, const char *text)
{
	if (!session->closing)
		reply(session, text);
	session->closing = TRUE;
}

/* Path = "<" [ A-d-l ":" ] [ Mailbox ] ">" (RFC 5321 4.1.2). A source route
 * is left out, as section 4.1.1.3 wants; a quoted local part may hold ">" and
 * spaces. NULL: none of this. */
static char *
take_path(const char **cursor)
{
	const char *p = *cursor, *start;
	gboolean quoted = FALSE;
	char *path;

	while (*p == ' ')
		p++;
	if (*p++ != '<')
		return NULL;
	if (*p == '@') {
		p += strcspn(p, ":> ");
		if (*p++ != ':')
			return NULL;
	}
	for (start = p; quoted || *p != '>'; p++) {
		if (g_ascii_iscntrl(*p) || (*p == ' ' && !quoted) ||
		    *p == '\0' || p - start >= PATH_MOST)
			return NULL;
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1] != '\0' &&
			 !g_ascii_iscntrl(p[1]))
			p++;
		else if (*p == '<' && !quoted)
			return NULL;
	}
	if (p[1] != '\0' && p[1] != ' ')
		return NULL;
	path = g_strndup(start, (gsize)(p - start));
	*cursor = p + 1;
	return path;
}

/* "SIZE=1000" split into upper-case word and value (NULL: no "="). */
static gboolean
next_parameter(const char **cursor, char **word, char **value)
{
	const char *p = *cursor, *end, *equal;

	g_clear_pointer(word, g_free);
	g_clear_pointer(value, g_free);
	while (*p == ' ')
		p++;
	if (*p == '\0')
		return FALSE;
	end = p + strcspn(p, " ");
	equal = memchr(p, '=', (gsize)(end - p));
	if (equal != NULL)
		*value = g_strndup(equal + 1, (gsize)(end - equal - 1));
	*word = g_ascii_strup(p, (equal == NULL ? end : equal) - p);
	*cursor = end;
	return TRUE;
}

static const char *
mail_size(const LmtpSession *session, const char *value)
{
	guint64 size;

	if (value == NULL ||
	    !g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &size, NULL))
		return "501 5.5.4 SIZE wants a number";
	if ((gint64)size > session->settings->max_size)
		return "552 5.3.4 message too big";
	return NULL;
}

/* A parameter of MAIL: the reply that refuses it, or NULL. What belongs to
 * extensions we do not offer but cannot harm is let through (RFC 3461). */
static const char *
mail_parameter(const LmtpSession *session, const char *word, const char *value)
{
	if (strcmp(word, "SIZE") == 0)
		return mail_size(session, value);
	if (strcmp(word, "BODY") == 0)
		return value != NULL &&
			       (g_ascii_strcasecmp(value, "7BIT") == 0 ||
				   g_ascii_strcasecmp(value, "8BITMIME") == 0)
			   ? NULL
			   : "501 5.5.4 BODY wants 7BIT or 8BITMIME";
	if (strcmp(word, "SMTPUTF8") == 0 || strcmp(word, "RET") == 0 ||
	    strcmp(word, "ENVID") == 0 || strcmp(word, "AUTH") == 0)
		return NULL;
	return "555 5.5.4 parameter not known";
}

static const char *
rcpt_parameter(const LmtpSession *session, const char *word, const char *value)
{
	(void)session;
	(void)value;
	if (strcmp(word, "NOTIFY") == 0 || strcmp(word, "ORCPT") == 0)
		return NULL;
	return "555 5.5.4 parameter not known";
}

typedef const char *Parameter(const LmtpSession *session, const char *word,
    const char *value);

/* FALSE after it has complained. */
static gboolean
check_parameters(LmtpSession *session, const char *text, Parameter *check)
{
	g_autofree char *word = NULL;
	g_autofree char *value = NULL;

	while (next_parameter(&text, &word, &value)) {
		const char *wrong = check(session, word, value);

		if (wrong == NULL)
			continue;
		/* A big mail is nobody's error of speech. */
		if (g_str_has_prefix(wrong, "552"))
			reply(session, wrong);
		else
			complain(session, wrong);
		return FALSE;
	}
	return TRUE;
}

/* The path after "FROM:" or "TO:", or NULL after it has complained. */
static char *
path_argument(LmtpSession *session, const char **text, const char *keyword,
    const char *wrong)
{
	gsize length = strlen(keyword);
	char *path = NULL;

	if (g_ascii_strncasecmp(*text, keyword, length) == 0) {
		*text += length;
		path = take_path(text);
	}
	if (path != NULL && !g_utf8_validate(path, -1, NULL))
		g_clear_pointer(&path, g_free);
	if (path == NULL)
		complain(session, wrong);
	return path;
}

static void
do_lhlo(LmtpSession *session, const char *text)
{
	if (*text == '\0') {
		complain(session, "501 5.5.4 LHLO wants a host name");
		return;
	}
	reset(session);
	session->greeted = TRUE;
	g_string_append_printf(session->replies,
	    "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250 SIZE %" G_GINT64_FORMAT "\r\n",
	    session->settings->hostname, session->settings->max_size);
}

static void
do_mail(LmtpSession *session, const char *text)
{
	g_autofree char *path = NULL;

	if (!session->greeted) {
		complain(session, "503 5.5.1 say LHLO first");
		return;
	}
	if (session->reverse_path != NULL) {
		complain(session, "503 5.5.1 a mail is begun already");
		return;
	}
	path = path_argument(session, &text,
	    "FROM:", "501 5.1.7 MAIL FROM:<address> is the form");
	if (path == NULL || !check_parameters(session, text, mail_parameter))
		return;
	session->reverse_path = g_steal_pointer(&path);
	reply(session, "250 2.1.0 ok");
}

static void
add_recipient(LmtpSession *session, const char *mailbox, char *path)
{
	LmtpPart *part = NULL;
	guint at;

	for (at = 0; at < session->parts->len; at++) {
		part = session->parts->pdata[at];
		if (strcmp(part->mailbox, mailbox) == 0)
			break;
	}
	if (at == session->parts->len) {
		part = g_new0(LmtpPart, 1);
		part->mailbox = mailbox;
		part->forward_paths = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(session->parts, part);
	}
	session->paths += strlen(path);
	g_ptr_array_add(part->forward_paths, path);
	g_array_append_val(session->recipients, at);
}

static void
do_rcpt(LmtpSession *session, const char *text)
{
	const LmtpSettings *settings = session->settings;
	g_autofree char *path = NULL;
	const char *mailbox;

	if (session->reverse_path == NULL) {
		complain(session, "503 5.5.1 say MAIL first");
		return;
	}
	path = path_argument(session, &text,
	    "TO:", "501 5.1.3 RCPT TO:<address> is the form");
	if (path == NULL || !check_parameters(session, text, rcpt_parameter))
		return;
	mailbox = *path == '\0' ? NULL : settings->route(path, settings->data);
	if (mailbox == NULL) {
		reply(session, "550 5.1.1 no such mailbox here");
	} else if (session->recipients->len >= settings->max_recipients ||
		   session->paths + strlen(path) > PATHS_MOST) {
		reply(session, "452 4.5.3 too many recipients");
	} else {
		add_recipient(session, mailbox, g_steal_pointer(&path));
		reply(session, "250 2.1.5 ok");
	}
}

static void
do_data(LmtpSession *session, const char *text)
{
	if (*text != '\0') {
		complain(session, "501 5.5.4 DATA stands alone");
	} else if (session->recipients->len == 0) {
		complain(session, "503 5.5.1 no valid recipients");
	} else {
		session->state = STATE_LINE_START;
		reply(session, "354 end with CR LF . CR LF");
	}
}

static void
do_rset(LmtpSession *session, const char *text)
{
	(void)text;
	reset(session);
	reply(session, "250 2.0.0 ok");
}

static void
do_noop(LmtpSession *session, const char *text)
{
	(void)text;
	reply(session, "250 2.0.0 ok");
}

static void
do_vrfy(LmtpSession *session, const char *text)
{
	(void)text;
	reply(session, "252 2.5.1 send a mail and see");
}

static void
do_quit(LmtpSession *session, const char *text)
{
	(void)text;
	lmtp_session_goodbye(session, "221 2.0.0 bye");
}

/* RFC 2033 4.1: never yes to HELO and EHLO. */
static void
do_helo(LmtpSession *session, const char *text)
{
	(void)text;
	complain(session, "500 5.5.1 this is LMTP: say LHLO");
}

static void
do_without(LmtpSession *session, const char *text)
{
	(void)text;
	complain(session, "502 5.5.1 not offered");
}

static const struct {
	const char *word;
	void (*run)(LmtpSession *session, const char *text);
} commands[] = {
	{ "MAIL", do_mail },
	{ "RCPT", do_rcpt },
	{ "DATA", do_data },
	{ "LHLO", do_lhlo },
	{ "RSET", do_rset },
	{ "NOOP", do_noop },
	{ "VRFY", do_vrfy },
	{ "QUIT", do_quit },
	{ "HELO", do_helo },
	{ "EHLO", do_helo },
	{ "HELP", do_without },
	{ "EXPN", do_without },
	{ "AUTH", do_without },
	{ "BDAT", do_without },
	{ "STARTTLS", do_without },
};

static void
run_command(LmtpSession *session, char *line)
{
	gsize length = strcspn(line, " ");
	const char *text = line + length;

	g_strchomp(line);
	while (*text == ' ')
		text++;
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strlen(commands[i].word) == length &&
		    g_ascii_strncasecmp(line, commands[i].word, length) == 0) {
			commands[i].run(session, text);
			return;
		}
	}
	complain(session, "500 5.5.1 command not known");
}

static void
take_line(LmtpSession *session)
{
	GString *line = session->line;

	if (session->state == STATE_LONG) {
		session->state = STATE_COMMAND;
		complain(session, "500 5.5.2 line too long");
	} else if (line->len < 2 || line->str[line->len - 2] != '\r') {
		complain(session, "500 5.5.2 lines end with CR LF");
	} else {
		g_string_truncate(line, line->len - 2);
		if (memchr(line->str, '\0', line->len) != NULL ||
		    memchr(line->str, '\r', line->len) != NULL)
			complain(session, "500 5.5.2 NUL or CR in a command");
		else
			run_command(session, line->str);
	}
	g_string_truncate(line, 0);
}

static gsize
feed_command(LmtpSession *session, const char *octets, gsize size)
{
	const char *end = memchr(octets, '\n', size);
	gsize length = end == NULL ? size : (gsize)(end + 1 - octets);

	if (session->line->len + length > LINE_MOST)
		session->state = STATE_LONG;
	if (session->state == STATE_COMMAND)
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
	session->state = cr == NULL ? STATE_TEXT : STATE_CR;
	return length;
}

/* Takes one octet, or a run of text. */
static gsize
feed_data(LmtpSession *session, const char *octets, gsize size)
{
	switch (session->state) {
	case STATE_LINE_START:
		if (*octets != '.')
			return feed_text(session, octets, size);
		session->state = STATE_DOT; /* left out, RFC 5321 4.5.2 */
		return 1;
	case STATE_DOT:
		if (*octets != '\r')
			return feed_text(session, octets, size);
		session->state = STATE_DOT_CR;
		return 1;
	case STATE_DOT_CR:
		if (*octets == '\n') {
			session->state = STATE_ANSWER;
			return 1;
		}
		put(session, "\r", 1); /* kept back until now */
		session->state = STATE_CR;
		return 0;
	case STATE_CR:
		if (*octets != '\n')
			return feed_text(session, octets, size);
		put(session, "\n", 1);
		session->state = STATE_LINE_START;
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
			if (session->state == STATE_ANSWER)
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
		reply(session, "250 2.0.0 ok");
		return;
	}
	g_string_append(session->replies, failure);
	if (g_str_has_prefix(failure, "552"))
		reply(session, " message too big");
	else if (*failure == '4')
		reply(session, " not accepted: try again later");
	else
		reply(session, " not accepted");
}

void
lmtp_session_answer(LmtpSession *session)
{
	g_return_if_fail(session->state == STATE_ANSWER);
	for (guint i = 0; i < session->recipients->len; i++) {
		guint at = g_array_index(session->recipients, guint, i);
		const LmtpPart *part = session->parts->pdata[at];

		answer_one(session, part->failure);
		if (part->failure == NULL)
			session->errors = 0;
	}
	reset(session);
	session->state = STATE_COMMAND;
}
