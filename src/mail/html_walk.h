/* html_walk.h - the tags and texts of an HTML document, one after the other, of
 * any size and depth in little memory: no tree, no recursion, nothing loaded. */
#ifndef MAIL_HTML_WALK_H
#define MAIL_HTML_WALK_H

#include <glib.h>

typedef struct HtmlWalker {
	/* attributes: name, value (may be NULL), name, value, NULL; or NULL.
	 * All valid during the call. */
	void (*open)(gpointer data, const char *name,
	    const char *const *attributes);
	void (*close)(gpointer data); /* of the last one that is open */
	void (*text)(gpointer data, const char *text, gsize length);
	gboolean (*enough)(gpointer data); /* asked now and then */
} HtmlWalker;

void html_walk_init(void);

/* html: valid UTF-8. Void elements are opened and closed, too; of what is
 * nested too deep the end is not told. FALSE if not all was read. */
gboolean html_walk(const char *html, gsize length, const HtmlWalker *walker,
    gpointer data);

/* Value of an attribute; NULL when there is none. Borrowed. */
const char *html_attribute(const char *const *attributes, const char *name);

/* An element with these is not seen. */
gboolean html_is_hidden(const char *const *attributes);

/* A link that people may follow, of at most most octets. url may be NULL. */
gboolean html_url_is_wanted(const char *url, gsize most);

#endif
