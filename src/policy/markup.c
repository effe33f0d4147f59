/* markup.c - text to HTML for letters.
 *
 * form.c lays out the text of a letter that has no HTML of its own; letter.c
 * turns what an agent or a customer wrote. Style is inline, since many mail
 * programs drop all other. */
#include "policy/markup.h"

#include <string.h>

#define PARAGRAPH "<p style=\"margin:0 0 16px\">"
#define QUOTATION \
	"<blockquote style=\"margin:0 0 16px;padding:0 12px;" \
	"border-left:2px solid #aaaaaa\">"
#define LINK "<a href=\""

static const char *const schemes[] = { "https://", "http://", "mailto:" };

static gboolean
is_address(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_str_has_prefix(text, schemes[i]))
			return TRUE;
	}
	return FALSE;
}

/* The text of a line that is one value and nothing else; NULL if it is not. */
static char *
lone_value(const char *line)
{
	const char *value = line + strlen("<bdi>");
	const char *end;

	if (!g_str_has_prefix(line, "<bdi>"))
		return NULL;
	end = strstr(value, "</bdi>");
	if (end == NULL || end[strlen("</bdi>")] != '\0')
		return NULL;
	return g_strndup(value, (gsize)(end - value));
}

/* "Label: value (value)": the first value is what he looks for. */
static gboolean
append_label(GString *out, const char *line)
{
	const char *value = strstr(line, "<bdi>");
	const char *end = value == NULL ? NULL : strstr(value, "</bdi>");
	const char *before = value;

	if (end == NULL || value == line)
		return FALSE;
	before = g_utf8_prev_char(value);
	if ((g_utf8_get_char(before) != ' ' &&
		g_utf8_get_char(before) != 0xa0) ||
	    before == line || before[-1] != ':')
		return FALSE;
	end += strlen("</bdi>");
	if (*end != '\0' && !g_str_has_prefix(end, " (<bdi>"))
		return FALSE;
	g_string_append_len(out, line, value - line);
	g_string_append(out, "<strong>");
	g_string_append_len(out, value, end - value);
	g_string_append(out, "</strong>");
	g_string_append(out, end);
	return TRUE;
}

static void
append_line(GString *out, const char *line)
{
	g_autofree char *value = NULL;

	while (*line == ' ')
		line++;
	value = lone_value(line);
	if (value != NULL && is_address(value))
		g_string_append_printf(out, LINK "%s\">%s</a>", value, value);
	else if (!append_label(out, line))
		g_string_append(out, line);
}

char *
markup_layout(const char *rendered)
{
	g_auto(GStrv) lines = g_strsplit(rendered, "\n", -1);
	GString *out = g_string_new(NULL);
	gboolean open = FALSE;

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = lines[i];
		/* The template's own "<" are escaped: this is markup. */
		gboolean block = g_str_has_prefix(line, "<p ") ||
		    g_str_has_prefix(line, "<div ") ||
		    g_str_has_prefix(line, "<blockquote ");

		if (open && (*line == '\0' || block)) {
			g_string_append(out, "</p>\n");
			open = FALSE;
		}
		if (block) {
			g_string_append_printf(out, "%s\n", line);
		} else if (*line != '\0') {
			g_string_append(out, open ? "<br>\n" : PARAGRAPH);
			append_line(out, line);
			open = TRUE;
		}
	}
	if (open)
		g_string_append(out, "</p>\n");
	return g_string_free(out, FALSE);
}

static void
append_escaped(GString *out, const char *text, gsize length)
{
	g_autofree char *part = g_strndup(text, length);
	g_autofree char *escaped = g_markup_escape_text(part, -1);

	g_string_append(out, escaped);
}

/* Octets of the web address at text; 0 if there is none. */
static gsize
address_length(const char *text)
{
	gsize length;

	if (!g_str_has_prefix(text, "https://") &&
	    !g_str_has_prefix(text, "http://"))
		return 0;
	length = strcspn(text, " \t<>\"");
	while (length > 0 && strchr(".,;:!?)]'", text[length - 1]) != NULL)
		length--;
	return length > strlen("https://") ? length : 0;
}

static void
append_words(GString *out, const char *line, gboolean links)
{
	const char *from = line;

	for (const char *p = line; links && *p != '\0';) {
		gsize length = *p == 'h' ? address_length(p) : 0;

		if (length == 0) {
			p++;
			continue;
		}
		append_escaped(out, from, (gsize)(p - from));
		g_string_append(out, LINK);
		append_escaped(out, p, length);
		g_string_append(out, "\">");
		append_escaped(out, p, length);
		g_string_append(out, "</a>");
		p += length;
		from = p;
	}
	append_escaped(out, from, strlen(from));
}

char *
markup_text(const char *text, gboolean links)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);
	static const char quote_end[] = "</blockquote>", plain_end[] = "</p>";
	const char *close = NULL; /* of the open block */

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = g_strchomp(lines[i]);
		gboolean quoted = *line == '>';
		const char *end = quoted ? quote_end : plain_end;

		if (quoted)
			line += line[1] == ' ' ? 2 : 1;
		if (close != NULL && (*lines[i] == '\0' || close != end)) {
			g_string_append(out, close);
			close = NULL;
		}
		if (*lines[i] == '\0')
			continue;
		g_string_append(out, close != NULL ? "<br>"
			: quoted		   ? QUOTATION
						   : PARAGRAPH);
		append_words(out, line, links);
		close = end;
	}
	g_string_append(out, close == NULL ? "" : close);
	return g_string_free(out, FALSE);
}
