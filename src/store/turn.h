/* turn.h - whose turn it is to write: an advisory lock on a file of its own.
 *
 * Never on the database's file: SQLite's POSIX locks would be lost with the
 * first close. A killed holder loses its turn with its descriptor. */
#ifndef STORE_TURN_H
#define STORE_TURN_H

#include <glib.h>

/* Descriptor of the lock file, made if missing; -1 with errno. Each Store has
 * its own, so threads queue as processes do. */
int turn_open(const char *path);

/* Waits for the turn, wait_ms at most. FALSE: errno says why (ETIMEDOUT). */
gboolean turn_take(int fd, guint wait_ms);

void turn_give(int fd);

#endif
