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

/* Most text is normal but for a word here and there, and GLib is slow: only
 * the pieces around what is not are given to it. */
char *
text_normalize(char *text, gboolean compatible)
{
	const char *done = text, *last = text, *p = text;
	GString *out = NULL;

	while (*p != '\0') {
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
		if (c == 0x130 || c == 0x131)
			c = 'i';
		else if (is_apostrophe(c))
			c = '\'';
		else
			c = (gunichar)u_foldCase((UChar32)c,
			    U_FOLD_CASE_DEFAULT);
		if (!text_is_mark(c))
			base = c;
		g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

char *
text_fold(const char *text)
{
	g_autofree char *owned = NULL, *normal = NULL;
	const char *p = text_checked(text, &owned);
	gsize n = strlen(p);

	if (text_skip_ascii(p, p + n) == p + n)
		return g_strdelimit(g_ascii_strdown(p, (gssize)n), "`", '\'');
	normal = text_normalize(fold_apostrophes(p), TRUE);
	/* Folding may leave letters and marks that compose. */
	return text_normalize(fold_letters(normal), TRUE);
}
