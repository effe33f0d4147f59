/* body.c - walks the parts: which one a person would read, which are attached,
 * and the digest of all. message.c calls it after GMime; text goes through
 * charset.c, flowed.c and html.c; reports to dsn.c.
 *
 *	multipart/alternative  plain text unless it says nothing, else HTML
 *	multipart/related      the first part; the rest belongs to it
 *	all others             one after the other
 */
#include "mail/body.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/text.h"
#include "mail/charset.h"
#include "mail/dsn.h"
#include "mail/flowed.h"
#include "mail/html.h"
#include "mail/part.h"

/* Depth is bounded by prescan.h; this guards against a difference of view. */
#define DEPTH_MOST 80
/* Decoded octets of text parts that are looked at. */
#define TEXT_OCTETS_MOST (4 * 1024 * 1024)
#define REPORT_MOST      (256 * 1024)
#define TRIVIAL_MOST     400

typedef enum Wanted {
	WANTED_TEXT, /* text parts are to be read */
	WANTED_REST, /* another alternative was chosen: attachments only */
} Wanted;

typedef struct Reader {
	const Octets *octets;
	Message *message;
	Digest *content;
	GString *text;
	gsize budget; /* of TEXT_OCTETS_MOST */
	guint flags;
	gsize bad; /* octets that could not be decoded */
	gboolean has_html;
	gboolean too_long;
	GString *returned; /* header of the mail that a report returns */
} Reader;

static void read_object(Reader *r, GMimeObject *object, Wanted wanted,
    guint depth);

static void
defect(Reader *r, const char *text)
{
	g_ptr_array_add(r->message->defects, g_strdup(text));
}

static void
add_text(Reader *r, const char *text)
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
html_text(Reader *r, const char *octets, gsize size, const char *label)
{
	g_autofree char *own = NULL, *html = NULL;

	if (label == NULL || g_ascii_strcasecmp(label, "us-ascii") == 0) {
		own = html_charset(octets, size);
		label = own;
	}
	html = charset_decode(octets, size, label, &r->bad);
	r->has_html = TRUE;
	return html_to_text(html, strlen(html), BODY_TEXT_MOST, &r->too_long);
}

static char *
part_text(Reader *r, const Part *part, const char *octets, gsize size)
{
	g_autofree char *raw = NULL, *text = NULL;

	if (part->charset != NULL && charset_is_refused(part->charset))
		defect(r, "character set refused");
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

/* Each leaf counts with its digest, so the order of parts matters and their
 * headers do not. */
static void
add_digest(Reader *r, const char *sha256)
{
	digest_add(r->content, sha256, strlen(sha256));
	digest_add(r->content, "\n", 1);
}

static Attachment *
attachment_of(const Part *part)
{
	Attachment *attachment = g_new0(Attachment, 1);

	attachment->name = g_strdup(part->name);
	attachment->type = g_strdup(part->type);
	attachment->content_id = g_strdup(part->content_id);
	attachment->is_inline =
	    part->is_inline ||
	    (part->content_id[0] != '\0' && !part->is_attachment);
	return attachment;
}

/* Text of a report that dsn.c wants to see. */
static void
read_report(Reader *r, const Part *part)
{
	gboolean status =
	    strcmp(part->type, "message/delivery-status") == 0 ||
	    strcmp(part->type, "message/global-delivery-status") == 0;
	gboolean headers = strcmp(part->type, "text/rfc822-headers") == 0 ||
			   strcmp(part->type, "message/rfc822-headers") == 0 ||
			   strcmp(part->type, "message/global-headers") == 0;
	g_autoptr(GByteArray) kept = NULL;
	g_autofree char *text = NULL;

	if (!status && !headers)
		return;
	kept = g_byte_array_new();
	part_decode(part, REPORT_MOST, kept, NULL);
	text = text_valid((const char *)kept->data, (gssize)kept->len);
	if (headers) {
		g_string_assign(r->returned, text);
		return;
	}
	if (r->message->dsn == NULL)
		r->message->dsn = dsn_new();
	dsn_read_status(r->message->dsn, text);
}

static void
read_attachment(Reader *r, const Part *part)
{
	Attachment *attachment = attachment_of(part);
	gboolean keep = (r->flags & MESSAGE_WITH_ATTACHMENTS) != 0;
	g_autoptr(Digest) sum = digest_new();
	GByteArray *kept = keep ? g_byte_array_new() : NULL;

	attachment->size = part_decode(part, G_MAXUINT32, kept, sum);
	attachment->sha256 = digest_end(sum);
	if (kept != NULL)
		attachment->octets = g_byte_array_free_to_bytes(kept);
	add_digest(r, attachment->sha256);
	read_report(r, part);
	g_ptr_array_add(r->message->attachments, attachment);
}

static void
read_text(Reader *r, const Part *part, Wanted wanted)
{
	g_autoptr(GByteArray) kept = g_byte_array_new();
	g_autoptr(Digest) sum = digest_new();
	g_autofree char *text = NULL, *sha256 = NULL;
	gint64 size;

	size =
	    part_decode(part, wanted == WANTED_TEXT ? r->budget : 0, kept, sum);
	sha256 = digest_end(sum);
	add_digest(r, sha256);
	if (wanted != WANTED_TEXT || kept->len == 0)
		return;
	r->budget -= kept->len;
	if (size > (gint64)kept->len)
		r->too_long = TRUE;
	text = part_text(r, part, (const char *)kept->data, kept->len);
	add_text(r, text);
}

static void
read_leaf(Reader *r, GMimeObject *object, Wanted wanted)
{
	g_auto(Part) part = { 0 };

	part_open(&part, object, r->octets);
	if (is_body_text(&part))
		read_text(r, &part, wanted);
	else
		read_attachment(r, &part);
}

/* A message within is written again from its parts, through the digest and
 * into nothing, or into octets when they are asked for. */
static void
write_message(Reader *r, GMimeMessage *inner, Attachment *attachment)
{
	gboolean keep = (r->flags & MESSAGE_WITH_ATTACHMENTS) != 0;
	GMimeFilter *sum = g_mime_filter_checksum_new(G_CHECKSUM_SHA256);
	GMimeStream *end =
	    keep ? g_mime_stream_mem_new() : g_mime_stream_null_new();
	GMimeStream *through = g_mime_stream_filter_new(end);

	g_mime_stream_filter_add(GMIME_STREAM_FILTER(through), sum);
	if (inner != NULL)
		g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL,
		    through);
	g_mime_stream_flush(through);
	attachment->size = g_mime_stream_length(end);
	attachment->sha256 =
	    g_mime_filter_checksum_get_string(GMIME_FILTER_CHECKSUM(sum));
	if (keep) {
		GByteArray *array =
		    g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(end));

		attachment->octets = g_bytes_new(array->data, array->len);
		attachment->size = array->len;
	}
	g_object_unref(through);
	g_object_unref(end);
	g_object_unref(sum);
}

