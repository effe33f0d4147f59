/* text.c - UTF-8 text: the one place where octets become text.
 *
 * mail/ brings octets here, policy/ its letters and subjects. Every mail goes
 * through several times, so plain ASCII takes a short way in each function. */
#include "ground/text.h"

#include <string.h>

#include "ground/text_private.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Eight octets at a time: one in each, its highest bit in each. */
#define ONES  G_GUINT64_CONSTANT(0x0101010101010101)
#define HIGHS G_GUINT64_CONSTANT(0x8080808080808080)

/* First octet that is no printable US-ASCII, or the end. */
static const char *
skip_printable(const char *p, const char *end)
{
	while (p < end && (guchar)*p >= 0x20 && (guchar)*p < 0x7f)
		p++;
	return p;
}

/* Length of the character of several octets that stands at p; 0 if it is none
 * (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
static gsize
wide_length(const guchar *p, gsize left)
{
	guchar lead = p[0];
	gsize n = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (n == 0 || lead > 0xf4 || left < n || (p[1] & 0xc0) != 0x80)
		return 0;
	if (n == 2)
		return 2;
	if ((p[2] & 0xc0) != 0x80 || (n == 4 && (p[3] & 0xc0) != 0x80))
		return 0;
	if ((lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f) ||
	    (lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* Octets at p, eight at a time, that are ASCII without NUL or characters of two
 * octets, which is all of most mails. May stop early. In each word cont and lead
 * have the highest bit of the octets that go on with a character or begin one;
 * each must stand right above the other. */
static const guchar *
skip_pairs(const guchar *p, const guchar *end)
{
	guint64 pending = 0; /* the octet before p is a lead */

	for (; end - p >= 8; p += 8) {
		guint64 x, high, cont, lead, full;

		memcpy(&x, p, 8);
		x = GUINT64_FROM_LE(x);
		high = x & HIGHS;
		lead = high & x << 1;
		cont = high & ~(x << 1);
		full = (x & ONES * 0x1e) + ONES * 0x7e; /* not C0 or C1 */
		if (((lead & x << 2) | (lead & ~full) |
			((x - ONES) & ~x & HIGHS) |
			(cont ^ (lead << 8 | pending))) != 0)
			break;
		pending = lead >> 56;
	}
	return pending != 0 ? p - 1 : p;
}

/* Octets at p, 32 at a time, that are ASCII without NUL. */
static const guchar *
skip_ascii(const guchar *p, const guchar *end)
{
	for (; end - p >= 32; p += 32) {
		guint64 x[4];

		memcpy(x, p, sizeof(x));
		if ((((x[0] - ONES) | x[0] | (x[1] - ONES) | x[1] |
			 (x[2] - ONES) | x[2] | (x[3] - ONES) | x[3]) &
			HIGHS) != 0)
			break;
	}
	return p;
}

gboolean
text_is_utf8(const char *octets, gsize length)
{
	const guchar *p = (const guchar *)octets, *end = p + length;

	while (p < end) {
		gsize n;

		p = skip_pairs(skip_ascii(p, end), end);
		if (p == end)
			break;
		n = *p >= 0x80 ? wide_length(p, (gsize)(end - p)) : *p != 0;
		if (n == 0)
			return FALSE;
		p += n;
	}
	return TRUE;
}

/* First octet that is NUL or not US-ASCII, or the end. */
static const char *
skip_all_ascii(const char *p, const char *end)
{
	p = (const char *)skip_ascii((const guchar *)p, (const guchar *)end);
	while (p < end && (guchar)(*p - 1) < 0x7f)
		p++;
	return p;
}

char *
text_valid(const char *octets, gssize length)
{
	gsize n;

	if (octets == NULL)
		return g_strdup("");
	n = length < 0 ? strlen(octets) : (gsize)length;
	if (text_is_utf8(octets, n))
		return text_nfc(octets, n);
	return text_normalize(g_utf8_make_valid(octets, (gssize)n), FALSE);
}

char *
text_nfc(const char *octets, gsize length)
{
	char *text = g_strndup(octets, length);

	if (skip_all_ascii(octets, octets + length) == octets + length)
		return text;
	return text_normalize(text, FALSE);
}

/* What the eye does not see but programs act on. */
static const struct {
	gunichar first, last;
} invisible[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors and separator */
	{ 0x200b, 0x200b },   /* zero width space */
	{ 0x202a, 0x202e },   /* bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, bidi isolates, shaping */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* Hangul filler */
	{ 0xfff0, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags, selectors */
};

static gboolean
is_invisible(gunichar c)
{
	if (c < 0xad)
		return c < 0x20 || (c >= 0x7f && c < 0xa0);
	if ((c & 0xfffe) == 0xfffe)
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(invisible); i++)
		if (c <= invisible[i].last)
			return c >= invisible[i].first;
	return FALSE;
}

/* Persian and Indic words need ZWNJ and ZWJ inside; emoji need ZWJ. */
static gboolean
is_joiner(gunichar c)
{
	return c == 0x200c || c == 0x200d;
}

gboolean
text_is_mark(gunichar c)
{
	return c >= 0x300 && (g_unichar_ismark(c) || is_joiner(c));
}

static gboolean
is_letter(gunichar c)
{
	return g_unichar_isalpha(c) || g_unichar_ismark(c);
}

static gboolean
is_direction_mark(gunichar c)
{
	return c == 0x200e || c == 0x200f || c == 0x061c;
}

