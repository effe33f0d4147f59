/* in_pipe.c - one mail on a descriptor, to the spool. `javob deliver` and
 * `javob probe` call it. */
#include "in/in_pipe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ground/error.h"

#define BUFFER      (64 * 1024)
#define DRAIN_MOST  (G_GINT64_CONSTANT(1) << 30)
#define FROM_LINE   "From "
#define FROM_LENGTH 5

/* As read(2), but not ended by a signal; -1 with error. */
static gssize
read_some(int fd, char *buffer, gsize size, GError **error)
{
	gssize n;

	do
		n = read(fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		error_temporary(error, "pipe: cannot read the mail: %s",
		    g_strerror(errno));
	return n;
}

/* Reads on until there is enough to know an mbox's first line: a pipe may
 * hand over one octet at a time. */
static gssize
read_first(int fd, char *buffer, gsize size, GError **error)
{
	gsize have = 0;

	while (have < FROM_LENGTH) {
		gssize n = read_some(fd, buffer + have, size - have, error);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (gsize)n;
	}
	return (gssize)have;
}

/* Leaves out all up to the first line end. What stays is at the start of the
 * buffer; its length, -1 with error. */
static gssize
skip_line(int fd, char *buffer, gsize size, gsize have, GError **error)
{
	for (;;) {
		char *end = memchr(buffer, '\n', have);
		gssize n;

		if (end != NULL) {
			have -= (gsize)(end + 1 - buffer);
			memmove(buffer, end + 1, have);
			if (have > 0)
				return (gssize)have;
			return read_some(fd, buffer, size, error);
		}
		n = read_some(fd, buffer, size, error);
		if (n <= 0)
			return n;
		have = (gsize)n;
	}
}

/* Reads what is left, so that the MTA sees our status and not a broken pipe,
 * of which some make a failure of their own. */
static gboolean
too_big(int fd, char *buffer, gsize size, gint64 max_size, GError **error)
{
	gint64 most = DRAIN_MOST;
	gssize n;

	while (most > 0 && (n = read_some(fd, buffer, size, NULL)) > 0)
		most -= n;
	return error_permanent(error,
	    "5.3.4 message too big (limit: %" G_GINT64_FORMAT " octets)",
	    max_size);
}

gboolean
in_pipe(Spool *spool, const Envelope *envelope, int fd, gint64 max_size,
    GError **error)
{
	g_autofree char *buffer = g_malloc(BUFFER);
	g_autoptr(SpoolFile) file = NULL;
	gssize n = read_first(fd, buffer, BUFFER, error);

	if (n >= FROM_LENGTH && memcmp(buffer, FROM_LINE, FROM_LENGTH) == 0)
		n = skip_line(fd, buffer, BUFFER, (gsize)n, error);
	if (n < 0)
		return FALSE;
	if (n == 0)
		return error_temporary(error, "pipe: there is no mail");
	file = spool_begin(spool, envelope, error);
	if (file == NULL)
		return FALSE;
	for (; n > 0; n = read_some(fd, buffer, BUFFER, error)) {
		if (spool_size(file) + n > max_size)
			return too_big(fd, buffer, BUFFER, max_size, error);
		if (!spool_write(file, buffer, (gsize)n, error))
			return FALSE;
	}
	if (n < 0)
		return FALSE;
	return spool_commit(g_steal_pointer(&file), error);
}
