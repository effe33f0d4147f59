/* resolver.c - the cache and one loop of poll() over all questions. Runs inside
 * the prover's worker (prover.c), which may open sockets and nothing else;
 * packets are read by dns.c. */
#define _GNU_SOURCE 1 /* SOCK_NONBLOCK */
#include "mail/resolver.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mail/nameserver.h"

enum {
	TRIES = RESOLVER_SECONDS, /* of a second each, server after server */
	FOREIGN_MOST = 64, /* packets of others that a question puts up with */
	TTL_LEAST = 30,
	TTL_MOST = 3600,
	TTL_NOTHING = 60,
	TTL_FAILED = 10, /* a dead name server is not asked for every mail */
};

typedef struct Entry {
	ResolverAnswer answer;
	gint64 until; /* monotonic microseconds */
} Entry;

struct Resolver {
	NameServer servers[NAMESERVERS_MOST];
	guint n_servers;
	GHashTable *cache; /* name -> Entry */
	gboolean heard;    /* of a server, in this fetch */
};

/* One name that is being asked for. */
typedef struct Query {
	const char *name;
	int fd;
	gboolean tcp, edns;
	guint tries, foreign;
	gint64 until;                           /* of this try */
	guint8 question[2 + DNS_QUESTION_MOST]; /* length in front: TCP */
	gsize question_size;                    /* without it */
	gsize sent;                             /* by TCP, with it */
	guint8 packet[2 + DNS_PACKET_MOST];
	gsize got;
} Query;

static void
entry_free(gpointer data)
{
	Entry *entry = data;

	g_ptr_array_unref(entry->answer.texts);
	g_free(entry);
}

Resolver *
resolver_new(const char *servers, GError **error)
{
	g_autoptr(Resolver) resolver = g_new0(Resolver, 1);

	resolver->n_servers =
	    nameserver_list(servers, resolver->servers, error);
	if (resolver->n_servers == 0)
		return NULL;
	resolver->cache =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	return g_steal_pointer(&resolver);
}

void
resolver_free(Resolver *resolver)
{
	if (resolver == NULL)
		return;
	g_clear_pointer(&resolver->cache, g_hash_table_unref);
	g_free(resolver);
}

/* --- the cache ------------------------------------------------------------- */

static gint64
seconds_kept(DnsStatus status, guint32 ttl)
{
	switch (status) {
	case DNS_FOUND:
		return CLAMP(ttl, TTL_LEAST, TTL_MOST);
	case DNS_NOTHING:
		return TTL_NOTHING;
	default:
		return TTL_FAILED;
	}
}

/* Takes over texts. */
static void
keep(Resolver *resolver, const char *name, DnsStatus status, GPtrArray *texts,
    guint32 ttl)
{
	Entry *entry = g_new0(Entry, 1);

	entry->answer.status = status;
	entry->answer.texts = texts;
	entry->until =
	    g_get_monotonic_time() + seconds_kept(status, ttl) * G_USEC_PER_SEC;
	g_hash_table_replace(resolver->cache, g_strdup(name), entry);
}

static gboolean
is_old(gpointer name, gpointer value, gpointer now)
{
	const Entry *entry = value;

	(void)name;
	return entry->until <= *(gint64 *)now;
}

/* Room for so many more; what is in force goes too when nothing else helps. */
static void
tidy(Resolver *resolver, guint more)
{
	gint64 now = g_get_monotonic_time();

	g_hash_table_foreach_remove(resolver->cache, is_old, &now);
	if (g_hash_table_size(resolver->cache) + more > RESOLVER_KEPT)
		g_hash_table_remove_all(resolver->cache);
}

const ResolverAnswer *
resolver_answer(Resolver *resolver, const char *name)
{
	Entry *entry = g_hash_table_lookup(resolver->cache, name);

	if (entry == NULL) {
		keep(resolver, name, DNS_FAILED,
		    g_ptr_array_new_with_free_func(g_free), 0);
		entry = g_hash_table_lookup(resolver->cache, name);
	}
	return &entry->answer;
}

/* --- one question ---------------------------------------------------------- */

