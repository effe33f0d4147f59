/* matter.h - a new matter under an old subject (AC-11). */
#ifndef POLICY_MATTER_H
#define POLICY_MATTER_H

#include "policy/facts.h"

/* TRUE if a mail that answers a ticket which is done has nothing in common
 * with it: its subject is another one, and it quotes nothing of it. Somebody
 * took an old mail out of his folder to have the address at hand. */
gboolean matter_is_new(const Facts *facts);

#endif
