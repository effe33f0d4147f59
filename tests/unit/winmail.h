/* winmail.h - a winmail.dat as Outlook writes it ([MS-OXTNEF]), for test-tnef.c
 * and fuzz-tnef.c: a stream of attributes, lists of properties with values of
 * every kind, compressed RTF ([MS-OXRTFCP]). */
#ifndef UNIT_WINMAIL_H
#define UNIT_WINMAIL_H

#include <glib.h>
#include <string.h>

#define WINMAIL_PROPERTIES 0x00069003 /* attMsgProps */
#define WINMAIL_ATTACHMENT 0x00069005 /* attAttachment: properties too */

static inline void
winmail_number(GByteArray *to, guint64 number, guint octets)
{
	for (guint i = 0; i < octets; i++) {
		guint8 c = (guint8)(number >> (8 * i));

		g_byte_array_append(to, &c, 1);
	}
}

static inline void
winmail_octets(GByteArray *to, const void *octets, gsize size)
{
	if (size > 0)
		g_byte_array_append(to, octets, (guint)size);
}

static inline guint32
winmail_sum(const guint8 *octets, gsize size)
{
	guint32 sum = 0;

	for (gsize i = 0; i < size; i++)
		sum += octets[i];
	return sum & 0xffff;
}

/* level: 1 of the message, 2 of an attachment. */
static inline void
winmail_attribute(GByteArray *to, guint8 level, guint32 id, const void *octets,
    gsize size)
{
	winmail_number(to, level, 1);
	winmail_number(to, id, 4);
	winmail_number(to, size, 4);
	winmail_octets(to, octets, size);
	winmail_number(to, winmail_sum(octets, size), 2);
}

/* Signature, key, version, and the code page of 8-bit text. */
static inline GByteArray *
winmail_new(guint codepage)
{
	GByteArray *stream = g_byte_array_new();
	guint8 page[8] = { (guint8)codepage, (guint8)(codepage >> 8) };

	winmail_number(stream, 0x223e9f78, 4);
	winmail_number(stream, 1, 2);
	winmail_attribute(stream, 1, 0x00089006, "\0\0\1\0", 4);
	winmail_attribute(stream, 1, 0x00069007, page, sizeof(page));
	return stream;
}

/* Makes the sums of a damaged stream right again. */
static inline void
winmail_mend(guint8 *octets, gsize size)
{
	gsize at = 6;

	while (at < size && size - at >= 11) {
		gsize length =
		    (gsize)octets[at + 5] | (gsize)octets[at + 6] << 8 |
		    (gsize)octets[at + 7] << 16 | (gsize)octets[at + 8] << 24;
		guint32 sum;

		if (length > size - at - 11)
			return;
		at += 9;
		sum = winmail_sum(octets + at, length);
		at += length + 2;
		octets[at - 2] = (guint8)sum;
		octets[at - 1] = (guint8)(sum >> 8);
	}
}

/* --- lists of properties ---------------------------------------------------- */

typedef struct WinmailList {
	GByteArray *octets;
	guint count;
} WinmailList;

static inline WinmailList
winmail_list(void)
{
	return (WinmailList){ g_byte_array_new(), 0 };
}

/* Values of four octets, or padded to them: PT_LONG, PT_BOOLEAN. */
static inline void
winmail_long(WinmailList *list, guint32 tag, guint32 value)
{
	winmail_number(list->octets, tag, 4);
	winmail_number(list->octets, value, 4);
	list->count++;
}

static inline void
winmail_time(WinmailList *list, guint32 tag, guint64 value)
{
	winmail_number(list->octets, tag, 4);
	winmail_number(list->octets, value, 8);
	list->count++;
}

static inline void
winmail_value(GByteArray *to, const void *octets, gsize size)
{
	winmail_number(to, 1, 4);
	winmail_number(to, size, 4);
	winmail_octets(to, octets, size);
	winmail_number(to, 0, (4 - size % 4) % 4);
}

