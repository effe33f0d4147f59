/* spool.c - opens the spool and takes mail out of it. spool_add.c puts mail
 * in, spool_list.c finds what waits, quarantine.c sets it aside. Ingest
 * (daemon/) is the one who takes out. */
#include "store/spool.h"
#include "store/spool_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/error.h"

#define HEAD_FIRST 4096      /* nearly every envelope is shorter */
#define HEAD_MOST  (1 << 20) /* no envelope of ours is longer */
#define TMP_LIFE   (24 * 60 * 60)

/* What the sysadmin can do about an errno. */
static const struct {
	int number;
	const char *remedy;
} remedies[] = {
	{ ENOSPC, "free some space on that file system" },
	{ EDQUOT, "raise the quota of this user" },
	{ EFBIG, "raise this process's file size limit" },
	{ EROFS, "mount the file system for writing" },
	{ EIO, "the disk is failing: see the kernel's log" },
	{ EACCES, "give the directory to the user that runs javob" },
	{ EPERM, "give the directory to the user that runs javob" },
	{ EMFILE, "raise this process's limit of open files" },
	{ ENFILE, "raise the system's limit of open files" },
	{ ENOENT, "the directory is gone: `javob init` makes it" },
};

gboolean
spool_failed(const Spool *spool, const char *what, GError **error)
{
	int number = errno;

	for (gsize i = 0; i < G_N_ELEMENTS(remedies); i++)
		if (remedies[i].number == number)
			return error_temporary(error,
			    "spool %s: cannot %s: %s (%s)", spool->dir, what,
			    g_strerror(number), remedies[i].remedy);
	return error_temporary(error, "spool %s: cannot %s: %s", spool->dir,
	    what, g_strerror(number));
}

gboolean
spool_name_valid(const char *name)
{
	gsize length = strlen(name);

	return length > 16 && length < 128 && name[16] == '.' &&
	       strspn(name, "0123456789abcdef") == 16 &&
	       strspn(name, "0123456789abcdef.") == length;
}

/* Opens DIR/name; -1 with a CONFIG error that says what to do: a spool that
 * is missing must not be replaced by an empty one behind anyone's back. */
