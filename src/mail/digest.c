/* digest.c - SHA-256 by GnuTLS, which is in the process for TLS anyway. */
#include "mail/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define DIGEST_SIZE 32

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

void
digest_add_lines(Digest *digest, const void *octets, gsize length)
{
	const char *p = octets, *end = p + length, *cr;

	while (p < end && (cr = memchr(p, '\r', (gsize)(end - p))) != NULL) {
		digest_add(digest, p, (gsize)(cr - p));
		p = cr + 1;
	}
	if (p < end)
		digest_add(digest, p, (gsize)(end - p));
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
