/* octets.c - how the octets of a mail get into the parser: read when small,
 * mapped when large. Used by message.c (in the worker) and parser.c. */
#define _GNU_SOURCE 1 /* memmem, memfd_create */
#include "mail/octets.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/error.h"

/* Below this a copy is cheaper than a mapping, and no truncated file can
 * raise SIGBUS. */
#define OCTETS_READ_MOST (256 * 1024)
#define OCTETS_PAGE      4096
#define OCTETS_LARGE     (4 * 1024 * 1024)

typedef struct Mapping {
	void *address;
	gsize length;
} Mapping;

static void
mapping_free(gpointer data)
{
	Mapping *mapping = data;

	munmap(mapping->address, mapping->length);
	g_free(mapping);
}

static GBytes *
octets_read(int fd, gint64 offset, gsize size, GError **error)
{
	g_autofree char *octets = g_malloc(size + 1);
	gsize have = 0;

	while (have < size) {
		ssize_t got = pread(fd, octets + have, size - have,
		    offset + (gint64)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_temporary(error, "reading a mail: %s",
			    g_strerror(errno));
			return NULL;
		}
		if (got == 0)
			break;
		have += (gsize)got;
	}
	return g_bytes_new_take(g_steal_pointer(&octets), have);
}

static GBytes *
octets_map(int fd, gint64 offset, gsize size, GError **error)
{
	gsize before = (gsize)(offset % OCTETS_PAGE);
	Mapping *mapping;
	void *address;

	address = mmap(NULL, size + before, PROT_READ, MAP_SHARED, fd,
	    offset - (gint64)before);
	if (address == MAP_FAILED) {
		error_temporary(error, "mapping a mail: %s", g_strerror(errno));
		return NULL;
	}
	mapping = g_new(Mapping, 1);
	mapping->address = address;
	mapping->length = size + before;
	return g_bytes_new_with_free_func((char *)address + before, size,
	    mapping_free, mapping);
}

gboolean
octets_open(Octets *octets, int fd, gint64 offset, GError **error)
{
	struct stat st;
	gsize size;

	*octets = (Octets){ .fd = -1 };
	if (fstat(fd, &st) < 0)
		return error_temporary(error, "size of a mail: %s",
		    g_strerror(errno));
	if (offset < 0 || st.st_size < offset)
		return error_temporary(error, "mail begins behind its end");
	size = (gsize)(st.st_size - offset);
	if (size <= OCTETS_READ_MOST) {
		octets->bytes = octets_read(fd, offset, size, error);
		return octets->bytes != NULL;
	}
	octets->bytes = octets_map(fd, offset, size, error);
	octets->fd = fd;
	octets->offset = offset;
	return octets->bytes != NULL;
}

void
octets_of_bytes(Octets *octets, GBytes *bytes)
{
	*octets = (Octets){ .bytes = g_bytes_ref(bytes), .fd = -1 };
}

void
octets_clear(Octets *octets)
{
	g_clear_pointer(&octets->bytes, g_bytes_unref);
	octets->fd = -1;
}

gboolean
octets_is_large(const Octets *octets)
{
	return octets->fd >= 0 &&
	       g_bytes_get_size(octets->bytes) > OCTETS_LARGE;
}

void
octets_forget(const Octets *octets, gsize from, gsize to)
{
	const char *data;
	guintptr first, last;

	/* Only a mapping of a file can be read again after MADV_DONTNEED. */
	if (octets->fd < 0)
		return;
	data = g_bytes_get_data(octets->bytes, NULL);
	first = ((guintptr)data + from) & ~(guintptr)(OCTETS_PAGE - 1);
	last = ((guintptr)data + to) & ~(guintptr)(OCTETS_PAGE - 1);
	if (last > first)
		madvise((void *)first, last - first, MADV_DONTNEED);
}

int
octets_to_file(GBytes *bytes, GError **error)
{
	gsize size, done = 0;
	const char *data = g_bytes_get_data(bytes, &size);
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd < 0) {
		error_temporary(error, "memory file for a mail: %s",
		    g_strerror(errno));
		return -1;
	}
	while (done < size) {
		ssize_t n = write(fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error_temporary(error, "memory file for a mail: %s",
			    g_strerror(errno));
			close(fd);
			return -1;
		}
		done += (gsize)n;
	}
	return fd;
}

gsize
octets_line(const char *text, gsize size, gsize *taken)
{
	const char *end = memchr(text, '\n', size);
	gsize length;

	if (end == NULL) {
		*taken = size;
		return size;
	}
	length = (gsize)(end - text);
	*taken = length + 1;
	if (length > 0 && text[length - 1] == '\r')
		length--;
	return length;
}
