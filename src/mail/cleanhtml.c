/* cleanhtml.c - writes clean HTML: what may stand in it, and nothing else.
 *
 * body.c calls it in the worker for mail that may go on to a customer;
 * cleanhtml_read.c reads the result, in the process that holds the store. */
#include "mail/cleanhtml_private.h"

#include <string.h>

#include "ground/text.h"
#include "mail/html_walk.h"

enum { URL_MOST = 2000, WORD_MOST = 300, CLASSES_MOST = 500 };

static const struct {
	const char *name;
	int flags;
} allowed[] = {
	{ "a", CLEAN_LINK },
	{ "b", 0 },
	{ "big", 0 },
	{ "blockquote", CLEAN_BLOCK },
	{ "br", CLEAN_VOID },
	{ "caption", CLEAN_BLOCK },
	{ "code", 0 },
	{ "dd", CLEAN_BLOCK },
	{ "del", 0 },
	{ "div", CLEAN_BLOCK },
	{ "dl", CLEAN_BLOCK },
	{ "dt", CLEAN_BLOCK },
	{ "em", 0 },
	{ "h1", CLEAN_BLOCK },
	{ "h2", CLEAN_BLOCK },
	{ "h3", CLEAN_BLOCK },
	{ "h4", CLEAN_BLOCK },
	{ "h5", CLEAN_BLOCK },
	{ "h6", CLEAN_BLOCK },
	{ "hr", CLEAN_VOID },
	{ "i", 0 },
	{ "img", CLEAN_VOID | CLEAN_PICTURE },
	{ "ins", 0 },
	{ "kbd", 0 },
	{ "li", CLEAN_BLOCK },
	{ "ol", CLEAN_BLOCK | CLEAN_LIST },
	{ "p", CLEAN_BLOCK | CLEAN_PARAGRAPH },
	{ "pre", CLEAN_BLOCK },
	{ "s", 0 },
	{ "samp", 0 },
	{ "small", 0 },
	{ "strike", 0 },
	{ "strong", 0 },
	{ "sub", 0 },
	{ "sup", 0 },
	{ "table", CLEAN_BLOCK },
	{ "tbody", CLEAN_BLOCK },
	{ "td", CLEAN_BLOCK | CLEAN_CELL },
	{ "tfoot", CLEAN_BLOCK },
	{ "th", CLEAN_BLOCK | CLEAN_CELL },
	{ "thead", CLEAN_BLOCK },
	{ "tr", CLEAN_BLOCK },
	{ "tt", 0 },
	{ "u", 0 },
	{ "ul", CLEAN_BLOCK },
};

/* Elements whose contents are nothing to read. All others that are not allowed
 * go, and what is in them stays. */
static const char *const dropped[] = { "audio", "button", "canvas", "embed",
	"head", "iframe", "map", "math", "noembed", "noframes", "noscript",
	"object", "script", "select", "style", "svg", "template", "textarea",
	"title", "video" };

/* How mail programs mark the signature. A class is one word of many. */
static const struct {
	const char *attribute, *value;
} signatures[] = {
	{ "class", "gmail_signature" },        /* Gmail */
	{ "class", "gmail_signature_prefix" }, /* its "-- " */
	{ "data-smartmail", "gmail_signature" },
	{ "id", "signature" }, /* Outlook on the web, and others */
	{ "id", "ms-outlook-mobile-signature" },
	{ "class", "moz-signature" },      /* Thunderbird */
	{ "id", "applemailsignature" },    /* Apple Mail */
	{ "class", "k9mail-signature" },   /* K-9, Thunderbird for Android */
	{ "class", "protonmail_signature_block" },
	{ "id", "zmail-signature" },
	{ "class", "fastmail-signature" },
	{ "id", "sig" }, /* Roundcube writes id="_rc_sig" */
	{ "id", "_rc_sig" },
};

