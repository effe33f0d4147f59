/* test-powercut.c - a power cut loses nothing that was acknowledged.
 *
 * A VFS of our own stands between SQLite and the disk. What SQLite writes
 * stays in memory until it syncs the file; at a chosen moment the power goes,
 * and only what was synced is still on disk - or, as real disks do, also some
 * sectors of what was not. Each run lives the same life (commits, a
 * checkpoint, close, open, more commits) and is cut at another write. */
#include "store/store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

enum { SECTOR = 512, COMMITS = 4, LARGE = 30000 };

/* What a cut does with octets that were written and not synced. */
typedef enum Loss { LOSE_ALL, LOSE_SOME, LOSE_NONE } Loss;

/* The file as programs see it. The real file is what the disk holds. */
typedef struct Image {
	GByteArray *now;
	GPtrArray *unsynced; /* of Change */
	gboolean on_disk;    /* its name too */
} Image;

typedef struct Change {
	gint64 offset;
	GBytes *octets; /* NULL: cut off at offset */
} Change;

typedef struct CutFile {
	sqlite3_file base;
	Image *image;
	sqlite3_file *real;
} CutFile;

/* The machine. */
static struct {
	sqlite3_vfs *disk;
	GHashTable *images; /* path to Image */
	gint64 moment;      /* writes, syncs, deletions so far */
	gint64 cut_at;
	gboolean dead;
} machine;

static void
free_change(gpointer data)
{
	Change *change = data;

	g_clear_pointer(&change->octets, g_bytes_unref);
	g_free(change);
}

static void
free_image(gpointer data)
{
	Image *image = data;

	g_byte_array_unref(image->now);
	g_ptr_array_unref(image->unsynced);
	g_free(image);
}

static void
add_change(Image *image, gint64 offset, GBytes *octets)
{
	Change *change = g_new0(Change, 1);

	change->offset = offset;
	change->octets = octets;
	g_ptr_array_add(image->unsynced, change);
}

/* TRUE: the power is gone. */
static gboolean
next_moment(void)
{
	if (++machine.moment >= machine.cut_at)
		machine.dead = TRUE;
	return machine.dead;
}

/* One file's methods. */

static int
cut_close(sqlite3_file *file)
{
	CutFile *f = (CutFile *)file;

	return f->real->pMethods->xClose(f->real);
}

static int
cut_read(sqlite3_file *file, void *buffer, int size, sqlite3_int64 offset)
{
	CutFile *f = (CutFile *)file;
	gint64 there = (gint64)f->image->now->len - offset;

	if (machine.dead)
		return SQLITE_IOERR_READ;
	there = CLAMP(there, 0, size);
	if (there > 0)
		memcpy(buffer, f->image->now->data + offset, (gsize)there);
	memset((char *)buffer + there, 0, (gsize)(size - there));
	return there < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int
cut_write(sqlite3_file *file, const void *buffer, int size,
    sqlite3_int64 offset)
{
	Image *image = ((CutFile *)file)->image;
	guint old = image->now->len;

	if (machine.dead)
		return SQLITE_IOERR_WRITE;
	add_change(image, offset, g_bytes_new(buffer, (gsize)size));
	if (next_moment())
		return SQLITE_IOERR_WRITE;
	if (offset + size > old) {
		g_byte_array_set_size(image->now, (guint)(offset + size));
		memset(image->now->data + old, 0, image->now->len - old);
	}
	memcpy(image->now->data + offset, buffer, (gsize)size);
	return SQLITE_OK;
}

static int
cut_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	Image *image = ((CutFile *)file)->image;

	if (machine.dead || next_moment())
		return SQLITE_IOERR_TRUNCATE;
	add_change(image, size, NULL);
	if (size < image->now->len)
		g_byte_array_set_size(image->now, (guint)size);
	return SQLITE_OK;
}

static void
put_on_disk(sqlite3_file *real, const Change *change)
{
	gsize size;
	const void *data;

	if (change->octets == NULL) {
		real->pMethods->xTruncate(real, change->offset);
		return;
	}
	data = g_bytes_get_data(change->octets, &size);
	g_assert_cmpint(
	    real->pMethods->xWrite(real, data, (int)size, change->offset), ==,
	    SQLITE_OK);
}

