/* digest.c - SHA-256 by GnuTLS, which is in the process for TLS anyway. */
#include "mail/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define DIGEST_SIZE 32
#define BLOCK       4096

struct Digest {
	gnutls_hash_hd_t hash;
};

Digest *
digest_new(void)
{
	Digest *digest = g_new0(Digest, 1);

	if (gnutls_hash_init(&digest->hash, GNUTLS_DIG_SHA256) < 0)
		g_error("SHA-256 is not available in GnuTLS");
	return digest;
}

void
digest_free(Digest *digest)
{
	if (digest == NULL)
		return;
	gnutls_hash_deinit(digest->hash, NULL);
	g_free(digest);
}

void
digest_add(Digest *digest, const void *octets, gsize length)
{
	if (length > 0)
		gnutls_hash(digest->hash, octets, length);
}

/* A call of GnuTLS for each line would cost more than the sum of it. */
void
digest_add_lines(Digest *digest, const void *octets, gsize length)
{
	const char *p = octets, *end = p + length;
	char block[BLOCK];
	gsize n = 0;

	while (p < end) {
		gsize room = MIN((gsize)(end - p), BLOCK - n);
		const char *cr = memchr(p, '\r', room);
		gsize piece = cr != NULL ? (gsize)(cr - p) : room;

		memcpy(block + n, p, piece);
		n += piece;
		p += piece + (cr != NULL);
		if (n == BLOCK) {
			digest_add(digest, block, n);
			n = 0;
		}
	}
	digest_add(digest, block, n);
}

char *
digest_end(Digest *digest)
{
	static const char hex[] = "0123456789abcdef";
	guint8 sum[DIGEST_SIZE];
	char *text = g_malloc(DIGEST_SIZE * 2 + 1);

	gnutls_hash_output(digest->hash, sum);
	for (guint i = 0; i < DIGEST_SIZE; i++) {
		text[i * 2] = hex[sum[i] >> 4];
		text[i * 2 + 1] = hex[sum[i] & 15];
	}
	text[DIGEST_SIZE * 2] = '\0';
	return text;
}