static int
open_part(const char *dir, const char *name, gboolean create, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	int fd;

	if (create && g_mkdir_with_parents(path, 0700) != 0) {
		error_config(error, "spool %s: cannot make it: %s", path,
		    g_strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		error_config(error,
		    "spool %s: is missing; see state-dir, or run `javob init`",
		    path);
	else if (fd < 0)
		error_config(error, "spool %s: cannot open it: %s", path,
		    g_strerror(errno));
	return fd;
}

/* The directories' own names must outlive a power cut too. */
static gboolean
sync_parents(const char *state_dir, const char *dir, GError **error)
{
	const char *path[] = { dir, state_dir };

	for (gsize i = 0; i < G_N_ELEMENTS(path); i++) {
		int fd = open(path[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		gboolean done = fd >= 0 && fsync(fd) == 0;
		int number = errno;

		if (fd >= 0)
			close(fd);
		if (!done)
			return error_config(error,
			    "spool %s: cannot sync it: %s", path[i],
			    g_strerror(number));
	}
	return TRUE;
}

Spool *
spool_open(const char *state_dir, gboolean create, GError **error)
{
	g_autoptr(Spool) spool = g_new0(Spool, 1);

	g_return_val_if_fail(state_dir != NULL, NULL);
	spool->dir = g_build_filename(state_dir, "spool", NULL);
	spool->tmp = spool->new = spool->quarantine = spool->lock = -1;
	spool->ahead = g_ptr_array_new_with_free_func(g_free);
	g_mutex_init(&spool->mutex);
	g_cond_init(&spool->synced);
	spool->tmp = open_part(spool->dir, "tmp", create, error);
	if (spool->tmp < 0)
		return NULL;
	spool->new = open_part(spool->dir, "new", create, error);
	if (spool->new < 0)
		return NULL;
	spool->quarantine = open_part(spool->dir, "quarantine", create, error);
	if (spool->quarantine < 0)
		return NULL;
	if (create && !sync_parents(state_dir, spool->dir, error))
		return NULL;
	return g_steal_pointer(&spool);
}

void
spool_free(Spool *spool)
{
	if (spool == NULL)
		return;
	spool_unlock(spool);
	if (spool->tmp >= 0)
		close(spool->tmp);
	if (spool->new >= 0)
		close(spool->new);
	if (spool->quarantine >= 0)
		close(spool->quarantine);
	g_ptr_array_unref(spool->ahead);
	g_mutex_clear(&spool->mutex);
	g_cond_clear(&spool->synced);
	g_free(spool->dir);
	g_free(spool);
}

gboolean
spool_lock(Spool *spool, gboolean wait, GError **error)
{
	g_autofree char *path = g_build_filename(spool->dir, "lock", NULL);
	int fd;

	if (spool->lock >= 0)
		return TRUE;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return spool_failed(spool, "open its lock", error);
	if (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0) {
		spool->lock = fd;
		return TRUE;
	}
	/* EINTR: a signal wants something of the caller; he may come again. */
	if (errno == EWOULDBLOCK)
		error_temporary(error,
		    "spool %s: another process is taking mail out of it",
		    spool->dir);
	else
		spool_failed(spool, "lock it", error);
	close(fd);
	return FALSE;
}

void
spool_unlock(Spool *spool)
{
	if (spool->lock >= 0)
		close(spool->lock);
	spool->lock = -1;
	spool_forget(spool, NULL);
}

/* Reads up to size octets from the file's start. */
static gssize
read_start(int fd, char *buffer, gsize size)
{
	gsize have = 0;

	while (have < size) {
		gssize n = pread(fd, buffer + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (gsize)n;
	}
	return (gssize)have;
}

static Envelope *
read_envelope(const Spool *spool, int fd, gint64 *offset, GError **error)
{
	for (gsize size = HEAD_FIRST;; size *= 16) {
		g_autofree char *head = g_malloc(size);
		gssize have = read_start(fd, head, size);
		gsize length = 0;
		Envelope *envelope;

		if (have < 0) {
			spool_failed(spool, "read a mail", error);
			return NULL;
		}
		if ((gsize)have == size && size < HEAD_MOST &&
		    g_strstr_len(head, (gssize)size, "\n\n") == NULL)
			continue;
		envelope = envelope_parse(head, (gsize)have, &length, error);
		*offset = (gint64)length;
		return envelope;
	}
}

int
spool_open_mail(const Spool *spool, int dir, const char *name,
    Envelope **envelope, gint64 *offset, gint64 *size, GError **error)
{
	g_autoptr(Envelope) got = NULL;
	gint64 start = 0;
	struct stat st;
	int fd = -1;

	if (!spool_name_valid(name)) {
		error_permanent(error, "spool %s: %s is no name of a mail",
		    spool->dir, name);
		return -1;
	}
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		error_temporary(error, "spool %s: no such mail", spool->dir);
	else if (fd < 0 || fstat(fd, &st) != 0)
		spool_failed(spool, "open a mail", error);
	else
		got = read_envelope(spool, fd, &start, error);
	if (got == NULL) {
		g_prefix_error(error, "%s: ", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*envelope = g_steal_pointer(&got);
	*offset = start;
	*size = (gint64)st.st_size - start;
	return fd;
}

int
spool_read(Spool *spool, const char *name, Envelope **envelope, gint64 *offset,
    gint64 *size, GError **error)
{
	int fd = spool_open_mail(spool, spool->new, name, envelope, offset,
	    size, error);

	if (fd < 0 && faccessat(spool->new, name, F_OK, 0) != 0)
		spool_forget(spool, name); /* somebody has removed it */
	return fd;
}

gboolean
spool_done(Spool *spool, const char *name, GError **error)
{
	if (!spool_name_valid(name))
		return error_permanent(error,
		    "spool %s: %s is no name of a mail", spool->dir, name);
	spool_forget(spool, name);
	/* Not synced: should the name come back after a power cut, the store
	 * knows the mail and it goes once more. */
	if (unlinkat(spool->new, name, 0) != 0 && errno != ENOENT)
		return spool_failed(spool, "remove a mail", error);
	return TRUE;
}

typedef struct Tidy {
	Spool *spool;
	int dir;
	gint64 before;
} Tidy;

/* A file nobody writes any more, or a reason whose mail is gone: a crash came
 * between the two steps of quarantine.c. */
static gboolean
left_over(const Tidy *tidy, const char *name)
{
	g_autofree char *mail = NULL;
	struct stat st;

	if (tidy->dir == tidy->spool->tmp)
		return spool_name_valid(name);
	if (!g_str_has_suffix(name, ".reason"))
		return FALSE;
	mail = g_strndup(name, strlen(name) - strlen(".reason"));
	return fstatat(tidy->dir, mail, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
	       errno == ENOENT;
}

static void
tidy_visit(const char *name, void *data)
{
	const Tidy *tidy = data;
	struct stat st;

	if (left_over(tidy, name) &&
	    fstatat(tidy->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < tidy->before)
		unlinkat(tidy->dir, name, 0);
}

void
spool_tidy(Spool *spool, gint64 now)
{
	Tidy tidy = { spool, spool->tmp, now - TMP_LIFE };

	spool_walk(spool, spool->tmp, tidy_visit, &tidy, NULL);
	tidy.dir = spool->quarantine;
	spool_walk(spool, spool->quarantine, tidy_visit, &tidy, NULL);
}
