/* salute.h - the greeting and the closing that a person has written himself. */
#ifndef POLICY_SALUTE_H
#define POLICY_SALUTE_H

#include "javob.h"

typedef struct Salute {
	gboolean greets; /* the first line does */
	gboolean closes; /* a closing stands near the end */
	gboolean signs;  /* with his name on the same line */
	gboolean goes_on; /* there are words below that are no signature */
	/* Octets of text without his name and what else stands below the
	 * closing as signatures do; all of them if nothing does. */
	gsize length;
} Salute;

/* text: new text of a mail; name: its writer's, "" if unknown. The words are
 * those of words/salutation.tsv. */
Salute salute_read(const char *text, const char *name);

#endif
