/* lmtp_command.c - the commands of LMTP (RFC 2033 over RFC 5321). Called by
 * lmtp_session.c with one line at a time. */
#include "in/lmtp_private.h"

#include <string.h>

#define PATH_MOST  512         /* one reverse- or forward-path */
#define PATHS_MOST (64 * 1024) /* all forward-paths of a transaction */

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
			lmtp_session_reply(session, wrong);
		else
			lmtp_session_complain(session, wrong);
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
		lmtp_session_complain(session, wrong);
	return path;
}

static void
do_lhlo(LmtpSession *session, const char *text)
{
	if (*text == '\0') {
		lmtp_session_complain(session,
		    "501 5.5.4 LHLO wants a host name");
		return;
	}
	lmtp_session_reset(session);
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
		lmtp_session_complain(session, "503 5.5.1 say LHLO first");
		return;
	}
	if (session->reverse_path != NULL) {
		lmtp_session_complain(session,
		    "503 5.5.1 a mail is begun already");
		return;
	}
	path = path_argument(session, &text,
	    "FROM:", "501 5.1.7 MAIL FROM:<address> is the form");
	if (path == NULL || !check_parameters(session, text, mail_parameter))
		return;
	session->reverse_path = g_steal_pointer(&path);
	lmtp_session_reply(session, "250 2.1.0 ok");
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
		lmtp_session_complain(session, "503 5.5.1 say MAIL first");
		return;
	}
	path = path_argument(session, &text,
	    "TO:", "501 5.1.3 RCPT TO:<address> is the form");
	if (path == NULL || !check_parameters(session, text, rcpt_parameter))
		return;
	mailbox = *path == '\0' ? NULL : settings->route(path, settings->data);
	if (mailbox == NULL) {
		lmtp_session_reply(session, "550 5.1.1 no such mailbox here");
	} else if (session->recipients->len >= settings->max_recipients ||
		   session->paths + strlen(path) > PATHS_MOST) {
		lmtp_session_reply(session, "452 4.5.3 too many recipients");
	} else {
		add_recipient(session, mailbox, g_steal_pointer(&path));
		lmtp_session_reply(session, "250 2.1.5 ok");
	}
}

static void
do_data(LmtpSession *session, const char *text)
{
	if (*text != '\0') {
		lmtp_session_complain(session, "501 5.5.4 DATA stands alone");
	} else if (session->recipients->len == 0) {
		lmtp_session_complain(session, "503 5.5.1 no valid recipients");
	} else {
		session->state = LMTP_STATE_LINE_START;
		lmtp_session_reply(session, "354 end with CR LF . CR LF");
	}
}

static void
do_rset(LmtpSession *session, const char *text)
{
	(void)text;
	lmtp_session_reset(session);
	lmtp_session_reply(session, "250 2.0.0 ok");
}

static void
do_noop(LmtpSession *session, const char *text)
{
	(void)text;
	lmtp_session_reply(session, "250 2.0.0 ok");
}

static void
do_vrfy(LmtpSession *session, const char *text)
{
	(void)text;
	lmtp_session_reply(session, "252 2.5.1 send a mail and see");
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
	lmtp_session_complain(session, "500 5.5.1 this is LMTP: say LHLO");
}

static void
do_without(LmtpSession *session, const char *text)
{
	(void)text;
	lmtp_session_complain(session, "502 5.5.1 not offered");
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

void
lmtp_command_run(LmtpSession *session, char *line)
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
	lmtp_session_complain(session, "500 5.5.1 command not known");
}
