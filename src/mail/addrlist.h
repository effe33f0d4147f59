/* addrlist.h - the addresses of a field such as From or To (RFC 5322 section
 * 3.4), as people's programs write them. */
#ifndef MAIL_ADDRLIST_H
#define MAIL_ADDRLIST_H

#include "mail/address.h"

/* Appends an Address for each mailbox in body (valid UTF-8, unfolded), members
 * of groups included, at most 1,000 in all. Linear, without recursion.
 *
 * What is no addr-spec is display name: "Doe, Ann <a@x>" is one address. A
 * single word without "@" ("root") is taken as address if nothing else is
 * there. Encoded-words never become an address. */
void addrlist_parse(const char *body, GPtrArray *addresses);

/* local@domain with the domain in lower case and A-labels; white space, angle
 * brackets and a route are removed. Free with g_free. */
char *addrlist_spec(const char *text);

#endif
