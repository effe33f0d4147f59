/* address.h - RFC 5322 addresses (section 3.4) as plain facts. */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include "javob.h"

struct Address {
	char *address; /* local@domain, domain in lower case (A-labels) */
	char *name;    /* display name, clean single line; "" when none */
};

Address *address_new(const char *addr_spec, const char *name);
void address_free(Address *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Address, address_free)

/* True for something we may put into an SMTP command: local@domain, at most
 * 254 octets, no control, space, <, >, CR, LF; the local part does not begin
 * with "-"; the domain is no literal. UTF-8 local parts are valid. */
gboolean address_is_valid(const char *addr_spec);

/* True if automatic mail may go there: address_is_valid, US-ASCII, and the
 * domain is not localhost or a literal (THREATS.md 4). */
gboolean address_may_mail(const char *addr_spec);

/* As a person reads it: the domain in U-labels, unless it would not come back
 * to the same A-labels or mixes scripts as only a forger does. For showing
 * only: what is compared, stored or written to keeps its A-labels, since two
 * names that look alike must not be one. Free with g_free. */
char *address_show(const char *addr_spec);

/* The form under which addresses are compared and stored: case folded. Free
 * with g_free. */
char *address_fold(const char *addr_spec);
gboolean address_equal(const char *a, const char *b);

/* Part after the last "@", or "". Borrowed. */
const char *address_domain(const char *addr_spec);

/* The token of a reply address: what stands between "+" and "@" in an address
 * that is otherwise base ("support+TOKEN@shop.example"); NULL if it is not of
 * that form. Free with g_free. */
char *address_detail(const char *addr_spec, const char *base);

/* base with "+detail" before the "@"; free with g_free. */
char *address_with_detail(const char *base, const char *detail);

/* Local part that no person reads: mailer-daemon, postmaster, no-reply in all
 * spellings, bounce*, owner-*, *-request, majordomo, listserv, root
 * (THREATS.md 2.7). */
gboolean address_is_robot(const char *addr_spec);

#endif