/* PT_BINARY, PT_STRING8 (with its NUL). */
static inline void
winmail_binary(WinmailList *list, guint32 tag, const void *octets, gsize size)
{
	winmail_number(list->octets, tag, 4);
	winmail_value(list->octets, octets, size);
	list->count++;
}

/* PT_UNICODE: UTF-16 with its NUL. */
static inline void
winmail_unicode(WinmailList *list, guint32 tag, const char *text)
{
	g_autoptr(GByteArray) units = g_byte_array_new();
	glong n;
	g_autofree gunichar2 *wide =
	    g_utf8_to_utf16(text, -1, NULL, &n, NULL);

	for (glong i = 0; i <= n; i++)
		winmail_number(units, wide[i], 2);
	winmail_binary(list, tag, units->data, units->len);
}

/* A property that is known by a name, in the set of strings: PT_LONG. */
static inline void
winmail_named(WinmailList *list, guint16 id, const char *name, guint32 value)
{
	static const guint8 strings[16] = { 0x29, 0x03, 0x02, 0, 0, 0, 0, 0,
		0xc0, 0, 0, 0, 0, 0, 0, 0x46 };
	g_autoptr(GByteArray) units = g_byte_array_new();

	for (const char *p = name; *p != '\0'; p++)
		winmail_number(units, (guchar)*p, 2);
	winmail_number(units, 0, 2);
	winmail_number(list->octets, (guint32)id << 16 | 3, 4);
	winmail_octets(list->octets, strings, sizeof(strings));
	winmail_number(list->octets, 1, 4); /* by name, not by number */
	winmail_number(list->octets, units->len, 4);
	winmail_octets(list->octets, units->data, units->len);
	winmail_number(list->octets, 0, (4 - units->len % 4) % 4);
	winmail_number(list->octets, value, 4);
	list->count++;
}

/* Writes the list as one attribute, and frees it. */
static inline void
winmail_put_list(GByteArray *stream, guint8 level, guint32 attribute,
    WinmailList *list)
{
	g_autoptr(GByteArray) whole = g_byte_array_new();

	winmail_number(whole, list->count, 4);
	winmail_octets(whole, list->octets->data, list->octets->len);
	winmail_attribute(stream, level, attribute, whole->data, whole->len);
	g_byte_array_unref(list->octets);
}

/* --- compressed RTF --------------------------------------------------------- */

