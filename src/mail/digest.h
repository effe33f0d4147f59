/* digest.h - SHA-256 in pieces. GnuTLS uses the processor's own instructions
 * and is several times faster than GChecksum, which was half of the time that a
 * mail took. */
#ifndef MAIL_DIGEST_H
#define MAIL_DIGEST_H

#include <glib.h>

typedef struct Digest Digest;

Digest *digest_new(void);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

void digest_add(Digest *digest, const void *octets, gsize length);
/* The same without any CR: a mail that travels as lines has CR LF at one door
 * and LF at another, and is the same mail. */
void digest_add_lines(Digest *digest, const void *octets, gsize length);

/* Lower-case hexadecimal of all that was added; digest begins anew. Free with
 * g_free. */
char *digest_end(Digest *digest);

#endif