static int
cut_sync(sqlite3_file *file, int flags)
{
	CutFile *f = (CutFile *)file;

	(void)flags;
	if (machine.dead || next_moment())
		return SQLITE_IOERR_FSYNC;
	for (guint i = 0; i < f->image->unsynced->len; i++)
		put_on_disk(f->real, f->image->unsynced->pdata[i]);
	g_ptr_array_set_size(f->image->unsynced, 0);
	f->image->on_disk = TRUE;
	return SQLITE_OK;
}

static int
cut_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = ((CutFile *)file)->image->now->len;
	return SQLITE_OK;
}

/* Locks and shared memory are the kernel's: they go straight through. */

static int
cut_lock(sqlite3_file *file, int lock)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xLock(real, lock);
}

static int
cut_unlock(sqlite3_file *file, int lock)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xUnlock(real, lock);
}

static int
cut_reserved(sqlite3_file *file, int *out)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xCheckReservedLock(real, out);
}

static int
cut_control(sqlite3_file *file, int op, void *argument)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK; /* would change the real file */
	return real->pMethods->xFileControl(real, op, argument);
}

static int
cut_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int
cut_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* Linux: as the unix VFS */
}

static int
cut_shm_map(sqlite3_file *file, int page, int size, int extend,
    void volatile **out)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xShmMap(real, page, size, extend, out);
}

static int
cut_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xShmLock(real, offset, n, flags);
}

static void
cut_shm_barrier(sqlite3_file *file)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	real->pMethods->xShmBarrier(real);
}

static int
cut_shm_unmap(sqlite3_file *file, int delete)
{
	sqlite3_file *real = ((CutFile *)file)->real;

	return real->pMethods->xShmUnmap(real, delete);
}

static const sqlite3_io_methods cut_methods = { .iVersion = 2,
	.xClose = cut_close,
	.xRead = cut_read,
	.xWrite = cut_write,
	.xTruncate = cut_truncate,
	.xSync = cut_sync,
	.xFileSize = cut_size,
	.xLock = cut_lock,
	.xUnlock = cut_unlock,
	.xCheckReservedLock = cut_reserved,
	.xFileControl = cut_control,
	.xSectorSize = cut_sector,
	.xDeviceCharacteristics = cut_traits,
	.xShmMap = cut_shm_map,
	.xShmLock = cut_shm_lock,
	.xShmBarrier = cut_shm_barrier,
	.xShmUnmap = cut_shm_unmap };

/* The VFS. */

static Image *
find_image(const char *path)
{
	Image *image = g_hash_table_lookup(machine.images, path);
	char *octets = NULL;
	gsize size = 0;

	if (image != NULL)
		return image;
	image = g_new0(Image, 1);
	image->on_disk = g_file_get_contents(path, &octets, &size, NULL);
	image->now = g_byte_array_new_take((guint8 *)octets, size);
	image->unsynced = g_ptr_array_new_with_free_func(free_change);
	g_hash_table_insert(machine.images, g_strdup(path), image);
	return image;
}

static int
cut_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
	CutFile *f = (CutFile *)file;
	int rc;

	(void)vfs;
	if (name == NULL)
		return machine.disk->xOpen(machine.disk, name, file, flags,
		    out_flags);
	f->base.pMethods = NULL;
	if (machine.dead)
		return SQLITE_CANTOPEN;
	f->image = find_image(name);
	f->real = (sqlite3_file *)(f + 1);
	rc = machine.disk->xOpen(machine.disk, name, f->real, flags, out_flags);
	if (rc == SQLITE_OK)
		f->base.pMethods = &cut_methods;
	return rc;
}

static int
cut_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	(void)vfs;
	if (machine.dead || next_moment())
		return SQLITE_IOERR_DELETE;
	g_hash_table_remove(machine.images, name);
	return machine.disk->xDelete(machine.disk, name, sync_directory);
}

