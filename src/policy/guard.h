/* guard.h - last look at what is about to leave: nothing internal gets out. */
#ifndef POLICY_GUARD_H
#define POLICY_GUARD_H

#include "javob.h"

enum { GUARD_WORDS = 8 };

/* TRUE if GUARD_WORDS words in a row of one of notes (of char *) stand in text,
 * whatever their case, punctuation and line breaks (THREATS 7.2). Notes of
 * fewer words count when they stand there whole and have at least three. */
gboolean guard_leaks(const char *text, const GPtrArray *notes);

#endif
