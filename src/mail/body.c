/* body.c - walks the parts: which one a person would read, which are attached,
 * and the digest of all. message.c calls it after GMime; text goes through
 * charset.c, flowed.c and html.c; reports to dsn.c.
 *
 *	multipart/alternative  plain text unless it says nothing, else HTML
 *	multipart/related      the first part; the rest belongs to it
 *	all others             one after the other
 */
#include "mail/body_reader.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/text.h"
#include "mail/charset.h"
#include "mail/cleanhtml.h"
#include "mail/flowed.h"
#include "mail/html.h"
#include "mail/prescan.h"

/* Depth is bounded by prescan.h; this guards against a difference of view. */
#define DEPTH_MOST 80
/* Decoded octets of text parts that are looked at. */
#define TEXT_OCTETS_MOST (4 * 1024 * 1024)
#define TRIVIAL_MOST     400

#define NUMBER_KEY "javob-number"

static void read_object(BodyReader *r, GMimeObject *object, BodyWanted wanted,
    guint depth);

void
body_defect(BodyReader *r, const char *text)
{
	g_ptr_array_add(r->message->defects, g_strdup(text));
}

void
body_add_digest(BodyReader *r, const char *sha256)
{
	digest_add(r->content, sha256, strlen(sha256));
	digest_add(r->content, "\n", 1);
}

static void
add_text(BodyReader *r, const char *text)
{
	gsize n = strlen(text), room = BODY_TEXT_MOST - r->text->len;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n == 0)
		return;
	if (r->text->len > 0)
		g_string_append(r->text, "\n");
	if (n + 2 > room) {
		r->too_long = TRUE;
		n = room > 2 ? room - 2 : 0;
		while (n > 0 && ((guchar)text[n] & 0xc0) == 0x80)
			n--;
	}
	g_string_append_len(r->text, text, (gssize)n);
	g_string_append_c(r->text, '\n');
}

static gboolean
is_html(const Part *part)
{
	return strcmp(part->type, "text/html") == 0 ||
	       strcmp(part->type, "application/xhtml+xml") == 0;
}

/* Parts that are read, not attached. Text without a type, or with a broken
 * one, is text. */
static gboolean
is_body_text(const Part *part)
{
	static const char *const types[] = { "text/plain", "text/html",
		"text/enriched", "text/richtext", "text", "text/", "plain",
		"application/xhtml+xml", "" };

	if (part->is_attachment || part->name[0] != '\0')
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(part->type, types[i]) == 0)
			return TRUE;
	}
	return strchr(part->type, '/') == NULL;
}

static char *
html_decode(BodyReader *r, const char *octets, gsize size, const char *label)
{
	g_autofree char *own = NULL;

	if (label == NULL || g_ascii_strcasecmp(label, "us-ascii") == 0) {
		own = html_charset(octets, size);
		label = own;
	}
	return charset_decode(octets, size, label, &r->bad);
}

static char *
html_text(BodyReader *r, const char *octets, gsize size, const char *label)
{
	g_autofree char *html = html_decode(r, octets, size, label);

	return html_to_text(html, strlen(html), BODY_TEXT_MOST, &r->too_long);
}

static char *
part_text(BodyReader *r, const Part *part, const char *octets, gsize size)
{
	g_autofree char *raw = NULL, *text = NULL;

	if (part->charset != NULL && charset_is_refused(part->charset))
		body_defect(r, "character set refused");
	if (is_html(part)) {
		raw = html_text(r, octets, size, part->charset);
		return text_clean_body(raw);
	}
	raw = charset_decode(octets, size, part->charset, &r->bad);
	text = text_clean_body(raw);
	if (!part->flowed)
		return g_steal_pointer(&text);
	return flowed_unwrap(text, part->delsp);
}

/* For mail that may go on as HTML: the HTML that people read, whether or not
 * it was chosen as text. */
static void
keep_html(BodyReader *r, const Part *part)
{
	g_autoptr(GByteArray) kept = NULL;
	g_autofree char *html = NULL;

	if (r->html == NULL || !is_html(part) ||
	    r->html->len > CLEANHTML_MOST)
		return;
	kept = g_byte_array_new();
	part_decode(part, CLEANHTML_MOST, kept, NULL);
	html = html_decode(
	    r, (const char *)kept->data, kept->len, part->charset);
	g_string_append(r->html, html);
}

static void
read_text(BodyReader *r, const Part *part, BodyWanted wanted)
{
	g_autoptr(GByteArray) kept = g_byte_array_new();
	g_autoptr(Digest) sum = digest_new();
	g_autofree char *text = NULL, *sha256 = NULL;
	gint64 size;

	size =
	    part_decode(part, wanted == BODY_TEXT ? r->budget : 0, kept, sum);
	sha256 = digest_end(sum);
	body_add_digest(r, sha256);
	keep_html(r, part);
	if (wanted != BODY_TEXT || kept->len == 0)
		return;
	if (!is_html(part) && r->paired == 0)
		r->loose = TRUE;
	r->budget -= kept->len;
	if (size > (gint64)kept->len)
		r->too_long = TRUE;
	if (!is_html(part))
		body_attach_inline(r, kept);
	text = part_text(r, part, (const char *)kept->data, kept->len);
	add_text(r, text);
}

