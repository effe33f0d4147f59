/* stream_private.h - what stream.c and stream_tls.c share. */
#ifndef GROUND_STREAM_PRIVATE_H
#define GROUND_STREAM_PRIVATE_H

#include "ground/stream.h"

struct Stream {
	int fd;
	int wake_fd;
	int grace_ms;  /* 0: a wake-up ends the wait at once */
	gboolean deaf; /* woken, and in the time of grace */
	StreamEnd end;
	gint64 deadline; /* of clock_monotonic_ms; 0: none */
	gboolean limited;
	gsize left; /* octets that may still come in when limited */
	struct gnutls_session_int *tls; /* gnutls_session_t */
	struct _mailstream *outer;      /* owns us once there is one */
};

/* 1 ready, 0 time is over, -1 error, -2 woken. until (of clock_monotonic_ms)
 * 0: no limit. */
int stream_wait_fd(const Stream *stream, short events, gint64 until);

#endif
