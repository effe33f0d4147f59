/* import.h - mail of former times: kept, and nothing else. */
#ifndef POLICY_IMPORT_H
#define POLICY_IMPORT_H

#include "policy/effects.h"

/* The step of policy/pipeline that stands for all that would promise, answer
 * or tell: `now` is when the mail was written. */
void import_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

#endif
