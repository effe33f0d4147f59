/* text_fold.c - normal forms, and text made comparable.
 *
 * text.c normalises all that comes in; policy/ and store/ fold what they
 * compare or index. */
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "ground/text.h"
#include "ground/text_private.h"

/* More marks on one letter than any language writes: UAX #15 calls text that
 * keeps to it stream-safe. Sorting longer runs takes quadratic time. */
#define MARKS_MOST 30

/* Characters that are folded by table: Latin to Georgian and Cherokee, and the
 * signs below U+3000. */
#define FOLD_TABLE 0x3000

/* Characters that no normal form changes and that change no neighbour before
 * them, by the quick check of UAX #15: text may be cut before such a one. */
static gboolean
is_boundary(gunichar c, gboolean compatible)
{
	if (c < (compatible ? 0xa0 : 0x300) || (c >= 0x400 && c < 0x483))
		return TRUE;
	return u_getCombiningClass((UChar32)c) == 0 &&
	       u_getIntPropertyValue((UChar32)c,
		   compatible ? UCHAR_NFKC_QUICK_CHECK
			      : UCHAR_NFC_QUICK_CHECK) == UNORM_YES;
}

/* Cuts runs of combining marks at MARKS_MOST, in place. */
static void
cut_marks(char *text)
{
	const char *p = text;
	char *to = text;
	guint run = 0;

	while (*p != '\0') {
		const char *next = g_utf8_next_char(p);
		gsize n = (gsize)(next - p);

		run = u_getCombiningClass((UChar32)g_utf8_get_char(p)) == 0
			  ? 0
			  : run + 1;
		if (run <= MARKS_MOST) {
			memmove(to, p, n);
			to += n;
		}
		p = next;
	}
	*to = '\0';
}

/* Normal form of what stands between two boundaries. */
static void
put_normal(GString *out, const char *p, const char *end, gboolean compatible)
{
	g_autofree char *piece = g_strndup(p, (gsize)(end - p));
	g_autofree char *normal = NULL;

	cut_marks(piece);
	normal = g_utf8_normalize(piece, -1,
	    compatible ? G_NORMALIZE_NFKC : G_NORMALIZE_NFC);
	g_string_append(out, normal);
}

/* The first character at or after p that needs a closer look: all of ASCII is
 * normal, for NFC all below U+0300 is, and so are Cyrillic letters. */
static const char *
skip_plain(const char *p, gboolean compatible)
{
	for (;;) {
		guchar c = (guchar)*p;

		if (c == 0)
			return p;
		if (c < 0x80)
			p++;
		else if (c == 0xd0 || c == 0xd1 || (c < 0xcc && !compatible))
			p += 2;
		else
			return p;
	}
}

/* Most text is normal but for a word here and there, and GLib is slow: only
 * the pieces around what is not are given to it. */
char *
text_normalize(char *text, gboolean compatible)
{
	const char *done = text, *last = text, *p = text;
	GString *out = NULL;

	while (*p != '\0') {
		const char *next = skip_plain(p, compatible);

		if (next > p) {
			last = next - 1;
			while (((guchar)*last & 0xc0) == 0x80)
				last--;
			p = next;
			continue;
		}
		if (is_boundary(g_utf8_get_char(p), compatible)) {
			last = p;
			p = g_utf8_next_char(p);
			continue;
		}
		do
			p = g_utf8_next_char(p);
		while (
		    *p != '\0' && !is_boundary(g_utf8_get_char(p), compatible));
		if (out == NULL)
			out = g_string_sized_new(strlen(text));
		g_string_append_len(out, done, last - done);
		put_normal(out, last, p, compatible);
		done = last = p;
	}
	if (out == NULL)
		return text;
	g_string_append_len(out, done, p - done);
	g_free(text);
	return g_string_free(out, FALSE);
}

/* The apostrophes of Uzbek, Ukrainian and French, as people type them. */
static gboolean
is_apostrophe(gunichar c)
{
	static const gunichar variants[] = { '`', 0xb4, 0x2b9, 0x2bb, 0x2bc,
		0x2bd, 0x2be, 0x2bf, 0x2c8, 0x2ca, 0x2cb, 0x1ffd, 0x2018,
		0x2019, 0x201b, 0x2032, 0x2035, 0xa78b, 0xa78c, 0xff07 };

	if (c != '`' && (c < 0xb4 || (c >= 0x300 && c < 0x1ffd)))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(variants); i++)
		if (variants[i] == c)
			return TRUE;
	return FALSE;
}

/* Apostrophes first: NFKC makes a space and a mark of U+00B4. */
static char *
fold_apostrophes(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		if (is_apostrophe(g_utf8_get_char(p)))
			g_string_append_c(out, '\'');
		else
			g_string_append_len(out, p, g_utf8_next_char(p) - p);
	}
	return g_string_free(out, FALSE);
}

/* i under any marks, as one character. */
static gboolean
is_i(gunichar c)
{
	gunichar mark;

	while (c > 0x7f && g_unichar_decompose(c, &c, &mark))
		;
	return c == 'i';
}

/* Case away from one character that is no sharp s, and apostrophes. */
static gunichar
fold_letter(gunichar c)
{
	if (c == 0x130 || c == 0x131)
		return 'i';
	if (is_apostrophe(c))
		return '\'';
	return (gunichar)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT);
}

/* Case away. Turkish and Azerbaijani write I for dotless i, and capital I
 * with dot folds to i and a combining dot: all of them become i. Apostrophes
 * once more, since some come out of ligatures only now. */
