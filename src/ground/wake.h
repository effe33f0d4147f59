/* wake.h - tell a sleeping role that a row or file has arrived.
 *
 * One datagram to DIR/ROLE.wake. Losing it costs only the next poll. */
#ifndef GROUND_WAKE_H
#define GROUND_WAKE_H

#include <glib.h>

/* Opens the receiving end, non-blocking and close-on-exec; -1 with error. */
int wake_open(const char *dir, const char *role, GError **error);

/* Never fails, never blocks. */
void wake_send(const char *dir, const char *role);

/* Waits at most ms (below 0: no limit) for a datagram on fd or a signal, and
 * drains what is there. fd -1: just sleeps. */
void wake_wait(int fd, int ms);

#endif
