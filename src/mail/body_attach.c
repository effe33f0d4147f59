/* body_attach.c - the parts of a mail that are kept, not read: files, mails
 * within the mail, what stands in a winmail.dat or between "begin" and "end".
 * body.c walks over the parts and calls this. */
#include <gmime/gmime.h>
#include <string.h>

#include "mail/body_reader.h"

#include "ground/text.h"
#include "mail/dsn.h"
#include "mail/prescan.h"
#include "mail/tnef.h"
#include "mail/uu.h"

#define REPORT_MOST (256 * 1024)
#define HEADER_MOST (64 * 1024)
#define CHUNK       (4 * 1024 * 1024)

/* What a person should call parts that often come without a name. */
static const struct {
	const char *type, *name;
} usual[] = {
	{ "message/rfc822", "forwarded message" },
	{ "message/global", "forwarded message" },
	{ "message/news", "forwarded message" },
	{ "text/calendar", "invitation.ics" },
	{ "application/ics", "invitation.ics" },
	{ "application/pkcs7-mime", "smime.p7m" },
	{ "application/x-pkcs7-mime", "smime.p7m" },
	{ "application/pkcs7-signature", "smime.p7s" },
	{ "application/x-pkcs7-signature", "smime.p7s" },
	{ "application/pgp-signature", "signature.asc" },
	{ "application/ms-tnef", "winmail.dat" },
	{ "application/vnd.ms-tnef", "winmail.dat" },
};

static const char *
usual_name(const char *type)
{
	for (guint i = 0; i < G_N_ELEMENTS(usual); i++)
		if (strcmp(usual[i].type, type) == 0)
			return usual[i].name;
	return "";
}

static Attachment *
attachment_of(const Part *part)
{
	Attachment *attachment = g_new0(Attachment, 1);

	attachment->name = g_strdup(
	    part->name[0] != '\0' ? part->name : usual_name(part->type));
	attachment->type = g_strdup(part->type);
	attachment->content_id = g_strdup(part->content_id);
	attachment->is_inline =
	    part->is_inline ||
	    (part->content_id[0] != '\0' && !part->is_attachment);
	return attachment;
}

/* An attachment of octets that were no part of their own. */
static void
add_octets(BodyReader *r, const char *name, const char *type, GBytes *octets)
{
	Attachment *attachment = g_new0(Attachment, 1);
	gsize size;
	gconstpointer data = g_bytes_get_data(octets, &size);

	attachment->name = part_safe_name(name);
	attachment->type = text_clean_line(type, 100);
	attachment->content_id = g_strdup("");
	attachment->size = (gint64)size;
	attachment->sha256 = text_sha256(data, size);
	if ((r->flags & MESSAGE_WITH_ATTACHMENTS) != 0)
		attachment->octets = g_bytes_ref(octets);
	g_ptr_array_add(r->message->attachments, attachment);
}

/* Text of a report that dsn.c wants to see. */
static void
read_report(BodyReader *r, const Part *part)
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
		g_string_assign(r->inside->returned, text);
		return;
	}
	if (r->message->dsn == NULL)
		r->message->dsn = dsn_new();
	dsn_read_status(r->message->dsn, text);
}

/* What a part says of being signed or encrypted; nothing is checked. */
static void
note_protection(BodyReader *r, GMimeObject *object, const char *type)
{
	guint *protection = &r->message->protection;

	if (strcmp(type, "application/pgp-encrypted") == 0) {
		*protection |= MESSAGE_ENCRYPTED;
	} else if (strcmp(type, "application/pkcs7-mime") == 0 ||
		   strcmp(type, "application/x-pkcs7-mime") == 0) {
		const char *raw = part_raw_field(object, "Content-Type");
		g_autofree char *lower =
		    g_ascii_strdown(raw != NULL ? raw : "", -1);

		*protection |= strstr(lower, "signed-data") != NULL
				   ? MESSAGE_SIGNED
				   : MESSAGE_ENCRYPTED;
	}
}

static gboolean
is_tnef(const Part *part)
{
	return strcmp(part->type, "application/ms-tnef") == 0 ||
	       strcmp(part->type, "application/vnd.ms-tnef") == 0 ||
	       g_ascii_strcasecmp(part->name, "winmail.dat") == 0;
}

