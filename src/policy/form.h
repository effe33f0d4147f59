/* form.h - one letter's file: head, text, and HTML where it has its own.
 *
 *     # review: none
 *     Subject: [#{{ticket}}] ...
 *
 *     text
 *     <html>
 *     HTML of the body, without its frame
 *
 * The line <html> and what is below it may be missing: then the HTML is made
 * of the text (policy/markup.h). */
#ifndef POLICY_FORM_H
#define POLICY_FORM_H

#include "policy/mustache.h"

typedef struct Form {
	char *source;      /* the file, LF */
	char *review;      /* "none", or who has read it and when */
	Mustache *subject;
	Mustache *text;
	Mustache *html;    /* NULL: made of the text */
} Form;

/* NULL with error CONFIG and the line. HTML that would fetch something, or run
 * it, is a fault. */
Form *form_parse(const char *text, GError **error);
/* The same for a partial: text only, comment lines at its top left out. */
Mustache *form_parse_partial(const char *text, GError **error);
void form_free(Form *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Form, form_free)

/* All three by one name; free with g_free. partials: as mustache_render.
 * subject: one clean line. text: wrapped at 76, LF. html: NULL, not wanted;
 * else a fragment for the frame, LF. */
gboolean form_render(const Form *form, GHashTable *partials,
    const MustacheData *data, char **subject, char **text, char **html,
    GError **error);

#endif