static void
query_close(Query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
}

static void
query_free(gpointer data)
{
	Query *query = data;

	query_close(query);
	g_free(query);
}

static gboolean
query_open(Resolver *resolver, Query *query)
{
	const NameServer *server =
	    &resolver->servers[query->tries % resolver->n_servers];
	int type = query->tcp ? SOCK_STREAM : SOCK_DGRAM;

	query_close(query);
	query->sent = query->got = 0;
	query->fd = socket(server->address.any.sa_family,
	    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return query->fd >= 0 &&
	       (connect(query->fd, &server->address.any, server->size) == 0 ||
		   errno == EINPROGRESS);
}

static void
write_question(Query *query)
{
	guint16 id;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (guint16)g_get_monotonic_time();
	query->question_size =
	    dns_question(query->name, id, query->edns, query->question + 2);
	query->question[0] = (guint8)(query->question_size >> 8);
	query->question[1] = (guint8)query->question_size;
}

/* A new try on a new socket. FALSE if that server cannot be asked now. */
static gboolean
query_start(Resolver *resolver, Query *query)
{
	gint64 seconds = query->tcp ? RESOLVER_SECONDS : 1;

	write_question(query);
	query->until = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
	if (!query_open(resolver, query))
		return FALSE;
	return query->tcp ||
	       send(query->fd, query->question + 2, query->question_size,
		   MSG_NOSIGNAL) == (ssize_t)query->question_size;
}

/* The next server, or the same one again, up to so many tries. */
static gboolean
query_try(Resolver *resolver, Query *query, guint most)
{
	while (++query->tries < most) {
		query->tcp = FALSE;
		if (query_start(resolver, query))
			return TRUE;
	}
	query_close(query);
	return FALSE;
}

/* After a silence. */
static gboolean
query_again(Resolver *resolver, Query *query)
{
	return query_try(resolver, query, TRIES);
}

/* After a refusal: who has refused is not asked a second time. */
static gboolean
query_elsewhere(Resolver *resolver, Query *query)
{
	return query_try(resolver, query, resolver->n_servers);
}

/* What a packet means. FALSE: the query is over, its answer in the cache. */
static gboolean
query_judge(Resolver *resolver, Query *query, const guint8 *packet, gsize size)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	guint32 ttl = 0;
	DnsStatus status = dns_answer(packet, size, query->question + 2,
	    query->question_size, texts, &ttl);

	if (status == DNS_FOREIGN)
		return !query->tcp && ++query->foreign < FOREIGN_MOST
			   ? TRUE
			   : query_elsewhere(resolver, query);
	resolver->heard = TRUE;
	if (status == DNS_TRUNCATED && !query->tcp) {
		query->tcp = TRUE;
		return query_start(resolver, query) ||
		       query_elsewhere(resolver, query);
	}
	if (status == DNS_FORMAT && query->edns) {
		query->edns = FALSE;
		return query_start(resolver, query) ||
		       query_elsewhere(resolver, query);
	}
	if (status != DNS_FOUND && status != DNS_NOTHING)
		return query_elsewhere(resolver, query);
	keep(resolver, query->name, status, g_steal_pointer(&texts), ttl);
	query_close(query);
	return FALSE;
}

