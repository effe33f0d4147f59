/* wordlist.h - words with a meaning each, found by their exact octets. */
#ifndef MAIL_WORDLIST_H
#define MAIL_WORDLIST_H

#include <glib.h>

typedef struct WordList WordList;

WordList *wordlist_new(void);
void wordlist_free(WordList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WordList, wordlist_free)

/* Adds bits to what word (folded already) means. */
void wordlist_add(WordList *list, const char *word, guint bits);

/* What the length octets at word mean; 0: not in the list. */
guint wordlist_find(const WordList *list, const char *word, gsize length);

#endif