int
cleanhtml_tag(const char *name)
{
	gsize low = 0, high = G_N_ELEMENTS(allowed);

	while (low < high) {
		gsize middle = (low + high) / 2;
		int order = strcmp(name, allowed[middle].name);

		if (order == 0)
			return allowed[middle].flags;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/* One to four digits. */
static gboolean
is_number(const char *value)
{
	gsize n = strspn(value, "0123456789");

	return n > 0 && n <= 4 && value[n] == '\0';
}

/* "cid:" and an identifier that a Content-ID can have (RFC 2392). */
static gboolean
is_part(const char *value)
{
	gsize n;

	if (strncmp(value, "cid:", 4) != 0)
		return FALSE;
	value += 4;
	n = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789.!#$%'*+-/=?^_`{|}~@");
	return n > 0 && n <= WORD_MOST && value[n] == '\0';
}

/* An address without spaces and controls. */
static gboolean
is_link(const char *value)
{
	if (!html_url_is_wanted(value, URL_MOST))
		return FALSE;
	for (const char *p = value; *p != '\0'; p++)
		if ((guchar)*p <= ' ' || *p == 0x7f || *p == '\\')
			return FALSE;
	return TRUE;
}

static gboolean
is_clean_line(const char *value)
{
	g_autofree char *clean = text_clean_line(value, WORD_MOST);

	return strcmp(clean, value) == 0;
}

gboolean
cleanhtml_may_have(int flags, const char *name, const char *value)
{
	if (strcmp(name, "href") == 0)
		return (flags & CLEAN_LINK) != 0 && is_link(value);
	if (strcmp(name, "src") == 0)
		return (flags & CLEAN_PICTURE) != 0 && is_part(value);
	if (strcmp(name, "alt") == 0)
		return (flags & CLEAN_PICTURE) != 0 && is_clean_line(value);
	if (strcmp(name, "width") == 0 || strcmp(name, "height") == 0)
		return (flags & CLEAN_PICTURE) != 0 && is_number(value);
	if (strcmp(name, "colspan") == 0 || strcmp(name, "rowspan") == 0)
		return (flags & CLEAN_CELL) != 0 && is_number(value);
	if (strcmp(name, "start") == 0)
		return (flags & CLEAN_LIST) != 0 && is_number(value);
	if (strcmp(name, "style") == 0)
		return (flags & CLEAN_PARAGRAPH) != 0 &&
		       strcmp(value, CLEANHTML_STYLE) == 0;
	if (strcmp(name, "dir") == 0)
		return (flags & CLEAN_BLOCK) != 0 &&
		       (strcmp(value, "rtl") == 0 || strcmp(value, "ltr") == 0);
	return FALSE;
}

/* Line ends and tabs stay; U+FFFC is how our reader marks a picture. */
static gboolean
may_stand(gunichar c)
{
	return c == '\n' || c == '\t' ||
	       (c >= ' ' && (c < 0x7f || c >= 0xa0) && c != 0x2028 &&
		   c != 0x2029 && c != 0xfffc);
}

void
cleanhtml_escape(GString *out, const char *text, gsize length)
{
	const char *end = text + length;

	for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '&')
			g_string_append(out, "&amp;");
		else if (c == '<')
			g_string_append(out, "&lt;");
		else if (c == '>')
			g_string_append(out, "&gt;");
		else if (c == '"')
			g_string_append(out, "&quot;");
		else if (may_stand(c))
			g_string_append_unichar(out, c);
	}
}

/* --- the writer ------------------------------------------------------------ */

/* What an open element of the source is to us. */
enum { OPEN_GONE = -1, OPEN_SKIP = -2 }; /* else its row of allowed */

typedef struct Writer {
	GString *out;
	GArray *open; /* of int */
	guint skip;   /* open elements whose contents are left out */
	guint depth;  /* of those that were written */
} Writer;

static int
row_of(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(allowed); i++)
		if (strcmp(allowed[i].name, name) == 0)
			return (int)i;
	return OPEN_GONE;
}

/* Is word one of the words of list, in any case? */
static gboolean
has_word(const char *list, const char *word)
{
	g_autofree char *lower = NULL;
	g_auto(GStrv) words = NULL;

	if (list == NULL || strlen(list) > CLASSES_MOST)
		return FALSE;
	lower = g_ascii_strdown(list, -1);
	words = g_strsplit_set(lower, " \t\r\n", -1);
	return g_strv_contains((const char *const *)words, word);
}

static gboolean
is_left_out(const char *name, const char *const *attributes)
{
	for (guint i = 0; i < G_N_ELEMENTS(dropped); i++)
		if (strcmp(dropped[i], name) == 0)
			return TRUE;
	if (html_is_hidden(attributes))
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(signatures); i++)
		if (has_word(html_attribute(attributes,
				 signatures[i].attribute),
			signatures[i].value))
			return TRUE;
	return FALSE;
}

static gboolean
is_outlook_line(const char *const *attributes)
{
	const char *class = html_attribute(attributes, "class");

	return has_word(class, "msonormal") || has_word(class, "x_msonormal") ||
	       has_word(class, "msolistparagraph");
}

