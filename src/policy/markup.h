/* markup.h - text to HTML for letters: simple blocks with inline style, which
 * mail programs show alike. */
#ifndef POLICY_MARKUP_H
#define POLICY_MARKUP_H

#include "javob.h"

/* rendered: a text template by MUSTACHE_MARKUP, escaped, values in <bdi>.
 * Paragraphs become <p>; what stands behind a label ("Expected by: ...") is
 * strong; an https, http or mailto address alone on its line is a link.
 * Free with g_free. */
char *markup_layout(const char *rendered);

/* A person's words as blocks without line ends, for mustache_set_markup: a
 * paragraph for each, quoted lines set off, web addresses as links if links.
 * Free with g_free. */
char *markup_text(const char *text, gboolean links);

#endif
