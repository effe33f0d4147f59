/* message_scan.c - what can be said of a mail without a parser, for mail that
 * has killed it: ingest and the command line show at least this. */
#include "mail/message.h"

#include <string.h>

#include "ground/text.h"
#include "mail/msgid.h"
#include "mail/octets.h"

#define SCAN_MOST (64 * 1024)
#define ID_MOST   998

static void
assign(char **to, char *value)
{
	g_free(*to);
	*to = value;
}

/* First line of a field in plain octets. */
static char *
scan_field(const char *octets, gsize size, const char *name)
{
	gsize at = 0, taken, n = strlen(name);

	while (at < size) {
		gsize length = octets_line(octets + at, size - at, &taken);

		if (length == 0)
			return NULL;
		if (length > n && octets[at + n] == ':' &&
		    g_ascii_strncasecmp(octets + at, name, n) == 0) {
			g_autofree char *valid = text_valid(octets + at + n + 1,
			    (gssize)MIN(length - n - 1, ID_MOST));

			return text_clean_line(valid, ID_MOST);
		}
		at += taken;
	}
	return NULL;
}

/* From "Ann <ann@x>" the first thing that looks like an address. */
static void
scan_author(Message *message, const char *line)
{
	const char *at = strchr(line, '@'), *start = at, *end = at;
	g_autofree char *spec = NULL;

	if (at == NULL)
		return;
	while (start > line && strchr(" <\"(,:;'", start[-1]) == NULL)
		start--;
	end += strcspn(at, " >\"),:;'");
	spec = g_strndup(start, (gsize)(end - start));
	if (address_is_valid(spec))
		g_ptr_array_add(message->from, address_new(spec, ""));
}

Message *
message_scan(GBytes *octets)
{
	Message *message = message_new();
	gsize size;
	const char *data = g_bytes_get_data(octets, &size);
	g_autofree char *from = NULL, *id = NULL;
	char *subject;

	message->size = (gint64)size;
	assign(&message->content_hash, text_sha256(data, size));
	size = MIN(size, SCAN_MOST);
	from = scan_field(data, size, "From");
	if (from != NULL)
		scan_author(message, from);
	message->from_fields = from != NULL;
	subject = scan_field(data, size, "Subject");
	if (subject != NULL)
		assign(&message->subject, subject);
	id = scan_field(data, size, "Message-ID");
	if (id != NULL) {
		const char *cursor = id;
		char *first = msgid_next(&cursor);

		if (first != NULL)
			assign(&message->message_id, first);
	}
	message_make_id(message);
	g_ptr_array_add(message->defects, g_strdup("read by a byte scan only"));
	return message;
}
