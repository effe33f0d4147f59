/* promise.h - by when the matter will be settled, and what is said of it. */
#ifndef POLICY_PROMISE_H
#define POLICY_PROMISE_H

#include "policy/effects.h"

/* A step of policy/pipeline: adds to effects, reads nothing else. */
void promise_step(const Facts *facts, const Desk *desk, gint64 now,
    Effects *effects);

/* Instants that a letter names; what is not known is 0. */
typedef struct Promise {
	gint64 at;       /* the promise; 0: no date can be named */
	gint64 news_at;  /* then: when the next news comes */
	gint64 opens_at; /* next opening, when the desk is closed now */
	gboolean learned;
} Promise;
Promise promise_make(const Facts *facts, gint64 now);

/* For agents: 0.8 of the way to the promise, so that it is kept. */
gint64 promise_agents_due(gint64 made, gint64 named);

/* Notes that a letter to the customer says so: how, a PROMISE_TOLD. */
void promise_told(const Facts *facts, const char *language, gint64 how,
    Effects *effects);

/* An instant as letters say it, with its zone, in the place of old. */
char *promise_text(const Facts *facts, const char *language, gint64 when,
    char *old);

/* The row of a promise that somebody named by setting ticket->promised to
 * another instant to come; NULL: nobody did. */
PromiseRow *promise_named(const Facts *facts, const Effects *effects,
    gint64 now);

/* The length until news that is no date, in working time. */
#define PROMISE_NEWS (16 * 3600)

/* The end of the working time that starts at when, or is rounded for people. */
gint64 promise_working(const Facts *facts, gint64 when, gint64 seconds);

#endif
