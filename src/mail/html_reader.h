/* html_reader.h - tags and texts to the lines that html.h writes, for those who
 * want to know which tag has made which line. */
#ifndef MAIL_HTML_READER_H
#define MAIL_HTML_READER_H

#include <glib.h>

/* What stands for a picture in the text, if that is asked for. */
#define HTML_PICTURE "\xef\xbf\xbc" /* U+FFFC */

typedef struct HtmlReader HtmlReader;

HtmlReader *html_reader_new(gboolean pictures);
char *html_reader_free(HtmlReader *reader); /* the text; free with g_free */

/* attributes as in html_walk.h. */
void html_reader_open(HtmlReader *reader, const char *name,
    const char *const *attributes);
void html_reader_close(HtmlReader *reader);
void html_reader_text(HtmlReader *reader, const char *text, gsize length);

/* Octets of text up to now; line ends that nothing follows do not count. */
gsize html_reader_length(const HtmlReader *reader);
/* The text from there on; valid until the next call. */
const char *html_reader_from(const HtmlReader *reader, gsize at);

/* Line ends in texts are line ends now. */
gboolean html_reader_is_kept(const HtmlReader *reader);

#endif
