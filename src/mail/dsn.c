/* dsn.c - message/delivery-status (RFC 3464): a block about the message, then a
 * block for each recipient. body.c gives the texts, dsn_guess.c does the rest.
 *
 *	Final-Recipient: rfc822; ann@shop.example
 *	Action: failed
 *	Status: 5.1.1
 *	Diagnostic-Code: smtp; 550 5.1.1 no such user
 */
#include "mail/dsn.h"

#include <string.h>

#include "ground/text.h"
#include "mail/addrlist.h"
#include "mail/header.h"
#include "mail/msgid.h"

#define RECIPIENTS_MOST 100
#define DIAGNOSTIC_MOST 500
#define BLOCKS_MOST     1000

Dsn *
dsn_new(void)
{
	Dsn *dsn = g_new0(Dsn, 1);

	dsn->recipients = g_ptr_array_new_with_free_func(g_free);
	dsn->status = g_strdup("");
	dsn->action = g_strdup("");
	dsn->diagnostic = g_strdup("");
	dsn->original_message_id = g_strdup("");
	return dsn;
}

void
dsn_free(Dsn *dsn)
{
	if (dsn == NULL)
		return;
	g_ptr_array_unref(dsn->recipients);
	g_free(dsn->status);
	g_free(dsn->action);
	g_free(dsn->diagnostic);
	g_free(dsn->original_message_id);
	g_free(dsn);
}

/* Digits, at most three, at p; their number. */
static gsize
digits(const char *p)
{
	gsize n = 0;

	while (n < 4 && g_ascii_isdigit(p[n]))
		n++;
	return n <= 3 ? n : 0;
}

/* status-code = ("2"/"4"/"5") "." 1*3DIGIT "." 1*3DIGIT; its length. */
static gsize
status_length(const char *p)
{
	gsize second, third;

	if (strchr("245", *p) == NULL || *p == '\0' || p[1] != '.')
		return 0;
	second = digits(p + 2);
	if (second == 0 || p[2 + second] != '.')
		return 0;
	third = digits(p + 3 + second);
	/* An IP address or version goes on. */
	if (third == 0 || (p[3 + second + third] == '.' &&
			      g_ascii_isdigit(p[4 + second + third])))
		return 0;
	return 3 + second + third;
}

/* Start of the next status code at or after p, at most its length in *n. */
static const char *
find_code(const char *text, const char *p, gsize *n)
{
	for (; *p != '\0'; p++) {
		if (p > text &&
		    (g_ascii_isalnum(p[-1]) || p[-1] == '.' || p[-1] == '-'))
			continue;
		*n = status_length(p);
		if (*n > 0)
			return p;
	}
	return NULL;
}

char *
dsn_status_in(const char *text)
{
	gsize n;
	const char *code = find_code(text, text, &n);

	return code != NULL ? g_strndup(code, n) : g_strdup("");
}

/* How much a code says: its class, the matter, or the case. */
static guint
code_rank(const char *code)
{
	if (!g_str_has_suffix(code, ".0"))
		return 3;
	return g_str_has_suffix(code, ".0.0") ? 1 : 2;
}

char *
dsn_status_best(const char *text)
{
	g_autofree char *best = g_strdup("");
	guint rank = 0;
	gsize n;

	for (const char *p = text; (p = find_code(text, p, &n)) != NULL;
	     p += n) {
		char *code = g_strndup(p, n);

		if (code[0] != '2' && code_rank(code) > rank) {
			rank = code_rank(code);
			g_free(best);
			best = code;
		} else {
			g_free(code);
		}
	}
	return g_steal_pointer(&best);
}

static void
assign(char **to, char *value)
{
	g_free(*to);
	*to = value;
}

/* utf-8-addr-xtext (RFC 6533): "\x{F6}" is a character. */
static char *
without_escapes(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	while (*text != '\0') {
		char *end = NULL;
		guint64 c = 0;

		if (g_str_has_prefix(text, "\\x{"))
			c = g_ascii_strtoull(text + 3, &end, 16);
		if (end != NULL && *end == '}' && c > ' ' && c <= 0x10ffff &&
		    g_unichar_validate((gunichar)c)) {
			g_string_append_unichar(out, (gunichar)c);
			text = end + 1;
		} else {
			g_string_append_c(out, *text++);
		}
	}
	return g_string_free(out, FALSE);
}

/* "rfc822; ann@x" to the address. Encoded-words are none here: what looks like
 * one is what the server was told. */
