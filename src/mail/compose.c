/* compose.c - what javob has to say, as octets.
 *
 * policy/ gives text, addresses and identifiers; the octets go into the outbox
 * row and are sent as they are, however often. Header fields are written by
 * headwriter.c; here are their order, the body and its parts, and a last look
 * over the result: a mail that breaks a rule is not sent. */
#include "mail/compose.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "mail/cleanhtml.h"
#include "mail/headwriter.h"
#include "mail/message.h"
#include "mail/msgid.h"

#define REFERENCES_MAX 2000 /* octets of the whole field (AC-14) */
#define LINE_SHOULD    78   /* RFC 5322 2.1.1 */

/* First and newest identifiers whose field stays below REFERENCES_MAX. */
static GPtrArray *
choose_references(const GPtrArray *all)
{
	g_autoptr(GPtrArray) newest = g_ptr_array_new();
	GPtrArray *chosen = g_ptr_array_new();
	gsize used = strlen("References:\r\n");
	guint first = 0;

	while (first < all->len &&
	       (!msgid_is_valid(g_ptr_array_index(all, first)) ||
		   strlen(g_ptr_array_index(all, first)) > REFERENCES_MAX / 2))
		first++;
	if (first == all->len)
		return chosen;
	g_ptr_array_add(chosen, g_ptr_array_index(all, first));
	used += strlen(g_ptr_array_index(all, first)) + 5;
	for (guint i = all->len; i > first + 1; i--) {
		char *id = g_ptr_array_index(all, i - 1);

		if (!msgid_is_valid(id) ||
		    strcmp(id, g_ptr_array_index(chosen, 0)) == 0 ||
		    (newest->len > 0 && strcmp(id, g_ptr_array_index(newest,
						       newest->len - 1)) == 0))
			continue;
		used += strlen(id) + 5; /* "<", ">", fold and space */
		if (used > REFERENCES_MAX)
			break;
		g_ptr_array_add(newest, id);
	}
	for (guint i = newest->len; i > 0; i--)
		g_ptr_array_add(chosen, g_ptr_array_index(newest, i - 1));
	return chosen;
}

static gboolean
put_address(GString *out, const char *name, const Address *address,
    GError **error)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();

	g_ptr_array_add(one, (gpointer)address);
	return headwriter_addresses(out, name, one, error);
}

static gboolean
put_thread(GString *out, const Compose *c, GError **error)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new();
	g_autoptr(GPtrArray) chosen = NULL;

	g_ptr_array_add(one,
	    (gpointer)(c->message_id != NULL ? c->message_id : ""));
	if (!headwriter_msgids(out, "Message-ID", one, error))
		return FALSE;
	if (c->in_reply_to != NULL && *c->in_reply_to != '\0') {
		one->pdata[0] = (gpointer)c->in_reply_to;
		if (!headwriter_msgids(out, "In-Reply-To", one, error))
			return FALSE;
	}
	if (c->references == NULL)
		return TRUE;
	chosen = choose_references(c->references);
	return chosen->len == 0 ||
	       headwriter_msgids(out, "References", chosen, error);
}

/* What tells other machines that we are one (RFC 3834 5, AC-01). */
static gboolean
put_marks(GString *out, const Compose *c, GError **error)
{
	static const char *const submitted[] = {
		[COMPOSE_PERSON] = NULL,
		[COMPOSE_AUTO_REPLIED] = "auto-replied",
		[COMPOSE_AUTO_GENERATED] = "auto-generated",
	};

	if (submitted[c->class] != NULL) {
		if (!headwriter_plain(out, "Auto-Submitted",
			submitted[c->class], error) ||
		    !headwriter_plain(out, "X-Auto-Response-Suppress", "All",
			error))
			return FALSE;
	}
	if (c->loop != NULL && !headwriter_plain(out, "X-Loop", c->loop, error))
		return FALSE;
	return c->language == NULL || *c->language == '\0' ||
	       headwriter_plain(out, "Content-Language", c->language, error);
}

static gboolean
is_extra_name(const char *name)
{
	if (!g_str_has_prefix(name, "X-Javob-") || strlen(name) > 60)
		return FALSE;
	for (const char *p = name; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && *p != '-')
			return FALSE;
	return TRUE;
}

