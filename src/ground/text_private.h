/* text_private.h - what text.c, text_fold.c and text_wrap.c share. */
#ifndef GROUND_TEXT_PRIVATE_H
#define GROUND_TEXT_PRIVATE_H

#include <glib.h>

/* text if it is valid UTF-8, "" if it is NULL, else what text_valid makes of
 * it, which *owned then holds. */
const char *text_checked(const char *text, char **owned);

/* Belongs to the letter before it. */
gboolean text_is_mark(gunichar c);

/* NFC, or NFKC if compatible, of valid UTF-8, which it takes over. */
char *text_normalize(char *text, gboolean compatible);

#endif