/* The file itself stays on the list. */
static void
read_tnef(BodyReader *r, const Part *part)
{
	g_autoptr(GByteArray) kept = g_byte_array_new();
	g_autoptr(Tnef) tnef = NULL;

	if ((r->flags & MESSAGE_WITHOUT_TNEF) == 0 &&
	    part_decode(part, TNEF_MOST + 1, kept, NULL) <= TNEF_MOST)
		tnef = tnef_read(kept->data, kept->len);
	if (tnef == NULL) {
		body_defect(r, MESSAGE_DEFECT_TNEF);
		return;
	}
	for (guint i = 0; i < tnef->members->len; i++) {
		const TnefMember *member = tnef->members->pdata[i];

		add_octets(r, member->name,
		    member->type[0] != '\0' ? member->type
					    : "application/octet-stream",
		    member->octets);
	}
	if (r->tnef_text == NULL)
		r->tnef_text = text_clean_body(tnef->text);
}

void
body_attach_part(BodyReader *r, GMimeObject *object, const Part *part)
{
	Attachment *attachment = attachment_of(part);
	gboolean keep = (r->flags & MESSAGE_WITH_ATTACHMENTS) != 0;
	g_autoptr(Digest) sum = digest_new();
	GByteArray *kept = keep ? g_byte_array_new() : NULL;

	attachment->size = part_decode(part, G_MAXUINT32, kept, sum);
	attachment->sha256 = digest_end(sum);
	if (kept != NULL)
		attachment->octets = g_byte_array_free_to_bytes(kept);
	body_add_digest(r, attachment->sha256);
	g_ptr_array_add(r->message->attachments, attachment);
	read_report(r, part);
	note_protection(r, object, part->type);
	if (is_tnef(part))
		read_tnef(r, part);
}

void
body_attach_inline(BodyReader *r, GByteArray *text)
{
	gsize from = 0;

	while (from < text->len) {
		g_auto(UuFile) file = { 0 };
		g_autoptr(GBytes) octets = NULL;

		if (!uu_find(&file, (const char *)text->data, text->len, from))
			return;
		octets =
		    g_byte_array_free_to_bytes(g_steal_pointer(&file.octets));
		add_octets(r, file.name, "application/octet-stream", octets);
		g_byte_array_remove_range(text, (guint)file.start,
		    (guint)(file.end - file.start));
		from = file.start;
	}
}

/* GMime and prescan did not agree about the mails within: it is written again
 * from its parts, through the digest and into nothing, or into octets when they
 * are asked for. */
static void
write_message(BodyReader *r, GMimeMessage *inner, Attachment *attachment)
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

/* The octets as they came. */
static void
cut_message(BodyReader *r, const PrescanRange *range, Attachment *attachment)
{
	const Octets *raw = r->source->raw;
	const char *data = g_bytes_get_data(raw->bytes, NULL);
	gsize size = range->end - range->start;
	g_autoptr(Digest) sum = digest_new();

	for (gsize at = range->start; at < range->end; at += CHUNK) {
		gsize n = MIN(range->end - at, CHUNK);

		digest_add_lines(sum, data + at, n);
		octets_forget(raw, at, at + n);
	}
	attachment->size = (gint64)size;
	attachment->sha256 = digest_end(sum);
	if ((r->flags & MESSAGE_WITH_ATTACHMENTS) != 0)
		attachment->octets =
		    g_bytes_new_from_bytes(raw->bytes, range->start, size);
}

/* Header of the first one, in case that a report returns it. */
static void
note_returned(BodyReader *r, const PrescanRange *range)
{
	const char *data = g_bytes_get_data(r->source->raw->bytes, NULL);
	gsize size = MIN(range->end - range->start, HEADER_MOST);
	gsize at = 0, taken;
	g_autofree char *text = NULL;

	if (r->inside->returned->len > 0 || r->flags & MESSAGE_WITHIN)
		return;
	while (at < size &&
	       octets_line(data + range->start + at, size - at, &taken) > 0)
		at += taken;
	text = text_valid(data + range->start, (gssize)at);
	g_string_assign(r->inside->returned, text);
}

void
body_attach_message(BodyReader *r, GMimeObject *object, guint number)
{
	GMimeMessage *inner =
	    g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
	g_auto(Part) part = { 0 };
	Attachment *attachment;

	part_open(&part, object, r->source->octets);
	attachment = attachment_of(&part);
	if (r->inside->is_known) {
		const PrescanRange *range =
		    &g_array_index(r->source->messages, PrescanRange, number);

		cut_message(r, range, attachment);
		note_returned(r, range);
	} else {
		write_message(r, inner, attachment);
	}
	body_add_digest(r, attachment->sha256);
	g_ptr_array_add(r->message->attachments, attachment);
}