static gboolean
is_line_end(gunichar c)
{
	return (c >= 0x0a && c <= 0x0d) || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

/* Text that may not be valid after all, as valid text. */
const char *
text_checked(const char *text, char **owned)
{
	if (text == NULL)
		return "";
	if (text_is_utf8(text, strlen(text)))
		return text;
	*owned = text_valid(text, -1);
	return *owned;
}

/* Cuts at most characters, but not between a letter and its marks. */
static void
cut_with_ellipsis(GString *line, gsize most)
{
	const char *p;

	if (most == 0 || line->len <= most ||
	    (gsize)g_utf8_strlen(line->str, (gssize)line->len) <= most)
		return;
	p = g_utf8_offset_to_pointer(line->str, (glong)most - 1);
	while (p > line->str && text_is_mark(g_utf8_get_char(p)))
		p = g_utf8_prev_char(p);
	while (p > line->str && p[-1] == ' ')
		p--;
	g_string_truncate(line, (gsize)(p - line->str));
	g_string_append(line, ELLIPSIS);
}

/* Printable ASCII without white space to squeeze is most subjects. */
static gboolean
is_clean_line(const char *text, gsize most)
{
	gsize n = strlen(text);

	return (most == 0 || n <= most) &&
	       skip_printable(text, text + n) == text + n && *text != ' ' &&
	       (n == 0 || text[n - 1] != ' ') && strstr(text, "  ") == NULL;
}

char *
text_clean_line(const char *text, gsize most)
{
	g_autofree char *owned = NULL;
	const char *p = text_checked(text, &owned), *next;
	gunichar last = 0;
	gboolean space = FALSE;
	GString *out;

	if (is_clean_line(p, most))
		return g_strdup(p);
	out = g_string_sized_new(strlen(p));
	for (; *p != '\0'; p = next) {
		gunichar c = g_utf8_get_char(p);

		next = g_utf8_next_char(p);
		if (is_line_end(c) || g_unichar_isspace(c)) {
			space = out->len > 0;
			continue;
		}
		if (is_invisible(c) || is_direction_mark(c))
			continue;
		if (is_joiner(c) && (space || !is_letter(last) ||
					!is_letter(g_utf8_get_char(next))))
			continue;
		if (space)
			g_string_append_c(out, ' ');
		space = FALSE;
		g_string_append_len(out, p, next - p);
		last = c;
	}
	cut_with_ellipsis(out, most);
	return g_string_free(out, FALSE);
}

static gunichar
last_char(const GString *out)
{
	return g_utf8_get_char(g_utf8_prev_char(out->str + out->len));
}

/* The first character at or after p that needs a closer look, or the end: not
 * the letters of two octets, of which only U+00AD and U+034F are invisible. */
static const char *
skip_plain(const char *p)
{
	static const guint8 octets[256] = {
		['\n'] = 1,
		['\t'] = 1,
		[' ' ... '~'] = 1,
		[0xc3 ... 0xcc] = 2,
		[0xce ... 0xdf] = 2,
	};
	guint8 n;

	while ((n = octets[(guchar)*p]) != 0)
		p += n;
	return p;
}

char *
text_clean_body(const char *text)
{
	g_autofree char *owned = NULL;
	const char *p = text_checked(text, &owned), *next;
	const char *end = p + strlen(p);
	GString *out = g_string_sized_new((gsize)(end - p));

	for (; p < end; p = next) {
		gunichar c;

		next = skip_plain(p);
		if (next > p) {
			g_string_append_len(out, p, next - p);
			continue;
		}
		c = g_utf8_get_char(p);
		next = g_utf8_next_char(p);
		if (c == '\r' && *next == '\n')
			continue;
		/* Letters hide their first lines behind rows of joiners. */
		if (is_joiner(c) &&
		    (out->len == 0 || g_unichar_isspace(last_char(out))))
			continue;
		if (is_line_end(c))
			g_string_append_c(out, '\n');
		else if (c == '\t' || !is_invisible(c))
			g_string_append_len(out, p, next - p);
	}
	return g_string_free(out, FALSE);
}

gboolean
text_is_ascii(const char *text)
{
	return *skip_printable(text, text + strlen(text)) == '\0';
}

char *
text_sha256(const void *octets, gsize length)
{
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, octets, length);
}

gboolean
text_starts(const char *text, const char *prefix)
{
	return g_ascii_strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* Octets that stand in a JSON string as they are; the rest json_char looks at:
 * among others what begins U+0080 to U+00BF and U+2000 to U+2FFF. */
static gboolean
is_json_plain(char octet)
{
	static const guint8 plain[256] = {
		[' ' ... '!'] = TRUE,
		['#' ... '['] = TRUE,
		[']' ... '~'] = TRUE,
		[0x80 ... 0xc1] = TRUE,
		[0xc3 ... 0xe1] = TRUE,
		[0xe3 ... 0xff] = TRUE,
	};

	return plain[(guchar)octet];
}

/* Quotes, backslashes, and what would end a line or a script. */
static void
json_char(GString *out, const char *p)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	gunichar c = g_utf8_get_char(p);
	const char *at = c < 0x80 ? strchr(plain, (int)c) : NULL;

	if (at != NULL) {
		g_string_append_c(out, '\\');
		g_string_append_c(out, letters[at - plain]);
	} else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
		   c == 0x2029)
		g_string_append_printf(out, "\\u%04x", c);
	else
		g_string_append_len(out, p, g_utf8_next_char(p) - p);
}

void
text_json(GString *out, const char *text)
{
	g_autofree char *owned = NULL;
	const char *p, *next;

	if (text == NULL) {
		g_string_append(out, "null");
		return;
	}
	g_string_append_c(out, '"');
	for (p = text_checked(text, &owned); *p != '\0'; p = next) {
		for (next = p; is_json_plain(*next);)
			next++;
		g_string_append_len(out, p, next - p);
		if (*next == '\0')
			break;
		json_char(out, next);
		next = g_utf8_next_char(next);
	}
	g_string_append_c(out, '"');
}