static int
cut_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	const Image *image = g_hash_table_lookup(machine.images, name);

	(void)vfs;
	if (image != NULL && flags == SQLITE_ACCESS_EXISTS) {
		*out = image->now->len > 0;
		return SQLITE_OK;
	}
	return machine.disk->xAccess(machine.disk, name, flags, out);
}

static void
install_machine(void)
{
	static sqlite3_vfs vfs;

	machine.disk = sqlite3_vfs_find(NULL);
	machine.images =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_image);
	machine.cut_at = G_MAXINT64;
	vfs = *machine.disk;
	vfs.zName = "powercut";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(CutFile) + machine.disk->szOsFile;
	vfs.xOpen = cut_open;
	vfs.xDelete = cut_delete;
	vfs.xAccess = cut_access;
	g_assert_cmpint(sqlite3_vfs_register(&vfs, 1), ==, SQLITE_OK);
}

/* The cut itself. */

/* Any of the sectors of an unsynced write may have reached the disk. */
static void
keep_some(FILE *disk, const Change *change, GRand *dice)
{
	gsize size;
	const char *data;

	if (change->octets == NULL)
		return;
	data = g_bytes_get_data(change->octets, &size);
	for (gsize at = 0; at < size; at += SECTOR)
		if (g_rand_boolean(dice)) {
			fseek(disk, (long)(change->offset + (gint64)at),
			    SEEK_SET);
			fwrite(data + at, 1, MIN(SECTOR, size - at), disk);
		}
}

static void
keep_all(FILE *disk, const Change *change)
{
	gsize size;
	const char *data;

	if (change->octets == NULL)
		return;
	data = g_bytes_get_data(change->octets, &size);
	fseek(disk, (long)change->offset, SEEK_SET);
	fwrite(data, 1, size, disk);
}

static void
lose(const char *path, const Image *image, Loss loss, GRand *dice)
{
	FILE *disk;

	if (loss == LOSE_ALL) {
		if (!image->on_disk)
			g_unlink(path); /* nor was the directory synced */
		return;
	}
	disk = g_fopen(path, "r+");
	if (disk == NULL)
		return;
	for (guint i = 0; i < image->unsynced->len; i++)
		if (loss == LOSE_NONE)
			keep_all(disk, image->unsynced->pdata[i]);
		else
			keep_some(disk, image->unsynced->pdata[i], dice);
	fclose(disk);
}

/* The machine comes up again with what its disk holds. */
static void
start_again(Loss loss)
{
	g_autoptr(GRand) dice = g_rand_new_with_seed((guint32)machine.cut_at);
	GHashTableIter iter;
	gpointer path, image;

	g_hash_table_iter_init(&iter, machine.images);
	while (g_hash_table_iter_next(&iter, &path, &image))
		lose(path, image, loss, dice);
	g_hash_table_remove_all(machine.images);
	machine.dead = FALSE;
	machine.moment = 0;
	machine.cut_at = G_MAXINT64;
}

/* A life. */

static const char *dir;
static char *empty_store; /* octets of a new one */
static gsize empty_size;

static char *
file(const char *name)
{
	return g_build_filename(dir, name, NULL);
}

static void
new_store(void)
{
	g_autofree char *db = file("javob.db");
	g_autofree char *wal = file("javob.db-wal");
	g_autofree char *shm = file("javob.db-shm");

	g_unlink(wal);
	g_unlink(shm);
	g_assert_true(
	    g_file_set_contents(db, empty_store, (gssize)empty_size, NULL));
}

static gboolean
set_both(StoreTxn *txn, gint64 number)
{
	g_autofree char *large = g_strnfill(LARGE, 'a' + (char)(number % 26));

	return store_run(txn, STMT_COUNTER_SET, NULL, NULL, "first", number) &&
	       store_run(txn, STMT_META_SET, NULL, NULL, "large", large) &&
	       store_run(txn, STMT_COUNTER_SET, NULL, NULL, "last", number);
}

