/* html.c - html_walk.c calls us for each tag and text; what we keep is one octet
 * for each open element. The lines are written by html_text.c; called by body.c,
 * and by cleanhtml.c, which reads its tags by itself. */
#define _GNU_SOURCE 1 /* memmem */
#include "mail/html.h"

#include <string.h>

#include "ground/text.h"
#include "mail/html_reader.h"
#include "mail/html_text.h"
#include "mail/html_walk.h"

#define URL_MOST  1000
#define META_MOST 1024

enum {
	TAG_BLOCK = 1 << 0,     /* begins and ends a line */
	TAG_PARAGRAPH = 1 << 1, /* with an empty line around */
	TAG_SKIP = 1 << 2,      /* no text of it */
	TAG_QUOTE = 1 << 3,
	TAG_PRE = 1 << 4,
	TAG_CELL = 1 << 5,
	TAG_ITEM = 1 << 6,
	TAG_LINK = 1 << 7,
	/* Never on an element's stack entry: */
	TAG_BREAK = 1 << 8,
	TAG_RULE = 1 << 9,
	TAG_IMAGE = 1 << 10,
};

static const struct {
	const char *name;
	guint flags;
} tags[] = {
	{ "a", TAG_LINK },
	{ "address", TAG_BLOCK },
	{ "article", TAG_BLOCK },
	{ "aside", TAG_BLOCK },
	{ "blockquote", TAG_BLOCK | TAG_QUOTE },
	{ "br", TAG_BREAK },
	{ "caption", TAG_BLOCK },
	{ "center", TAG_BLOCK },
	{ "dd", TAG_BLOCK },
	{ "div", TAG_BLOCK },
	{ "dl", TAG_BLOCK | TAG_PARAGRAPH },
	{ "dt", TAG_BLOCK },
	{ "fieldset", TAG_BLOCK },
	{ "figure", TAG_BLOCK },
	{ "footer", TAG_BLOCK },
	{ "form", TAG_BLOCK },
	{ "h1", TAG_BLOCK | TAG_PARAGRAPH },
	{ "h2", TAG_BLOCK | TAG_PARAGRAPH },
	{ "h3", TAG_BLOCK | TAG_PARAGRAPH },
	{ "h4", TAG_BLOCK | TAG_PARAGRAPH },
	{ "h5", TAG_BLOCK | TAG_PARAGRAPH },
	{ "h6", TAG_BLOCK | TAG_PARAGRAPH },
	{ "header", TAG_BLOCK },
	{ "hr", TAG_RULE },
	{ "img", TAG_IMAGE },
	{ "li", TAG_BLOCK | TAG_ITEM },
	{ "main", TAG_BLOCK },
	{ "nav", TAG_BLOCK },
	{ "noscript", TAG_BLOCK },
	{ "ol", TAG_BLOCK },
	{ "option", TAG_BLOCK },
	{ "p", TAG_BLOCK | TAG_PARAGRAPH },
	{ "pre", TAG_BLOCK | TAG_PRE },
	{ "script", TAG_SKIP },
	{ "section", TAG_BLOCK },
	{ "style", TAG_SKIP },
	{ "table", TAG_BLOCK },
	{ "tbody", TAG_BLOCK },
	{ "td", TAG_CELL },
	{ "template", TAG_SKIP },
	{ "textarea", TAG_BLOCK },
	{ "tfoot", TAG_BLOCK },
	{ "th", TAG_CELL },
	{ "thead", TAG_BLOCK },
	{ "title", TAG_SKIP },
	{ "tr", TAG_BLOCK },
	{ "ul", TAG_BLOCK },
};

struct HtmlReader {
	HtmlText *text;
	GByteArray *stack; /* flags of each open element */
	gsize skip;        /* open elements whose text is left out */
	gsize pre;
	gsize most;
	gboolean pictures;   /* each leaves its mark */
	char *url;           /* of the open link, or NULL */
	gsize url_start;
	GHashTable *urls; /* that stand in the text already */
};

