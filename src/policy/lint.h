/* lint.h - rules of wording for letters, which no parser can see.
 *
 * What differs between languages is in their data: avoid, alphabet, script,
 * apostrophes, sentence-words (policy/language.h). */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "javob.h"

/* Adds "line N: what is wrong" for each fault of a letter's file, in the order
 * of the lines. english: the same letter in English, whose placeholders count;
 * NULL: not compared. */
void lint_letter(const char *language, const char *name, const char *text,
    const char *english, GPtrArray *faults);

/* The same for letters of one language that must agree: texts of ack,
 * ack-plain, ack-followup or NULL. */
void lint_together(const char *const *texts, guint count, GPtrArray *faults);

#endif
