/* lmtp_listen.c - the socket that in_lmtp.c serves. */
#include "in/in_lmtp.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ground/error.h"

#define BACKLOG 128

static int
failed(GError **error, const char *where, const char *what, int number)
{
	error_config(error, "lmtp listen %s: cannot %s: %s", where, what,
	    g_strerror(number));
	return -1;
}

/* TRUE if path is a socket that nobody answers on: its owner died. Only then
 * may it go. */
static gboolean
is_stale(const struct sockaddr_un *address, GError **error)
{
	struct stat st;
	int fd, number;

	if (lstat(address->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return error_config(error,
		    "lmtp listen %s: something else has that name",
		    address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_config(error, "lmtp listen %s: no socket: %s",
		    address->sun_path, g_strerror(errno));
	number =
	    connect(fd, (const struct sockaddr *)address, sizeof *address) == 0
		? 0
		: errno;
	close(fd);
	return number == ECONNREFUSED ||
	       error_config(error,
		   "lmtp listen %s: another process serves it already",
		   address->sun_path);
}

static gboolean
bind_unix(int fd, const struct sockaddr_un *address, GError **error)
{
	const struct sockaddr *any = (const struct sockaddr *)address;
	int number;

	/* Before bind, so that it is never open to all, however short. */
	if (fchmod(fd, 0660) != 0) {
		failed(error, address->sun_path, "set its mode", errno);
		return FALSE;
	}
	if (bind(fd, any, sizeof *address) == 0)
		return TRUE;
	number = errno;
	if (number == EADDRINUSE) {
		if (!is_stale(address, error))
			return FALSE;
		if (unlink(address->sun_path) == 0 &&
		    bind(fd, any, sizeof *address) == 0)
			return TRUE;
		number = errno;
	}
	failed(error, address->sun_path, "bind", number);
	return FALSE;
}

static int
listen_unix(const char *path, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		error_config(error,
		    "lmtp listen %s: longer than the %zu octets that a unix "
		    "socket's path may have",
		    path, sizeof address.sun_path - 1);
		return -1;
	}
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(error, path, "make a socket", errno);
	if (!bind_unix(fd, &address, error)) {
		close(fd);
		return -1;
	}
	if (chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	failed(error, path, "listen", errno);
	close(fd);
	return -1;
}

/* "host:port", "[::1]:port"; FALSE for anything else. */
static gboolean
split_host(const char *where, char **host, char **port)
{
	const char *colon = strrchr(where, ':');
	gsize length;

	if (colon == NULL || colon == where ||
	    !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, NULL, NULL))
		return FALSE;
	length = (gsize)(colon - where);
	if (where[0] == '[' && where[length - 1] == ']') {
		where++;
		length -= 2;
	}
	*host = g_strndup(where, length);
	*port = g_strdup(colon + 1);
	return TRUE;
}

static int
listen_address(const char *where, const struct addrinfo *info, GError **error)
{
	int yes = 1;
	int fd = socket(info->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);

	if (fd < 0)
		return failed(error, where, "make a socket", errno);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
	    bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	failed(error, where, "bind", errno);
	close(fd);
	return -1;
}

static int
listen_tcp(const char *where, GError **error)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *info = NULL;
	g_autofree char *host = NULL;
	g_autofree char *port = NULL;
	int fd, wrong;

	if (!split_host(where, &host, &port)) {
		error_config(error,
		    "lmtp listen %s: neither /path nor host:port", where);
		return -1;
	}
	wrong = getaddrinfo(host, port, &hints, &info);
	if (wrong != 0) {
		error_config(error, "lmtp listen %s: no such address: %s",
		    where, gai_strerror(wrong));
		return -1;
	}
	fd = listen_address(where, info, error);
	freeaddrinfo(info);
	return fd;
}

int
in_lmtp_listen(const char *where, GError **error)
{
	g_return_val_if_fail(where != NULL, -1);
	return *where == '/' ? listen_unix(where, error)
			     : listen_tcp(where, error);
}
