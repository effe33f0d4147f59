/* octets.h - a mail as received: octets in memory or a read-only file.
 *
 * A large file is mapped, not read, and its pages are given back as soon as
 * they were looked at: a mail of 60 MB costs a few MB of memory. */
#ifndef MAIL_OCTETS_H
#define MAIL_OCTETS_H

#include "javob.h"

typedef struct Octets {
	GBytes *bytes;
	int fd;        /* borrowed; -1 unless bytes is a mapping of it */
	gint64 offset; /* where in fd the octets begin */
} Octets;

/* What stands in fd from offset to its end. FALSE with error TEMPORARY if it
 * cannot be read. Call octets_clear afterwards. */
gboolean octets_open(Octets *octets, int fd, gint64 offset, GError **error);

/* Octets in memory; takes a reference. */
void octets_of_bytes(Octets *octets, GBytes *bytes);
void octets_clear(Octets *octets);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Octets, octets_clear)

/* So large that it should be read from the file by pieces, not here. */
gboolean octets_is_large(const Octets *octets);

/* The part [from, to) will not be needed soon. */
void octets_forget(const Octets *octets, gsize from, gsize to);

/* An unnamed file that holds the octets; close it. -1 with error TEMPORARY. */
int octets_to_file(GBytes *bytes, GError **error);

/* Length of the line at text without its CR LF or LF; *taken gets the length
 * with it. A bare CR is text. size > 0. */
gsize octets_line(const char *text, gsize size, gsize *taken);

#endif
