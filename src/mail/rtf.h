/* rtf.h - the text of a Rich Text document, as Outlook hides it in TNEF. */
#ifndef MAIL_RTF_H
#define MAIL_RTF_H

#include <glib.h>

/* Paragraphs as lines, all formatting and pictures left out; what was HTML
 * before Outlook wrapped it comes out as its text. Valid UTF-8, at most most
 * octets (a little over). Linear, any depth. Free with g_free. */
char *rtf_to_text(const char *octets, gsize size, gsize most);

#endif
