/* grams.h - says of most phrases at a glance that a text does not hold them, so
 * that hundreds may be looked for in each mail. */
#ifndef MAIL_GRAMS_H
#define MAIL_GRAMS_H

#include <glib.h>

#define GRAMS_BITS 32768

/* Which groups of four octets are there, by a hash of each. */
typedef struct Grams {
	guint64 bits[GRAMS_BITS / 64];
} Grams;

void grams_of(Grams *grams, const char *text);

/* FALSE if phrase is not in the text: strstr need not look. */
gboolean grams_may_hold(const Grams *grams, const char *phrase, gsize length);

#endif
