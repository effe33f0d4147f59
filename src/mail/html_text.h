/* html_text.h - the lines that html.c writes: white space as a browser would
 * collapse it, line ends only where they matter, quote marks in front. */
#ifndef MAIL_HTML_TEXT_H
#define MAIL_HTML_TEXT_H

#include <glib.h>

typedef struct HtmlText HtmlText;

HtmlText *html_text_new(void);
char *html_text_free(HtmlText *text); /* the text; free with g_free */

/* kept: white space and line ends count (pre). */
void html_text_add(HtmlText *text, const char *octets, gsize length,
    gboolean kept);
void html_text_add_url(HtmlText *text, const char *url);

/* At least lines line ends before what follows; none at the very start. */
void html_text_break(HtmlText *text, guint lines);
void html_text_newline(HtmlText *text); /* br */
void html_text_rule(HtmlText *text);    /* hr */
void html_text_gap(HtmlText *text);     /* between table cells */
void html_text_quote(HtmlText *text, int step);

gsize html_text_length(const HtmlText *text);
const char *html_text_from(const HtmlText *text, gsize at); /* borrowed */

#endif
