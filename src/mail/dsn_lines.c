/* dsn_lines.c - reads the prose of mail servers line by line: where the
 * returned mail begins, which addresses stand in places where servers put the
 * recipient, which codes. dsn_guess.c makes a Dsn of it. */
#include "mail/dsn_lines.h"

#include <string.h>

#include "ground/text.h"
#include "mail/address.h"
#include "mail/addrlist.h"
#include "mail/dsn_words.h"
#include "mail/msgid.h"

#define RECIPIENTS_MOST 20
#define REPORT_MOST     (64 * 1024)

/* The start of the next line, or the end. */
static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

char *
dsn_lines_report(const char *text, gboolean unquoted)
{
	GString *out = g_string_new(NULL);
	gboolean said = FALSE; /* something stands above */

	while (*text != '\0' && out->len < REPORT_MOST) {
		const char *next = next_line(text);

		if (said && dsn_words_divider(text))
			break;
		if (*text != '>' || !unquoted)
			g_string_append_len(out, text,
			    MIN(next - text, REPORT_MOST));
		said = said || text[strspn(text, " \t\n")] != '\0';
		text = next;
	}
	return g_string_free(out, FALSE);
}

static gboolean
is_known(const GPtrArray *addresses, const char *address)
{
	for (guint i = 0; i < addresses->len; i++) {
		if (address_equal(addresses->pdata[i], address))
			return TRUE;
	}
	return FALSE;
}

static void
add(GPtrArray *recipients, const char *text, gsize length)
{
	g_autofree char *raw = g_strndup(text, length);
	g_autofree char *address = addrlist_spec(raw);

	if (recipients->len < RECIPIENTS_MOST && address_is_valid(address) &&
	    !is_known(recipients, address))
		g_ptr_array_add(recipients, g_steal_pointer(&address));
}

/* Length of the addr-spec at text; 0 if there is none. */
static gsize
spec_length(const char *text)
{
	gsize n = strcspn(text, "<>:;, \t()[]\"|\n");
	const char *at = memchr(text, '@', n);

	if (at == NULL || at == text ||
	    memchr(at, '.', n - (gsize)(at - text)) == NULL)
		return 0;
	return n;
}

static gsize
digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Behind an address that stands at the start of a line: does the line speak of
 * it as what failed? */
static gboolean
is_subject(const char *after)
{
	const char *p = after + strspn(after, " \t");
	g_autofree char *line = g_strndup(p, strcspn(p, "\n"));

	if (*line == '\0' || *line == ':' || *line == ';' ||
	    g_str_has_prefix(after, "...") || g_str_has_prefix(p, "<"))
		return TRUE;
	/* "ann@x on Thu, 29 Apr 2007 16:51:51" (Exchange 5.5) */
	if (p > after && g_str_has_prefix(line, "on "))
		return TRUE;
	/* "ann@x Invalid Address, ERROR_CODE :550" (Zoho) */
	return dsn_lines_reply(line) != '\0';
}

/* "<ann@x>: ...", "ann@x", "* ann@x:", "550 <ann@x>... User unknown". */
static gboolean
read_start(const char *line, GPtrArray *recipients)
{
	const char *start = line + strspn(line, " \t*");
	gboolean coded = digits(start) == 3 && start[3] == ' ';
	gboolean bracket;
	gsize n;

	if (coded)
		start += 3 + strspn(start + 3, " ");
	bracket = *start == '<';
	n = spec_length(start + bracket);
	if (n == 0)
		return FALSE;
	start += bracket;
	if (bracket && start[n] != '>')
		return FALSE;
	if (coded && !g_str_has_prefix(start + n + bracket, "..."))
		return FALSE;
	if (!bracket && !is_subject(start + n))
		return FALSE;
	add(recipients, start, n);
	return TRUE;
}

/* "RCPT TO: ann@x", "[Status: Error, Address: <ann@x>, ...]". */
static void
read_label(const char *line, GPtrArray *recipients)
{
	gsize length = strcspn(line, "\n");
	const char *end = line + length, *from = line, *colon;

	while ((colon = memchr(from, ':', (gsize)(end - from))) != NULL) {
		const char *label = colon, *value = colon + 1;
		gsize n;

		while (label > from && strchr(",;[(", label[-1]) == NULL)
			label--;
		value += strspn(value, " \t<");
		n = value < end ? spec_length(value) : 0;
		if (n > 0 && dsn_words_label(label, (gsize)(colon - label)))
			add(recipients, value, n);
		from = colon + 1;
	}
}

typedef gboolean (*ReadLine)(const char *line, GPtrArray *recipients);

static gboolean
read_label_line(const char *line, GPtrArray *recipients)
{
	read_label(line, recipients);
	return FALSE;
}

void
dsn_lines_recipients(const char *report, GPtrArray *recipients)
{
	static const ReadLine ways[] = { read_start, read_label_line };

	for (guint i = 0; i < G_N_ELEMENTS(ways) && recipients->len == 0; i++) {
		for (const char *line = report; *line != '\0';
		     line = next_line(line))
			ways[i](line, recipients);
	}
}

static gboolean
is_skipped(const GPtrArray *skip, const char *address)
{
	for (guint i = 0; i < skip->len; i++) {
		const Address *one = skip->pdata[i];

		if (address_equal(one->address, address))
			return TRUE;
	}
	return address_is_robot(address);
}

char *
dsn_lines_only_address(const char *report, const GPtrArray *skip)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	const char *p = report;

	while (*p != '\0' && found->len < 2) {
		gsize n = spec_length(p);
		g_autofree char *raw = NULL, *address = NULL;

		if (n == 0) {
			p += MAX(strcspn(p, "<>:;, \t()[]\"|\n"), 1);
			continue;
		}
		raw = g_strndup(p, n);
		address = addrlist_spec(raw);
		if (address_is_valid(address) && !is_known(found, address) &&
		    !is_skipped(skip, address))
			g_ptr_array_add(found, g_steal_pointer(&address));
		p += n;
	}
	return found->len == 1 ? g_strdup(found->pdata[0]) : NULL;
}

const char *
dsn_lines_status(const char *report)
{
	static const char *const names[] = { "Reporting-MTA:",
		"Final-Recipient:", "Original-Recipient:", "Action:" };

	for (const char *line = report; *line != '\0'; line = next_line(line)) {
		for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
			if (text_starts(line, names[i]))
				return line;
		}
	}
	return NULL;
}

char
dsn_lines_reply(const char *report)
{
	for (const char *p = report; *p != '\0'; p++) {
		if ((p == report || strchr(" \t\n:<(#[", p[-1]) != NULL) &&
		    (*p == '4' || *p == '5') && p[1] >= '0' && p[1] <= '5' &&
		    p[1] != '1' && g_ascii_isdigit(p[2]) && p[3] != '\0' &&
		    strchr(" -#:],;", p[3]) != NULL)
			return *p;
	}
	return '\0';
}

char *
dsn_lines_message_id(const char *text)
{
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		const char *start = line + strspn(line, " \t>");
		g_autofree char *body = NULL;
		const char *cursor;
		char *id;

		if (!text_starts(start, "Message-ID:"))
			continue;
		start += strlen("Message-ID:");
		body = g_strndup(start, strcspn(start, "\n"));
		cursor = body;
		id = msgid_next(&cursor);
		if (id != NULL)
			return id;
	}
	return g_strdup("");
}
