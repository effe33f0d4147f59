/* clock.h - the only asker of the time. */
#ifndef GROUND_CLOCK_H
#define GROUND_CLOCK_H

#include <glib.h>

/* Seconds since 1970 UTC. JAVOB_CLOCK in the environment (seconds, or an
 * RFC 3339 instant) holds it still, for tests. */
gint64 clock_now(void);

/* Milliseconds of CLOCK_MONOTONIC, for time-outs and back-off only. */
gint64 clock_monotonic_ms(void);

/* RFC 3339 in UTC, "2026-11-27T06:29:03Z"; free with g_free. */
char *clock_rfc3339(gint64 when);

/* Parses RFC 3339 (or plain seconds); FALSE if text is neither. */
gboolean clock_parse(const char *text, gint64 *when);

#endif
