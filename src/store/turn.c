/* turn.c - see turn.h. sqlite.c takes the turn before BEGIN IMMEDIATE, so that
 * no writer sleeps in SQLite's busy handler.
 *
 * Two octets of the file are locked: TURN by who writes, NEXT by who writes
 * after him. A writer that comes back at once finds NEXT taken and queues
 * behind, so a busy role cannot starve the others. Locks belong to the open
 * file description (F_OFD_SETLK). Linux has no blocking lock with a time limit
 * but by signals, hence the short sleeps: only the one in NEXT polls often. */
#define _GNU_SOURCE 1 /* F_OFD_SETLK */
#include "store/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "ground/clock.h"

enum { TURN = 0, NEXT = 1 };
enum { TURN_PAUSE_US = 100, NEXT_PAUSE_US = 500 };

static gboolean
lock_octet(int fd, short type, off_t octet)
{
	struct flock lock = { 0 };

	lock.l_type = type;
	lock.l_whence = SEEK_SET;
	lock.l_start = octet;
	lock.l_len = 1;
	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* The pause does not grow: who has just come must not ask more often than
 * those who have waited. */
static gboolean
wait_octet(int fd, off_t octet, gint64 until_ms, long pause_us)
{
	const struct timespec pause = { 0, pause_us * 1000 };

	while (!lock_octet(fd, F_WRLCK, octet)) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return FALSE;
		if (clock_monotonic_ms() >= until_ms) {
			errno = ETIMEDOUT;
			return FALSE;
		}
		nanosleep(&pause, NULL);
	}
	return TRUE;
}

int
turn_open(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

gboolean
turn_take(int fd, guint wait_ms)
{
	gint64 until = clock_monotonic_ms() + wait_ms;
	gboolean taken;
	int failure;

	if (!wait_octet(fd, NEXT, until, NEXT_PAUSE_US))
		return FALSE;
	taken = wait_octet(fd, TURN, until, TURN_PAUSE_US);
	failure = errno;
	lock_octet(fd, F_UNLCK, NEXT);
	errno = failure;
	return taken;
}

void
turn_give(int fd)
{
	lock_octet(fd, F_UNLCK, TURN);
}
