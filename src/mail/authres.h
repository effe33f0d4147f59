/* authres.h - Authentication-Results (RFC 8601): who is proven.
 *
 * Only the topmost field counts, only above the first Received field, and
 * only if its authserv-id is exactly the configured one. */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H

#include "mail/message.h"

typedef enum AuthVerdict {
	AUTH_NONE,   /* nothing that counts is said */
	AUTH_PASS,   /* dmarc=pass, or an aligned dkim or spf pass */
	AUTH_FAIL,   /* dmarc=fail */
} AuthVerdict;

/* authserv_id "" : AUTH_NONE. The domain asked about is that of the only
 * address of the only From field; several From fields or addresses, or an odd
 * From: never AUTH_PASS. reason: one line for `explain`; free with g_free. */
AuthVerdict authres_judge(const Message *message, const char *authserv_id,
    char **reason);

#endif
