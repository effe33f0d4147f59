/* bench.h - what the C programs of tests/bench share: lists of files, times,
 * medians. They end with a message on any failure: a figure is right or there
 * is none. */
#ifndef BENCH_H
#define BENCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct File {
	char *path;
	char *octets;
	size_t size;
} File;

__attribute__((noreturn)) static inline void
die(const char *what)
{
	perror(what);
	exit(1);
}

static inline double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
load_file(File *file)
{
	struct stat st;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		die(file->path);
	file->size = (size_t)st.st_size;
	file->octets = malloc(file->size + 1);
	if (file->octets == NULL ||
	    read(fd, file->octets, file->size) != (ssize_t)file->size)
		die(file->path);
	file->octets[file->size] = '\0';
	close(fd);
}

/* The files that standard input names, one a line; read too, if wanted. */
static inline File *
list_files(size_t *count, int read_them)
{
	char line[4096];
	size_t room = 1024;
	File *files = malloc(room * sizeof *files);

	*count = 0;
	while (files != NULL && fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (*count == room)
			files = realloc(files, (room *= 2) * sizeof *files);
		if (files == NULL)
			break;
		memset(&files[*count], 0, sizeof *files);
		files[*count].path = strdup(line);
		if (read_them)
			load_file(&files[*count]);
		++*count;
	}
	if (files == NULL || *count == 0) {
		fprintf(stderr, "no files on standard input\n");
		exit(1);
	}
	return files;
}

static inline int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts; of 0..100. */
static inline double
percentile(double *values, size_t count, unsigned of)
{
	qsort(values, count, sizeof *values, by_value);
	return values[(count - 1) * of / 100];
}

#endif
