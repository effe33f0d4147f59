/* eta_replay.h - a desk in memory, lived through again: openings and
 * resolutions in the order of time in, promises and notices out. The curve,
 * the level and the rhythm are those of policy/eta; only the rows are not in
 * a store. */
#ifndef CLI_ETA_REPLAY_H
#define CLI_ETA_REPLAY_H

#include <glib.h>

typedef struct ReplayRules {
	double p;         /* share of promises to keep */
	gint64 sla;       /* promised while cold, if cold is set */
	gint64 tick;      /* between two looks at the clock */
	gint64 cap;       /* 0: none */
	gint64 min_days;
	gboolean round;   /* up for people */
	gboolean cold;
} ReplayRules;

typedef struct Replay Replay;

Replay *replay_new(const ReplayRules *rules);
void replay_free(Replay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replay, replay_free)

/* The instant promised; 0: none. Times never go backwards. An id that is open
 * already is one ticket. */
gint64 replay_open(Replay *replay, gint64 now, const char *id,
    const char *queue, const char *priority, const char *category);
/* Unknown ids are let pass. */
void replay_resolve(Replay *replay, gint64 now, const char *id);

/* Calls notice for each open ticket whose time must be named anew before the
 * next tick. */
typedef void (*ReplayNotice)(const char *id, gint64 promise, gpointer data);
void replay_tick(Replay *replay, gint64 now, ReplayNotice notice,
    gpointer data);

#endif
