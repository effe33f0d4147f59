/* charset.h - octets in any character set to UTF-8.
 *
 * The label is believed as far as the octets allow it; where it is missing,
 * unknown or contradicted, the octets are evidence (charset_guess.h). UTF-7
 * and other sets that hide ASCII are refused (THREATS.md 5.4). */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include <glib.h>

/* Loads the converters, so that nothing is opened later in the sandbox. */
void charset_init(void);

/* Valid UTF-8 in NFC of any octets; never NULL, free with g_free. label: as
 * written in the mail, NULL when there is none. *bad: incremented by the number
 * of places that could not be decoded (U+FFFD); may be NULL. */
char *charset_decode(const char *octets, gsize length, const char *label,
    gsize *bad);

/* True for labels that are never followed. */
gboolean charset_is_refused(const char *label);

/* True if all octets are below 0x80 and none is NUL. */
gboolean charset_is_ascii(const char *octets, gsize length);

#endif
