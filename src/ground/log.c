/* log.c - one escaped line per happening.
 *
 * A line is one write(2) of at most PIPE_BUF octets, so that lines of several
 * processes never mix and none is ever seen half. */
#include "ground/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "ground/clock.h"

/* Set by log_open before any thread starts, read-only afterwards. */
static struct {
	const char *role;
	LogLevel most;
	gboolean to_syslog;
	gboolean has_glib;
} sink = { "javob", LOG_LEVEL_INFO, FALSE, FALSE };

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* What a terminal or a reader of lines would act on, or nobody would see. */
static gboolean
is_unsafe(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static void
escape(GString *out, const char *text)
{
	const char *p = text, *end = text + strlen(text);

	while (p < end) {
		gunichar c = g_utf8_get_char_validated(p, end - p);
		const char *next;

		if (c >= 0x110000) { /* (gunichar)-1 or -2: no UTF-8 */
			g_string_append_printf(out, "\\x%02x", (guchar)*p++);
			continue;
		}
		next = g_utf8_next_char(p);
		if (c == '\\')
			g_string_append(out, "\\\\");
		else if (c == '\n')
			g_string_append(out, "\\n");
		else if (c == '\r')
			g_string_append(out, "\\r");
		else if (c == '\t')
			g_string_append(out, "\\t");
		else if (c < 0x80 && is_unsafe(c))
			g_string_append_printf(out, "\\x%02x", c);
		else if (is_unsafe(c))
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_len(out, p, next - p);
		p = next;
	}
}

static void
cut(GString *line, gsize most)
{
	if (line->len <= most)
		return;
	while (most > 0 && ((guchar)line->str[most] & 0xc0) == 0x80)
		most--;
	g_string_truncate(line, most);
	g_string_append(line, "\xe2\x80\xa6");
}

static void
put(LogLevel level, const char *text)
{
	g_autoptr(GString) line = g_string_sized_new(256);
	ssize_t n;

	if (sink.to_syslog) {
		escape(line, text);
		cut(line, PIPE_BUF - 128);
		syslog(priorities[level], "%s", line->str);
		return;
	}
	if (getenv("JOURNAL_STREAM") == NULL) {
		g_autofree char *now = clock_rfc3339(clock_now());

		g_string_append_printf(line, "%s ", now);
	}
	g_string_append_printf(line, "%s: ", sink.role);
	escape(line, text);
	cut(line, PIPE_BUF - 8);
	g_string_append_c(line, '\n');
	do
		n = write(STDERR_FILENO, line->str, line->len);
	while (n < 0 && errno == EINTR);
}

static void G_GNUC_PRINTF(2, 0)
    put_valist(LogLevel level, const char *format, va_list args)
{
	g_autofree char *text = NULL;

	if (level > sink.most)
		return;
	text = g_strdup_vprintf(format, args);
	put(level, text);
}

static LogLevel
level_of_glib(GLogLevelFlags flags)
{
	if (flags &
	    (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
		return LOG_LEVEL_ERROR;
	return LOG_LEVEL_DEBUG;
}

/* What GLib, GMime and their friends have to say. */
static GLogWriterOutput
glib_writer(GLogLevelFlags flags, const GLogField *fields, gsize count,
    gpointer data)
{
	const char *domain = "GLib", *message = "";
	g_autofree char *text = NULL;

	(void)data;
	if (level_of_glib(flags) > sink.most)
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < count; i++) {
		if (fields[i].length >= 0 || fields[i].value == NULL)
			continue;
		if (strcmp(fields[i].key, "GLIB_DOMAIN") == 0)
			domain = fields[i].value;
		else if (strcmp(fields[i].key, "MESSAGE") == 0)
			message = fields[i].value;
	}
	text = g_strdup_printf("library=%s %s", domain, message);
	put(level_of_glib(flags), text);
	return G_LOG_WRITER_HANDLED;
}

void
log_open(const char *role, LogLevel most, gboolean to_syslog)
{
	sink.role = role;
	sink.most = most;
	sink.to_syslog = to_syslog;
	if (to_syslog)
		openlog(role, LOG_PID | LOG_NDELAY, LOG_MAIL);
	if (!sink.has_glib) /* GLib takes a second call for a bug */
		g_log_set_writer_func(glib_writer, NULL, NULL);
	sink.has_glib = TRUE;
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_valist(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_valist(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void
log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_valist(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

char *
log_address(const char *address)
{
	const char *at;
	char *out;

	if (address == NULL || *address == '\0')
		return g_strdup("<>");
	at = strrchr(address, '@');
	if (at == address)
		out = g_strdup(address);
	else if (!g_utf8_validate(address, -1, NULL))
		out = g_strdup_printf("?..%s", at == NULL ? "" : at);
	else
		out = g_strdup_printf("%.*s..%s",
		    (int)(g_utf8_next_char(address) - address), address,
		    at == NULL ? "" : at);
	/* A space would let an address write a key of its own. */
	return g_strdelimit(out, " \t\r\n\v\f=\"", '?');
}
