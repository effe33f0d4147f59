/* tick.h - due timers: what the tick role and `javob process` do. */
#ifndef DAEMON_TICK_H
#define DAEMON_TICK_H

#include "policy/effects.h"

/* Fires what is due now, all in one commit. */
gboolean tick_once(Store *store, const Desk *desk, guint *fired,
    GError **error);

#endif
