/* span.h - lengths of time as people write them: "90s", "15m", "4h", "2d". */
#ifndef GROUND_SPAN_H
#define GROUND_SPAN_H

#include <glib.h>

/* Number and unit (s, m, h, d, w), several may follow one another ("1h30m").
 * FALSE and no change for anything else, negative and overflow included. */
gboolean span_parse(const char *text, gint64 *seconds);

/* Shortest exact form, "90m" as "1h30m"; free with g_free. */
char *span_format(gint64 seconds);

#endif
