/* spool_dir.h - what the files of the spool share among themselves. Nobody
 * else includes it. */
#ifndef STORE_SPOOL_DIR_H
#define STORE_SPOOL_DIR_H

#include "store/spool.h"

/* One who has renamed a file and waits until the directory is on disk. Lives
 * on its thread's stack. */
typedef struct SpoolWaiter SpoolWaiter;

struct Spool {
	char *dir; /* STATE_DIR/spool */
	int tmp;   /* descriptors of the directories */
	int new;
	int quarantine;
	int lock; /* of DIR/lock while we hold it, else -1 */

	GMutex mutex; /* all below */
	GCond synced;
	SpoolWaiter *waiting; /* for the next sync of new */
	gboolean syncing;     /* a thread is in fsync(new) */
	guint64 stamp;        /* of the last name, so that names only grow */
	guint counter;
	GPtrArray *ahead; /* oldest names in new, while we hold the lock */
};

/* TEMPORARY "spool DIR: cannot WHAT: system's words (remedy)" from errno. */
gboolean spool_failed(const Spool *spool, const char *what, GError **error);

/* A name as spool_begin makes them: hex digits and dots, nothing that could
 * leave the directory. */
gboolean spool_name_valid(const char *name);

/* Returns when every change made in new before the call is on disk. */
gboolean spool_sync_new(Spool *spool, GError **error);

/* spool_read in any of the directories. */
int spool_open_mail(const Spool *spool, int dir, const char *name,
    Envelope **envelope, gint64 *offset, gint64 *size, GError **error);

/* Calls visit for each name in dir that has no dot in front, in no order. */
gboolean spool_walk(const Spool *spool, int dir,
    void (*visit)(const char *name, void *data), void *data, GError **error);

/* The name does not wait any more; NULL: nothing is known of any. */
void spool_forget(Spool *spool, const char *name);

#endif
