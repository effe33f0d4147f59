/* cleanhtml.h - an agent's HTML as it may go to a customer.
 *
 * Clean HTML is written by us from a list of what is allowed: paragraphs,
 * lists, tables, emphasis, links, pictures that come with the mail. No script,
 * style, class, id, comment, form, colour, remote picture; each element closed
 * in its turn, text and values escaped. So it can be read again without a
 * parser, and its reader believes no one. */
#ifndef MAIL_CLEANHTML_H
#define MAIL_CLEANHTML_H

#include <glib.h>

#define CLEANHTML_MOST (1024 * 1024) /* octets */

/* html (valid UTF-8) cleaned; what mail programs mark as a signature is left
 * out. Free with g_free; NULL if it is too long. For the sandboxed worker: this
 * is where libxml2 sees what came. */
char *cleanhtml_write(const char *html, gsize length);

/* True if html is clean. */
gboolean cleanhtml_check(const char *html);

/* What html_to_text makes of clean HTML; a picture is HTML_PICTURE. NULL if it
 * is not clean. Free with g_free. */
char *cleanhtml_text(const char *html);

/* The part of clean HTML that makes those spans (of QuoteSpan) of its
 * cleanhtml_text. NULL if it is not clean, or the ends of a span are not ends
 * of a line or of an element. Free with g_free. */
char *cleanhtml_keep(const char *html, const GArray *spans);

/* True if a picture of clean HTML is the part with that Content-ID. */
gboolean cleanhtml_shows(const char *html, const char *content_id);

/* Clean HTML whose pictures of one Content-ID have another. Free with g_free. */
char *cleanhtml_rename(const char *html, const char *from, const char *to);

/* Clean HTML in one line, which may be broken at its spaces without a change to
 * what is seen. Free with g_free. */
char *cleanhtml_line(const char *html);

#endif
