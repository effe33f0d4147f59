/* promise.h - by when the matter will be settled. */
#ifndef POLICY_PROMISE_H
#define POLICY_PROMISE_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void promise_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* Instants that a letter names; what is not known is 0. */
typedef struct Promise {
	gint64 at;       /* the promise */
	gint64 opens_at; /* next opening, when the desk is closed now */
} Promise;
Promise promise_make(const Facts *facts, gint64 now);

#endif
