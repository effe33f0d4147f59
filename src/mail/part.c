/* part.c - what a MIME part says about itself, and its octets. GMime tells
 * where the part stands; names and charsets are read by param.c, which bears
 * more and needs no iconv. Called by body.c. */
#include "mail/part.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/text.h"
#include "mail/header.h"

#define NAME_MOST   200
#define CHUNK       (32 * 1024)
#define FORGET_STEP (4 * 1024 * 1024)

const char *
part_raw_field(GMimeObject *object, const char *name)
{
	GMimeHeader *header = g_mime_header_list_get_header(
	    g_mime_object_get_header_list(object), name);

	return header != NULL ? g_mime_header_get_raw_value(header) : NULL;
}

char *
part_safe_name(const char *name)
{
	g_autofree char *decoded = header_decode(name);
	g_autofree char *clean = NULL;
	const char *base;
	gsize n;

	clean = text_clean_line(decoded, 0);
	base = strrchr(clean, '/');
	base = base != NULL ? base + 1 : clean;
	if (strrchr(base, '\\') != NULL)
		base = strrchr(base, '\\') + 1;
	while (*base == '.' || *base == ' ')
		base++;
	n = strlen(base);
	while (n > 0 && (base[n - 1] == '.' || base[n - 1] == ' '))
		n--;
	clean[base - clean + (gssize)n] = '\0';
	return text_clean_line(base, NAME_MOST);
}

static char *
without_brackets(const char *raw)
{
	g_autofree char *line = text_clean_line(raw, NAME_MOST);
	char *start = g_strstrip(line);
	gsize n;

	if (*start == '<')
		start++;
	n = strlen(start);
	if (n > 0 && start[n - 1] == '>')
		n--;
	return g_strndup(start, n);
}

static void
read_type(Part *part, const char *raw)
{
	g_auto(Params) params = { 0 };
	const char *name, *format, *delsp;

	if (raw == NULL) {
		part->type = g_strdup("text/plain");
		part->name = g_strdup("");
		return;
	}
	params_parse(&params, raw, -1);
	part->type = text_clean_line(params.value, NAME_MOST);
	part->charset = g_strdup(params_get(&params, "charset"));
	name = params_get(&params, "name");
	part->name = name != NULL ? part_safe_name(name) : g_strdup("");
	format = params_get(&params, "format");
	delsp = params_get(&params, "delsp");
	part->flowed =
	    format != NULL && g_ascii_strcasecmp(format, "flowed") == 0;
	part->delsp = delsp != NULL && g_ascii_strcasecmp(delsp, "yes") == 0;
}

static void
read_disposition(Part *part, const char *raw)
{
	g_auto(Params) params = { 0 };
	const char *name;

	if (raw == NULL)
		return;
	params_parse(&params, raw, -1);
	part->is_attachment = strcmp(params.value, "attachment") == 0;
	part->is_inline = strcmp(params.value, "inline") == 0;
	name = params_get(&params, "filename");
	if (name == NULL)
		name = params_get(&params, "name");
	if (name == NULL || *name == '\0')
		return;
	g_free(part->name);
	part->name = part_safe_name(name);
}

static void
set_range(Part *part, GMimeStream *stream)
{
	gsize size = g_bytes_get_size(part->octets->bytes);
	gint64 base =
	    octets_is_large(part->octets) ? part->octets->offset : 0;
	gint64 start, end;

	if (stream == NULL)
		return;
	start = stream->bound_start - base;
	end = stream->bound_end < 0 ? (gint64)size : stream->bound_end - base;
	part->start = (gsize)CLAMP(start, 0, (gint64)size);
	part->end = (gsize)CLAMP(end, (gint64)part->start, (gint64)size);
}

void
part_open(Part *part, GMimeObject *object, const Octets *octets)
{
	const char *id = part_raw_field(object, "Content-ID");

	*part = (Part){ .octets = octets };
	read_type(part, part_raw_field(object, "Content-Type"));
	read_disposition(part, part_raw_field(object, "Content-Disposition"));
	part->content_id = id != NULL ? without_brackets(id) : g_strdup("");
	part->transfer =
	    transfer_of(part_raw_field(object, "Content-Transfer-Encoding"));
	if (GMIME_IS_PART(object)) {
		GMimeDataWrapper *content =
		    g_mime_part_get_content(GMIME_PART(object));

		if (content != NULL)
			set_range(part,
			    g_mime_data_wrapper_get_stream(content));
	}
}

void
part_clear(Part *part)
{
	g_clear_pointer(&part->type, g_free);
	g_clear_pointer(&part->charset, g_free);
	g_clear_pointer(&part->name, g_free);
	g_clear_pointer(&part->content_id, g_free);
}

static void
keep(GByteArray *kept, gsize most, const char *octets, gsize length)
{
	if (kept != NULL && kept->len < most)
		g_byte_array_append(kept, (const guint8 *)octets,
		    (guint)MIN(length, most - kept->len));
}

gint64
part_decode(const Part *part, gsize most, GByteArray *kept, Digest *sum)
{
	const char *data = g_bytes_get_data(part->octets->bytes, NULL);
	gboolean lines = part->transfer != TRANSFER_BASE64;
	g_autoptr(TransferDecoder) decoder = NULL;
	g_autofree char *buffer = NULL;
	gsize forgotten = part->start;
	gint64 size = 0;

	if (part->transfer != TRANSFER_PLAIN) {
		decoder = transfer_decoder_new(part->transfer);
		buffer = g_malloc(transfer_room(decoder,
		    MIN(CHUNK, part->end - part->start)));
	}
	for (gsize at = part->start; at < part->end; at += CHUNK) {
		gsize n = MIN(part->end - at, CHUNK);
		const char *out = data + at;

		if (decoder != NULL) {
			n = transfer_step(decoder, out, n, at + n == part->end,
			    buffer);
			out = buffer;
		}
		if (sum != NULL && lines)
			digest_add_lines(sum, out, n);
		else if (sum != NULL)
			digest_add(sum, out, n);
		keep(kept, most, out, n);
		size += (gint64)n;
		if (at - forgotten >= FORGET_STEP) {
			octets_forget(part->octets, forgotten, at);
			forgotten = at;
		}
	}
	return size;
}
