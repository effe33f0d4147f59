/* envelope.c - the head of a spool file: how the mail came.
 *
 * The doors (in/) write it in front of the raw mail, ingest reads it. After a
 * crash it is all that is known, so it is text that a sysadmin can read:
 *
 *   javob-envelope=1
 *   mailbox=support
 *   door=lmtp
 *   reverse-path=ann@buyer.example
 *   forward-path=support@shop.example
 *   received=1795760943
 *   <empty line>
 *
 * "\" and control octets in a value are written \xHH. Lines with unknown
 * names are passed over, so that an older javob can read a newer spool. */
#include "mail/envelope.h"

#include <stddef.h>
#include <string.h>

#include "ground/error.h"

#define FIRST_LINE    "javob-envelope=1\n"
#define ENVELOPE_MAX  (1024 * 1024)
#define RECIPIENT_MAX 10000

typedef enum LineType {
	LINE_TEXT,
	LINE_LIST,
	LINE_INT64,
	LINE_UINT32
} LineType;

static const struct {
	const char *name;
	LineType type;
	gsize offset;
} lines[] = {
	{ "mailbox", LINE_TEXT, offsetof(Envelope, mailbox) },
	{ "door", LINE_TEXT, offsetof(Envelope, door) },
	{ "reverse-path", LINE_TEXT, offsetof(Envelope, reverse_path) },
	{ "forward-path", LINE_LIST, offsetof(Envelope, forward_paths) },
	{ "received", LINE_INT64, offsetof(Envelope, received) },
	{ "internal-date", LINE_INT64, offsetof(Envelope, internal_date) },
	{ "uidvalidity", LINE_UINT32, offsetof(Envelope, uidvalidity) },
	{ "uid", LINE_UINT32, offsetof(Envelope, uid) },
};

Envelope *
envelope_new(const char *mailbox, const char *door, gint64 received)
{
	Envelope *envelope = g_new0(Envelope, 1);

	envelope->mailbox = g_strdup(mailbox != NULL ? mailbox : "");
	envelope->door = g_strdup(door != NULL ? door : "");
	envelope->forward_paths = g_ptr_array_new_with_free_func(g_free);
	envelope->received = received;
	return envelope;
}

void
envelope_free(Envelope *envelope)
{
	if (envelope == NULL)
		return;
	g_free(envelope->mailbox);
	g_free(envelope->door);
	g_free(envelope->reverse_path);
	g_ptr_array_unref(envelope->forward_paths);
	g_free(envelope->scanned_id);
	g_free(envelope->scanned_hash);
	g_free(envelope);
}

static void
append_line(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, "%s=", name);
	for (const guchar *p = (const guchar *)value; *p != '\0'; p++) {
		if (*p < ' ' || *p == 0x7f || *p == '\\')
			g_string_append_printf(out, "\\x%02x", *p);
		else
			g_string_append_c(out, *p);
	}
	g_string_append_c(out, '\n');
}

char *
envelope_format(const Envelope *envelope)
{
	GString *out = g_string_new(FIRST_LINE);

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		const void *at = (const char *)envelope + lines[i].offset;
		char number[32];

		switch (lines[i].type) {
		case LINE_TEXT:
			if (*(char *const *)at != NULL)
				append_line(out, lines[i].name,
				    *(char *const *)at);
			continue;
		case LINE_LIST:
			for (guint k = 0; k < envelope->forward_paths->len; k++)
				append_line(out, lines[i].name,
				    g_ptr_array_index(envelope->forward_paths,
					k));
			continue;
		case LINE_INT64:
			g_snprintf(number, sizeof(number), "%" G_GINT64_FORMAT,
			    *(const gint64 *)at);
			break;
		case LINE_UINT32:
			g_snprintf(number, sizeof(number), "%u",
			    *(const guint32 *)at);
			break;
		}
		if (strcmp(number, "0") != 0)
			append_line(out, lines[i].name, number);
	}
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

/* Value with its \xHH undone; NULL if it holds what we never write. */
static char *
unescape(const char *value, gsize length)
{
	GString *out = g_string_sized_new(length);

	for (gsize i = 0; i < length; i++) {
		int high, low;

		if ((guchar)value[i] < ' ' || value[i] == 0x7f)
			goto broken;
		if (value[i] != '\\') {
			g_string_append_c(out, value[i]);
			continue;
		}
		if (i + 3 >= length || value[i + 1] != 'x')
			goto broken;
		high = g_ascii_xdigit_value(value[i + 2]);
		low = g_ascii_xdigit_value(value[i + 3]);
		if (high < 0 || low < 0 || (high == 0 && low == 0))
			goto broken;
		g_string_append_c(out, high * 16 + low);
		i += 3;
	}
	return g_string_free(out, FALSE);
broken:
	g_string_free(out, TRUE);
	return NULL;
}

static gboolean
set_value(Envelope *envelope, gsize line, const char *value)
{
	void *at = (char *)envelope + lines[line].offset;
	guint64 number;

	switch (lines[line].type) {
	case LINE_TEXT:
		g_free(*(char **)at);
		*(char **)at = g_strdup(value);
		return TRUE;
	case LINE_LIST:
		if (envelope->forward_paths->len >= RECIPIENT_MAX)
			return FALSE;
		g_ptr_array_add(envelope->forward_paths, g_strdup(value));
		return TRUE;
	case LINE_INT64:
		return g_ascii_string_to_signed(value, 10, G_MININT64,
		    G_MAXINT64, at, NULL);
	case LINE_UINT32:
		if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT32,
			&number, NULL))
			return FALSE;
		*(guint32 *)at = number;
		return TRUE;
	}
	return FALSE;
}

/* One line without its end. FALSE if it is broken. */
static gboolean
read_line(Envelope *envelope, const char *line, gsize length)
{
	const char *equals = memchr(line, '=', length);
	g_autofree char *value = NULL;
	gsize name;

	if (equals == NULL)
		return FALSE;
	name = equals - line;
	value = unescape(equals + 1, length - name - 1);
	if (value == NULL)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		if (strlen(lines[i].name) == name &&
		    memcmp(lines[i].name, line, name) == 0)
			return set_value(envelope, i, value);
	return TRUE;
}

Envelope *
envelope_parse(const char *octets, gsize size, gsize *length, GError **error)
{
	g_autoptr(Envelope) envelope = envelope_new("", "", 0);
	gsize limit = MIN(size, ENVELOPE_MAX);
	gsize at = strlen(FIRST_LINE);

	if (octets == NULL || size < at ||
	    memcmp(octets, FIRST_LINE, at) != 0) {
		error_permanent(error, "envelope: the first line is not ours");
		return NULL;
	}
	for (;;) {
		const char *line = octets + at;
		const char *end = memchr(line, '\n', limit - at);

		if (end == NULL) {
			error_permanent(error, "envelope: it has no end");
			return NULL;
		}
		at += end - line + 1;
		if (end == line)
			break;
		if (!read_line(envelope, line, end - line)) {
			error_permanent(error,
			    "envelope: broken line, octet %" G_GSIZE_FORMAT,
			    at);
			return NULL;
		}
	}
	if (*envelope->mailbox == '\0' || *envelope->door == '\0') {
		error_permanent(error, "envelope: no mailbox or no door");
		return NULL;
	}
	*length = at;
	return g_steal_pointer(&envelope);
}
