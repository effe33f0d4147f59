/* stream_tls.c - whom to trust, and the handshake. Octets then go on through
 * the driver in stream.c. */
#include "ground/stream.h"
#include "ground/stream_private.h"

#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <libetpan/libetpan.h>

#include "ground/clock.h"
#include "ground/error.h"

enum {
	HANDSHAKES_MOST = 8, /* of this process at the same time */
	PATIENCE_MS = 2000,
};

struct StreamTrust {
	gnutls_certificate_credentials_t credentials;
};

/* What is wrong with a certificate, and what to do; the host name stands in
 * between. The first match counts. */
static const struct {
	unsigned int flag;
	const char *wrong, *remedy;
} refusals[] = {
	{ GNUTLS_CERT_UNEXPECTED_OWNER, "name does not match host",
	    "configure the name that stands in the certificate" },
	{ GNUTLS_CERT_EXPIRED, "expired, of host", "it must be renewed there" },
	{ GNUTLS_CERT_NOT_ACTIVATED, "not valid yet, of host",
	    "check the clocks here and there" },
	{ GNUTLS_CERT_REVOKED, "revoked, of host", "it must be renewed there" },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, "issuer not trusted, of host",
	    "configure the CA file that holds the issuer" },
	{ GNUTLS_CERT_INVALID, "not trusted, of host",
	    "check what certificate is presented there" },
};

StreamTrust *
stream_trust_new(const char *ca_file, GError **error)
{
	g_autoptr(StreamTrust) trust = g_new0(StreamTrust, 1);
	gboolean own = ca_file != NULL && *ca_file != '\0';
	int count;

	count = gnutls_certificate_allocate_credentials(&trust->credentials);
	if (count < 0) {
		error_temporary(error, "TLS: %s", gnutls_strerror(count));
		return NULL;
	}
	if (own)
		count = gnutls_certificate_set_x509_trust_file(
		    trust->credentials, ca_file, GNUTLS_X509_FMT_PEM);
	else
		count = gnutls_certificate_set_x509_system_trust(
		    trust->credentials);
	if (count > 0)
		return g_steal_pointer(&trust);
	if (own)
		error_config(error, "CA file %s: %s", ca_file,
		    count < 0 ? gnutls_strerror(count)
			      : "there is no certificate in it");
	else
		error_config(error,
		    "no CA certificate in the system's store: install "
		    "ca-certificates, or configure a CA file");
	return NULL;
}

void
stream_trust_free(StreamTrust *trust)
{
	if (trust == NULL)
		return;
	if (trust->credentials != NULL)
		gnutls_certificate_free_credentials(trust->credentials);
	g_free(trust);
}

/* A server never speaks before our hello: whatever is there was put in by
 * somebody else, to be taken for an answer under TLS. */
static gboolean
nothing_waits(const Stream *stream)
{
	char octet;

	if (stream->outer != NULL && stream->outer->read_buffer_len > 0)
		return FALSE;
	return recv(stream->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

static gboolean
is_numeric(const char *host)
{
	struct addrinfo hint = { .ai_flags = AI_NUMERICHOST };
	struct addrinfo *one = NULL;

	if (getaddrinfo(host, NULL, &hint, &one) != 0)
		return FALSE;
	freeaddrinfo(one);
	return TRUE;
}

static int
prepare_tls(Stream *stream, const char *host, const StreamTrust *trust)
{
	int code;

	code = gnutls_init(&stream->tls,
	    GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	if (code < 0)
		return code;
	code = gnutls_priority_set_direct(stream->tls,
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL);
	if (code >= 0 && !is_numeric(host))
		code = gnutls_server_name_set(stream->tls, GNUTLS_NAME_DNS,
		    host, strlen(host));
	if (code >= 0)
		code = gnutls_credentials_set(stream->tls,
		    GNUTLS_CRD_CERTIFICATE, trust->credentials);
	/* Chain and name are checked during the handshake. */
	gnutls_session_set_verify_cert(stream->tls, host, 0);
	gnutls_transport_set_int(stream->tls, stream->fd);
	return code;
}

static gboolean
refused(const Stream *stream, const char *host, GError **error)
{
	unsigned int status;

	status = gnutls_session_get_verify_cert_status(stream->tls);
	for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++)
		if ((status & refusals[i].flag) != 0)
			return error_temporary(error,
			    "certificate refused: %s %s: %s", refusals[i].wrong,
			    host, refusals[i].remedy);
	return error_temporary(error, "certificate refused: status %x, host %s",
	    status, host);
}

/* Two hundred mailboxes that begin at once would each compute and wait for all
 * the others, and run into their deadlines together. So a few begin at a time;
 * but nobody waits long, since some server may never answer. */
static struct {
	GMutex lock;
	GCond left;
	guint inside;
} handshakes;

static void
enter_handshake(void)
{
	gint64 until = g_get_monotonic_time() + PATIENCE_MS * 1000;
	gboolean patient = TRUE;

	g_mutex_lock(&handshakes.lock);
	while (handshakes.inside >= HANDSHAKES_MOST && patient)
		patient = g_cond_wait_until(
		    &handshakes.left, &handshakes.lock, until);
	handshakes.inside++;
	g_mutex_unlock(&handshakes.lock);
}

static void
leave_handshake(void)
{
	g_mutex_lock(&handshakes.lock);
	handshakes.inside--;
	g_cond_signal(&handshakes.left);
	g_mutex_unlock(&handshakes.lock);
}

/* 1: done, or it has failed with *code; else what stream_wait_fd says. */
static int
shake_hands(Stream *stream, gint64 until, int *code)
{
	int ready = 1;
	short events;

	enter_handshake();
	*code = gnutls_handshake(stream->tls);
	while (*code < 0 && !gnutls_error_is_fatal(*code) && ready == 1) {
		events =
		    gnutls_record_get_direction(stream->tls) ? POLLOUT : POLLIN;
		ready = stream_wait_fd(stream, events, until);
		if (ready == 1)
			*code = gnutls_handshake(stream->tls);
	}
	leave_handshake();
	return ready;
}

gboolean
stream_start_tls(Stream *stream, const char *host, const StreamTrust *trust,
    int ms, GError **error)
{
	gint64 until = clock_monotonic_ms() + ms;
	int code, ready = 1;

	stream->end = STREAM_TLS;
	if (stream->tls != NULL)
		return error_temporary(error, "TLS to %s: is on already", host);
	if (!nothing_waits(stream))
		return error_temporary(error,
		    "TLS to %s: octets came before the handshake: somebody "
		    "on the way injects, or the port does not begin with TLS",
		    host);
	code = prepare_tls(stream, host, trust);
	if (code >= 0)
		ready = shake_hands(stream, until, &code);
	if (ready != 1) {
		stream->end = ready == 0    ? STREAM_DEADLINE
			      : ready == -2 ? STREAM_WOKEN
					    : STREAM_IO;
		return error_temporary(error, "TLS to %s: %s", host,
		    stream_end_text(stream));
	}
	if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return refused(stream, host, error);
	if (code < 0)
		return error_temporary(error, "TLS to %s: %s%s", host,
		    gnutls_strerror(code),
		    code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH ||
			    code == GNUTLS_E_UNEXPECTED_PACKET ||
			    code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET
			? " Is that port for TLS?"
			: "");
	stream->end = STREAM_OK;
	return TRUE;
}