static inline guint32
winmail_crc(const guint8 *octets, gsize size)
{
	guint32 crc = 0;

	for (gsize i = 0; i < size; i++) {
		crc ^= octets[i];
		for (guint bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
	}
	return crc;
}

/* LZFu: what stands in the window, which begins with words that each RTF has,
 * is referred to by place and length (at least two octets); an octet of flags
 * before each eight, and the end is a reference to the next place. */
static inline GByteArray *
winmail_lzfu(const char *rtf)
{
	static const char words[] =
	    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil "
	    "\\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans "
	    "SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
	    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
	g_autoptr(GString) window = g_string_new(words);
	g_autoptr(GByteArray) body = g_byte_array_new();
	GByteArray *out = g_byte_array_new();
	gsize at = 0, size = strlen(rtf);
	guint flags = 0, bit = 8;

	for (;;) {
		gsize best = 0, place = window->len, left = size - at;

		if (bit == 8) {
			flags = body->len;
			winmail_number(body, 0, 1);
			bit = 0;
		}
		for (gsize i = 0; i < window->len && left > 0; i++) {
			gsize n = 0;

			while (n < MIN(left, 17) && i + n < window->len &&
			       window->str[i + n] == rtf[at + n])
				n++;
			if (n > best) {
				best = n;
				place = i;
			}
		}
		if (left > 0 && best < 2) {
			winmail_octets(body, rtf + at, 1);
			g_string_append_c(window, rtf[at++]);
			bit++;
			continue;
		}
		/* Two octets, high first: place and length. */
		place = (left > 0 ? place : window->len) % 4096;
		body->data[flags] |= (guint8)(1 << bit++);
		winmail_number(body, place >> 4, 1);
		winmail_number(body, (place & 15) << 4 | (best > 0 ? best - 2 : 0),
		    1);
		if (left == 0)
			break;
		g_string_append_len(window, rtf + at, (gssize)best);
		at += best;
	}
	g_assert(window->len < 4096); /* it does not wrap here */
	winmail_number(out, body->len + 12, 4);
	winmail_number(out, size, 4);
	winmail_number(out, 0x75465a4c, 4);
	winmail_number(out, winmail_crc(body->data, body->len), 4);
	winmail_octets(out, body->data, body->len);
	return out;
}

/* Not compressed: "MELA". */
static inline GByteArray *
winmail_mela(const char *rtf)
{
	GByteArray *out = g_byte_array_new();

	winmail_number(out, strlen(rtf) + 12, 4);
	winmail_number(out, strlen(rtf), 4);
	winmail_number(out, 0x414c454d, 4);
	winmail_number(out, 0, 4);
	winmail_octets(out, rtf, strlen(rtf));
	return out;
}

/* --- the whole, as Outlook writes it ---------------------------------------- */

/* What Outlook says of a message before its properties. */
static inline void
winmail_head(GByteArray *stream, const char *subject)
{
	static const guint8 when[14] = { 0xea, 7, 11, 0, 27, 0, 10, 0, 5 };

	winmail_attribute(stream, 1, 0x00078008, "IPM.Microsoft Mail.Note", 24);
	winmail_attribute(stream, 1, 0x0004800d, "\2\0", 2);
	winmail_attribute(stream, 1, 0x00018004, subject, strlen(subject) + 1);
	winmail_attribute(stream, 1, 0x00038005, when, sizeof(when));
	winmail_attribute(stream, 1, 0x00038020, when, sizeof(when));
	winmail_attribute(stream, 1, 0x00018009, "4711", 5);
}

/* A file with a short 8.3 name and a long one in UTF-16. id: of an image in the
 * text, or NULL. */
static inline void
winmail_file(GByteArray *stream, const char *title, const char *name,
    const char *type, const char *id, const void *octets, gsize size)
{
	static const guint8 rendering[14] = { 1, 0, 0xff, 0xff, 0xff, 0xff };
	static const guint8 when[14] = { 0xea, 7, 11, 0, 27, 0, 10, 0, 5 };
	WinmailList list = winmail_list();

	winmail_attribute(stream, 2, 0x00069002, rendering, sizeof(rendering));
	winmail_attribute(stream, 2, 0x00018010, title, strlen(title) + 1);
	winmail_attribute(stream, 2, 0x00038012, when, sizeof(when));
	winmail_attribute(stream, 2, 0x00038013, when, sizeof(when));
	winmail_attribute(stream, 2, 0x0006800f, octets, size);
	winmail_long(&list, 0x37050003, 1);          /* by value */
	winmail_long(&list, 0x370b0003, 0xffffffff); /* nowhere in the text */
	winmail_long(&list, 0x0e200003, (guint32)size + 900);
	winmail_time(&list, 0x30080040, G_GUINT64_CONSTANT(0x1dc5f00d1234abcd));
	winmail_long(&list, 0x7ffe000b, id != NULL);
	winmail_unicode(&list, 0x3001001f, name);
	winmail_unicode(&list, 0x3707001f, name);
	winmail_unicode(&list, 0x3703001f, strrchr(name, '.'));
	winmail_unicode(&list, 0x370e001f, type);
	if (id != NULL)
		winmail_unicode(&list, 0x3712001f, id);
	winmail_put_list(stream, 2, WINMAIL_ATTACHMENT, &list);
}

#endif
