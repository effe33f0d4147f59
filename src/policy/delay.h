/* delay.h - what the customer hears before a promised time passes. */
#ifndef POLICY_DELAY_H
#define POLICY_DELAY_H

#include "policy/effects.h"
#include "store/history.h"

/* What the store knows when the timer of a promise fires; borrowed. */
typedef struct DelayScene {
	const GPtrArray *promises; /* of PromiseRow, the last one stands */
	const LifeRow *life;       /* NULL: none */
	const Forecast *forecast;  /* for this age */
	gboolean answer_waits;     /* in the outbox */
	gboolean hold;             /* too many at once: a person looks first */
	const char *reason;        /* an agent's words, or NULL */
} DelayScene;

/* The ticket's age as its customer counts it. */
gint64 delay_age(const LifeRow *life, gint64 now);
/* The standing promise, with the time that the customer was waited for. */
gint64 delay_named(const PromiseRow *row, const LifeRow *life);

/* Nothing, or a letter with a new time and the row of it in effects. Returns
 * when to look again if it is too early now; 0: it is settled. */
gint64 delay_decide(const Facts *facts, const Desk *desk,
    const DelayScene *scene, gint64 now, Effects *effects);

#endif
