/* log.h - one escaped line per happening, "key=value key=value".
 *
 * Goes to stderr (systemd and cron take it from there), or to syslog after
 * log_open with syslog TRUE. Bodies, passwords and tokens never go in. */
#ifndef GROUND_LOG_H
#define GROUND_LOG_H

#include <glib.h>

typedef enum LogLevel { LOG_LEVEL_ERROR, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG } LogLevel;

/* role: static string that stands at the head of each line ("send: "). Also takes
 * over GLib's own messages. May be called again after a fork. */
void log_open(const char *role, LogLevel most, gboolean syslog);

/* A line; control characters and line ends in it are escaped. */
void log_info(const char *format, ...) G_GNUC_PRINTF(1, 2);
void log_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
void log_debug(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* "ann@shop.example" shortened for a log to "a..@shop.example"; free with
 * g_free. */
char *log_address(const char *address);

#endif
