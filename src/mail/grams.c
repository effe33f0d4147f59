/* grams.c - for autosub_away.c and dsn_words.c, which compare a mail with all
 * rows of a table. */
#include "mail/grams.h"

#include <string.h>

#define GRAM 4 /* octets */

static guint
hash(const char *p)
{
	guint32 x;

	memcpy(&x, p, GRAM);
	return (x * 0x9e3779b1U) >> 17; /* below GRAMS_BITS */
}

void
grams_of(Grams *grams, const char *text)
{
	gsize length = strlen(text);

	memset(grams, 0, sizeof(*grams));
	for (gsize i = 0; i + GRAM <= length; i++) {
		guint h = hash(text + i);

		grams->bits[h / 64] |= G_GUINT64_CONSTANT(1) << h % 64;
	}
}

static gboolean
is_there(const Grams *grams, const char *p)
{
	guint h = hash(p);

	return (grams->bits[h / 64] >> h % 64 & 1) != 0;
}

/* Beginning, middle and end: phrases of one language share some of them. */
gboolean
grams_may_hold(const Grams *grams, const char *phrase, gsize length)
{
	return length < GRAM ||
	       (is_there(grams, phrase) &&
		   is_there(grams, phrase + (length - GRAM) / 2) &&
		   is_there(grams, phrase + length - GRAM));
}
