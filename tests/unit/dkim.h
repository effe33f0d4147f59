/* dkim.h - mails signed at test time, with keys made at test time. What is
 * signed is written out by hand in the tests: nothing here knows canonical
 * forms. */
#ifndef TESTS_UNIT_DKIM_H
#define TESTS_UNIT_DKIM_H

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

typedef struct SignKey {
	gnutls_privkey_t key;
	gboolean ed25519;
	char *record; /* "v=DKIM1; k=...; p=..." */
} SignKey;

static inline char *
sign_base64(const void *octets, gsize size)
{
	return g_base64_encode(octets, size);
}

/* bits 0: Ed25519. */
static inline void
sign_key_make(SignKey *key, guint bits)
{
	gnutls_pubkey_t public;
	gnutls_datum_t x, y;
	g_autofree char *text = NULL;
	gnutls_ecc_curve_t curve;

	key->ed25519 = bits == 0;
	g_assert_cmpint(gnutls_privkey_init(&key->key), ==, 0);
	g_assert_cmpint(gnutls_privkey_generate(key->key,
			    bits == 0 ? GNUTLS_PK_EDDSA_ED25519 : GNUTLS_PK_RSA,
			    bits == 0
				? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)
				: bits,
			    0),
	    ==, 0);
	g_assert_cmpint(gnutls_pubkey_init(&public), ==, 0);
	g_assert_cmpint(gnutls_pubkey_import_privkey(public, key->key, 0, 0),
	    ==, 0);
	if (key->ed25519)
		g_assert_cmpint(
		    gnutls_pubkey_export_ecc_raw(public, &curve, &x, &y), ==,
		    0);
	else
		g_assert_cmpint(
		    gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &x), ==,
		    0);
	text = sign_base64(x.data, x.size);
	key->record = g_strdup_printf("v=DKIM1; k=%s; p=%s",
	    key->ed25519 ? "ed25519" : "rsa", text);
	gnutls_free(x.data);
	if (key->ed25519)
		gnutls_free(y.data);
	gnutls_pubkey_deinit(public);
}

static inline void
sign_key_clear(SignKey *key)
{
	gnutls_privkey_deinit(key->key);
	g_free(key->record);
}

static inline void
sign_sha256(const char *text, guint8 digest[32])
{
	g_assert_cmpint(
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), digest), ==,
	    0);
}

/* bh= of a body in canonical form. */
static inline char *
sign_body(const char *canonical)
{
	guint8 digest[32];

	sign_sha256(canonical, digest);
	return sign_base64(digest, sizeof digest);
}

/* b= over a header in canonical form. */
static inline char *
sign_header(const SignKey *key, const char *canonical)
{
	guint8 digest[32];
	gnutls_datum_t hash = { digest, sizeof digest }, out;
	char *text;

	sign_sha256(canonical, digest);
	g_assert_cmpint(key->ed25519
			    ? gnutls_privkey_sign_data2(key->key,
				  GNUTLS_SIGN_EDDSA_ED25519, 0, &hash, &out)
			    : gnutls_privkey_sign_hash2(key->key,
				  GNUTLS_SIGN_RSA_SHA256, 0, &hash, &out),
	    ==, 0);
	text = sign_base64(out.data, out.size);
	gnutls_free(out.data);
	return text;
}

/* A mail of Ann's, signed in the simple form by s1 of that domain. */
static inline char *
sign_mail(const SignKey *key, const char *domain, const char *selector)
{
	static const char head[] = "From: Ann <ann@shop.example>\r\n"
				   "To: support@help.example\r\n"
				   "Subject: Where is it?\r\n";
	static const char body[] = "Where is my parcel?\r\n\r\nAnn\r\n";
	g_autofree char *hash = sign_body(body);
	g_autofree char *field = g_strdup_printf("DKIM-Signature: v=1; "
						 "a=%s-sha256; d=%s; s=%s;\r\n"
						 " h=from:to:subject; bh=%s; "
						 "b=",
	    key->ed25519 ? "ed25519" : "rsa", domain, selector, hash);
	g_autofree char *text = g_strconcat(head, field, NULL);
	g_autofree char *b = sign_header(key, text);

	return g_strconcat(field, b, "\r\n", head, "\r\n", body, NULL);
}

#endif
