/* flowed.c - undoes the wrapping of format=flowed, so that a paragraph is one
 * line again. Called by body.c. */
#define _GNU_SOURCE 1 /* strchrnul */
#include "mail/flowed.h"

#include <string.h>

typedef struct Line {
	const char *text; /* after quote marks and stuffing */
	gsize length;
	gsize quotes;
} Line;

static const char *
line_read(const char *p, Line *line)
{
	const char *end = strchrnul(p, '\n');

	line->quotes = 0;
	while (*p == '>') {
		line->quotes++;
		p++;
	}
	if (*p == ' ')
		p++; /* space-stuffing, section 4.4 */
	line->text = p;
	line->length = (gsize)(end - p);
	return *end == '\n' ? end + 1 : end;
}

static gboolean
is_signature_mark(const Line *line)
{
	return line->length == 3 && memcmp(line->text, "-- ", 3) == 0;
}

static void
line_begin(GString *out, gsize quotes)
{
	for (gsize i = 0; i < quotes; i++)
		g_string_append_c(out, '>');
	if (quotes > 0)
		g_string_append_c(out, ' ');
}

char *
flowed_unwrap(const char *text, gboolean delsp)
{
	GString *out = g_string_sized_new(strlen(text) + 1);
	gboolean soft = FALSE; /* the line so far goes on */
	gsize quotes = 0;

	while (*text != '\0') {
		Line line;
		gboolean flows;

		text = line_read(text, &line);
		flows = line.length > 0 && line.text[line.length - 1] == ' ' &&
			!is_signature_mark(&line);
		if (soft &&
		    (line.quotes != quotes || is_signature_mark(&line))) {
			g_string_append_c(out, '\n');
			soft = FALSE;
		}
		if (!soft)
			line_begin(out, line.quotes);
		quotes = line.quotes;
		g_string_append_len(out, line.text,
		    (gssize)(line.length - (flows && delsp)));
		soft = flows;
		if (!soft)
			g_string_append_c(out, '\n');
	}
	if (soft)
		g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}