static gboolean
put_extra(GString *out, const Compose *c, GError **error)
{
	if (c->extra == NULL)
		return TRUE;
	for (guint i = 0; i + 1 < c->extra->len; i += 2) {
		const char *name = g_ptr_array_index(c->extra, i);

		if (!is_extra_name(name))
			return error_permanent(error,
			    "extra field: the name is not ours");
		if (!headwriter_text(out, name,
			g_ptr_array_index(c->extra, i + 1), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
put_header(GString *out, const Compose *c, GError **error)
{
	if (c->from == NULL)
		return error_permanent(error, "From: no address");
	if (c->to == NULL)
		return error_permanent(error, "To: no address");
	return put_address(out, "From", c->from, error) &&
	       headwriter_addresses(out, "To", c->to, error) &&
	       (c->cc == NULL || c->cc->len == 0 ||
		   headwriter_addresses(out, "Cc", c->cc, error)) &&
	       (c->reply_to == NULL ||
		   put_address(out, "Reply-To", c->reply_to, error)) &&
	       headwriter_text(out, "Subject",
		   c->subject != NULL ? c->subject : "", error) &&
	       headwriter_date(out, "Date", c->date, error) &&
	       put_thread(out, c, error) && put_marks(out, c, error) &&
	       put_extra(out, c, error) &&
	       headwriter_plain(out, "MIME-Version", "1.0", error);
}

/* Text we may send: UTF-8, no control but LF and TAB. */
static gboolean
is_sendable(const char *text)
{
	if (!g_utf8_validate(text, -1, NULL))
		return FALSE;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if ((c < ' ' && c != '\n' && c != '\t') ||
		    (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
			return FALSE;
	}
	return TRUE;
}

static void
append_crlf(GString *out, const char *text, gsize length)
{
	const char *end = text + length;

	while (text < end) {
		const char *lf = memchr(text, '\n', end - text);

		g_string_append_len(out, text, (lf ? lf : end) - text);
		g_string_append(out, "\r\n");
		text = lf != NULL ? lf + 1 : end;
	}
}

/* octets in a transfer encoding, each line with CRLF. */
static void
append_encoded(GString *out, GMimeContentEncoding how, const void *octets,
    gsize length)
{
	GMimeEncoding state;
	g_autofree char *coded = NULL;
	gsize n;

	g_mime_encoding_init_encode(&state, how);
	coded = g_malloc(g_mime_encoding_outlen(&state, length) + 8);
	n = g_mime_encoding_flush(&state, octets, length, coded);
	append_crlf(out, coded, n);
}

/* 7bit if every line is short US-ASCII; quoted-printable for Latin scripts,
 * which stay readable in it, even if base64 takes some octets less. */
static GMimeContentEncoding
choose_encoding(const char *text)
{
	gsize line = 0, special = 0, length = 0;
	gboolean plain = TRUE;

	for (const guchar *p = (const guchar *)text; *p != '\0'; p++) {
		length++;
		line = *p == '\n' ? 0 : line + 1;
		special += *p >= 0x80 || *p == '=';
		plain = plain && *p < 0x80 && line <= LINE_SHOULD;
	}
	if (plain)
		return GMIME_CONTENT_ENCODING_7BIT;
	return special * 3 <= length ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
				     : GMIME_CONTENT_ENCODING_BASE64;
}

/* Fields and body of a text part. Base64 of text has CRLF inside (RFC 2045
 * 6.8). */
static void
put_text(GString *out, const char *subtype, const char *text)
{
	GMimeContentEncoding how = choose_encoding(text);
	g_autoptr(GString) crlf = NULL;

	g_string_append_printf(out,
	    "Content-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    subtype, g_mime_content_encoding_to_string(how));
	if (how == GMIME_CONTENT_ENCODING_7BIT) {
		append_crlf(out, text, strlen(text));
	} else if (how == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) {
		append_encoded(out, how, text, strlen(text));
	} else {
		crlf = g_string_sized_new(strlen(text) + strlen(text) / 32);
		append_crlf(crlf, text, strlen(text));
		append_encoded(out, how, crlf->str, crlf->len);
	}
}

static gboolean
is_token(const char *from, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isalnum(from[i]) &&
		    strchr("!#$&^_.+-", from[i]) == NULL)
			return FALSE;
	return length > 0 && length <= 60;
}

/* A type that base64 may carry: multipart and message may not have it. */
static gboolean
is_plain_type(const char *type)
{
	const char *slash = type != NULL ? strchr(type, '/') : NULL;

	return slash != NULL && is_token(type, slash - type) &&
	       is_token(slash + 1, strlen(slash + 1)) &&
	       !text_starts(type, "multipart/") &&
	       !text_starts(type, "message/");
}

/* RFC 2045 wants a msg-id; Gmail writes one without "@", and its HTML means
 * that. */
static gboolean
is_content_id(const char *id)
{
	gsize n;

	if (id == NULL || *id == '\0' || strlen(id) > 900)
		return FALSE;
	n = strcspn(id, "@");
	return id[n] == '@' ? msgid_is_valid(id) : is_token(id, n);
}

static gboolean
put_attachment(GString *out, const Attachment *a, GError **error)
{
	const char *type =
	    is_plain_type(a->type) ? a->type : "application/octet-stream";
	const char *name = a->name != NULL ? a->name : "";
	gsize length;
	const void *octets;

	if (a->octets == NULL)
		return error_permanent(error, "attachment: it has no octets");
	if (*name == '\0' && a->type != NULL &&
	    text_starts(a->type, "message/"))
		name = "message.eml";
	octets = g_bytes_get_data(a->octets, &length);
	g_string_append_printf(out,
	    "Content-Type: %s\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: %s",
	    type, a->is_inline ? "inline" : "attachment");
	if (*name != '\0' &&
	    !headwriter_parameter(out, "filename", name, error))
		return FALSE;
	g_string_append(out, "\r\n");
	if (is_content_id(a->content_id))
		g_string_append_printf(out, "Content-ID: <%s>\r\n",
		    a->content_id);
	g_string_append(out, "\r\n");
	append_encoded(out, GMIME_CONTENT_ENCODING_BASE64, octets, length);
	return TRUE;
}

/* "_" and "=" never stand together in base64 or quoted-printable, so only
 * plain text can hold the boundary; then another one is taken. */
static char *
make_boundary(const Compose *c, const char *level)
{
	for (guint n = 0;; n++) {
		g_autofree char *seed =
		    g_strdup_printf("%u %s%s", n, level, c->message_id);
		g_autofree char *digest = text_sha256(seed, strlen(seed));
		g_autofree char *boundary = g_strdup_printf("=_%.32s", digest);

		if (strstr(c->text, boundary) == NULL &&
		    (c->html == NULL || strstr(c->html, boundary) == NULL))
			return g_steal_pointer(&boundary);
	}
}

/* It is a picture of the HTML, and stands beside it (RFC 2387). */
static gboolean
is_shown(const Compose *c, const Attachment *a)
{
	return c->html != NULL && a->is_inline &&
	       cleanhtml_shows(c->html, a->content_id);
}

static guint
count_shown(const Compose *c)
{
	guint n = 0;

	for (guint i = 0; c->attachments != NULL && i < c->attachments->len;
	     i++)
		n += is_shown(c, c->attachments->pdata[i]) ? 1 : 0;
	return n;
}

static void
open_multipart(GString *out, const char *subtype, const char *parameters,
    const char *boundary)
{
	g_string_append_printf(out,
	    "Content-Type: multipart/%s;%s\r\n boundary=\"%s\"\r\n"
	    "\r\n--%s\r\n",
	    subtype, parameters, boundary, boundary);
}

static gboolean
put_attachments(GString *out, const Compose *c, gboolean shown,
    const char *boundary, GError **error)
{
	for (guint i = 0; i < c->attachments->len; i++) {
		const Attachment *attachment = c->attachments->pdata[i];

		if (is_shown(c, attachment) != shown)
			continue;
		g_string_append_printf(out, "\r\n--%s\r\n", boundary);
		if (!put_attachment(out, attachment, error))
			return FALSE;
	}
	g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
	return TRUE;
}

static gboolean
put_html(GString *out, const Compose *c, GError **error)
{
	g_autofree char *boundary = NULL;

	if (count_shown(c) == 0) {
		put_text(out, "html", c->html);
		return TRUE;
	}
	boundary = make_boundary(c, "related ");
	open_multipart(out, "related", " type=\"text/html\";", boundary);
	put_text(out, "html", c->html);
	return put_attachments(out, c, TRUE, boundary, error);
}

/* The text, and its twin as HTML, of which the receiver sees the last that his
 * program can show (RFC 2046 5.1.4). */
static gboolean
put_words(GString *out, const Compose *c, GError **error)
{
	g_autofree char *boundary = NULL;

	if (c->html == NULL) {
		put_text(out, "plain", c->text);
		return TRUE;
	}
	boundary = make_boundary(c, "alternative ");
	open_multipart(out, "alternative", "", boundary);
	put_text(out, "plain", c->text);
	g_string_append_printf(out, "\r\n--%s\r\n", boundary);
	if (!put_html(out, c, error))
		return FALSE;
	g_string_append_printf(out, "\r\n--%s--\r\n", boundary);
	return TRUE;
}

static gboolean
put_body(GString *out, const Compose *c, GError **error)
{
	g_autofree char *boundary = NULL;

	if (c->text == NULL || !is_sendable(c->text))
		return error_permanent(error, "text: it is not clean");
	if (c->html != NULL && !is_sendable(c->html))
		return error_permanent(error, "HTML: it is not clean");
	if (c->attachments == NULL ||
	    c->attachments->len == count_shown(c))
		return put_words(out, c, error);
	boundary = make_boundary(c, "");
	open_multipart(out, "mixed", "", boundary);
	return put_words(out, c, error) &&
	       put_attachments(out, c, FALSE, boundary, error);
}

GBytes *
compose_message(const Compose *compose, GError **error)
{
	g_autoptr(GString) out = g_string_sized_new(4096);
	g_autoptr(GBytes) octets = NULL;

	g_return_val_if_fail(compose != NULL, NULL);
	if (!put_header(out, compose, error) || !put_body(out, compose, error))
		return NULL;
	octets = g_string_free_to_bytes(g_steal_pointer(&out));
	if (!compose_lint(octets, error))
		return NULL;
	return g_steal_pointer(&octets);
}
