/* uu.c - inline uuencode, as old mail programs and scripts still send it.
 * body.c asks for each text part.
 *
 *	begin 644 name
 *	#0V%T
 *	`
 *	end
 */
#define _GNU_SOURCE 1 /* memmem */
#include "mail/uu.h"

#include <string.h>

#include "mail/octets.h"

#define LINE_MOST 63 /* octets that one line holds */
#define NAME_MOST 400

/* "begin 644 name": the name, or NULL. */
static char *
begin_name(const char *line, gsize length)
{
	gsize n = 6, digits = 0;

	if (length < 11 || memcmp(line, "begin ", 6) != 0)
		return NULL;
	while (n < length && line[n] >= '0' && line[n] <= '7') {
		n++;
		digits++;
	}
	if (digits < 3 || digits > 4 || n >= length || line[n] != ' ')
		return NULL;
	n++;
	return g_strndup(line + n, MIN(length - n, NAME_MOST));
}

static gboolean
is_end(const char *line, gsize length)
{
	return length >= 3 && memcmp(line, "end", 3) == 0 &&
	       (length == 3 || line[3] == ' ');
}

static guint8
value(char c)
{
	return (guint8)(c - ' ') & 0x3f;
}

/* One line. Trailing blanks often got lost; a line that is neither long enough
 * nor made of the right characters is none. */
static gboolean
decode_line(GByteArray *out, const char *line, gsize length)
{
	char four[4];
	guint n;

	if (length == 0)
		return TRUE;
	n = value(line[0]);
	if (n > LINE_MOST || length > 1 + (LINE_MOST + 2) / 3 * 4 + 4 ||
	    (n > 3 && length < 3))
		return FALSE;
	for (gsize i = 0; i < length; i++)
		if (line[i] < ' ' || line[i] > '`')
			return FALSE;
	for (gsize at = 1; n > 0; at += 4) {
		guint8 three[3];

		for (gsize i = 0; i < 4; i++)
			four[i] = at + i < length ? line[at + i] : ' ';
		three[0] = (guint8)(value(four[0]) << 2 | value(four[1]) >> 4);
		three[1] = (guint8)(value(four[1]) << 4 | value(four[2]) >> 2);
		three[2] = (guint8)(value(four[2]) << 6 | value(four[3]));
		g_byte_array_append(out, three, MIN(n, 3));
		n -= MIN(n, 3);
	}
	return TRUE;
}

/* Reads the lines behind "begin"; at is where they start. */
static gboolean
decode_lines(UuFile *file, const char *text, gsize size, gsize at)
{
	while (at < size) {
		gsize taken;
		gsize length = octets_line(text + at, size - at, &taken);

		if (is_end(text + at, length)) {
			file->end = at + taken;
			return TRUE;
		}
		if (!decode_line(file->octets, text + at, length))
			return FALSE;
		at += taken;
	}
	return FALSE;
}

gboolean
uu_find(UuFile *file, const char *text, gsize size, gsize from)
{
	*file = (UuFile){ 0 };
	while (from < size) {
		const char *mark =
		    memmem(text + from, size - from, "begin ", 6);
		gsize at, taken, length;

		if (mark == NULL)
			return FALSE;
		at = (gsize)(mark - text);
		from = at + 6;
		if (at > 0 && text[at - 1] != '\n')
			continue;
		length = octets_line(mark, size - at, &taken);
		file->name = begin_name(mark, length);
		if (file->name == NULL)
			continue;
		file->start = at;
		file->octets = g_byte_array_new();
		if (decode_lines(file, text, size, at + taken))
			return TRUE;
		uu_clear(file);
	}
	return FALSE;
}

void
uu_clear(UuFile *file)
{
	g_clear_pointer(&file->name, g_free);
	g_clear_pointer(&file->octets, g_byte_array_unref);
}
