/* alike.h - whether two texts say the same but for numbers and codes: what an
 * answering machine says each time, and a person hardly ever says twice. */
#ifndef MAIL_ALIKE_H
#define MAIL_ALIKE_H

#include <glib.h>

/* What is kept of a text to compare it with later ones: digests of its first
 * words, of which nobody can read it. "" if it has none. Free with g_free. */
char *alike_key(const char *text);

/* Nearly the same words in the same order, and at least two. */
gboolean alike_keys(const char *a, const char *b);

/* How many words a key has, 24 at most. */
guint alike_words(const char *key);

#endif
