/* authres.h - Authentication-Results (RFC 8601): who is proven.
 *
 * Only the topmost field counts, only above the first Received field that is
 * no hop "with LMTP", and only if its authserv-id is exactly the configured
 * one. */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include "mail/message.h"

typedef enum AuthVerdict {
	AUTH_NONE,   /* nothing that counts is said */
	AUTH_PASS,   /* dmarc=pass, or an aligned dkim or spf pass */
	AUTH_FAIL,   /* dmarc=fail */
} AuthVerdict;

/* What was found out about an author, and how. */
typedef struct AuthFinding {
	AuthVerdict verdict;
	char *reason; /* one line for `explain` */
} AuthFinding;

AuthFinding *auth_finding_new(AuthVerdict verdict, const char *reason);
void auth_finding_free(AuthFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AuthFinding, auth_finding_free)

/* authserv_id "" : AUTH_NONE. The domain asked about is that of the only
 * address of the only From field; several From fields or addresses, or an odd
 * From: never AUTH_PASS. reason: one line for `explain`; free with g_free. */
AuthVerdict authres_judge(const Message *message, const char *authserv_id,
    char **reason);

/* THREATS.md 3.5: what is odd about the author, so that no proof of his domain
 * counts; NULL if nothing is. Borrowed. */
const char *authres_oddity(const Message *message);

/* Relaxed alignment (RFC 7489 3.1) of domains in lower case: equal, or one is
 * below the other and the upper one is no registry's. */
gboolean authres_is_aligned(const char *a, const char *b);

/* The organisational domain (RFC 7489 3.2), as far as our list of registries
 * goes. Borrowed from domain. */
const char *authres_organisation(const char *domain);

#endif
