/* cleanhtml_read.c - reads clean HTML strictly: the first octet that the writer
 * would not have written ends it. Asked by wire.c about what the worker says,
 * and by policy/answer, which keeps the part that is the agent's own. */
#include "mail/cleanhtml_private.h"

#include <string.h>

#include "mail/html_reader.h"
#include "mail/quote.h"

typedef struct Element {
	char name[12];
	const char *attributes[2 * CLEANHTML_ATTRIBUTES + 1];
	const char *markup; /* as it stands, "<" to ">" */
	gsize length;
	int flags;
	gboolean written;
} Element;

typedef struct CleanReader CleanReader;

struct CleanReader {
	const char *at;
	GPtrArray *open;    /* of Element */
	GString *text;      /* that was read last, without escapes */
	GString *values;    /* of the attributes read last */
	HtmlReader *lines;  /* NULL: not wanted */
	const GArray *keep; /* of QuoteSpan; NULL: nothing is written */
	GString *out;
	gboolean torn; /* a span ends within a run of text */
};

/* One character, escaped or not; FALSE if the writer writes no such. */
static gboolean
read_character(CleanReader *r, GString *to, const char *stops)
{
	static const struct {
		const char *name;
		char is;
	} escapes[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' } };

	for (guint i = 0; *r->at == '&' && i < G_N_ELEMENTS(escapes); i++)
		if (g_str_has_prefix(r->at, escapes[i].name)) {
			g_string_append_c(to, escapes[i].is);
			r->at += strlen(escapes[i].name);
			return TRUE;
		}
	if (*r->at == '\0' || strchr(stops, *r->at) != NULL ||
	    ((guchar)*r->at < ' ' && *r->at != '\n' && *r->at != '\t') ||
	    *r->at == 0x7f)
		return FALSE;
	g_string_append_c(to, *r->at++);
	return TRUE;
}

static gboolean
read_name(CleanReader *r, char *name, gsize size)
{
	gsize n = 0;

	while (n + 1 < size &&
	       (g_ascii_islower(*r->at) || g_ascii_isdigit(*r->at)))
		name[n++] = *r->at++;
	name[n] = '\0';
	return n > 0;
}

static gboolean
read_attribute(CleanReader *r, Element *element, gsize *starts, guint n)
{
	char name[12];

	r->at++;
	starts[2 * n] = r->values->len;
	if (!read_name(r, name, sizeof name) || strncmp(r->at, "=\"", 2) != 0)
		return FALSE;
	g_string_append_len(r->values, name, (gssize)strlen(name) + 1);
	starts[2 * n + 1] = r->values->len;
	r->at += 2;
	while (*r->at != '"')
		if (!read_character(r, r->values, "<>&"))
			return FALSE;
	r->at++;
	g_string_append_c(r->values, '\0');
	return cleanhtml_may_have(element->flags, name,
	    r->values->str + starts[2 * n + 1]);
}

/* After "<". */
static gboolean
read_tag(CleanReader *r, Element *element)
{
	gsize starts[2 * CLEANHTML_ATTRIBUTES];
	guint n = 0;

	element->markup = r->at - 1;
	g_string_truncate(r->values, 0);
	if (!read_name(r, element->name, sizeof element->name))
		return FALSE;
	element->flags = cleanhtml_tag(element->name);
	if (element->flags < 0)
		return FALSE;
	for (; *r->at == ' '; n++)
		if (n == CLEANHTML_ATTRIBUTES ||
		    !read_attribute(r, element, starts, n))
			return FALSE;
	if (*r->at++ != '>')
		return FALSE;
	element->length = (gsize)(r->at - element->markup);
	for (guint i = 0; i < 2 * n; i++)
		element->attributes[i] = r->values->str + starts[i];
	element->attributes[2 * n] = NULL;
	return (element->flags & CLEAN_PICTURE) == 0 ||
	       (n > 0 && strcmp(element->attributes[0], "src") == 0);
}

/* --- what is kept ---------------------------------------------------------- */

static const QuoteSpan *
span_at(const CleanReader *r, guint i)
{
	return &g_array_index(r->keep, QuoteSpan, i);
}

/* Is a run from start to end of the text kept? */
static gboolean
is_kept(CleanReader *r, gsize start, gsize end)
{
	for (guint i = 0; i < r->keep->len; i++) {
		const QuoteSpan *span = span_at(r, i);

		if (span->start <= start && end <= span->end)
			return TRUE;
		if (span->start < end && start < span->end)
			r->torn = TRUE;
	}
	return FALSE;
}

/* Between two kept runs, so that a space or a line end there matters. */
static gboolean
is_between(const CleanReader *r)
{
	gsize at = html_reader_length(r->lines);

	for (guint i = 0; i < r->keep->len; i++)
		if (span_at(r, i)->start < at && at < span_at(r, i)->end)
			return TRUE;
	return FALSE;
}

static void
put_open(CleanReader *r)
{
	for (guint i = 0; i < r->open->len; i++) {
		Element *element = r->open->pdata[i];

		if (!element->written)
			g_string_append_len(r->out, element->markup,
			    (gssize)element->length);
		element->written = TRUE;
	}
}

static void
put(CleanReader *r, const char *markup, gsize length)
{
	put_open(r);
	g_string_append_len(r->out, markup, (gssize)length);
}

/* Octets that a text without line ends has when its spaces are collapsed as
 * html_text.c does it. */
static gsize
shown_length(const char *text, gsize length, gboolean kept)
{
	gsize n = 0;
	gboolean space = FALSE;

	if (kept)
		return *text == '\n' ? 0 : length;
	for (gsize i = 0; i < length; i++) {
		gboolean wide = length - i >= 2 &&
		    memcmp(text + i, "\xc2\xa0", 2) == 0;

		if (wide || strchr(" \t\n\r\f", text[i]) != NULL) {
			space = n > 0;
			i += wide;
			continue;
		}
		n += 1 + (gsize)space;
		space = FALSE;
	}
	return n;
}

static void
take_line(CleanReader *r, const char *text, gsize length)
{
	gboolean kept = html_reader_is_kept(r->lines);
	gsize shown = shown_length(text, length, kept), end;

	html_reader_text(r->lines, text, length);
	if (r->keep == NULL)
		return;
	end = html_reader_length(r->lines);
	if (shown > 0 ? is_kept(r, end - MIN(end, shown), end)
		      : is_between(r)) {
		put_open(r);
		cleanhtml_escape(r->out, text, length);
	}
}

/* Where line ends count each line is a run of its own. */
static void
take_text(CleanReader *r)
{
	const char *text = r->text->str, *end = text + r->text->len;

	while (text < end) {
		const char *stop = html_reader_is_kept(r->lines)
		    ? memchr(text, '\n', (gsize)(end - text))
		    : NULL;

		if (stop == NULL)
			stop = end;
		if (stop > text)
			take_line(r, text, (gsize)(stop - text));
		if (stop < end)
			take_line(r, stop++, 1);
		text = stop;
	}
}

static void
take_void(CleanReader *r, const Element *element)
{
	gsize shown;
	gboolean is_kept_here;

	html_reader_open(r->lines, element->name, element->attributes);
	html_reader_close(r->lines);
	if (r->keep == NULL)
		return;
	shown = html_reader_length(r->lines);
	is_kept_here = (element->flags & CLEAN_PICTURE) != 0
	    ? is_kept(r, shown - MIN(shown, strlen(HTML_PICTURE)), shown)
	    : is_between(r);
	if (is_kept_here)
		put(r, element->markup, element->length);
}

/* --- reading --------------------------------------------------------------- */

static gboolean
read_open(CleanReader *r)
{
	g_autofree Element *element = g_new0(Element, 1);

	if (!read_tag(r, element))
		return FALSE;
	if ((element->flags & CLEAN_VOID) != 0) {
		if (r->lines != NULL)
			take_void(r, element);
		return TRUE;
	}
	if (r->open->len >= CLEANHTML_DEPTH)
		return FALSE;
	if (r->lines != NULL)
		html_reader_open(
		    r->lines, element->name, element->attributes);
	g_ptr_array_add(r->open, g_steal_pointer(&element));
	return TRUE;
}

/* After "</". */
static gboolean
read_close(CleanReader *r)
{
	const Element *element;
	char name[12];

	if (!read_name(r, name, sizeof name) || *r->at++ != '>' ||
	    r->open->len == 0)
		return FALSE;
	element = r->open->pdata[r->open->len - 1];
	if (strcmp(element->name, name) != 0)
		return FALSE;
	if (element->written)
		g_string_append_printf(r->out, "</%s>", name);
	if (r->lines != NULL)
		html_reader_close(r->lines);
	g_ptr_array_set_size(r->open, (gint)r->open->len - 1);
	return TRUE;
}

static gboolean
read_text(CleanReader *r)
{
	g_string_truncate(r->text, 0);
	while (*r->at != '\0' && *r->at != '<')
		if (!read_character(r, r->text, "<>&\""))
			return FALSE;
	if (r->lines != NULL)
		take_text(r);
	return TRUE;
}

static gboolean
read_all(CleanReader *r, const char *html)
{
	gboolean good = strlen(html) <= CLEANHTML_MOST &&
	    g_utf8_validate(html, -1, NULL);

	r->at = html;
	r->open = g_ptr_array_new_with_free_func(g_free);
	r->text = g_string_new(NULL);
	r->values = g_string_new(NULL);
	while (good && *r->at != '\0') {
		if (*r->at != '<') {
			good = read_text(r);
		} else if (r->at[1] == '/') {
			r->at += 2;
			good = read_close(r);
		} else {
			r->at++;
			good = read_open(r);
		}
	}
	good = good && r->open->len == 0;
	g_ptr_array_unref(r->open);
	g_string_free(r->text, TRUE);
	g_string_free(r->values, TRUE);
	return good;
}

gboolean
cleanhtml_check(const char *html)
{
	CleanReader r = { 0 };

	return read_all(&r, html);
}

char *
cleanhtml_text(const char *html)
{
	CleanReader r = { .lines = html_reader_new(TRUE) };
	gboolean good = read_all(&r, html);
	g_autofree char *text = html_reader_free(r.lines);

	return good ? g_steal_pointer(&text) : NULL;
}

char *
cleanhtml_keep(const char *html, const GArray *spans)
{
	CleanReader r = { .lines = html_reader_new(TRUE), .keep = spans };
	gboolean good;
	char *out;

	r.out = g_string_new(NULL);
	good = read_all(&r, html);
	g_free(html_reader_free(r.lines));
	out = g_string_free(r.out, FALSE);
	if (good && !r.torn)
		return out;
	g_free(out);
	return NULL;
}

static char *
source_of(const char *content_id)
{
	g_autoptr(GString) escaped = g_string_new(NULL);

	cleanhtml_escape(escaped, content_id, strlen(content_id));
	return g_strdup_printf("src=\"cid:%s\"", escaped->str);
}

gboolean
cleanhtml_shows(const char *html, const char *content_id)
{
	g_autofree char *source = NULL;

	if (content_id == NULL || *content_id == '\0')
		return FALSE;
	source = source_of(content_id);
	return strstr(html, source) != NULL;
}

char *
cleanhtml_rename(const char *html, const char *from, const char *to)
{
	g_autofree char *old = source_of(from), *new = source_of(to);
	GString *out = g_string_new(html);

	g_string_replace(out, old, new, 0);
	return g_string_free(out, FALSE);
}
