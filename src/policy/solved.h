/* solved.h - the customer says that his matter is settled. */
#ifndef POLICY_SOLVED_H
#define POLICY_SOLVED_H

#include "policy/effects.h"

/* TRUE if the whole of new_text says "solved" or "close", in any language of
 * the letters (mail/words/closing.tsv), or is the word that the letters of
 * this language name. A question never does. */
gboolean solved_says(const char *new_text, const char *language);

/* The cause of the letter that thanks, once a ticket. Free with g_free. */
char *solved_cause(gint64 ticket);

/* A step of policy/pipeline: thanks whoever has closed his ticket so. */
void solved_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
