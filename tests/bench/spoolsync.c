/* What the disk allows a door: every mail is written, synced, renamed, and its
 * directory synced, before anybody says yes.
 *
 *   spoolsync DIR THREADS <list of files
 *
 * Each thread does one mail after the other; nothing is shared or put off.
 * Prints mails/s and milliseconds of one mail. */
#define _GNU_SOURCE 1
#include <pthread.h>

#include "bench.h"

enum { THREADS_MOST = 64 };

static File *files;
static size_t count, next_file;
static double *took;
static int tmp_dir, new_dir;

static int
open_dir(const char *parent, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof path, "%s/%s", parent, name);
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void
deliver(const File *file, size_t number)
{
	char name[32];
	int fd;

	snprintf(name, sizeof name, "m%zu", number);
	fd = openat(tmp_dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
	    0600);
	if (fd < 0 ||
	    write(fd, file->octets, file->size) != (ssize_t)file->size)
		die("write");
	if (fsync(fd) != 0)
		die("fsync");
	close(fd);
	if (renameat(tmp_dir, name, new_dir, name) != 0)
		die("rename");
	if (fsync(new_dir) != 0)
		die("fsync of the directory");
}

static void *
deliver_all(void *nothing)
{
	size_t i;

	(void)nothing;
	while (
	    (i = __atomic_fetch_add(&next_file, 1, __ATOMIC_RELAXED)) < count) {
		double start = seconds(CLOCK_MONOTONIC);

		deliver(&files[i], i);
		took[i] = seconds(CLOCK_MONOTONIC) - start;
	}
	return NULL;
}

static void
clean(const char *dir)
{
	for (size_t i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof name, "m%zu", i);
		unlinkat(new_dir, name, 0);
	}
	unlinkat(AT_FDCWD, dir, AT_REMOVEDIR);
}

int
main(int argc, char **argv)
{
	pthread_t thread[THREADS_MOST];
	int threads = argc == 3 ? atoi(argv[2]) : 0;
	double wall;

	if (threads < 1 || threads > THREADS_MOST)
		return 2;
	files = list_files(&count, 1);
	took = calloc(count, sizeof *took);
	mkdir(argv[1], 0700);
	tmp_dir = open_dir(argv[1], "tmp");
	new_dir = open_dir(argv[1], "new");
	syncfs(new_dir);
	wall = seconds(CLOCK_MONOTONIC);
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, deliver_all, NULL) != 0)
			die("thread");
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("rate %.1f p50 %.3f p99 %.3f\n", (double)count / wall,
	    percentile(took, count, 50) * 1e3,
	    percentile(took, count, 99) * 1e3);
	clean(argv[1]);
	return 0;
}
