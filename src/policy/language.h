/* language.h - what a language needs to write dates, names and greetings, as
 * data: templates/LANGUAGE/language.txt, lines "name = value".
 *
 * Those of the tree are compiled in; a site's file of the same name changes
 * single values. The values stand for the whole process and change only when
 * letters are loaded. The names are described in javob-templates(5). */
#ifndef POLICY_LANGUAGE_H
#define POLICY_LANGUAGE_H

#include "javob.h"

/* Takes the site's values, and drops those of an earlier call; dir: NULL or ""
 * for none. A line that is no value, or names none that there is, is added to
 * errors with file and line. */
void language_load(const char *dir, GPtrArray *errors);

/* Value of the language itself, of those it falls back to, of English; ""
 * where none has it. Valid for ever. */
const char *language_value(const char *tag, const char *name);
/* The same, without any fallback; NULL if the language has none. */
const char *language_own(const char *tag, const char *name);
/* The value with {{...}} replaced: pairs of name and text, ended by NULL. Free
 * with g_free. */
char *language_text(const char *tag, const char *name, ...)
    G_GNUC_NULL_TERMINATED;

/* Next language of the chain: what the language says itself, else the tag
 * without its last part; NULL at the end. Free with g_free. */
char *language_next(const char *tag);

/* True if the tree or the site has that language's file. */
gboolean language_known(const char *tag);

/* Counts the loads, for those who keep what they made of values. */
guint language_stamp(void);

#endif
