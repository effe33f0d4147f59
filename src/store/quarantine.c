/* quarantine.c - mail set aside, each with its reason beside it. Ingest puts
 * it there, a person (cli/) takes it out again. */
#include "store/spool.h"
#include "store/spool_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/error.h"

#define REASON_MOST 4096 /* octets of a reason that are read back */

static char *
reason_name(const char *name)
{
	return g_strconcat(name, ".reason", NULL);
}

static gboolean
check_name(const Spool *spool, const char *name, GError **error)
{
	return spool_name_valid(name) ||
	       error_permanent(error, "spool %s: %s is no name of a mail",
		   spool->dir, name);
}

static gboolean
sync_quarantine(Spool *spool, GError **error)
{
	return fsync(spool->quarantine) == 0 ||
	       spool_failed(spool, "sync quarantine", error);
}

/* The file's time is when it was set aside, by our clock. */
static gboolean
fill_reason(int fd, const char *reason)
{
	struct timespec at[2] = { { clock_now(), 0 }, { clock_now(), 0 } };
	gsize size = strlen(reason), done = 0;

	while (done < size) {
		gssize n = write(fd, reason + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		done += (gsize)n;
	}
	return futimens(fd, at) == 0 && fsync(fd) == 0;
}

static gboolean
write_reason(Spool *spool, const char *name, const char *reason, GError **error)
{
	g_autofree char *path = reason_name(name);
	int fd = openat(spool->quarantine, path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	gboolean done;

	if (fd < 0)
		return spool_failed(spool, "write a reason", error);
	done = fill_reason(fd, reason) ||
	       spool_failed(spool, "write a reason", error);
	close(fd);
	if (!done)
		unlinkat(spool->quarantine, path, 0);
	return done;
}

/* Reason first: a mail in quarantine always says why it is there. */
gboolean
spool_quarantine(Spool *spool, const char *name, const char *reason,
    GError **error)
{
	if (!check_name(spool, name, error))
		return FALSE;
	/* Else the reason of one that is there already would be lost. */
	if (faccessat(spool->new, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
	    errno == ENOENT)
		return error_permanent(error, "spool %s: no mail %s in new",
		    spool->dir, name);
	if (!write_reason(spool, name, reason, error))
		return FALSE;
	if (renameat(spool->new, name, spool->quarantine, name) != 0) {
		g_autofree char *path = reason_name(name);

		spool_failed(spool, "move a mail to quarantine", error);
		unlinkat(spool->quarantine, path, 0);
		return FALSE;
	}
	spool_forget(spool, name);
	return sync_quarantine(spool, error) && spool_sync_new(spool, error);
}

/* A name that no door gives. */
static const char retried[] = "..a";

gboolean
spool_is_retried(const char *name)
{
	return g_str_has_suffix(name, retried);
}

gboolean
spool_retry(Spool *spool, const char *name, GError **error)
{
	g_autofree char *path = reason_name(name);
	g_autofree char *again = g_strconcat(
	    name, spool_is_retried(name) ? "" : retried, NULL);

	if (!check_name(spool, name, error))
		return FALSE;
	if (renameat(spool->quarantine, name, spool->new, again) != 0) {
		if (errno == ENOENT)
			return error_permanent(error,
			    "quarantine has no mail %s", name);
		return spool_failed(spool, "move a mail to new", error);
	}
	if (!spool_sync_new(spool, error))
		return FALSE;
	unlinkat(spool->quarantine, path, 0);
	return sync_quarantine(spool, error);
}

gboolean
spool_delete(Spool *spool, const char *name, GError **error)
{
	g_autofree char *path = reason_name(name);

	if (!check_name(spool, name, error))
		return FALSE;
	if (unlinkat(spool->quarantine, name, 0) != 0) {
		if (errno == ENOENT)
			return error_permanent(error,
			    "quarantine has no mail %s", name);
		return spool_failed(spool, "remove a mail", error);
	}
	unlinkat(spool->quarantine, path, 0);
	return sync_quarantine(spool, error);
}

int
spool_read_quarantined(Spool *spool, const char *name, Envelope **envelope,
    gint64 *offset, gint64 *size, GError **error)
{
	return spool_open_mail(spool, spool->quarantine, name, envelope, offset,
	    size, error);
}

void
quarantine_entry_free(QuarantineEntry *entry)
{
	if (entry == NULL)
		return;
	g_free(entry->name);
	g_free(entry->reason);
	g_free(entry);
}

static void
read_reason(const Spool *spool, QuarantineEntry *entry)
{
	g_autofree char *path = reason_name(entry->name);
	char text[REASON_MOST];
	struct stat st;
	gssize n = 0;
	int fd =
	    openat(spool->quarantine, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0) {
		n = read(fd, text, sizeof text);
		if (fstat(fd, &st) == 0)
			entry->since = st.st_mtime;
		close(fd);
	}
	entry->reason = g_strndup(text, n > 0 ? (gsize)n : 0);
}

/* Octets of the mail; of the whole file if its head is broken. */
static gint64
mail_size(const Spool *spool, const char *name)
{
	g_autoptr(Envelope) envelope = NULL;
	gint64 offset, size;
	struct stat st;
	int fd = spool_open_mail(spool, spool->quarantine, name, &envelope,
	    &offset, &size, NULL);

	if (fd >= 0) {
		close(fd);
		return size;
	}
	if (fstatat(spool->quarantine, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return st.st_size;
}

static void
entry_visit(const char *name, void *data)
{
	QuarantineEntry *entry;

	if (!spool_name_valid(name)) /* its reason is read with the mail */
		return;
	entry = g_new0(QuarantineEntry, 1);
	entry->name = g_strdup(name);
	g_ptr_array_add(data, entry);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	const QuarantineEntry *const *one = a, *const *two = b;

	return strcmp((*one)->name, (*two)->name);
}

GPtrArray *
spool_quarantined(Spool *spool, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)quarantine_entry_free);

	if (!spool_walk(spool, spool->quarantine, entry_visit, entries, error))
		return NULL;
	g_ptr_array_sort(entries, by_name);
	for (guint i = 0; i < entries->len; i++) {
		QuarantineEntry *entry = entries->pdata[i];

		read_reason(spool, entry);
		entry->size = mail_size(spool, entry->name);
	}
	return g_steal_pointer(&entries);
}