static guint
number_of(GMimeObject *object)
{
	return GPOINTER_TO_UINT(
	    g_object_get_data(G_OBJECT(object), NUMBER_KEY));
}

static void
read_leaf(BodyReader *r, GMimeObject *object, BodyWanted wanted)
{
	g_auto(Part) part = { 0 };

	part_open(&part, object, r->source->octets);
	if (r->source->leaves != NULL) {
		const PrescanRange *range = &g_array_index(r->source->leaves,
		    PrescanRange, number_of(object));

		part.start = range->start;
		part.end = range->end;
	}
	if (is_body_text(&part))
		read_text(r, &part, wanted);
	else
		body_attach_part(r, object, &part);
}

static gboolean
points_elsewhere(const char *line)
{
	static const char *const phrases[] = { "html", "does not support",
		"doesn't support", "view this email", "view this message",
		"view it in your browser", "view in browser", "view online",
		"в браузере", "не поддерживает", "tarayıcı", "desteklemiyor" };
	g_autofree char *lower = g_utf8_strdown(line, -1);

	for (guint i = 0; i < G_N_ELEMENTS(phrases); i++) {
		if (strstr(lower, phrases[i]) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* A plain alternative that only says to look at the other one: each line of it
 * does, or is an address of a page. */
static gboolean
is_trivial(const char *text)
{
	g_auto(GStrv) lines = NULL;

	if (strlen(text) > TRIVIAL_MOST)
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = g_strstrip(lines[i]);

		if (*line != '\0' && !text_starts(line, "http") &&
		    !points_elsewhere(line))
			return FALSE;
	}
	return TRUE;
}

/* Type of the first leaf that is text: what this alternative is about. */
static gboolean
leads_with(GMimeObject *object, const char *subtype, guint depth)
{
	while (GMIME_IS_MULTIPART(object) && depth++ < DEPTH_MOST) {
		GMimeMultipart *multipart = GMIME_MULTIPART(object);

		if (g_mime_multipart_get_count(multipart) == 0)
			return FALSE;
		object = g_mime_multipart_get_part(multipart, 0);
	}
	return g_mime_content_type_is_type(
	    g_mime_object_get_content_type(object), "text", subtype);
}

static int
find_child(GMimeMultipart *multipart, const char *subtype, guint depth)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++) {
		if (leads_with(g_mime_multipart_get_part(multipart, i), subtype,
			depth))
			return i;
	}
	return -1;
}

static void
read_children(BodyReader *r, GMimeMultipart *multipart, BodyWanted wanted,
    guint depth)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++)
		read_object(r, g_mime_multipart_get_part(multipart, i), wanted,
		    depth + 1);
}

static void
read_alternative(BodyReader *r, GMimeMultipart *multipart, BodyWanted wanted,
    guint depth)
{
	int n = g_mime_multipart_get_count(multipart);
	int plain = find_child(multipart, "plain", depth);
	int html = find_child(multipart, "html", depth);
	int other = plain < 0 && html < 0 ? 0 : html;
	gsize before = r->text->len;
	gboolean done = FALSE;

	if (wanted == BODY_TEXT && plain >= 0) {
		r->paired += html >= 0;
		read_object(r, g_mime_multipart_get_part(multipart, plain),
		    wanted, depth + 1);
		r->paired -= html >= 0;
		done = html < 0 || !is_trivial(r->text->str + before);
		if (!done)
			g_string_truncate(r->text, before);
	} else {
		plain = -1;
	}
	for (int i = 0; i < n; i++) {
		if (i == plain)
			continue;
		read_object(r, g_mime_multipart_get_part(multipart, i),
		    !done && i == other ? wanted : BODY_REST, depth + 1);
	}
}

/* The root is the first part; text beside it is not for reading. */
static void
read_related(BodyReader *r, GMimeMultipart *multipart, BodyWanted wanted,
    guint depth)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++)
		read_object(r, g_mime_multipart_get_part(multipart, i),
		    i == 0 || r->text->len == 0 ? wanted : BODY_REST,
		    depth + 1);
}

/* The boundary never came, so that all was in front of the first part: some
 * gateways change it in one place only. It is text, with the headers of what
 * should have been parts. */
static void
read_prologue(BodyReader *r, GMimeMultipart *multipart, BodyWanted wanted)
{
	const char *octets = g_mime_multipart_get_prologue(multipart);
	gsize size = octets != NULL ? MIN(strlen(octets), r->budget) : 0;
	g_autofree char *raw = NULL, *text = NULL;

	if (wanted != BODY_TEXT || size == 0)
		return;
	body_defect(r, "multipart without parts");
	r->budget -= size;
	raw = charset_decode(octets, size, NULL, &r->bad);
	text = text_clean_body(raw);
	add_text(r, text);
}

