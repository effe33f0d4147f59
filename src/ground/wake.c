/* wake.c - tell a sleeping role that a row or file has arrived.
 *
 * in/, ingest and the commands send; each role of the daemon sleeps in
 * wake_wait. What to do is in store and spool, so a datagram says nothing. */
#include "ground/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/error.h"

/* DIR/ROLE.wake as an address. A path that does not fit in sun_path goes by
 * way of /proc and a descriptor of the directory, *dir_fd, to be closed. */
static gboolean
address_of(struct sockaddr_un *address, const char *dir, const char *role,
    int *dir_fd)
{
	gsize most = sizeof(address->sun_path);

	*dir_fd = -1;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if ((gsize)g_snprintf(address->sun_path, most, "%s/%s.wake", dir,
		role) < most)
		return TRUE;
	*dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir_fd < 0)
		return FALSE;
	errno = ENAMETOOLONG;
	return (gsize)g_snprintf(address->sun_path, most,
		   "/proc/self/fd/%d/%s.wake", *dir_fd, role) < most;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int
new_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int
wake_open(const char *dir, const char *role, GError **error)
{
	struct sockaddr_un address;
	struct stat st;
	int dir_fd, saved, fd = new_socket();
	gboolean ok;

	ok = address_of(&address, dir, role, &dir_fd) && fd >= 0;
	/* What a dead process left; anything but a socket is not ours. */
	if (ok && lstat(address.sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(address.sun_path);
	/* Linux makes the file with the socket's mode: never open to others. */
	ok = ok && fchmod(fd, 0600) == 0 &&
	     bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	saved = errno;
	close_if_open(dir_fd);
	if (ok)
		return fd;
	close_if_open(fd);
	error_config(error, "wake-up socket %s/%s.wake: %s", dir, role,
	    g_strerror(saved));
	return -1;
}

void
wake_send(const char *dir, const char *role)
{
	struct sockaddr_un address;
	int dir_fd, fd = new_socket();

	/* A full queue will wake the sleeper as well as one more would. */
	if (address_of(&address, dir, role, &dir_fd) && fd >= 0)
		(void)!sendto(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&address, sizeof(address));
	close_if_open(dir_fd);
	close_if_open(fd);
}

void
wake_wait(int fd, int ms)
{
	struct pollfd sleeper = { .fd = fd, .events = POLLIN };
	char octet;

	/* Without a socket (fd -1) this still sleeps until the next poll. */
	if (poll(&sleeper, 1, ms) <= 0 || fd < 0)
		return;
	while (recv(fd, &octet, 1, MSG_DONTWAIT) >= 0)
		;
}
