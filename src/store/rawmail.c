/* rawmail.c - see rawmail.h. Mail is written once and seldom read: small
 * mails get the better level, large ones the fast one (their attachments are
 * compressed already). */
#include "store/rawmail.h"

#include <zstd.h>

#include "ground/error.h"

enum { CODEC_PLAIN = 0, CODEC_ZSTD = 1 };
enum { SMALL = 40 * 1024, LEVEL_SMALL = 3, LEVEL_LARGE = 1 };

static void
free_packer(gpointer packer)
{
	ZSTD_freeCCtx(packer);
}

static void
free_unpacker(gpointer unpacker)
{
	ZSTD_freeDCtx(unpacker);
}

/* Scratch memory of zstd, one a thread: making it anew costs more than packing
 * a small mail. It holds nothing between two calls. */
static GPrivate packers = G_PRIVATE_INIT(free_packer);
static GPrivate unpackers = G_PRIVATE_INIT(free_unpacker);

static ZSTD_CCtx *
packer(void)
{
	ZSTD_CCtx *zstd = g_private_get(&packers);

	if (zstd == NULL) {
		zstd = ZSTD_createCCtx();
		g_assert(zstd != NULL);
		g_private_set(&packers, zstd);
	}
	ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
	return zstd;
}

static ZSTD_DCtx *
unpacker(void)
{
	ZSTD_DCtx *zstd = g_private_get(&unpackers);

	if (zstd == NULL) {
		zstd = ZSTD_createDCtx();
		g_assert(zstd != NULL);
		g_private_set(&unpackers, zstd);
	}
	return zstd;
}

GBytes *
raw_pack(GBytes *octets, gint64 *codec)
{
	gsize size, room, packed_size;
	const void *data = g_bytes_get_data(octets, &size);
	ZSTD_CCtx *zstd = packer();
	g_autofree char *packed = NULL;

	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel,
	    size < SMALL ? LEVEL_SMALL : LEVEL_LARGE);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	room = ZSTD_compressBound(size);
	packed = g_malloc(room);
	packed_size = ZSTD_compress2(zstd, packed, room, data, size);
	if (ZSTD_isError(packed_size) || packed_size >= size) {
		*codec = CODEC_PLAIN;
		return g_bytes_ref(octets);
	}
	*codec = CODEC_ZSTD;
	packed = g_realloc(packed, packed_size);
	return g_bytes_new_take(g_steal_pointer(&packed), packed_size);
}

static GBytes *
damaged(GError **error, const char *what)
{
	error_temporary(error,
	    "stored mail is damaged (%s): check the disk and bring it back from "
	    "a backup",
	    what);
	return NULL;
}

static GBytes *
unpack_zstd(GBytes *packed, gsize size, GError **error)
{
	gsize packed_size, got;
	const void *data = g_bytes_get_data(packed, &packed_size);
	g_autofree char *octets = NULL;

	/* The frame says its own size: no memory for a row that lies. */
	if (ZSTD_getFrameContentSize(data, packed_size) != size)
		return damaged(error, "size differs");
	octets = g_try_malloc(MAX(size, 1));
	if (octets == NULL)
		return damaged(error, "size is beyond our memory");
	got = ZSTD_decompressDCtx(unpacker(), octets, size, data, packed_size);
	if (ZSTD_isError(got))
		return damaged(error, ZSTD_getErrorName(got));
	if (got != size)
		return damaged(error, "size differs");
	return g_bytes_new_take(g_steal_pointer(&octets), size);
}

GBytes *
raw_unpack(GBytes *packed, gint64 codec, gint64 size, GError **error)
{
	if (size < 0)
		return damaged(error, "negative size");
	if (codec == CODEC_ZSTD)
		return unpack_zstd(packed, (gsize)size, error);
	if (codec != CODEC_PLAIN) {
		error_temporary(error,
		    "stored mail has codec %" G_GINT64_FORMAT
		    ", which this javob does not know: install the newer one",
		    codec);
		return NULL;
	}
	if (g_bytes_get_size(packed) != (gsize)size)
		return damaged(error, "size differs");
	return g_bytes_ref(packed);
}
