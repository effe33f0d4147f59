/* prescan_field.c - what prescan.c has to know of single fields. */
#define _GNU_SOURCE 1 /* memmem, memfd_create */
#include "mail/prescan_field.h"

#include <string.h>

#include "mail/prescan.h"

/* In one field more of these than any real mail has, quoted or not: a parser
 * that reads quotes differently must not be led into recursion. */
#define MARKS_MOST 1000

static const char *const address_fields[] = { "from", "sender", "reply-to",
	"to", "cc", "bcc", "resent-from", "resent-sender", "resent-reply-to",
	"resent-to", "resent-cc", "resent-bcc", "return-path", "errors-to",
	"mail-followup-to", "mail-reply-to", "disposition-notification-to",
	"return-receipt-to", "apparently-to", "delivered-to" };

static const char *const known_fields[] = { "from", "sender", "reply-to", "to",
	"cc", "bcc", "subject", "date", "message-id", "in-reply-to",
	"references", "received", "return-path", "mime-version", "delivered-to",
	"status", "user-agent", "authentication-results", "dkim-signature",
	"auto-submitted", "precedence", "importance", "priority",
	"organization", "envelope-to", "thread-topic", "thread-index",
	"accept-language", "errors-to", "received-spf", "domainkey-signature",
	"original-recipient", "disposition-notification-to", "mailing-list",
	"sensitivity" };

static const char *const known_prefixes[] = { "content-", "x-", "list-", "arc-",
	"resent-", "dkim-" };

static const char *const message_types[] = { "message/rfc822",
	"message/rfc2822", "message/global", "message/news" };

static gboolean
is_one_of(const char *const *names, gsize count, const char *name, gsize length)
{
	for (gsize i = 0; i < count; i++) {
		if (g_ascii_strncasecmp(names[i], name, length) == 0 &&
		    names[i][length] == '\0')
			return TRUE;
	}
	return FALSE;
}

gsize
prescan_colon(const char *line, gsize length)
{
	gsize i = 0, end;

	while (i < length && (guchar)line[i] > ' ' && line[i] != ':' &&
	       line[i] != 0x7f)
		i++;
	end = i;
	while (i < length && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return end > 0 && i < length && line[i] == ':' ? i : 0;
}

static gsize
name_trim(const char *name, gsize length)
{
	while (
	    length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\t'))
		length--;
	return length;
}

gboolean
prescan_is_content_type(const char *name, gsize length)
{
	return name_trim(name, length) == 12 &&
	       g_ascii_strncasecmp(name, "Content-Type", 12) == 0;
}

gboolean
prescan_is_address_field(const char *name, gsize length)
{
	return is_one_of(address_fields, G_N_ELEMENTS(address_fields), name,
	    name_trim(name, length));
}

gboolean
prescan_is_known_field(const char *line, gsize length)
{
	gsize n = prescan_colon(line, length);

	if (n == 0)
		return FALSE;
	n = name_trim(line, n);
	for (guint i = 0; i < G_N_ELEMENTS(known_prefixes); i++) {
		gsize prefix = strlen(known_prefixes[i]);

		if (n > prefix &&
		    g_ascii_strncasecmp(line, known_prefixes[i], prefix) == 0)
			return TRUE;
	}
	return is_one_of(known_fields, G_N_ELEMENTS(known_fields), line, n);
}

gboolean
prescan_is_mbox_line(const char *line, gsize length)
{
	if (length > 0 && line[0] == '>') {
		line++;
		length--;
	}
	return length > 5 && memcmp(line, "From ", 5) == 0;
}

typedef struct Nesting {
	guint comments;
	gboolean quoted, angle, literal, group;
	guint addresses;
	guint colons, parens; /* in all, in any context */
} Nesting;

/* One character outside of quotes; TRUE if it goes too far. */
static gboolean
nesting_step(Nesting *n, char c)
{
	switch (c) {
	case '(':
		if (n->comments >= PRESCAN_COMMENTS_MOST)
			return TRUE;
		n->comments++;
		break;
	case ')':
		n->comments -= n->comments > 0;
		break;
	case '"':
		n->quoted = n->comments == 0;
		break;
	case '<':
	case '>':
		n->angle = n->comments == 0 && c == '<';
		break;
	case '[':
	case ']':
		n->literal = n->comments == 0 && c == '[';
		break;
	case ':':
		if (n->comments > 0 || n->angle || n->literal)
			break;
		if (n->group)
			return TRUE;
		n->group = TRUE;
		break;
	case ';':
		n->group = n->group && n->comments > 0;
		break;
	case ',':
		n->addresses++;
		break;
	}
	return FALSE;
}

static gboolean
too_many(Nesting *n, char c)
{
	if (c == ':')
		return ++n->colons > MARKS_MOST;
	if (c == '(')
		return ++n->parens > MARKS_MOST;
	return n->addresses >= PRESCAN_ADDRESSES_MOST && c != '\r' &&
	       c != '\n' && c != ' ' && c != '\t';
}

GArray *
prescan_field_marks(const char *body, gsize length)
{
	GArray *marks = g_array_new(FALSE, FALSE, sizeof(gsize));
	Nesting n = { 0 };

	for (gsize i = 0; i < length; i++) {
		char c = body[i];
		gboolean mark = too_many(&n, c);

		if (c == '\\' && (n.quoted || n.comments > 0)) {
			i++;
		} else if (n.quoted) {
			n.quoted = c != '"';
		} else {
			mark |= nesting_step(&n, c);
		}
		if (mark && i < length)
			g_array_append_val(marks, i);
	}
	return marks;
}

gboolean
prescan_is_message_type(const char *type)
{
	return is_one_of(message_types, G_N_ELEMENTS(message_types), type,
	    strlen(type));
}

static gboolean
contains(const char *body, gsize length, const char *word)
{
	gsize n = strlen(word);

	for (gsize i = 0; i + n <= length; i++) {
		if (g_ascii_tolower(body[i]) == word[0] &&
		    g_ascii_strncasecmp(body + i, word, n) == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean
prescan_is_plain_type(const char *body, gsize length)
{
	const char *mark;
	gsize boundaries = 0;

	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)body[i];

		if (strchr("(\\*", c) != NULL || c >= 0x7f ||
		    (c < ' ' && strchr("\t\r\n", c) == NULL))
			return FALSE;
		if (g_ascii_tolower((char)c) == 'b' && length - i >= 8 &&
		    g_ascii_strncasecmp(body + i, "boundary", 8) == 0)
			boundaries++;
	}
	mark = memmem(body, length, "=?", 2);
	return boundaries == 1 && mark == NULL;
}

gboolean
prescan_hides_multipart(const Params *params, const char *body, gsize length)
{
	const char *slash = strchr(params->value, '/');

	/* A proper type is read alike by all. */
	if (slash != NULL && slash > params->value && slash[1] != '\0' &&
	    strpbrk(params->value, "\"\\=?<>@,:[]") == NULL)
		return FALSE;
	return contains(body, length, "multipart") ||
	       contains(body, length, "message");
}

char *
prescan_multipart_type(const Params *params)
{
	GString *type = g_string_new(params->value);

	g_string_append(type, "; boundary=\"");
	for (const char *p = params_get(params, "boundary"); *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(type, '\\');
		g_string_append_c(type, *p);
	}
	g_string_append_c(type, '"');
	return g_string_free(type, FALSE);
}
