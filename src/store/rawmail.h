/* rawmail.h - how the octets of a mail stand in the table raw.
 *
 * Codec 0: as they are; 1: one zstd frame with a checksum. */
#ifndef STORE_RAWMAIL_H
#define STORE_RAWMAIL_H

#include "javob.h"

/* The smaller of the two forms; codec: which. Unref the result. */
GBytes *raw_pack(GBytes *octets, gint64 *codec);

/* The octets again: exactly size of them, and no more memory than that.
 * TEMPORARY if packed is damaged or of a codec that we do not know. */
GBytes *raw_unpack(GBytes *packed, gint64 codec, gint64 size, GError **error);

#endif