static void
put_attributes(GString *out, int flags, const char *const *attributes)
{
	static const char *const names[] = { "href", "src", "alt", "width",
		"height", "colspan", "rowspan", "start", "dir" };
	guint n = 0;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = html_attribute(attributes, names[i]);
		g_autofree char *clean = NULL;

		if (value == NULL || n == CLEANHTML_ATTRIBUTES)
			continue;
		clean = text_clean_line(value,
		    strcmp(names[i], "href") == 0 ? URL_MOST : WORD_MOST);
		if (!cleanhtml_may_have(flags, names[i], clean))
			continue;
		g_string_append_printf(out, " %s=\"", names[i]);
		cleanhtml_escape(out, clean, strlen(clean));
		g_string_append_c(out, '"');
		n++;
	}
	if ((flags & CLEAN_PARAGRAPH) != 0 && is_outlook_line(attributes))
		g_string_append(out, " style=\"" CLEANHTML_STYLE "\"");
}

static int
put_open(Writer *w, const char *name, const char *const *attributes)
{
	int row = row_of(name);
	int flags = row >= 0 ? allowed[row].flags : 0;
	const char *source = html_attribute(attributes, "src");

	if (row < 0 || w->depth >= CLEANHTML_DEPTH)
		return OPEN_GONE;
	/* A picture from elsewhere tells its owner who reads, and when. */
	if ((flags & CLEAN_PICTURE) != 0 &&
	    (source == NULL || !is_part(source)))
		return OPEN_GONE;
	if ((flags & CLEAN_LINK) != 0 &&
	    !cleanhtml_may_have(flags, "href",
		html_attribute(attributes, "href")))
		return OPEN_GONE;
	g_string_append_printf(w->out, "<%s", name);
	put_attributes(w->out, flags, attributes);
	g_string_append_c(w->out, '>');
	if ((flags & CLEAN_VOID) != 0)
		return OPEN_GONE;
	w->depth++;
	return row;
}

static void
on_open(gpointer data, const char *name, const char *const *attributes)
{
	Writer *w = data;
	int open = OPEN_GONE;

	if (is_left_out(name, attributes))
		open = OPEN_SKIP;
	else if (w->skip == 0)
		open = put_open(w, name, attributes);
	w->skip += open == OPEN_SKIP;
	g_array_append_val(w->open, open);
}

static void
on_close(gpointer data)
{
	Writer *w = data;
	int open;

	if (w->open->len == 0)
		return;
	open = g_array_index(w->open, int, w->open->len - 1);
	g_array_set_size(w->open, w->open->len - 1);
	if (open == OPEN_SKIP) {
		w->skip--;
	} else if (open >= 0) {
		g_string_append_printf(w->out, "</%s>", allowed[open].name);
		w->depth--;
	}
}

static void
on_text(gpointer data, const char *text, gsize length)
{
	Writer *w = data;

	if (w->skip == 0)
		cleanhtml_escape(w->out, text, length);
}

static gboolean
is_enough(gpointer data)
{
	const Writer *w = data;

	return w->out->len > CLEANHTML_MOST;
}

char *
cleanhtml_write(const char *html, gsize length)
{
	static const HtmlWalker walker = { on_open, on_close, on_text,
		is_enough };
	Writer w = { .out = g_string_new(NULL) };
	gboolean whole;

	w.open = g_array_new(FALSE, FALSE, sizeof(int));
	whole = html_walk(html, length, &walker, &w);
	while (w.open->len > 0)
		on_close(&w);
	g_array_unref(w.open);
	if (whole && w.out->len <= CLEANHTML_MOST)
		return g_string_free(w.out, FALSE);
	g_string_free(w.out, TRUE);
	return NULL;
}

char *
cleanhtml_line(const char *html)
{
	GString *out = g_string_sized_new(strlen(html));
	gboolean in_tag = FALSE, kept = FALSE;

	for (const char *p = html; *p != '\0'; p++) {
		if (*p == '<') {
			in_tag = TRUE;
			kept = g_str_has_prefix(p, "<pre") ||
			    (kept && !g_str_has_prefix(p, "</pre>"));
		}
		if (!in_tag && kept && *p == '\n')
			g_string_append(out, "&#10;");
		else if (!in_tag && kept && *p == ' ')
			g_string_append(out, "&#32;");
		else
			g_string_append_c(out, *p == '\n' ? ' ' : *p);
		in_tag = in_tag && *p != '>';
	}
	return g_string_free(out, FALSE);
}
