/* html.c - libxml2's push parser calls us for each tag and text; what we keep
 * is one octet for each open element. No tree, no recursion, nothing loaded.
 * The lines are written by html_text.c; called by body.c. */
#define _GNU_SOURCE 1 /* memmem */
#include "mail/html.h"

#include <libxml/HTMLparser.h>
#include <string.h>

#include "ground/text.h"
#include "mail/html_text.h"

#define CHUNK     8192
#define URL_MOST  1000
#define META_MOST 1024
/* libxml2 searches its stack of open elements at many tags. Real mail is not
 * even half as deep, and has a tenth of the tags. */
#define DEPTH_MOST 400
#define DEEP_CHUNK 512
#define TAGS_MOST  300000

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

typedef struct Reader {
	HtmlText *text;
	GByteArray *stack; /* flags of each open element */
	gsize skip;        /* open elements whose text is left out */
	gsize pre;
	gsize tags;
	gboolean cut;
	gboolean restarting; /* ends of elements are not the document's */
	char *url;           /* of the open link, or NULL */
	gsize url_start;
	GHashTable *urls; /* that stand in the text already */
} Reader;

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

static const char *
attribute(const xmlChar **attributes, const char *name)
{
	for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
		if (strcmp((const char *)attributes[0], name) == 0)
			return (const char *)attributes[1];
	}
	return NULL;
}

/* "display: none" in any spacing; also what mail programs of one maker write. */
static gboolean
style_hides(const char *style)
{
	static const char *const hiding[] = { "display:none", "mso-hide:all",
		"visibility:hidden" };
	char plain[256];
	gsize n = 0;

	for (; *style != '\0' && n + 1 < sizeof(plain); style++) {
		if (!g_ascii_isspace(*style))
			plain[n++] = g_ascii_tolower(*style);
	}
	plain[n] = '\0';
	for (guint i = 0; i < G_N_ELEMENTS(hiding); i++) {
		if (strstr(plain, hiding[i]) != NULL)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_hidden(const xmlChar **attributes)
{
	const char *style = attribute(attributes, "style");

	return attribute(attributes, "hidden") != NULL ||
	       (style != NULL && style_hides(style));
}

static gboolean
url_is_wanted(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://",
		"tel:", "mailto:" };

	if (url == NULL || strlen(url) > URL_MOST)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) ==
		    0)
			return TRUE;
	}
	return FALSE;
}

static void
link_open(Reader *r, const xmlChar **attributes)
{
	g_autofree char *url = NULL;

	g_clear_pointer(&r->url, g_free);
	if (!url_is_wanted(attribute(attributes, "href")))
		return;
	url = text_clean_line(attribute(attributes, "href"), 0);
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
link_close(Reader *r)
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
element_open(Reader *r, guint flags, const xmlChar **attributes)
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
}

static void
on_start(void *data, const xmlChar *name, const xmlChar **attributes)
{
	Reader *r = data;
	guint flags = tag_flags((const char *)name);
	guint8 entry;

	r->tags++;
	if (is_hidden(attributes))
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

static void
on_end(void *data, const xmlChar *name)
{
	Reader *r = data;
	guint8 flags;

	(void)name;
	if (r->stack->len == 0 || r->restarting)
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

static void
on_text(void *data, const xmlChar *text, int length)
{
	Reader *r = data;

	if (r->skip == 0)
		html_text_add(r->text, (const char *)text, (gsize)length,
		    r->pre > 0);
}

static void
on_problem(void *data, const char *format, ...)
{
	/* All HTML in mail is broken; libxml2 would write to stderr. */
	(void)data;
	(void)format;
}

void
html_init(void)
{
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, on_problem);
	g_free(html_to_text("<p>&eacute;</p>", 15, 100, NULL));
}

static htmlParserCtxtPtr
parser_open(Reader *r)
{
	htmlSAXHandler handler = {
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
	};
	htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(&handler, r, NULL,
	    0, NULL, XML_CHAR_ENCODING_UTF8);

	if (parser == NULL)
		return NULL;
	htmlCtxtUseOptions(parser, HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
				       HTML_PARSE_NONET | HTML_PARSE_RECOVER |
				       HTML_PARSE_IGNORE_ENC |
				       HTML_PARSE_NOIMPLIED);
	/* Without these libxml2 takes the first element for the whole; with
	 * implied ones it puts paragraphs around bare text. */
	htmlParseChunk(parser, "<html><body>", 12, 0);
	return parser;
}

static void
parser_close(htmlParserCtxtPtr parser)
{
	htmlParseChunk(parser, "", 0, 1);
	htmlFreeParserCtxt(parser);
}

/* Too deep: a new parser goes on at the same place. What is open stays open
 * for us, but its end will not be seen. */
static htmlParserCtxtPtr
parser_restart(Reader *r, htmlParserCtxtPtr parser)
{
	r->restarting = TRUE;
	parser_close(parser);
	r->restarting = FALSE;
	return parser_open(r);
}

static void
html_parse(Reader *r, const char *html, gsize length, gsize most)
{
	htmlParserCtxtPtr parser = parser_open(r);
	gsize chunk;

	for (gsize at = 0; at < length && parser != NULL; at += chunk) {
		chunk = parser->nameNr > DEPTH_MOST / 4 ? DEEP_CHUNK : CHUNK;
		chunk = MIN(length - at, chunk);
		htmlParseChunk(parser, html + at, (int)chunk, 0);
		if (html_text_length(r->text) >= most || r->tags > TAGS_MOST) {
			r->cut = at + chunk < length;
			break;
		}
		if (parser->nameNr > DEPTH_MOST)
			parser = parser_restart(r, parser);
	}
	if (parser != NULL)
		parser_close(parser);
}

char *
html_to_text(const char *html, gsize length, gsize most, gboolean *cut)
{
	Reader r = { 0 };

	r.text = html_text_new();
	r.stack = g_byte_array_new();
	r.urls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	html_parse(&r, html, length, most);
	if (cut != NULL && r.cut)
		*cut = TRUE;
	g_byte_array_free(r.stack, TRUE);
	g_hash_table_unref(r.urls);
	g_free(r.url);
	return html_text_free(r.text);
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
