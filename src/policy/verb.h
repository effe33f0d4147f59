/* verb.h - agents' commands at the top of a mail, one a line: "/close". */
#ifndef POLICY_VERB_H
#define POLICY_VERB_H

#include "javob.h"

typedef enum Verb {
	VERB_CLOSE = 1 << 0, /* close the ticket after the answer */
	VERB_NOTE = 1 << 1,  /* the text stays inside */
	VERB_NO_CC = 1 << 2, /* this answer goes to the customer alone */
} Verb;

/* Reads the commands that stand before the first other line. verbs: which
 * ones; *rest: the text behind them (borrowed from text). *unknown: the first
 * line that begins like a command and is none, free with g_free; else NULL. */
void verb_read(const char *text, guint *verbs, const char **rest,
    char **unknown);

/* TRUE if a line of text is a command: behind other words it is none, and must
 * not reach a customer as text. */
gboolean verb_is_stray(const char *text);

#endif
