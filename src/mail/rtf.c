/* rtf.c - RTF 1.9 and [MS-OXRTFEX] as far as the words go. tnef.c calls it.
 *
 * A group is text unless it is a destination: one with "\*" in front, or one
 * of those below. Each open group keeps two facts, in an array; beyond some
 * depth groups are only counted. */
#include "mail/rtf.h"

#include <string.h>

#include "ground/text.h"
#include "mail/charset.h"

#define DEPTH_MOST 100
#define WORD_MOST  32

typedef struct Group {
	gboolean is_skipped;
	guint fallback; /* characters that stand for one \u */
} Group;

typedef struct Reader {
	const char *p, *end;
	GString *out; /* UTF-8 */
	GString *raw; /* octets in the document's code page, not decoded yet */
	Group groups[DEPTH_MOST];
	guint depth; /* of open groups; may be more than DEPTH_MOST */
	guint skip;  /* characters that a \u makes superfluous */
	gunichar high;
	char *charset;
	gboolean is_html; /* \fromhtml: \htmlrtf is not for us */
	gboolean in_rtf;  /* between \htmlrtf and \htmlrtf0 */
	gboolean star;    /* the group has just begun with \* */
} Reader;

/* Groups whose text is not the document's. */
static const char *const destinations[] = { "fonttbl", "colortbl", "stylesheet",
	"info", "pict", "object", "header", "headerl", "headerr", "headerf",
	"footer", "footerl", "footerr", "footerf", "fldinst", "themedata",
	"datastore", "listtable", "listoverridetable", "revtbl", "xe", "tc",
	"rxe", "bkmkstart", "bkmkend", "filetbl", "private" };

static const struct {
	const char *word, *text;
} marks[] = {
	{ "par", "\n" },
	{ "line", "\n" },
	{ "sect", "\n" },
	{ "page", "\n" },
	{ "row", "\n" },
	{ "tab", "\t" },
	{ "cell", "\t" },
	{ "emdash", "\u2014" },
	{ "endash", "\u2013" },
	{ "bullet", "\u2022" },
	{ "lquote", "\u2018" },
	{ "rquote", "\u2019" },
	{ "ldblquote", "\u201c" },
	{ "rdblquote", "\u201d" },
};

static Group *
top(Reader *r)
{
	return &r->groups[MIN(r->depth, DEPTH_MOST - 1)];
}

static gboolean
is_silent(Reader *r)
{
	return top(r)->is_skipped || r->in_rtf;
}

static void
flush(Reader *r)
{
	g_autofree char *text = NULL;

	if (r->raw->len == 0)
		return;
	text = charset_decode(r->raw->str, r->raw->len, r->charset, NULL);
	g_string_append(r->out, text);
	g_string_truncate(r->raw, 0);
}

static void
put_octet(Reader *r, char c)
{
	if (r->skip > 0)
		r->skip--;
	else if (!is_silent(r))
		g_string_append_c(r->raw, c);
}

static void
put_text(Reader *r, const char *text)
{
	if (is_silent(r))
		return;
	flush(r);
	g_string_append(r->out, text);
}

/* UTF-16 units, perhaps negative. */
static void
put_unicode(Reader *r, int number)
{
	gunichar c = (gunichar)(number & 0xffff);

	r->skip = top(r)->fallback;
	if (is_silent(r))
		return;
	flush(r);
	if (c >= 0xd800 && c < 0xdc00) {
		r->high = c;
		return;
	}
	if (c >= 0xdc00 && c < 0xe000 && r->high != 0)
		c = 0x10000 + ((r->high - 0xd800) << 10) + (c - 0xdc00);
	r->high = 0;
	if (c != 0 && g_unichar_validate(c))
		g_string_append_unichar(r->out, c);
}

static void
set_charset(Reader *r, int number)
{
	flush(r);
	g_free(r->charset);
	r->charset = g_strdup_printf("windows-%d", CLAMP(number, 0, 65535));
}

