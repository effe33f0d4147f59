/* quote.h - what of a mail's text is new, what is history.
 *
 * A view only: the whole text is always kept and shown to agents (AC-17). */
#ifndef MAIL_QUOTE_H
#define MAIL_QUOTE_H

#include <glib.h>

/* Line in our notifications; what is below it in an answer is ours. */
#define QUOTE_MARKER "##- Please write your answer above this line -##"

/* Reads the tables now, not at the first mail. */
void quote_init(void);

/* body (valid UTF-8, LF) without quoted history and signature, linear time.
 *
 * new_text: free with g_free; the whole body if nothing of it seems new or
 * the writer's words stand between quotations. Of a mail that quotes a letter
 * with our marker line only what stands apart from the quotation. quoted_lines: how many lines
 * that are not blank were left out. */
void quote_cut(const char *body, char **new_text, guint *quoted_lines);

/* The same as spans of octets of body, in order; a blank line stands between
 * two of them in the text. Empty if nothing seems new. Free with
 * g_array_unref. */
typedef struct QuoteSpan {
	gsize start, end;
} QuoteSpan;
GArray *quote_spans(const char *body);

/* True if text holds our marker line, as it is, quoted, or wrapped anew: then
 * text still holds a notification of ours and must not go to a customer. */
gboolean quote_has_marker(const char *text);

#endif
