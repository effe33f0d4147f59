/* spool.h - the only way in: a directory in the manner of Maildir.
 *
 * DIR/tmp, DIR/new, DIR/quarantine, mode 0700, files 0600. A file is written
 * to tmp, synced, renamed to new, and the directory is synced: after
 * spool_add has returned TRUE the mail survives a power cut. Needs no store
 * and no parser. A file: envelope lines, an empty line, the mail's octets.
 * Many threads and processes may add at the same time. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "javob.h"
#include "mail/envelope.h"

/* create: make the directories if missing (init, first start). */
Spool *spool_open(const char *state_dir, gboolean create, GError **error);
void spool_free(Spool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spool, spool_free)

/* A mail that is being written. Not added: gone when freed. */
typedef struct SpoolFile SpoolFile;
SpoolFile *spool_begin(Spool *spool, const Envelope *envelope, GError **error);
gboolean spool_write(SpoolFile *file, const void *octets, gsize size,
    GError **error);
gint64 spool_size(const SpoolFile *file); /* octets of mail so far */
const char *spool_name(const SpoolFile *file); /* the file's; for the log */
/* Syncs and publishes. FALSE (TEMPORARY): not accepted. Frees file always. */
gboolean spool_commit(SpoolFile *file, GError **error);
void spool_abort(SpoolFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpoolFile, spool_abort)

/* All at once. */
gboolean spool_add(Spool *spool, const Envelope *envelope, const void *octets,
    gsize size, GError **error);

/* Only one process takes mail out: blocks until it is the one (or FALSE when
 * wait is FALSE and another has it). Held until spool_unlock or exit. */
gboolean spool_lock(Spool *spool, gboolean wait, GError **error);
void spool_unlock(Spool *spool);

/* Oldest names waiting in new, at most `most` of them, of char *. Cheap for
 * who holds the lock; else it reads the whole directory (about 0.1 s with
 * 100,000 files), as spool_count does. */
GPtrArray *spool_list(Spool *spool, guint most, GError **error);
guint spool_count(Spool *spool, gint64 *oldest); /* oldest: received, or 0 */

/* Opens a waiting mail. offset: where the mail's octets begin; size: how many
 * there are. Caller closes the descriptor; envelope: free it. PERMANENT if
 * the file's own head is broken. -1 with error. */
int spool_read(Spool *spool, const char *name, Envelope **envelope,
    gint64 *offset, gint64 *size, GError **error);

/* Committed: the file goes. A missing one is no error. */
gboolean spool_done(Spool *spool, const char *name, GError **error);

/* Sets it aside with NAME.reason beside it; spool_retry puts it back. */
gboolean spool_quarantine(Spool *spool, const char *name, const char *reason,
    GError **error);
typedef struct QuarantineEntry {
	char *name;
	char *reason;
	gint64 size;
	gint64 since;
} QuarantineEntry;
void quarantine_entry_free(QuarantineEntry *entry);
GPtrArray *spool_quarantined(Spool *spool, GError **error);
/* It goes under another name, by which it is known as one that was set aside
 * before. */
gboolean spool_is_retried(const char *name);
gboolean spool_retry(Spool *spool, const char *name, GError **error);
gboolean spool_delete(Spool *spool, const char *name, GError **error);
/* Descriptor of a quarantined file, as spool_read. */
int spool_read_quarantined(Spool *spool, const char *name,
    Envelope **envelope, gint64 *offset, gint64 *size, GError **error);

/* Removes what dead writers left in tmp (older than a day). */
void spool_tidy(Spool *spool, gint64 now);

#endif