static gboolean
is_destination(const char *word)
{
	for (gsize i = 0; i < G_N_ELEMENTS(destinations); i++)
		if (strcmp(destinations[i], word) == 0)
			return TRUE;
	return FALSE;
}

static void
obey(Reader *r, const char *word, int number)
{
	gboolean star = r->star;

	r->star = FALSE;
	if (strcmp(word, "u") == 0) {
		put_unicode(r, number);
	} else if (strcmp(word, "uc") == 0) {
		top(r)->fallback = (guint)CLAMP(number, 0, 16);
	} else if (strcmp(word, "ansicpg") == 0) {
		set_charset(r, number);
	} else if (strcmp(word, "fromhtml") == 0) {
		r->is_html = number != 0;
	} else if (strcmp(word, "htmlrtf") == 0) {
		r->in_rtf = r->is_html && number != 0;
	} else if (star || is_destination(word)) {
		top(r)->is_skipped = TRUE;
	} else {
		for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
			if (strcmp(marks[i].word, word) == 0)
				put_text(r, marks[i].text);
	}
}

/* "\word-12 ": the blank belongs to it. */
static void
read_word(Reader *r)
{
	char word[WORD_MOST + 1];
	gsize n = 0;
	gboolean minus;
	int number = 1;

	while (r->p < r->end && g_ascii_isalpha(*r->p)) {
		if (n < WORD_MOST)
			word[n++] = *r->p;
		r->p++;
	}
	word[n] = '\0';
	minus = r->p < r->end && *r->p == '-';
	if (r->p + minus < r->end && g_ascii_isdigit(r->p[minus])) {
		r->p += minus;
		number = 0;
		for (; r->p < r->end && g_ascii_isdigit(*r->p); r->p++)
			number = MIN(number * 10 + (*r->p - '0'), 9999999);
		number = minus ? -number : number;
	}
	if (r->p < r->end && *r->p == ' ')
		r->p++;
	obey(r, word, number);
}

static void
read_control(Reader *r)
{
	char c;

	if (r->p >= r->end)
		return;
	c = *r->p;
	if (g_ascii_isalpha(c)) {
		read_word(r);
		return;
	}
	r->p++;
	if (c == '\'' && r->end - r->p >= 2) {
		int high = g_ascii_xdigit_value(r->p[0]);
		int low = g_ascii_xdigit_value(r->p[1]);

		r->p += 2;
		if (high >= 0 && low >= 0)
			put_octet(r, (char)(high << 4 | low));
	} else if (c == '*') {
		r->star = TRUE;
	} else if (c == '~') {
		put_text(r, " ");
	} else if (c == '\n' || c == '\r') {
		put_text(r, "\n");
	} else if (strchr("\\{}", c) != NULL) {
		put_octet(r, c);
	}
}

static void
open_group(Reader *r)
{
	Group above = *top(r);

	r->depth++;
	*top(r) = above;
	r->skip = 0;
	r->star = FALSE;
}

static void
close_group(Reader *r)
{
	flush(r);
	if (r->depth > 0)
		r->depth--;
	r->skip = 0;
}

char *
rtf_to_text(const char *octets, gsize size, gsize most)
{
	Reader r = { .p = octets, .end = octets + size };

	r.out = g_string_new(NULL);
	r.raw = g_string_new(NULL);
	r.groups[0].fallback = 1;
	while (r.p < r.end && r.out->len + r.raw->len < most) {
		char c = *r.p++;

		if (c == '\\')
			read_control(&r);
		else if (c == '{')
			open_group(&r);
		else if (c == '}')
			close_group(&r);
		else if (c != '\r' && c != '\n' && c != '\0')
			put_octet(&r, c);
	}
	flush(&r);
	g_string_free(r.raw, TRUE);
	g_free(r.charset);
	return g_string_free(r.out, FALSE);
}
