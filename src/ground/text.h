/* text.h - UTF-8 text: the one place where octets become text. */
#ifndef GROUND_TEXT_H
#define GROUND_TEXT_H

#include <glib.h>

/* Valid UTF-8 made of anything (U+FFFD for what is none), NFC. NUL ends
 * nothing: it becomes U+FFFD. length -1: up to NUL. Free with g_free. */
char *text_valid(const char *octets, gssize length);

/* The same of what text_is_utf8. */
char *text_nfc(const char *octets, gsize length);

/* Valid UTF-8 without NUL. */
gboolean text_is_utf8(const char *octets, gsize length);

/* One line, safe in a header, a log or a letter: no C0, DEL, C1, U+2028,
 * U+2029, bidi controls or invisible characters; runs of white space become
 * one space; cut at most characters with an ellipsis (0: no limit). */
char *text_clean_line(const char *text, gsize most);

/* Text of several lines: LF only, no control but LF and TAB, no bidi
 * overrides. */
char *text_clean_body(const char *text);

/* For comparing and searching: NFKC, case folded so that I, İ, ı and i are
 * one letter, apostrophe variants (ʻ ʼ ’ ‘ `) one. */
char *text_fold(const char *text);

/* Coarser still: no diacritics, apostrophes or joiners, and letters that people
 * type in place of others are one (Uzbek o' and o, Kazakh қ and к, ə and e). What
 * is no letter stays. Free with g_free. */
char *text_alike(const char *text);

/* The folded words of text (letters and digits) with one space around each:
 * " word word ". *count (may be NULL): how many. Free with g_free. */
char *text_words(const char *text, guint *count);

/* Wraps at width columns, keeping line breaks, quoted lines (">") and words
 * that are longer (URLs). */
char *text_wrap(const char *text, guint width);

/* True for printable US-ASCII only. */
gboolean text_is_ascii(const char *text);

/* Lower-case hexadecimal of SHA-256; free with g_free. */
char *text_sha256(const void *octets, gsize length);

/* ASCII case only, for protocol words; bounded search in octets. */
gboolean text_starts(const char *text, const char *prefix);

/* Writes text as a JSON string with its quotes; NULL becomes null. */
void text_json(GString *out, const char *text);

#endif