static gboolean
query_read_udp(Resolver *resolver, Query *query)
{
	ssize_t n =
	    recv(query->fd, query->packet, DNS_PACKET_MOST, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TRUE;
	if (n < 0) /* nobody listens there */
		return query_elsewhere(resolver, query);
	return query_judge(resolver, query, query->packet, (gsize)n);
}

/* Sends what is left of the question; FALSE if the connection is no good. */
static gboolean
query_write_tcp(Query *query)
{
	gsize left = query->question_size + 2 - query->sent;
	ssize_t n = send(query->fd, query->question + query->sent, left,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	query->sent += (gsize)n;
	return TRUE;
}

static gboolean
query_read_tcp(Resolver *resolver, Query *query)
{
	gsize want = 2;
	ssize_t n;

	if (query->got >= 2)
		want += (gsize)(query->packet[0] << 8 | query->packet[1]);
	if (want > sizeof(query->packet))
		return query_elsewhere(resolver, query);
	n = recv(query->fd, query->packet + query->got, want - query->got,
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TRUE;
	if (n <= 0)
		return query_elsewhere(resolver, query);
	query->got += (gsize)n;
	if (query->got < 2 || query->got < want || want == 2)
		return TRUE;
	return query_judge(resolver, query, query->packet + 2, want - 2);
}

static short
query_events(const Query *query)
{
	return query->tcp && query->sent < query->question_size + 2 ? POLLOUT
								    : POLLIN;
}

/* FALSE: it is over. */
static gboolean
query_step(Resolver *resolver, Query *query, short events, gint64 now)
{
	if (events != 0 && !query->tcp)
		return query_read_udp(resolver, query);
	if (events != 0 && query_events(query) == POLLOUT)
		return query_write_tcp(query) ||
		       query_elsewhere(resolver, query);
	if (events != 0)
		return query_read_tcp(resolver, query);
	return now < query->until || query_again(resolver, query);
}

/* --- all of them ----------------------------------------------------------- */

static Query *
query_new(Resolver *resolver, const char *name)
{
	Query *query = g_new0(Query, 1);

	query->name = name;
	query->fd = -1;
	query->edns = TRUE;
	if (query_start(resolver, query) || query_elsewhere(resolver, query))
		return query;
	query_free(query);
	return NULL;
}

/* Keeps RESOLVER_SOCKETS questions going while names are left. */
static void
fill(Resolver *resolver, GPtrArray *queries, const GPtrArray *names,
    guint *next)
{
	while (queries->len < RESOLVER_SOCKETS && *next < names->len) {
		const char *name = names->pdata[(*next)++];
		Query *query;

		if (g_hash_table_contains(resolver->cache, name))
			continue;
		query = query_new(resolver, name);
		if (query != NULL)
			g_ptr_array_add(queries, query);
		else
			resolver_answer(resolver, name);
	}
}

static void
wait_for(const GPtrArray *queries, struct pollfd *polled, gint64 deadline)
{
	gint64 until = deadline, left;

	for (guint i = 0; i < queries->len; i++) {
		const Query *query = queries->pdata[i];

		polled[i] = (struct pollfd){ .fd = query->fd,
			.events = query_events(query) };
		until = MIN(until, query->until);
	}
	left = (until - g_get_monotonic_time()) / 1000 + 1;
	if (poll(polled, queries->len, (int)CLAMP(left, 0, 1000)) > 0)
		return;
	for (guint i = 0; i < queries->len; i++)
		polled[i].revents = 0;
}

/* Each name once; they stay the caller's. */
static GPtrArray *
once_each(const GPtrArray *names)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *out = g_ptr_array_new();

	for (guint i = 0; i < names->len; i++)
		if (g_hash_table_add(seen, names->pdata[i]))
			g_ptr_array_add(out, names->pdata[i]);
	return out;
}

gboolean
resolver_fetch(Resolver *resolver, const GPtrArray *names, gint64 deadline)
{
	g_autoptr(GPtrArray) queries =
	    g_ptr_array_new_with_free_func(query_free);
	g_autoptr(GPtrArray) wanted = once_each(names);
	struct pollfd polled[RESOLVER_SOCKETS];
	guint next = 0, before;

	tidy(resolver, wanted->len);
	resolver->heard = FALSE;
	before = g_hash_table_size(resolver->cache);
	fill(resolver, queries, wanted, &next);
	while (queries->len > 0 && g_get_monotonic_time() < deadline) {
		gint64 now;

		wait_for(queries, polled, deadline);
		now = g_get_monotonic_time();
		for (guint i = queries->len; i > 0; i--) {
			Query *query = queries->pdata[i - 1];

			if (query_step(resolver, query, polled[i - 1].revents,
				now))
				continue;
			resolver_answer(resolver, query->name);
			g_ptr_array_remove_index_fast(queries, i - 1);
		}
		fill(resolver, queries, wanted, &next);
	}
	return resolver->heard || before == g_hash_table_size(resolver->cache);
}