static void
read_multipart(BodyReader *r, GMimeObject *object, BodyWanted wanted,
    guint depth)
{
	GMimeMultipart *multipart = GMIME_MULTIPART(object);
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (g_mime_content_type_is_type(type, "multipart", "signed"))
		r->message->protection |= MESSAGE_SIGNED;
	if (g_mime_content_type_is_type(type, "multipart", "encrypted"))
		r->message->protection |= MESSAGE_ENCRYPTED;
	if (g_mime_multipart_get_count(multipart) == 0)
		read_prologue(r, multipart, wanted);
	else if (g_mime_content_type_is_type(type, "multipart", "alternative"))
		read_alternative(r, multipart, wanted, depth);
	else if (g_mime_content_type_is_type(type, "multipart", "related"))
		read_related(r, multipart, wanted, depth);
	else
		read_children(r, multipart, wanted, depth);
}

static void
read_object(BodyReader *r, GMimeObject *object, BodyWanted wanted, guint depth)
{
	if (object == NULL || depth > DEPTH_MOST)
		return;
	if (GMIME_IS_MULTIPART(object))
		read_multipart(r, object, wanted, depth);
	else if (GMIME_IS_MESSAGE_PART(object))
		body_attach_message(r, object, number_of(object));
	else
		read_leaf(r, object, wanted);
}

static void
tell_defects(BodyReader *r)
{
	g_autofree char *bad = NULL;

	if (r->too_long)
		body_defect(r, "text cut at 1 MiB");
	if (r->bad == 0)
		return;
	bad = g_strdup_printf("%zu characters could not be decoded", r->bad);
	body_defect(r, bad);
}

/* Counts the messages within, and the other leaves, in the order in which they
 * stand, and writes its number on each. */
static void
number_parts(GMimeObject *object, guint depth, guint *messages, guint *leaves)
{
	GMimeMultipart *multipart;
	int n;

	if (object == NULL || depth > DEPTH_MOST)
		return;
	if (!GMIME_IS_MULTIPART(object)) {
		guint *number = GMIME_IS_MESSAGE_PART(object) ? messages
							       : leaves;

		g_object_set_data(G_OBJECT(object), NUMBER_KEY,
		    GUINT_TO_POINTER((*number)++));
		return;
	}
	multipart = GMIME_MULTIPART(object);
	n = g_mime_multipart_get_count(multipart);
	for (int i = 0; i < n; i++)
		number_parts(g_mime_multipart_get_part(multipart, i), depth + 1,
		    messages, leaves);
}

gboolean
body_number(GMimeObject *root, const BodySource *source, BodyInside *inside)
{
	guint messages = 0, leaves = 0;

	number_parts(root, 0, &messages, &leaves);
	inside->is_known = messages == source->messages->len;
	return source->leaves == NULL ||
	       (inside->is_known && leaves == source->leaves->len);
}

/* OpenPGP without MIME (RFC 9580, 6.2 and 7). */
static void
note_armour(const BodyReader *r)
{
	static const char begin[] = "-----BEGIN PGP ";
	const char *p = r->text->str;

	while ((p = strstr(p, begin)) != NULL) {
		p += strlen(begin);
		if (g_str_has_prefix(p, "MESSAGE-----"))
			r->message->protection |= MESSAGE_ENCRYPTED;
		else if (g_str_has_prefix(p, "SIGNED MESSAGE-----"))
			r->message->protection |= MESSAGE_SIGNED;
	}
}

/* HTML that can go on, and all readable text is in it: then it is the text,
 * too, so that both say the same. */
static void
use_html(BodyReader *r)
{
	g_autofree char *clean = NULL, *text = NULL;

	if (r->html == NULL || r->html->len == 0 || r->loose)
		return;
	clean = cleanhtml_write(r->html->str, r->html->len);
	text = clean != NULL ? cleanhtml_text(clean) : NULL;
	if (text == NULL || *text == '\0' || strlen(text) > BODY_TEXT_MOST)
		return;
	g_free(r->message->html);
	r->message->html = g_steal_pointer(&clean);
	g_string_assign(r->text, text);
}

void
body_read(GMimeObject *root, const BodySource *source, guint flags,
    Message *message, Digest *content, BodyInside *inside)
{
	BodyReader r = {
		.source = source,
		.message = message,
		.content = content,
		.budget = TEXT_OCTETS_MOST,
		.flags = flags,
		.inside = inside,
	};

	r.text = g_string_new(NULL);
	if ((flags & MESSAGE_WITH_HTML) != 0)
		r.html = g_string_new(NULL);
	read_object(&r, root, BODY_TEXT, 0);
	if (r.text->len == 0 && r.tnef_text != NULL)
		add_text(&r, r.tnef_text);
	use_html(&r);
	note_armour(&r);
	tell_defects(&r);
	if (r.html != NULL)
		g_string_free(r.html, TRUE);
	g_free(r.tnef_text);
	g_free(message->body_text);
	message->body_text = g_string_free(r.text, FALSE);
}