/* Commits up to number; returns the last one acknowledged. */
static gint64
commit_some(Store *store, gint64 from, gint64 number)
{
	for (gint64 i = from + 1; i <= number; i++) {
		g_autoptr(StoreTxn) txn = store_begin(store, NULL);

		if (txn == NULL || !set_both(txn, i) ||
		    !store_commit(g_steal_pointer(&txn), NULL))
			return i - 1;
	}
	return number;
}

static gint64
live(gint64 acknowledged)
{
	g_autoptr(Store) store = store_open(dir, NULL, NULL);
	gint64 from = acknowledged;

	if (store == NULL)
		return acknowledged;
	acknowledged = commit_some(store, from, from + COMMITS);
	store_tidy(store, TRUE);
	acknowledged = commit_some(store, acknowledged, from + 2 * COMMITS);
	return acknowledged;
}

static gint64
get_counter(StoreTxn *txn, const char *name)
{
	g_autoptr(GError) error = NULL;
	gint64 value = 0;

	store_run_int(txn, STMT_COUNTER_GET, &value, NULL, &error, name);
	g_assert_no_error(error);
	return value;
}

static void
check_store(gint64 acknowledged)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Store) store = store_open(dir, NULL, &error);
	StoreTxn *txn;
	gint64 first, last;

	g_assert_no_error(error);
	store_verify(store, faults, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(faults->len, ==, 0);
	txn = store_begin_read(store, &error);
	g_assert_no_error(error);
	first = get_counter(txn, "first");
	last = get_counter(txn, "last");
	store_rollback(txn);
	g_assert_cmpint(first, ==, last);
	g_assert_cmpint(first, >=, acknowledged);
	g_assert_cmpint(first, <=, acknowledged + 1);
	g_assert_cmpint(commit_some(store, first, first + 1), ==, first + 1);
}

/* Two lives, the second cut off; each_moment of the whole once. */
static gint64
live_twice(gint64 cut_at)
{
	gint64 acknowledged;

	machine.cut_at = cut_at;
	acknowledged = live(0);
	if (!machine.dead)
		acknowledged = live(acknowledged);
	return acknowledged;
}

static void
test_cuts(gconstpointer data)
{
	Loss loss = (Loss)GPOINTER_TO_INT(data);
	g_autofree char *shm = file("javob.db-shm");
	gint64 moments;

	new_store();
	g_assert_cmpint(live_twice(G_MAXINT64), ==, 4 * COMMITS);
	moments = machine.moment;
	start_again(LOSE_NONE);
	g_assert_cmpint(moments, >, 100);
	for (gint64 cut = 1; cut <= moments; cut++) {
		gint64 acknowledged;

		new_store();
		acknowledged = live_twice(cut);
		g_assert_true(machine.dead);
		start_again(loss);
		g_unlink(shm); /* it was memory */
		check_store(acknowledged);
		start_again(LOSE_NONE);
	}
	g_test_message("cut at each of %d moments", (int)moments);
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *place = g_dir_make_tmp("javob-power-XXXXXX", &error);
	static const char *const names[] = { "javob.db", "javob.db-wal",
		"javob.db-shm", "store.lock" };
	g_autofree char *db = NULL;
	int result;

	g_test_init(&argc, &argv, NULL);
	dir = place;
	db = file("javob.db");
	g_assert_true(store_create(dir, NULL, &error));
	g_assert_true(
	    g_file_get_contents(db, &empty_store, &empty_size, &error));
	install_machine();
	g_test_add_data_func("/powercut/unsynced writes are all lost",
	    GINT_TO_POINTER(LOSE_ALL), test_cuts);
	g_test_add_data_func("/powercut/sectors of unsynced writes are lost",
	    GINT_TO_POINTER(LOSE_SOME), test_cuts);
	g_test_add_data_func("/powercut/unsynced writes are all kept",
	    GINT_TO_POINTER(LOSE_NONE), test_cuts);
	result = g_test_run();
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = file(names[i]);

		g_unlink(path);
	}
	g_rmdir(dir);
	g_hash_table_unref(machine.images);
	g_free(empty_store);
	return result;
}
