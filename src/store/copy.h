/* copy.h - a copy of the store in STATE_DIR/dry-run.XXXXXX, to try something
 * out on. */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"

/* The directory, to be opened as the state-dir of a store; free with g_free.
 * NULL with error. */
char *copy_make(Store *store, const char *state_dir, GError **error);
void copy_remove(const char *dir);

/* Those too that somebody left who was killed. */
void copy_remove_all(const char *state_dir);

#endif
