/* rawheader.c - splits a header into fields and is content with nothing that
 * two programs might split differently. Called by dkim.c. */
#include "mail/rawheader.h"

#include <string.h>

#include "mail/prescan.h"
#include "mail/prescan_field.h"

struct RawHeader {
	GArray *fields; /* of RawField */
	gsize body;
};

void
raw_header_free(RawHeader *header)
{
	if (header == NULL)
		return;
	g_array_unref(header->fields);
	g_free(header);
}

/* Length of the name in front of the colon; 0: the line is no field. */
static gsize
name_length(const char *line, gsize length)
{
	const char *colon = memchr(line, ':', length);
	gsize n = colon != NULL ? (gsize)(colon - line) : 0;

	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	for (gsize i = 0; i < n; i++)
		if (line[i] <= ' ' || line[i] >= 0x7f)
			return 0;
	return n;
}

/* NULL, or what is wrong with the line. */
static const char *
take_line(GArray *fields, const char *line, gsize length)
{
	RawField *last = fields->len > 0
			     ? &g_array_index(fields, RawField, fields->len - 1)
			     : NULL;
	RawField field = { .at = line, .size = length };

	if (memchr(line, '\0', length) != NULL ||
	    memchr(line, '\r', length) != NULL)
		return "the header has a NUL or a bare CR in it";
	if (line[0] == ' ' || line[0] == '\t') {
		if (last == NULL)
			return "the header begins with a folded line";
		last->size = (gsize)(line - last->at) + length;
		return NULL;
	}
	field.name = name_length(line, length);
	if (field.name == 0)
		return "the header has a line that is no field";
	if (fields->len >= PRESCAN_FIELDS_MOST)
		return "the header has too many fields";
	g_array_append_val(fields, field);
	return NULL;
}

RawHeader *
raw_header_read(const Octets *octets, char **why)
{
	g_autoptr(RawHeader) header = g_new0(RawHeader, 1);
	gsize size, taken, at = 0, length = 1;
	const char *data = g_bytes_get_data(octets->bytes, &size);
	const char *fault = NULL;

	header->fields = g_array_new(FALSE, FALSE, sizeof(RawField));
	for (; at < size && length > 0 && fault == NULL; at += taken) {
		length = octets_line(data + at, size - at, &taken);
		/* What mbox and pipes put in front. */
		if (length > 0 &&
		    (at > 0 || !prescan_is_mbox_line(data, length)))
			fault = take_line(header->fields, data + at, length);
		if (at > PRESCAN_HEADER_MOST)
			fault = "the header is too long";
	}
	header->body = at;
	if (fault == NULL)
		return g_steal_pointer(&header);
	*why = g_strdup(fault);
	return NULL;
}

gsize
raw_header_body(const RawHeader *header)
{
	return header->body;
}

static gboolean
is_called(const RawField *field, const char *name)
{
	return strlen(name) == field->name &&
	       g_ascii_strncasecmp(field->at, name, field->name) == 0;
}

const RawField *
raw_header_nth(const RawHeader *header, const char *name, guint n)
{
	for (guint i = 0; i < header->fields->len; i++) {
		const RawField *field =
		    &g_array_index(header->fields, RawField, i);

		if (is_called(field, name) && n-- == 0)
			return field;
	}
	return NULL;
}

const RawField *
raw_header_use(RawHeader *header, const char *name)
{
	for (guint i = header->fields->len; i > 0; i--) {
		RawField *field =
		    &g_array_index(header->fields, RawField, i - 1);

		if (!field->used && is_called(field, name)) {
			field->used = TRUE;
			return field;
		}
	}
	return NULL;
}

void
raw_header_unuse(RawHeader *header)
{
	for (guint i = 0; i < header->fields->len; i++)
		g_array_index(header->fields, RawField, i).used = FALSE;
}

guint
raw_header_count(const RawHeader *header, const char *name,
    gboolean only_unused)
{
	guint n = 0;

	for (guint i = 0; i < header->fields->len; i++) {
		const RawField *field =
		    &g_array_index(header->fields, RawField, i);

		n += is_called(field, name) && !(only_unused && field->used);
	}
	return n;
}
