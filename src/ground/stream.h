/* stream.h - the driver under libetpan's streams.
 *
 * libetpan's own streams verify no certificate, abort at descriptor 1,024 and
 * spin on a peer that closes inside a literal; this driver has poll(2),
 * GnuTLS with verification of chain and name, one absolute deadline and a
 * byte budget for each command, and a wake-up descriptor.
 * A Stream belongs to one thread at a time. */
#ifndef GROUND_STREAM_H
#define GROUND_STREAM_H

#include "javob.h"

typedef enum StreamEnd {
	STREAM_OK,
	STREAM_EOF,      /* the peer closed */
	STREAM_DEADLINE, /* the budget's time is over */
	STREAM_WOKEN,    /* the wake-up descriptor became readable */
	STREAM_TLS,
	STREAM_IO,
	STREAM_TOO_BIG, /* the budget's octets are used up */
} StreamEnd;

/* What is trusted; made once, shared by all threads. ca_file "" or NULL: the
 * system's store (28 ms and 3.7 MiB, so never one a connection). */
StreamTrust *stream_trust_new(const char *ca_file, GError **error);
void stream_trust_free(StreamTrust *trust);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StreamTrust, stream_trust_free)

/* TCP to host:port (or a unix socket if host begins with "/"), within ms over
 * all its addresses. wake_fd: an eventfd that ends any wait, or -1. */
Stream *stream_connect(const char *host, guint16 port, int ms, int wake_fd,
    GError **error);

/* Client handshake, TLS 1.2 or later, chain and host name verified. Refuses
 * if octets are waiting that came before it (CVE-2020-15953). */
gboolean stream_start_tls(Stream *stream, const char *host,
    const StreamTrust *trust, int ms, GError **error);

/* Time and octets for everything until the next call; 0: no limit. */
void stream_budget(Stream *stream, int ms, gsize octets);

/* Until the next budget: when the wake-up descriptor becomes readable, what is
 * under way may still take ms, instead of failing at once. For what should
 * not be torn, like the wait for the reply to a final dot. */
void stream_grace(Stream *stream, int ms);

/* What ended the last call that failed. */
StreamEnd stream_end(const Stream *stream);
const char *stream_end_text(const Stream *stream);

/* 1 input is there, 0 time is over, -1 the peer is gone, -2 woken. Looks into
 * libetpan's and GnuTLS's buffers first. ms < 0: no limit. */
int stream_wait(Stream *stream, int ms);

/* The `mailstream *` for mailimap_connect or mailsmtp_connect, as void
 * pointer since libetpan's types do not cross a header. It owns the Stream
 * from then on: mailstream_close frees both. */
void *stream_mailstream(Stream *stream);

/* Only for a Stream that no mailstream owns. */
void stream_free(Stream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stream, stream_free)

#endif
