/* copy.c - see copy.h. Made by `javob import --dry-run`; what is left of one
 * goes with the next erasure, for it holds everybody's data. */
#include "store/copy.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "ground/error.h"

#define PREFIX "dry-run."

static const char *const files[] = { "javob.db", "javob.db-wal", "javob.db-shm",
	"javob.db.tmp", "store.lock" };

char *
copy_make(Store *store, const char *state_dir, GError **error)
{
	g_autofree char *dir =
	    g_build_filename(state_dir, PREFIX "XXXXXX", NULL);
	g_autofree char *file = NULL;

	if (g_mkdtemp_full(dir, 0700) == NULL) {
		error_temporary(error, "cannot make a directory in %s: %s",
		    state_dir, g_strerror(errno));
		return NULL;
	}
	file = g_build_filename(dir, files[0], NULL);
	if (store_backup(store, file, error))
		return g_steal_pointer(&dir);
	copy_remove(dir);
	return NULL;
}

void
copy_remove(const char *dir)
{
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *file = g_build_filename(dir, files[i], NULL);

		g_unlink(file);
	}
	g_rmdir(dir);
}

void
copy_remove_all(const char *state_dir)
{
	g_autoptr(GDir) dir = g_dir_open(state_dir, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(state_dir, name, NULL);

		if (g_str_has_prefix(name, PREFIX))
			copy_remove(path);
	}
}