static guint
tag_flags(const char *name)
{
	gsize low = 0, high = G_N_ELEMENTS(tags);

	while (low < high) {
		gsize middle = (low + high) / 2;
		int order = strcmp(name, tags[middle].name);

		if (order == 0)
			return tags[middle].flags;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

static void
link_open(HtmlReader *r, const char *const *attributes)
{
	g_autofree char *url = NULL;

	g_clear_pointer(&r->url, g_free);
	if (!html_url_is_wanted(html_attribute(attributes, "href"), URL_MOST))
		return;
	url = text_clean_line(html_attribute(attributes, "href"), 0);
	if (url[0] == '\0')
		return;
	r->url = g_steal_pointer(&url);
	r->url_start = html_text_length(r->text);
}

/* The text of the link says the same as its address. */
static gboolean
link_shows(const char *shown, const char *url)
{
	const char *bare = strstr(url, "://");
	gsize n;

	bare = bare != NULL ? bare + 3 : strchr(url, ':') + 1;
	n = strcspn(bare, "?");
	while (n > 0 && bare[n - 1] == '/')
		n--;
	return n > 0 && g_strstr_len(shown, (gssize)strlen(shown), url) != NULL
		   ? TRUE
		   : n > 0 && memmem(shown, strlen(shown), bare, n) != NULL;
}

static void
link_close(HtmlReader *r)
{
	g_autofree char *url = g_steal_pointer(&r->url);
	const char *shown;

	if (url == NULL)
		return;
	shown = html_text_from(r->text, r->url_start);
	if (*shown == '\0' || link_shows(shown, url) ||
	    !g_hash_table_add(r->urls, g_strdup(url)))
		return;
	html_text_add_url(r->text, url);
}

static void
element_open(HtmlReader *r, guint flags, const char *const *attributes)
{
	if (flags & TAG_BLOCK)
		html_text_break(r->text, flags & TAG_PARAGRAPH ? 2 : 1);
	if (flags & TAG_BREAK)
		html_text_newline(r->text);
	if (flags & TAG_RULE)
		html_text_rule(r->text);
	if (flags & TAG_QUOTE)
		html_text_quote(r->text, 1);
	if (flags & TAG_CELL)
		html_text_gap(r->text);
	if (flags & TAG_ITEM)
		html_text_add(r->text, "- ", 2, TRUE);
	if (flags & TAG_LINK)
		link_open(r, attributes);
	if ((flags & TAG_IMAGE) && r->pictures)
		html_text_add(r->text, HTML_PICTURE, strlen(HTML_PICTURE),
		    FALSE);
}

void
html_reader_open(HtmlReader *r, const char *name, const char *const *attributes)
{
	guint flags = tag_flags(name);
	guint8 entry;

	if (html_is_hidden(attributes))
		flags |= TAG_SKIP;
	entry = (guint8)flags;
	g_byte_array_append(r->stack, &entry, 1);
	if (flags & TAG_SKIP)
		r->skip++;
	if (flags & TAG_PRE)
		r->pre++;
	if (r->skip == 0)
		element_open(r, flags, attributes);
}

void
html_reader_close(HtmlReader *r)
{
	guint8 flags;

	if (r->stack->len == 0)
		return;
	flags = r->stack->data[r->stack->len - 1];
	g_byte_array_set_size(r->stack, r->stack->len - 1);
	if (flags & TAG_PRE)
		r->pre--;
	if (flags & TAG_SKIP) {
		r->skip--;
		return;
	}
	if (r->skip > 0)
		return;
	if (flags & TAG_LINK)
		link_close(r);
	if (flags & TAG_BLOCK)
		html_text_break(r->text, flags & TAG_PARAGRAPH ? 2 : 1);
	if (flags & TAG_QUOTE)
		html_text_quote(r->text, -1);
	if (flags & TAG_CELL)
		html_text_gap(r->text);
}

void
html_reader_text(HtmlReader *r, const char *text, gsize length)
{
	if (r->skip == 0)
		html_text_add(r->text, text, length, r->pre > 0);
}

gsize
html_reader_length(const HtmlReader *r)
{
	return html_text_length(r->text);
}

const char *
html_reader_from(const HtmlReader *r, gsize at)
{
	return html_text_from(r->text, at);
}

gboolean
html_reader_is_kept(const HtmlReader *r)
{
	return r->pre > 0;
}

HtmlReader *
html_reader_new(gboolean pictures)
{
	HtmlReader *r = g_new0(HtmlReader, 1);

	r->text = html_text_new();
	r->stack = g_byte_array_new();
	r->urls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r->pictures = pictures;
	return r;
}

char *
html_reader_free(HtmlReader *r)
{
	char *text = html_text_free(r->text);

	g_byte_array_free(r->stack, TRUE);
	g_hash_table_unref(r->urls);
	g_free(r->url);
	g_free(r);
	return text;
}

static void
on_open(gpointer data, const char *name, const char *const *attributes)
{
	html_reader_open(data, name, attributes);
}

static void
on_close(gpointer data)
{
	html_reader_close(data);
}

static void
on_text(gpointer data, const char *text, gsize length)
{
	html_reader_text(data, text, length);
}

static gboolean
is_enough(gpointer data)
{
	const HtmlReader *r = data;

	return html_text_length(r->text) >= r->most;
}

char *
html_to_text(const char *html, gsize length, gsize most, gboolean *cut)
{
	static const HtmlWalker walker = { on_open, on_close, on_text,
		is_enough };
	HtmlReader *r = html_reader_new(FALSE);

	r->most = most;
	if (!html_walk(html, length, &walker, r) && cut != NULL)
		*cut = TRUE;
	return html_reader_free(r);
}

void
html_init(void)
{
	html_walk_init();
	g_free(html_to_text("<p>&eacute;</p>", 15, 100, NULL));
}

char *
html_charset(const char *octets, gsize length)
{
	g_autofree char *head = NULL;
	char *mark;
	gsize n;

	length = MIN(length, META_MOST);
	head = g_ascii_strdown(octets, (gssize)length);
	if (strstr(head, "<meta") == NULL && strstr(head, "<?xml") == NULL)
		return NULL;
	mark = strstr(head, "charset=");
	if (mark == NULL)
		return NULL;
	mark += strlen("charset=");
	mark += strspn(mark, "\"' ");
	n = strspn(mark, "abcdefghijklmnopqrstuvwxyz0123456789-_:.");
	return n > 0 ? g_strndup(mark, n) : NULL;
}
