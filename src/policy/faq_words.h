/* faq_words.h - words of a text so that a question meets its answer: letters
 * that a keyboard lacks, apostrophes and endings do not count. */
#ifndef POLICY_FAQ_WORDS_H
#define POLICY_FAQ_WORDS_H

#include <glib.h>

/* The stems of text, each once, in order; of char *, free with
 * g_ptr_array_unref. language: BCP 47; one whose endings are not known keeps
 * them. Words that say nothing by themselves are left out. */
GPtrArray *faq_stems(const char *text, const char *language);

#endif
