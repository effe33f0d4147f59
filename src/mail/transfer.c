/* transfer.c - base64 and quoted-printable, piece by piece. part.c calls it.
 *
 * Both are ours, since GMime looks at each octet by itself and that was a sixth
 * of the time that a mail took; uuencode, which is rare, is GMime's. */
#include "mail/transfer.h"

#include <gmime/gmime.h>
#include <string.h>

#include "ground/text.h"

#define NONE (1U << 24) /* no letter of base64 */

/* A letter's six bits where they belong for each place in a group of four. */
typedef struct Letters {
	guint32 at[4][256];
} Letters;

struct TransferDecoder {
	Transfer transfer;
	guint32 bits;      /* of base64: six for each letter that waits */
	guint waiting;     /* letters in bits, or octets of a "=3D" */
	guchar first;      /* the one behind the "=" */
	GMimeEncoding uue; /* GMime's state */
};

Transfer
transfer_of(const char *raw)
{
	static const struct {
		const char *name;
		Transfer transfer;
	} names[] = {
		{ "base64", TRANSFER_BASE64 },
		{ "quoted-printable", TRANSFER_QUOTED },
		{ "x-uue", TRANSFER_UU },
		{ "uuencode", TRANSFER_UU },
		{ "x-uuencode", TRANSFER_UU },
	};

	raw = raw != NULL ? raw + strspn(raw, " \t\r\n\"") : "";
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (text_starts(raw, names[i].name))
			return names[i].transfer;
	return TRANSFER_PLAIN;
}

TransferDecoder *
transfer_decoder_new(Transfer transfer)
{
	TransferDecoder *d = g_new0(TransferDecoder, 1);

	d->transfer = transfer;
	if (transfer == TRANSFER_UU)
		g_mime_encoding_init_decode(&d->uue,
		    GMIME_CONTENT_ENCODING_UUENCODE);
	return d;
}

void
transfer_decoder_free(TransferDecoder *decoder)
{
	g_free(decoder);
}

gsize
transfer_room(const TransferDecoder *decoder, gsize n)
{
	if (decoder->transfer == TRANSFER_UU)
		return g_mime_encoding_outlen((GMimeEncoding *)&decoder->uue,
		    n);
	/* Base64 writes four octets of which three count. */
	return n + 8;
}

static const Letters *
letters_get(void)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static Letters *table;

	if (g_once_init_enter(&table)) {
		Letters *made = g_new(Letters, 1);

		for (guint k = 0; k < 4; k++) {
			for (guint c = 0; c < 256; c++)
				made->at[k][c] = NONE;
			for (guint i = 0; i < 64; i++)
				made->at[k][(guchar)letters[i]] =
				    i << (18 - 6 * k);
		}
		g_once_init_leave(&table, made);
	}
	return table;
}

/* Four letters make three octets; what is no letter is left out. */
static gsize
base64_step(TransferDecoder *d, const guchar *in, gsize n, guchar *out)
{
	const Letters *letters = letters_get();
	const guchar *end = in + n;
	guchar *to = out;

	while (in < end) {
		guint32 value;

		/* Whole groups without anything between them. */
		while (d->waiting == 0 && end - in >= 4) {
			value = letters->at[0][in[0]] | letters->at[1][in[1]] |
				letters->at[2][in[2]] | letters->at[3][in[3]];
			if ((value & NONE) != 0)
				break;
			value = GUINT32_TO_BE(value << 8);
			memcpy(to, &value, 4);
			to += 3;
			in += 4;
		}
		if (in == end)
			break;
		value = letters->at[3][*in++];
		if (value == NONE)
			continue;
		d->bits = d->bits << 6 | value;
		if (++d->waiting < 4)
			continue;
		*to++ = (guchar)(d->bits >> 16);
		*to++ = (guchar)(d->bits >> 8);
		*to++ = (guchar)d->bits;
		d->waiting = 0;
		d->bits = 0;
	}
	return (gsize)(to - out);
}

/* "=" at the end says how much is left over, and is often missing; what stands
 * behind it is read on, since some programs encode each line by itself. */
static gsize
base64_end(TransferDecoder *d, guchar *out)
{
	gsize n = d->waiting > 1 ? d->waiting - 1 : 0;
	guint32 bits = d->bits << (6 * (4 - d->waiting));

	for (gsize i = 0; i < n; i++)
		out[i] = (guchar)(bits >> (16 - 8 * i));
	d->waiting = 0;
	d->bits = 0;
	return n;
}

/* A pad ends a group wherever it stands. */
static gsize
base64_chunk(TransferDecoder *d, const guchar *in, gsize n, gboolean last,
    guchar *out)
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
	if (last)
		length += base64_end(d, out + length);
	return length;
}

/* Of a hexadecimal digit. */
static guchar
digit_value(guchar c)
{
	return (guchar)((c & 0x0f) + (c > '9' ? 9 : 0));
}

/* "=3D", or "=" at the end of a line. An "=" before anything else is an "=". */
static guchar *
quoted_escape(guchar first, guchar second, guchar *to)
{
	if (g_ascii_isxdigit(first) && g_ascii_isxdigit(second)) {
		*to++ = (guchar)(digit_value(first) << 4 | digit_value(second));
	} else if (first != '\r' || second != '\n') {
		*to++ = '=';
		*to++ = first;
		*to++ = second;
	}
	return to;
}

static gsize
quoted_step(TransferDecoder *d, const guchar *in, gsize n, guchar *out)
{
	const guchar *end = in + n;
	guchar *to = out;

	while (in < end) {
		const guchar *mark;

		if (d->waiting == 1) {
			d->first = *in++;
			d->waiting = d->first == '\n' ? 0 : 2;
		} else if (d->waiting == 2) {
			to = quoted_escape(d->first, *in++, to);
			d->waiting = 0;
		} else if (*in == '=' && end - in >= 3 && in[1] != '\n') {
			to = quoted_escape(in[1], in[2], to);
			in += 3;
		} else if (*in == '=') {
			d->waiting = 1;
			in++;
		} else {
			mark = memchr(in, '=', (gsize)(end - in));
			n = (gsize)((mark != NULL ? mark : end) - in);
			memcpy(to, in, n);
			to += n;
			in += n;
		}
	}
	return (gsize)(to - out);
}

gsize
transfer_step(TransferDecoder *decoder, const char *in, gsize n, gboolean last,
    char *out)
{
	const guchar *from = (const guchar *)in;
	guchar *to = (guchar *)out;

	switch (decoder->transfer) {
	case TRANSFER_BASE64:
		return base64_chunk(decoder, from, n, last, to);
	case TRANSFER_QUOTED:
		return quoted_step(decoder, from, n, to);
	case TRANSFER_UU:
		return g_mime_encoding_step(&decoder->uue, in, n, out);
	default:
		memcpy(out, in, n);
		return n;
	}
}
