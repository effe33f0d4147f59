/* spool_list.c - what waits in the spool, oldest first. A backlog of 100,000
 * files must not be read anew for every few that are taken out. */
#include "store/spool.h"
#include "store/spool_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AHEAD 4096 /* names kept from one reading of the directory */

gboolean
spool_walk(const Spool *spool, int dir,
    void (*visit)(const char *name, void *data), void *data, GError **error)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int number;

	if (stream == NULL) {
		number = errno;
		if (fd >= 0)
			close(fd);
		errno = number;
		return spool_failed(spool, "list it", error);
	}
	errno = 0;
	while ((entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.')
			visit(entry->d_name, data);
		errno = 0;
	}
	number = errno;
	closedir(stream);
	errno = number;
	return number == 0 || spool_failed(spool, "list it", error);
}

/* The `most` smallest names seen so far, as a heap with the greatest on top:
 * of 100,000 files only those are copied that are among the oldest. */
typedef struct Oldest {
	GPtrArray *names;
	guint most;
} Oldest;

static void
heap_down(gpointer *name, guint count, guint at)
{
	for (;;) {
		guint child = 2 * at + 1;
		gpointer other;

		if (child + 1 < count &&
		    strcmp(name[child + 1], name[child]) > 0)
			child++;
		if (child >= count || strcmp(name[child], name[at]) <= 0)
			return;
		other = name[at];
		name[at] = name[child];
		name[child] = other;
		at = child;
	}
}

static void
oldest_visit(const char *name, void *data)
{
	Oldest *oldest = data;
	GPtrArray *names = oldest->names;

	if (!spool_name_valid(name))
		return;
	if (names->len < oldest->most) {
		g_ptr_array_add(names, g_strdup(name));
		if (names->len == oldest->most)
			for (guint i = names->len / 2; i-- > 0;)
				heap_down(names->pdata, names->len, i);
		return;
	}
	if (strcmp(name, names->pdata[0]) >= 0)
		return;
	g_free(names->pdata[0]);
	names->pdata[0] = g_strdup(name);
	heap_down(names->pdata, names->len, 0);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The `most` oldest names, in order. */
static GPtrArray *
scan(Spool *spool, guint most, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	Oldest oldest = { names, most };

	if (most > 0 &&
	    !spool_walk(spool, spool->new, oldest_visit, &oldest, error))
		return NULL;
	g_ptr_array_sort(names, by_name);
	return g_steal_pointer(&names);
}

static GPtrArray *
first_of(const GPtrArray *names, guint most)
{
	GPtrArray *first = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < most && i < names->len; i++)
		g_ptr_array_add(first, g_strdup(names->pdata[i]));
	return first;
}

/* Who holds the lock is the only one who takes out, so what he has seen
 * waiting still waits, and what has come since is younger. */
GPtrArray *
spool_list(Spool *spool, guint most, GError **error)
{
	GPtrArray *names, *first = NULL;

	if (spool->lock < 0)
		return scan(spool, most, error);
	g_mutex_lock(&spool->mutex);
	if (spool->ahead->len >= most)
		first = first_of(spool->ahead, most);
	g_mutex_unlock(&spool->mutex);
	if (first != NULL)
		return first;
	names = scan(spool, MAX(most, LOOK_AHEAD), error);
	if (names == NULL)
		return NULL;
	first = first_of(names, most);
	g_mutex_lock(&spool->mutex);
	g_ptr_array_unref(spool->ahead);
	spool->ahead = names;
	g_mutex_unlock(&spool->mutex);
	return first;
}

void
spool_forget(Spool *spool, const char *name)
{
	GPtrArray *ahead;
	guint low = 0, high;

	g_mutex_lock(&spool->mutex);
	ahead = spool->ahead;
	high = ahead->len;
	if (name == NULL)
		g_ptr_array_set_size(ahead, 0);
	while (name != NULL && low < high) {
		guint middle = low + (high - low) / 2;
		int side = strcmp(name, ahead->pdata[middle]);

		if (side == 0) {
			g_ptr_array_remove_index(ahead, middle);
			break;
		}
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	g_mutex_unlock(&spool->mutex);
}

typedef struct Count {
	guint count;
	char least[32]; /* enough of the name for its time */
} Count;

static void
count_visit(const char *name, void *data)
{
	Count *count = data;

	if (!spool_name_valid(name))
		return;
	if (count->count++ == 0 || strncmp(name, count->least, 16) < 0)
		g_strlcpy(count->least, name, sizeof count->least);
}

guint
spool_count(Spool *spool, gint64 *oldest)
{
	Count count = { 0, "" };

	spool_walk(spool, spool->new, count_visit, &count, NULL);
	if (oldest != NULL)
		*oldest =
		    count.count == 0
			? 0
			: (gint64)(g_ascii_strtoull(count.least, NULL, 16) /
				   G_GUINT64_CONSTANT(1000000000));
	return count.count;
}
