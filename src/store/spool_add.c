/* spool_add.c - puts mail into the spool. The doors (in/) call it from many
 * threads at once; after spool_commit has returned TRUE they may say yes. */
#include "store/spool.h"
#include "store/spool_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "ground/error.h"

struct SpoolFile {
	Spool *spool;
	int fd;
	char *name;
	char *head; /* envelope, not yet written: goes with the first octets */
	gint64 size;
	gboolean broken; /* a write failed: never publish */
};

struct SpoolWaiter {
	SpoolWaiter *next;
	int number; /* errno of the sync, or 0 */
	gboolean done;
};

/* Sortable by arrival: nanoseconds first, then what makes it unique among
 * processes and machines. The system's clock, not clock_now: the order must
 * hold even while a test holds the time still. */
static char *
next_name(Spool *spool)
{
	struct timespec t;
	guint64 stamp;
	guint counter;

	clock_gettime(CLOCK_REALTIME, &t);
	stamp = (guint64)t.tv_sec * G_GUINT64_CONSTANT(1000000000) +
		(guint64)t.tv_nsec;
	g_mutex_lock(&spool->mutex);
	if (stamp <= spool->stamp) /* set back by hand or by NTP */
		stamp = spool->stamp + 1;
	spool->stamp = stamp;
	counter = spool->counter++;
	g_mutex_unlock(&spool->mutex);
	return g_strdup_printf("%016" G_GINT64_MODIFIER "x.%x.%x.%08x", stamp,
	    (guint)getpid(), counter, g_random_int());
}

SpoolFile *
spool_begin(Spool *spool, const Envelope *envelope, GError **error)
{
	SpoolFile *file;

	g_return_val_if_fail(spool != NULL && envelope != NULL, NULL);
	file = g_new0(SpoolFile, 1);
	file->spool = spool;
	file->name = next_name(spool);
	file->fd = openat(spool->tmp, file->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0) {
		spool_failed(spool, "make a file", error);
		g_free(file->name);
		g_free(file);
		return NULL;
	}
	file->head = envelope_format(envelope);
	return file;
}

/* Head and octets in one call, however often the system takes less. */
static gboolean
write_all(SpoolFile *file, const void *octets, gsize size)
{
	gsize head = file->head == NULL ? 0 : strlen(file->head);
	struct iovec part[2] = { { file->head, head },
		{ (void *)octets, size } };
	int at = head == 0 ? 1 : 0;

	while (at < 2) {
		gssize n = writev(file->fd, part + at, 2 - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		while (at < 2 && (gsize)n >= part[at].iov_len)
			n -= (gssize)part[at++].iov_len;
		if (at < 2) {
			part[at].iov_base = (char *)part[at].iov_base + n;
			part[at].iov_len -= (gsize)n;
		}
	}
	g_clear_pointer(&file->head, g_free);
	return TRUE;
}

gboolean
spool_write(SpoolFile *file, const void *octets, gsize size, GError **error)
{
	if (file->broken)
		return error_temporary(error,
		    "spool %s: an earlier write of this mail failed",
		    file->spool->dir);
	if (size == 0)
		return TRUE;
	if (!write_all(file, octets, size)) {
		file->broken = TRUE;
		return spool_failed(file->spool, "write a mail", error);
	}
	file->size += (gint64)size;
	return TRUE;
}

gint64
spool_size(const SpoolFile *file)
{
	return file->size;
}

const char *
spool_name(const SpoolFile *file)
{
	return file->name;
}

static void
file_free(SpoolFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->head);
	g_free(file->name);
	g_free(file);
}

void
spool_abort(SpoolFile *file)
{
	if (file == NULL)
		return;
	unlinkat(file->spool->tmp, file->name, 0);
	file_free(file);
}

/* One leads, the others wait: a sync of the directory that begins after a
 * rename covers it, so all who come while one sync runs share the next. */
gboolean
spool_sync_new(Spool *spool, GError **error)
{
	SpoolWaiter self = { NULL, 0, FALSE };

	g_mutex_lock(&spool->mutex);
	self.next = spool->waiting;
	spool->waiting = &self;
	while (!self.done) {
		SpoolWaiter *all;
		int number;

		if (spool->syncing) {
			g_cond_wait(&spool->synced, &spool->mutex);
			continue;
		}
		spool->syncing = TRUE;
		all = g_steal_pointer(&spool->waiting);
		g_mutex_unlock(&spool->mutex);
		number = fsync(spool->new) == 0 ? 0 : errno;
		g_mutex_lock(&spool->mutex);
		spool->syncing = FALSE;
		for (SpoolWaiter *w = all, *next; w != NULL; w = next) {
			next = w->next;
			w->number = number;
			w->done = TRUE;
		}
		g_cond_broadcast(&spool->synced);
	}
	g_mutex_unlock(&spool->mutex);
	errno = self.number;
	return self.number == 0 || spool_failed(spool, "sync new", error);
}

/* A failed fsync is final: the kernel may have marked the pages clean, and a
 * second one would say yes to octets that are not there. */
static gboolean
publish(SpoolFile *file, GError **error)
{
	Spool *spool = file->spool;

	if (file->broken)
		return error_temporary(error,
		    "spool %s: a write of this mail failed", spool->dir);
	if (file->head != NULL && !write_all(file, NULL, 0))
		return spool_failed(spool, "write a mail", error);
	if (fsync(file->fd) != 0)
		return spool_failed(spool, "sync a mail", error);
	if (renameat(spool->tmp, file->name, spool->new, file->name) != 0)
		return spool_failed(spool, "move a mail to new", error);
	return TRUE;
}

gboolean
spool_commit(SpoolFile *file, GError **error)
{
	Spool *spool = file->spool;

	if (!publish(file, error)) {
		spool_abort(file);
		return FALSE;
	}
	file_free(file);
	/* Should this fail, the mail stays in new and the source sends it
	 * again: the store drops a second copy, nobody restores a lost one. */
	return spool_sync_new(spool, error);
}

gboolean
spool_add(Spool *spool, const Envelope *envelope, const void *octets,
    gsize size, GError **error)
{
	g_autoptr(SpoolFile) file = spool_begin(spool, envelope, error);

	if (file == NULL || !spool_write(file, octets, size, error))
		return FALSE;
	return spool_commit(g_steal_pointer(&file), error);
}
