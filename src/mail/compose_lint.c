/* compose_lint.c - a last look at octets before they may be sent.
 *
 * It knows nothing of how compose.c wrote them and reads them as a relay
 * would, so that a fault there ends as an error and not as a broken mail. */
#include "mail/compose.h"

#include <string.h>

#include "ground/error.h"

#define OCTETS_MAX 998
#define HEADER_MAX (64 * 1024)

/* RFC 5322 3.6 and RFC 2045: how often a field may stand. */
static const struct {
	const char *name;
	guint least, most;
} counts[] = {
	{ "From", 1, 1 },
	{ "Date", 1, 1 },
	{ "Message-ID", 1, 1 },
	{ "Subject", 1, 1 },
	{ "To", 1, 1 },
	{ "MIME-Version", 1, 1 },
	{ "Content-Type", 1, 1 },
	{ "Cc", 0, 1 },
	{ "Reply-To", 0, 1 },
	{ "In-Reply-To", 0, 1 },
	{ "References", 0, 1 },
	{ "Auto-Submitted", 0, 1 },
	{ "X-Auto-Response-Suppress", 0, 1 },
	{ "X-Loop", 0, 1 },
	{ "Content-Language", 0, 1 },
	{ "Content-Transfer-Encoding", 0, 1 },
	{ "Content-Disposition", 0, 1 },
	{ "Bcc", 0, 0 },
	{ "Return-Path", 0, 0 },
	{ "Received", 0, 0 },
	{ "Sender", 0, 1 },
};

/* Every line of the whole mail; "" at the end of octets is one without CRLF. */
static gboolean
check_lines(const char *p, gsize size, GError **error)
{
	gsize column = 0;

	for (gsize i = 0; i < size; i++) {
		guchar c = p[i];

		if (c == '\r' && i + 1 < size && p[i + 1] == '\n') {
			column = 0;
			i++;
			continue;
		}
		if (c == '\r' || c == '\n')
			return error_permanent(error,
			    "mail: a bare line end at octet %" G_GSIZE_FORMAT,
			    i);
		if (c >= 0x7f || (c < ' ' && c != '\t'))
			return error_permanent(error,
			    "mail: octet 0x%02x at %" G_GSIZE_FORMAT, c, i);
		if (++column > OCTETS_MAX)
			return error_permanent(error,
			    "mail: a line is longer than 998 octets");
	}
	return column == 0 ||
	       error_permanent(error, "mail: the last line has no end");
}

/* One line of the header. seen: how often each row of counts stood there. */
static gboolean
check_field(const char *line, gsize length, guint *seen, GError **error)
{
	gsize name = 0;

	while (name < length && line[name] > ' ' && line[name] != ':')
		name++;
	if (name == 0 || name == length || line[name] != ':')
		return error_permanent(error, "header: a line is no field");
	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
		if (strlen(counts[i].name) == name &&
		    g_ascii_strncasecmp(counts[i].name, line, name) == 0)
			seen[i]++;
	return TRUE;
}

static gboolean
is_blank(const char *line, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return FALSE;
	return TRUE;
}

static gboolean
check_counts(const guint *seen, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
		if (seen[i] < counts[i].least || seen[i] > counts[i].most)
			return error_permanent(error, "header: %u fields %s",
			    seen[i], counts[i].name);
	return TRUE;
}

gboolean
compose_lint(GBytes *octets, GError **error)
{
	guint seen[G_N_ELEMENTS(counts)] = { 0 };
	gsize size;
	const char *p = g_bytes_get_data(octets, &size);
	const char *line = p;

	if (!check_lines(p, size, error))
		return FALSE;
	while (line < p + size) {
		const char *end = memchr(line, '\r', p + size - line);
		gsize length = end - line;

		if (length == 0)
			return check_counts(seen, error);
		if (end - p > HEADER_MAX)
			return error_permanent(error, "header: it is too long");
		if (is_blank(line, length))
			return error_permanent(error,
			    "header: a line of nothing but spaces");
		if (*line == ' ' || *line == '\t') {
			if (line == p)
				return error_permanent(error,
				    "header: it begins with a fold");
		} else if (!check_field(line, length, seen, error)) {
			return FALSE;
		}
		line = end + 2;
	}
	return error_permanent(error, "header: it has no end");
}
