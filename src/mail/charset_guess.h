/* charset_guess.h - which character set octets without a (true) label have. */
#ifndef MAIL_CHARSET_GUESS_H
#define MAIL_CHARSET_GUESS_H

#include <glib.h>

/* ICU name of the most likely set of octets that are no valid UTF-8. Static. */
const char *charset_guess(const char *octets, gsize length);

/* True if the octets read as Cyrillic, whatever the label says: long runs of
 * octets above 0x7f, as Latin text never has. */
gboolean charset_looks_cyrillic(const char *octets, gsize length);

#endif
