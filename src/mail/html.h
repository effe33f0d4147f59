/* html.h - HTML to readable text, any size and depth in little memory. */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include <glib.h>

void html_init(void);

/* Paragraphs, lists and table rows as lines; links as "text <url>"; quoted
 * blocks as "> "; hidden text, styles and scripts left out. html: valid UTF-8.
 * At most most octets come out (a little over); *cut (may be NULL) is set to
 * TRUE if not all was read. Free with g_free. */
char *html_to_text(const char *html, gsize length, gsize most, gboolean *cut);

/* The charset that the document itself names, or NULL; free with g_free. */
char *html_charset(const char *octets, gsize length);

#endif