/* Its Message-ID, in case that a report returns it. */
static void
note_returned(Reader *r, GMimeMessage *inner)
{
	const char *id = inner != NULL
			     ? part_raw_field(GMIME_OBJECT(inner), "Message-ID")
			     : NULL;

	if (id == NULL || r->returned->len > 0)
		return;
	g_string_printf(r->returned, "Message-ID: %s", id);
}

/* A message within a mail is kept whole, as an attachment. */
static void
read_message(Reader *r, GMimeObject *object)
{
	GMimeMessage *inner =
	    g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
	g_auto(Part) part = { 0 };
	Attachment *attachment;

	part_open(&part, object, r->octets);
	attachment = attachment_of(&part);
	if (attachment->name[0] == '\0') {
		g_free(attachment->name);
		attachment->name = g_strdup("forwarded message");
	}
	write_message(r, inner, attachment);
	add_digest(r, attachment->sha256);
	note_returned(r, inner);
	g_ptr_array_add(r->message->attachments, attachment);
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
read_children(Reader *r, GMimeMultipart *multipart, Wanted wanted, guint depth)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++)
		read_object(r, g_mime_multipart_get_part(multipart, i), wanted,
		    depth + 1);
}

static void
read_alternative(Reader *r, GMimeMultipart *multipart, Wanted wanted,
    guint depth)
{
	int n = g_mime_multipart_get_count(multipart);
	int plain = find_child(multipart, "plain", depth);
	int html = find_child(multipart, "html", depth);
	int other = plain < 0 && html < 0 ? 0 : html;
	gsize before = r->text->len;
	gboolean done = FALSE;

	if (wanted == WANTED_TEXT && plain >= 0) {
		read_object(r, g_mime_multipart_get_part(multipart, plain),
		    wanted, depth + 1);
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
		    !done && i == other ? wanted : WANTED_REST, depth + 1);
	}
}

/* The root is the first part; text beside it is not for reading. */
static void
read_related(Reader *r, GMimeMultipart *multipart, Wanted wanted, guint depth)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++)
		read_object(r, g_mime_multipart_get_part(multipart, i),
		    i == 0 || r->text->len == 0 ? wanted : WANTED_REST,
		    depth + 1);
}

static void
read_multipart(Reader *r, GMimeObject *object, Wanted wanted, guint depth)
{
	GMimeMultipart *multipart = GMIME_MULTIPART(object);
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (g_mime_content_type_is_type(type, "multipart", "alternative"))
		read_alternative(r, multipart, wanted, depth);
	else if (g_mime_content_type_is_type(type, "multipart", "related"))
		read_related(r, multipart, wanted, depth);
	else
		read_children(r, multipart, wanted, depth);
}

static void
read_object(Reader *r, GMimeObject *object, Wanted wanted, guint depth)
{
	if (object == NULL || depth > DEPTH_MOST)
		return;
	if (GMIME_IS_MULTIPART(object))
		read_multipart(r, object, wanted, depth);
	else if (GMIME_IS_MESSAGE_PART(object))
		read_message(r, object);
	else
		read_leaf(r, object, wanted);
}

static void
tell_defects(Reader *r)
{
	g_autofree char *bad = NULL;

	if (r->too_long)
		defect(r, "text cut at 1 MiB");
	if (r->bad == 0)
		return;
	bad = g_strdup_printf("%zu characters could not be decoded", r->bad);
	defect(r, bad);
}

void
body_read(GMimeObject *root, const Octets *octets, guint flags,
    Message *message, Digest *content, GString *returned)
{
	Reader r = {
		.octets = octets,
		.message = message,
		.content = content,
		.budget = TEXT_OCTETS_MOST,
		.flags = flags,
		.returned = returned,
	};

	r.text = g_string_new(NULL);
	read_object(&r, root, WANTED_TEXT, 0);
	tell_defects(&r);
	g_free(message->body_text);
	message->body_text = g_string_free(r.text, FALSE);
}
