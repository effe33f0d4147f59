/* html_text.c - turns text runs and breaks into lines for html.c. Breaks and
 * spaces wait until text follows, so none are left over at the end. */
#include "mail/html_text.h"

#include <string.h>

#define QUOTES_MOST 10

struct HtmlText {
	GString *out;
	guint breaks;      /* line ends that wait */
	gboolean space;    /* a space waits */
	gboolean gap;      /* a table cell ended */
	gboolean on_line;  /* the line has text */
	gboolean blank;    /* it has a no-break space and nothing else */
	guint quotes;      /* open quoted blocks */
	guint line_quotes; /* of the line that is written */
};

HtmlText *
html_text_new(void)
{
	HtmlText *text = g_new0(HtmlText, 1);

	text->out = g_string_new(NULL);
	return text;
}

char *
html_text_free(HtmlText *text)
{
	char *out;

	if (text->out->len > 0)
		g_string_append_c(text->out, '\n');
	out = g_string_free(text->out, FALSE);
	g_free(text);
	return out;
}

gsize
html_text_length(const HtmlText *text)
{
	return text->out->len;
}

const char *
html_text_from(const HtmlText *text, gsize at)
{
	return text->out->str + MIN(at, text->out->len);
}

static void
marks(HtmlText *text, guint quotes)
{
	for (guint i = 0; i < MIN(quotes, QUOTES_MOST); i++)
		g_string_append(text->out, "> ");
}

/* Writes the waiting line ends and what begins the line. */
static void
begin(HtmlText *text)
{
	guint between = MIN(text->quotes, text->line_quotes);

	text->blank = FALSE;
	if (text->breaks > 0 && text->out->len > 0) {
		for (guint i = 1; i < text->breaks; i++) {
			g_string_append_c(text->out, '\n');
			marks(text, between);
		}
		g_string_append_c(text->out, '\n');
		text->on_line = FALSE;
	}
	text->breaks = 0;
	if (!text->on_line) {
		marks(text, text->quotes);
		text->line_quotes = text->quotes;
		text->on_line = TRUE;
	} else if (text->gap) {
		g_string_append(text->out, "  ");
	} else if (text->space) {
		g_string_append_c(text->out, ' ');
	}
	text->space = FALSE;
	text->gap = FALSE;
}

void
html_text_break(HtmlText *text, guint lines)
{
	if (text->breaks == 0 && !text->on_line)
		return;
	/* <div>&nbsp;</div> is how many programs write an empty line. */
	if (text->blank)
		lines = 2;
	text->blank = FALSE;
	text->breaks = MAX(text->breaks, lines);
	text->space = FALSE;
	text->gap = FALSE;
}

void
html_text_newline(HtmlText *text)
{
	if (text->out->len > 0)
		text->breaks = MIN(text->breaks + 1, 3);
	text->space = FALSE;
	text->gap = FALSE;
}

void
html_text_rule(HtmlText *text)
{
	static const char rule[] = "________________________________";

	html_text_break(text, 1);
	html_text_add(text, rule, strlen(rule), FALSE);
	html_text_break(text, 1);
}

void
html_text_gap(HtmlText *text)
{
	if (text->on_line && text->breaks == 0)
		text->gap = TRUE;
}

void
html_text_quote(HtmlText *text, int step)
{
	if (step < 0)
		text->quotes -= text->quotes > 0;
	else
		text->quotes++;
}

static gsize
space_length(const char *p, const char *end)
{
	if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f')
		return 1;
	/* No-break space, and the letters without width that newsletters fill
	 * their preview line with. */
	if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0)
		return 2;
	return 0;
}

static void
add_collapsed(HtmlText *text, const char *p, const char *end)
{
	while (p < end) {
		const char *start = p;
		gsize n = space_length(p, end);

		if (n > 0) {
			text->space = text->on_line && text->breaks == 0;
			text->blank |= n > 1 && text->breaks > 0;
			p += n;
			continue;
		}
		while (p < end && space_length(p, end) == 0)
			p++;
		begin(text);
		g_string_append_len(text->out, start, p - start);
	}
}

static void
add_kept(HtmlText *text, const char *p, const char *end)
{
	while (p < end) {
		const char *line = memchr(p, '\n', (gsize)(end - p));
		const char *stop = line != NULL ? line : end;

		if (stop > p) {
			begin(text);
			g_string_append_len(text->out, p, stop - p);
		}
		if (line != NULL) {
			text->breaks += text->out->len > 0;
			stop++;
		}
		p = stop;
	}
}

void
html_text_add(HtmlText *text, const char *octets, gsize length, gboolean kept)
{
	if (kept)
		add_kept(text, octets, octets + length);
	else
		add_collapsed(text, octets, octets + length);
}

void
html_text_add_url(HtmlText *text, const char *url)
{
	text->space = TRUE;
	begin(text);
	g_string_append_printf(text->out, "<%s>", url);
}
