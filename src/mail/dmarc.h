/* dmarc.h - what the author's domain says about alignment (RFC 7489).
 *
 * Only adkim= is used. p=reject and p=quarantine say what to do with mail that
 * passes neither SPF nor DKIM; behind a border SPF cannot be evaluated, and a
 * broken signature is as good as none (RFC 6376 section 6.1, RFC 7489 section
 * 6.6.2). So from here no mail ever fails: without an aligned signature it is
 * simply not proven. */
#ifndef MAIL_DMARC_H
#define MAIL_DMARC_H

#include "javob.h"

/* "_dmarc.domain"; free with g_free. */
char *dmarc_name(const char *domain);

/* Reads the TXT records of that name. FALSE if there is no record of this
 * kind, or more than one: as if there were none. strict: adkim=s. */
gboolean dmarc_read(const GPtrArray *texts, gboolean *strict);

#endif