static char *
fold_letters(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));
	gunichar base = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == 0xdf || c == 0x1e9e) { /* sharp s */
			g_string_append(out, "ss");
			continue;
		}
		if (c == 0x307 && is_i(base))
			continue;
		c = fold_letter(c);
		if (!text_is_mark(c))
			base = c;
		g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* Any text, by the book. */
static char *
fold_whole(const char *text)
{
	g_autofree char *normal = text_normalize(fold_apostrophes(text), TRUE);

	/* Folding may leave letters and marks that compose. */
	return text_normalize(fold_letters(normal), TRUE);
}

/* What c folds to if that is one character that no neighbour before it
 * changes, else 0. */
static gunichar
simple_fold(gunichar c)
{
	char text[8] = { 0 };
	g_autofree char *folded = NULL;
	gunichar f;

	if (c == 0 || !is_boundary(c, TRUE) || text_is_mark(c))
		return 0;
	/* Nearly all: what it folds to is normal. */
	f = fold_letter(c);
	if (c != 0xdf && c != 0x1e9e && (f == c || is_boundary(f, TRUE)))
		return f;
	g_unichar_to_utf8(c, text);
	folded = fold_whole(text);
	f = g_utf8_get_char(folded);
	if (*folded == '\0' || *g_utf8_next_char(folded) != '\0' ||
	    !is_boundary(f, TRUE))
		return 0;
	return f;
}

/* simple_fold of the scripts that have case: nearly all text. */
static const guint16 *
fold_table(void)
{
	static guint16 *table;

	if (g_once_init_enter(&table)) {
		guint16 *made = g_new0(guint16, FOLD_TABLE);

		for (gunichar c = 1; c < FOLD_TABLE; c++) {
			gunichar f = simple_fold(c);

			made[c] = f < 0x10000 ? (guint16)f : 0;
		}
		g_once_init_leave(&table, made);
	}
	return table;
}

/* Han and Hangul fold to themselves. */
static gunichar
fold_one(const guint16 *table, gunichar c)
{
	if (c < FOLD_TABLE)
		return table[c];
	return (c >= 0x4e00 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) ? c
									  : 0;
}

/* Character of two octets or more. */
static gunichar
wide_at(const char *p)
{
	guchar lead = (guchar)p[0], next = (guchar)p[1];

	return lead < 0xe0 ? (gunichar)((lead & 0x1f) << 6 | (next & 0x3f))
			   : g_utf8_get_char(p);
}

/* Eight octets at p that are ASCII, but no NUL and no "`", folded into to; FALSE
 * if they are others. */
static gboolean
fold_eight(const char *p, char *to)
{
	const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);
	const guint64 high = ones * 0x80;
	guint64 x, capital, grave;

	memcpy(&x, p, 8);
	grave = x ^ ones * '`';
	if (((x | (x - ones) | ((grave - ones) & ~grave)) & high) != 0)
		return FALSE;
	capital = (x + ones * (0x80 - 'A')) & ~(x + ones * (0x7f - 'Z')) & high;
	x |= capital >> 2;
	memcpy(to, &x, 8);
	return TRUE;
}

/* Characters at p that fold one by one, into to; both are moved on, *last to
 * the last one of them. The table's characters take at most three octets for
 * two. */
static char *
fold_simple(const guint16 *table, const char **p, const char *end,
    const char **last, char *to, char **mark)
{
	const char *from = *p;

	for (;;) {
		gunichar c, f;

		while (end - from >= 8 && fold_eight(from, to)) {
			from += 8;
			to += 8;
			*last = from - 1;
			*mark = to - 1;
		}
		if ((guchar)*from < 0x80) {
			char octet = *from;

			if (octet == '\0')
				break;
			*last = from++;
			*mark = to;
			*to++ = octet >= 'A' && octet <= 'Z'
				    ? (char)(octet + ('a' - 'A'))
				: octet == '`' ? '\''
					       : octet;
			continue;
		}
		c = wide_at(from);
		f = fold_one(table, c);
		if (f == 0)
			break;
		*last = from;
		*mark = to;
		from += c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		if (f >= 0x80 && f < 0x800) {
			*to++ = (char)(0xc0 | f >> 6);
			*to++ = (char)(0x80 | (f & 0x3f));
		} else {
			to += g_unichar_to_utf8(f, to);
		}
	}
	*p = from;
	return to;
}

/* Characters at *p that are not simple, with the one before them. */
static char *
fold_piece(const guint16 *table, const char **p, const char *from)
{
	g_autofree char *piece = NULL;

	while ((guchar) * *p >= 0x80 && fold_one(table, wide_at(*p)) == 0)
		*p = g_utf8_next_char(*p);
	piece = g_strndup(from, (gsize)(*p - from));
	return fold_whole(piece);
}

char *
text_fold(const char *text)
{
	const guint16 *table = fold_table();
	g_autofree char *owned = NULL;
	const char *p = text_checked(text, &owned), *last = p;
	const char *end = p + strlen(p);
	GString *out = g_string_new(NULL);

	/* last: the last simple character, which folds to what is in out from
	 * mark on. One that is not simple may change it, and takes all up to
	 * the next simple one with it. */
	for (;;) {
		gsize before = out->len, left = (gsize)(end - p);
		g_autofree char *folded = NULL;
		char *mark, *to;

		g_string_set_size(out, before + left + left / 2 + 4);
		mark = out->str + before;
		to = fold_simple(table, &p, end, &last, mark, &mark);
		g_string_truncate(out, (gsize)(to - out->str));
		if (*p == '\0')
			return g_string_free(out, FALSE);
		if (to == out->str + before)
			last = p;
		else
			g_string_truncate(out, (gsize)(mark - out->str));
		folded = fold_piece(table, &p, last);
		g_string_append(out, folded);
		last = p;
	}
}
