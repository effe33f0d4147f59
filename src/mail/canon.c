/* canon.c - simple and relaxed canonicalisation (RFC 6376 section 3.4), line
 * by line, in one pass. Called by dkim.c. */
#include "mail/canon.h"

#include <string.h>

enum {
	CHUNK = 32 * 1024,   /* handed to the digest at once */
	WINDOW = 1024 * 1024 /* of a mapped mail kept in memory */
};

/* Sums up what is written; a flood of small pieces costs no call each. */
typedef struct Sink {
	Digest *digest;
	gint64 total;
	gsize used;
	char chunk[CHUNK];
} Sink;

static void
sink_flush(Sink *sink)
{
	digest_add(sink->digest, sink->chunk, sink->used);
	sink->used = 0;
}

static void
sink_add(Sink *sink, const char *octets, gsize size)
{
	sink->total += (gint64)size;
	if (sink->used + size > CHUNK)
		sink_flush(sink);
	if (size > CHUNK) {
		digest_add(sink->digest, octets, size);
		return;
	}
	memcpy(sink->chunk + sink->used, octets, size);
	sink->used += size;
}

static gboolean
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Runs of blanks are one space. */
static void
sink_add_relaxed(Sink *sink, const char *line, gsize length)
{
	gsize at = 0;

	while (at < length) {
		gsize word = at;

		while (word < length && !is_blank(line[word]))
			word++;
		sink_add(sink, line + at, word - at);
		at = word;
		while (at < length && is_blank(line[at]))
			at++;
		if (at > word)
			sink_add(sink, " ", 1);
	}
}

gint64
canon_body(CanonForm form, const Octets *octets, gsize from, Digest *digest)
{
	g_autofree Sink *sink = g_new(Sink, 1);
	gsize size, taken, empty = 0, forgotten = from;
	const char *data = g_bytes_get_data(octets->bytes, &size);

	sink->digest = digest;
	sink->total = 0;
	sink->used = 0;
	for (gsize at = from; at < size; at += taken) {
		gsize length = octets_line(data + at, size - at, &taken);

		while (form == CANON_RELAXED && length > 0 &&
		       is_blank(data[at + length - 1]))
			length--;
		if (length == 0) { /* counts only if more comes */
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			sink_add(sink, "\r\n", 2);
		if (form == CANON_RELAXED)
			sink_add_relaxed(sink, data + at, length);
		else
			sink_add(sink, data + at, length);
		sink_add(sink, "\r\n", 2);
		if (at - forgotten > WINDOW) {
			octets_forget(octets, forgotten, at);
			forgotten = at;
		}
	}
	/* An empty body is one line end in the simple form, none in the other. */
	if (form == CANON_SIMPLE && sink->total == 0)
		sink_add(sink, "\r\n", 2);
	sink_flush(sink);
	octets_forget(octets, forgotten, size);
	return sink->total;
}

/* The field's lines, joined by what: CR LF as they were, or nothing. */
static GString *
lines_of(const char *field, gsize size, const char *joint)
{
	GString *out = g_string_sized_new(size + 16);
	gsize taken;

	for (gsize at = 0; at < size; at += taken) {
		gsize length = octets_line(field + at, size - at, &taken);

		if (at > 0)
			g_string_append(out, joint);
		g_string_append_len(out, field + at, (gssize)length);
	}
	return out;
}

static void
append_relaxed_body(GString *out, const char *body)
{
	while (is_blank(*body))
		body++;
	while (*body != '\0') {
		const char *word = body;

		while (*body != '\0' && !is_blank(*body))
			body++;
		g_string_append_len(out, word, body - word);
		while (is_blank(*body))
			body++;
		if (*body != '\0')
			g_string_append_c(out, ' ');
	}
}

void
canon_field(CanonForm form, const char *field, gsize size, GString *out)
{
	g_autoptr(GString) text =
	    lines_of(field, size, form == CANON_SIMPLE ? "\r\n" : "");
	const char *colon = strchr(text->str, ':');
	const char *end = colon;

	if (form == CANON_SIMPLE || colon == NULL) {
		g_string_append_len(out, text->str, (gssize)text->len);
		return;
	}
	while (end > text->str && is_blank(end[-1]))
		end--;
	for (const char *p = text->str; p < end; p++)
		g_string_append_c(out, g_ascii_tolower(*p));
	g_string_append_c(out, ':');
	append_relaxed_body(out, colon + 1);
}