static char *
recipient(const char *body)
{
	const char *semicolon = strchr(body, ';');
	g_autofree char *text =
	    text_clean_line(semicolon != NULL ? semicolon + 1 : body, 0);

	if (text_starts(body, "utf-8")) {
		g_autofree char *plain = without_escapes(text);

		return addrlist_spec(plain);
	}
	return addrlist_spec(text);
}

static void
add_recipient(Dsn *dsn, const char *address)
{
	if (address[0] == '\0' || dsn->recipients->len >= RECIPIENTS_MOST)
		return;
	for (guint i = 0; i < dsn->recipients->len; i++) {
		if (g_ascii_strcasecmp(dsn->recipients->pdata[i], address) == 0)
			return;
	}
	g_ptr_array_add(dsn->recipients, g_strdup(address));
}

/* The address we wrote to comes first: the final one is where a forward led. */
static const char *
recipient_field(const GArray *fields)
{
	static const char *const names[] = { "Original-Recipient",
		"Final-Recipient", "X-Actual-Recipient" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *body = header_get(fields, names[i], 0);

		if (body != NULL && strchr(body, '@') != NULL &&
		    !text_starts(body, "unknown"))
			return body;
	}
	return header_get(fields, "Final-Recipient", 0);
}

/* The status that says most: a general one ("5.0.0") gives way to what the
 * remote server said. */
static char *
best_status(const char *status, const char *diagnostic)
{
	g_autofree char *own = dsn_status_in(status != NULL ? status : "");
	g_autofree char *said = dsn_status_best(diagnostic);

	if (said[0] != '\0' &&
	    (own[0] == '\0' || g_str_has_suffix(own, ".0.0")) &&
	    (own[0] == '\0' || own[0] == said[0]))
		return g_steal_pointer(&said);
	return g_steal_pointer(&own);
}

static char *
diagnostic_text(const char *body)
{
	const char *semicolon = strchr(body, ';');

	/* "smtp; 550 ...": the type is no text. */
	if (semicolon != NULL && semicolon - body < 20)
		body = semicolon + 1;
	return header_line(body, DIAGNOSTIC_MOST);
}

static void
read_recipient(Dsn *dsn, const GArray *fields)
{
	const char *who = recipient_field(fields);
	const char *action = header_get(fields, "Action", 0);
	const char *said = header_get(fields, "Diagnostic-Code", 0);
	g_autofree char *address = who != NULL ? recipient(who) : NULL;
	g_autofree char *diagnostic = NULL;
	g_autofree char *does = NULL;

	if (address == NULL && action == NULL)
		return;
	does = header_line(action != NULL ? action : "", 20);
	assign(&does, g_ascii_strdown(does, -1));
	g_strdelimit(does, " ;(", '\0');
	/* A report on several: what failed matters, not what arrived. */
	if (dsn->action[0] != '\0' && strcmp(dsn->action, "failed") != 0 &&
	    strcmp(does, "failed") == 0)
		g_ptr_array_set_size(dsn->recipients, 0);
	else if (strcmp(dsn->action, "failed") == 0 &&
		 strcmp(does, "failed") != 0)
		return;
	if (address != NULL)
		add_recipient(dsn, address);
	if (strcmp(dsn->action, does) == 0 && dsn->status[0] != '\0')
		return;
	diagnostic = diagnostic_text(said != NULL ? said : "");
	assign(&dsn->status,
	    best_status(header_get(fields, "Status", 0), diagnostic));
	assign(&dsn->diagnostic, g_steal_pointer(&diagnostic));
	assign(&dsn->action, g_steal_pointer(&does));
}

void
dsn_read_status(Dsn *dsn, const char *text)
{
	gsize size = strlen(text);
	guint blocks = 0;

	while (size > 0 && blocks++ < BLOCKS_MOST) {
		g_autoptr(GArray) fields = header_fields_new();
		gsize taken = header_read(text, size, fields);

		read_recipient(dsn, fields);
		text += taken;
		size -= taken;
	}
}

void
dsn_read_returned(Dsn *dsn, const char *header)
{
	g_autoptr(GArray) fields = header_fields_new();
	const char *id;
	char *first;

	header_read(header, strlen(header), fields);
	id = header_get(fields, "Message-ID", 0);
	if (id == NULL)
		return;
	first = msgid_next(&id);
	if (first != NULL)
		assign(&dsn->original_message_id, first);
}
