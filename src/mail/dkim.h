/* dkim.h - DKIM signatures of a mail (RFC 6376; RFC 8301: no SHA-1, no short
 * keys; RFC 8463: Ed25519), in two steps: what the mail says, then whether a
 * key agrees. No network here: prove.c finds the keys.
 *
 * Our own reader on GnuTLS, which javob links in any case, and not
 * libopendkim: that one brings OpenSSL, a second TLS library, and Berkeley DB
 * into every `javob deliver` (measured: 2.9 MB and 6 ms a start), and its stock
 * resolver blocks for one key after the other. Ours is stricter than the RFC,
 * since a signature is to prove an author here and not to score spam:
 *
 *   - exactly one From field, and a header without broken lines;
 *   - every Subject and Reply-To field there is must be signed, since both
 *     come back in an acknowledgement;
 *   - l= must cover the whole body: what is added below was signed by nobody;
 *   - a key in test mode (t=y) proves nothing (RFC 6376 section 3.6.1). */
#ifndef MAIL_DKIM_H
#define MAIL_DKIM_H

#include "mail/octets.h"

#define DKIM_SIGNATURES_MOST 5 /* that are looked at */

typedef enum DkimAlgorithm {
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256,
} DkimAlgorithm;

typedef struct DkimSignature {
	char *domain;   /* d=, lower case; "" when it could not be read */
	char *selector; /* s=, lower case */
	char *fault;    /* why it proves nothing whatever the key; NULL: none */
	DkimAlgorithm algorithm;
	gboolean below;    /* i= names a domain below d= */
	guint8 digest[32]; /* SHA-256 over the signed header fields */
	GBytes *octets;    /* b= */
} DkimSignature;

/* The signatures of domains aligned with the author's, at most
 * DKIM_SIGNATURES_MOST from the top, bodies compared; array of DkimSignature.
 * others: how many of other domains there are (not looked at).
 * when: second at which the mail came, for x=.
 * NULL if the header as a whole cannot prove anything; *why then says so, free
 * with g_free. */
GPtrArray *dkim_read(const Octets *octets, const char *author_domain,
    gint64 when, guint *others, char **why);

/* "selector._domainkey.domain"; free with g_free. */
char *dkim_key_name(const DkimSignature *signature);

/* Does the key of that record (text of a TXT record) agree? FALSE with *why, a
 * few words that free with g_free. signature->fault is NULL. */
gboolean dkim_verify(const DkimSignature *signature, const char *record,
    char **why);

void dkim_signature_free(DkimSignature *signature);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DkimSignature, dkim_signature_free)

#endif
