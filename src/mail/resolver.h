/* resolver.h - TXT records of many names at once, bounded in time: a stub that
 * asks the site's own recursive resolver by UDP, then TCP.
 *
 * Its word is believed, so it should be near (127.0.0.1) and validate. Each
 * question has a socket, hence a port, and a random id of its own. */
#ifndef MAIL_RESOLVER_H
#define MAIL_RESOLVER_H

#include "mail/dns.h"

#define RESOLVER_SOCKETS 128  /* questions at the same time */
#define RESOLVER_SECONDS 3    /* for one name by UDP, and again by TCP */
#define RESOLVER_KEPT    2000 /* names in the cache */

typedef struct Resolver Resolver;

typedef struct ResolverAnswer {
	DnsStatus status; /* FOUND, NOTHING or FAILED */
	GPtrArray *texts; /* of char *; empty unless FOUND */
} ResolverAnswer;

/* servers: as nameserver.h wants them. NULL with error CONFIG. */
Resolver *resolver_new(const char *servers, GError **error);
void resolver_free(Resolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resolver, resolver_free)

/* Asks for all names (of char *) that are not in the cache, at the same time,
 * until all have answered or the deadline (g_get_monotonic_time) has come.
 * FALSE if not one server said anything: it may have moved. */
gboolean resolver_fetch(Resolver *resolver, const GPtrArray *names,
    gint64 deadline);

/* What the last resolver_fetch knows of a name; never NULL. Valid until the
 * next fetch. */
const ResolverAnswer *resolver_answer(Resolver *resolver, const char *name);

#endif
