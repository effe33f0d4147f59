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
#define PADDING     8
#define NONE        0x80 /* no letter of base64 */

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

static GMimeContentEncoding
encoding_of(const char *raw)
{
	static const struct {
		const char *name;
		GMimeContentEncoding encoding;
	} names[] = {
		{ "base64", GMIME_CONTENT_ENCODING_BASE64 },
		{ "quoted-printable", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE },
		{ "x-uue", GMIME_CONTENT_ENCODING_UUENCODE },
		{ "uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
		{ "x-uuencode", GMIME_CONTENT_ENCODING_UUENCODE },
	};

	raw = raw != NULL ? raw + strspn(raw, " \t\r\n\"") : "";
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (text_starts(raw, names[i].name))
			return names[i].encoding;
	}
	return GMIME_CONTENT_ENCODING_8BIT;
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
	gint64 base = part->octets->fd >= 0 ? part->octets->offset : 0;
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
	part->encoding =
	    encoding_of(part_raw_field(object, "Content-Transfer-Encoding"));
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

/* What decoding of a part goes on with. */
typedef struct Decoder {
	GMimeEncoding state; /* all but base64 */
	guint32 bits;        /* of base64: six for each letter */
	guint letters;       /* that are in bits */
} Decoder;

/* RFC 2045 6.8: letters to six bits; what is none of them is left out. */
static const guint8 *
base64_table(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static guint8 *table;

	if (g_once_init_enter(&table)) {
		guint8 *made = g_malloc(256);

		memset(made, NONE, 256);
		for (guint i = 0; i < 64; i++)
			made[(guchar)letters[i]] = (guint8)i;
		g_once_init_leave(&table, made);
	}
	return table;
}

/* Four letters make three octets. GMime's own decoder was a tenth of the time
 * that a mail took. */
static gsize
base64_step(Decoder *d, const guchar *in, gsize n, guchar *out)
{
	const guint8 *six = base64_table();
	const guchar *end = in + n;
	guchar *to = out;

	while (in < end) {
		guint8 value;

		/* Whole groups without anything between them. */
		while (d->letters == 0 && end - in >= 4) {
			guint8 a = six[in[0]], b = six[in[1]], c = six[in[2]],
			       e = six[in[3]];

			if (((a | b | c | e) & NONE) != 0)
				break;
			to[0] = (guchar)(a << 2 | b >> 4);
			to[1] = (guchar)(b << 4 | c >> 2);
			to[2] = (guchar)(c << 6 | e);
			to += 3;
			in += 4;
		}
		if (in == end)
			break;
		value = six[*in++];
		if (value == NONE)
			continue;
		d->bits = d->bits << 6 | value;
		if (++d->letters < 4)
			continue;
		*to++ = (guchar)(d->bits >> 16);
		*to++ = (guchar)(d->bits >> 8);
		*to++ = (guchar)d->bits;
		d->letters = 0;
		d->bits = 0;
	}
	return (gsize)(to - out);
}

/* "=" at the end says how much is left over, and is often missing; what stands
 * behind it is read on, since some programs encode each line by itself. */
static gsize
base64_end(Decoder *d, guchar *out)
{
	gsize n = d->letters > 1 ? d->letters - 1 : 0;
	guint32 bits = d->bits << (6 * (4 - d->letters));

	for (gsize i = 0; i < n; i++)
		out[i] = (guchar)(bits >> (16 - 8 * i));
	d->letters = 0;
	d->bits = 0;
	return n;
}

/* A pad ends a group wherever it stands. */
static gsize
base64_chunk(Decoder *d, const guchar *in, gsize n, guchar *out)
{
	gsize length = 0;

	while (n > 0) {
		const guchar *pad = memchr(in, '=', n);
		gsize part = pad != NULL ? (gsize)(pad - in) : n;

		length += base64_step(d, in, part, out + length);
		if (pad == NULL)
			break;
		length += base64_end(d, out + length);
		in += part + 1;
		n -= part + 1;
	}
	return length;
}

/* Decodes n octets at. */
static gsize
decode_step(const Part *part, Decoder *d, gsize at, gsize n, char *out)
{
	const char *data = g_bytes_get_data(part->octets->bytes, NULL);
	gsize length;

	if (part->encoding != GMIME_CONTENT_ENCODING_BASE64)
		return g_mime_encoding_step(&d->state, data + at, n, out);
	length = base64_chunk(d, (const guchar *)data + at, n, (guchar *)out);
	if (at + n == part->end)
		length += base64_end(d, (guchar *)out + length);
	return length;
}

gint64
part_decode(const Part *part, gsize most, GByteArray *kept, Digest *sum)
{
	const char *data = g_bytes_get_data(part->octets->bytes, NULL);
	gboolean plain = part->encoding == GMIME_CONTENT_ENCODING_8BIT;
	gboolean lines = part->encoding != GMIME_CONTENT_ENCODING_BASE64;
	g_autofree char *buffer = NULL;
	gsize forgotten = part->start;
	Decoder state = { .bits = 0 };
	gint64 size = 0;

	g_mime_encoding_init_decode(&state.state, part->encoding);
	if (!plain)
		buffer = g_malloc(g_mime_encoding_outlen(&state.state,
				      MIN(CHUNK, part->end - part->start)) +
				  PADDING);
	for (gsize at = part->start; at < part->end; at += CHUNK) {
		gsize n = MIN(part->end - at, CHUNK);
		const char *out = data + at;

		if (!plain) {
			n = decode_step(part, &state, at, n, buffer);
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
