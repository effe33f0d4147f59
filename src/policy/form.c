/* form.c - one letter's file, parsed and rendered. template.c finds the file
 * and knows which placeholders its letter has. */
#include "policy/form.h"

#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "policy/markup.h"

#define SUBJECT_MOST 200 /* characters */
#define WIDTH        76
#define HTML_LINE    "<html>"

/* What a mail may not hold: it would fetch, run, or send something. */
static const char *const forbidden[] = { "<img", "<script", "<link", "<iframe",
	"<object", "<embed", "<form", "<input", "<video", "<audio", "<base",
	"<svg", "<style", "src=", "srcset=", "background=", "url(", "@import",
	"javascript:", "onclick=", "onload=", "onerror=" };

void
form_free(Form *form)
{
	if (form == NULL)
		return;
	g_free(form->source);
	g_free(form->review);
	mustache_free(form->subject);
	mustache_free(form->text);
	mustache_free(form->html);
	g_free(form);
}

/* Cuts the next line out of *at; "" at the end of the text. */
static char *
take_line(char **at)
{
	char *line = *at;
	char *end = line + strcspn(line, "\n");

	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return line;
}

/* The head: comments of which the first says who has reviewed the letter,
 * and the Subject. Leaves *at at the text below, *line at its number. */
static gboolean
read_head(Form *form, char **at, guint *line, GError **error)
{
	static const char review[] = "# review:";

	for (*line = 1; **at != '\0'; (*line)++) {
		char *head = take_line(at);

		if (*line == 1 && !g_str_has_prefix(head, review))
			return error_config(error,
			    "line 1: a letter begins "
			    "with \"# review: none\", or who has read it and "
			    "when");
		if (*line == 1)
			form->review = g_strstrip(g_strdup(head +
			    strlen(review)));
		if (*head == '#')
			continue;
		if (*head == '\0')
			break;
		if (!g_str_has_prefix(head, "Subject: ") ||
		    form->subject != NULL)
			return error_config(error,
			    "line %u: above the first "
			    "empty line only comments (\"# ...\") and one "
			    "\"Subject: ...\" may stand",
			    *line);
		form->subject =
		    mustache_parse_at(head + strlen("Subject: "), *line, error);
		if (form->subject == NULL)
			return FALSE;
	}
	if (form->subject == NULL)
		return error_config(error,
		    "line %u: the \"Subject: ...\" is missing", *line);
	(*line)++;
	return TRUE;
}

static guint
lines_of(const char *from, const char *to)
{
	guint lines = 0;

	for (const char *p = from; p < to; p++)
		lines += *p == '\n';
	return lines;
}

static gboolean
check_html(const char *html, guint line, GError **error)
{
	g_autofree char *small = g_ascii_strdown(html, -1);

	for (guint i = 0; i < G_N_ELEMENTS(forbidden); i++) {
		const char *found = strstr(small, forbidden[i]);

		if (found != NULL)
			return error_config(error,
			    "line %u: \"%s\" may not stand in a letter: it "
			    "holds nothing that is fetched or run",
			    line + lines_of(small, found), forbidden[i]);
	}
	return TRUE;
}

/* Cuts the HTML off the text; NULL if there is none. */
static char *
cut_html(char *text)
{
	char *found = g_str_has_prefix(text, HTML_LINE "\n")
	    ? text : strstr(text, "\n" HTML_LINE "\n");

	if (found == NULL)
		return NULL;
	if (found != text)
		found++;
	*found = '\0';
	return found + strlen(HTML_LINE "\n");
}

/* Line ends are LF, and Notepad's mark is gone. */
static char *
plain_copy(const char *text)
{
	g_auto(GStrv) halves = g_strsplit(text, "\r\n", -1);
	char *copy = g_strjoinv("\n", halves);

	if (g_str_has_prefix(copy, "\xef\xbb\xbf"))
		memmove(copy, copy + 3, strlen(copy + 3) + 1);
	return copy;
}

Form *
form_parse(const char *text, GError **error)
{
	g_autoptr(Form) form = g_new0(Form, 1);
	g_autofree char *copy = plain_copy(text);
	char *at = copy;
	char *html;
	guint line;

	form->source = g_strdup(copy);
	if (!read_head(form, &at, &line, error))
		return NULL;
	html = cut_html(at);
	form->text = mustache_parse_at(at, line, error);
	if (form->text == NULL)
		return NULL;
	if (html == NULL)
		return g_steal_pointer(&form);
	line += lines_of(at, html - strlen(HTML_LINE "\n")) + 1;
	if (!check_html(html, line, error))
		return NULL;
	form->html = mustache_parse_at(html, line, error);
	return form->html == NULL ? NULL : g_steal_pointer(&form);
}

Mustache *
form_parse_partial(const char *text, GError **error)
{
	g_autofree char *copy = plain_copy(text);
	char *at = copy;
	guint line = 1;

	for (; *at == '#'; line++)
		take_line(&at);
	if (!check_html(at, line, error))
		return NULL;
	return mustache_parse_at(at, line, error);
}

/* The HTML of a letter that has none of its own. */
static char *
render_markup(const Form *form, GHashTable *partials, const MustacheData *data,
    GError **error)
{
	g_autofree char *text = mustache_render(
	    form->text, partials, data, MUSTACHE_MARKUP, error);

	return text == NULL ? NULL : markup_layout(text);
}

/* The subject takes its own path: one line, whatever the values hold. */
gboolean
form_render(const Form *form, GHashTable *partials, const MustacheData *data,
    char **subject, char **text, char **html, GError **error)
{
	g_autofree char *line = mustache_render(
	    form->subject, partials, data, MUSTACHE_TEXT, error);
	g_autofree char *body = NULL;
	g_autofree char *clean = NULL;
	g_autofree char *page = NULL;

	if (line == NULL)
		return FALSE;
	body = mustache_render(form->text, partials, data, MUSTACHE_TEXT,
	    error);
	if (body == NULL)
		return FALSE;
	if (html != NULL) {
		page = form->html == NULL
		    ? render_markup(form, partials, data, error)
		    : mustache_render(form->html, partials, data,
			  MUSTACHE_HTML, error);
		if (page == NULL)
			return FALSE;
		*html = text_clean_body(page);
	}
	clean = text_clean_body(body);
	*text = text_wrap(clean, WIDTH);
	*subject = text_clean_line(line, SUBJECT_MOST);
	return TRUE;
}
