/* html_walk.c - drives libxml2's push parser for html.c and cleanhtml.c. What is
 * open is known to libxml2 alone, and only so deep as real mail is. */
#include "mail/html_walk.h"

#include <libxml/HTMLparser.h>
#include <string.h>

#define CHUNK 8192
/* libxml2 searches its stack of open elements at many tags. Real mail is not
 * even half as deep, and has a tenth of the tags. */
#define DEPTH_MOST 400
#define DEEP_CHUNK 512
#define TAGS_MOST  300000

typedef struct Walk {
	const HtmlWalker *walker;
	gpointer data;
	gsize tags;
	gboolean restarting; /* ends of elements are not the document's */
} Walk;

const char *
html_attribute(const char *const *attributes, const char *name)
{
	for (; attributes != NULL && attributes[0] != NULL; attributes += 2) {
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
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

gboolean
html_is_hidden(const char *const *attributes)
{
	const char *style = html_attribute(attributes, "style");

	/* "hidden" needs no value. */
	for (guint i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
		if (strcmp(attributes[i], "hidden") == 0)
			return TRUE;
	return style != NULL && style_hides(style);
}

gboolean
html_url_is_wanted(const char *url, gsize most)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://",
		"tel:", "mailto:" };

	if (url == NULL || strlen(url) > most)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) ==
		    0)
			return TRUE;
	}
	return FALSE;
}

static void
on_start(void *data, const xmlChar *name, const xmlChar **attributes)
{
	Walk *walk = data;

	walk->tags++;
	walk->walker->open(walk->data, (const char *)name,
	    (const char *const *)attributes);
}

static void
on_end(void *data, const xmlChar *name)
{
	Walk *walk = data;

	(void)name;
	if (!walk->restarting)
		walk->walker->close(walk->data);
}

static void
on_text(void *data, const xmlChar *text, int length)
{
	Walk *walk = data;

	walk->walker->text(walk->data, (const char *)text, (gsize)length);
}

static void
on_problem(void *data, const char *format, ...)
{
	/* All HTML in mail is broken; libxml2 would write to stderr. */
	(void)data;
	(void)format;
}

void
html_walk_init(void)
{
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, on_problem);
}

static htmlParserCtxtPtr
parser_open(Walk *walk)
{
	htmlSAXHandler handler = {
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
	};
	htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(&handler, walk,
	    NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);

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
parser_restart(Walk *walk, htmlParserCtxtPtr parser)
{
	walk->restarting = TRUE;
	parser_close(parser);
	walk->restarting = FALSE;
	return parser_open(walk);
}

gboolean
html_walk(const char *html, gsize length, const HtmlWalker *walker,
    gpointer data)
{
	Walk walk = { .walker = walker, .data = data };
	htmlParserCtxtPtr parser = parser_open(&walk);
	gboolean whole = TRUE;
	gsize chunk;

	for (gsize at = 0; at < length && parser != NULL; at += chunk) {
		chunk = parser->nameNr > DEPTH_MOST / 4 ? DEEP_CHUNK : CHUNK;
		chunk = MIN(length - at, chunk);
		htmlParseChunk(parser, html + at, (int)chunk, 0);
		if (walker->enough(data) || walk.tags > TAGS_MOST) {
			whole = at + chunk >= length;
			break;
		}
		if (parser->nameNr > DEPTH_MOST)
			parser = parser_restart(&walk, parser);
	}
	if (parser != NULL)
		parser_close(parser);
	return whole;
}
