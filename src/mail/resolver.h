/* resolver.h - TXT records of many names at once, bounded in time: a stub that
 * asks the site's own recursive resolver by UDP, then TCP.
 *
 * Its word is believed, so it should be near (127.0.0.1) and validate. Each
 * question has a socket, hence a port, and a random id of its own. */
#ifndef MAIL_RESOLVER_H
#define MAIL_RESOLVER_H

#include "mail/dns.h"

#define RESOLVER_SOCKETS  128  /* questions at the same time */
#define RESOLVER_SECONDS  3    /* for one name by UDP, and again by TCP */
#define RESOLVER_KEPT     2000 /* names in the cache */
#define RESOLVER_SERVERS  3

typedef struct Resolver Resolver;

typedef struct ResolverAnswer {
	DnsStatus status; /* FOUND, NOTHING or FAILED */
	GPtrArray *texts; /* of char *; empty unless FOUND */
} ResolverAnswer;

/* servers: "127.0.0.1, [::1]:5353"; the port is 53 when not said. NULL with
 * error CONFIG for what is no list of at most RESOLVER_SERVERS addresses. */
Resolver *resolver_new(const char *servers, GError **error);
void resolver_free(Resolver *resolver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resolver, resolver_free)

/* The servers of /etc/resolv.conf in that form; 127.0.0.1 if it names none.
 * Free with g_free. */
char *resolver_system_servers(void);

/* Asks for all names (of char *) that are not in the cache, at the same time,
 * until all have answered or the deadline (g_get_monotonic_time) has come.
 * FALSE if not one server said anything: it may have moved. */
gboolean resolver_fetch(Resolver *resolver, const GPtrArray *names,
    gint64 deadline);

/* What the last resolver_fetch knows of a name; never NULL. Valid until the
 * next fetch. */
const ResolverAnswer *resolver_answer(Resolver *resolver, const char *name);

#endif
