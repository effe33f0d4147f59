/* header.c - the header as a list of fields, and what encoded-words say.
 * message.c keeps the list; addrlist.c, param.c and dsn.c decode with it. */
#define _GNU_SOURCE 1 /* memmem, memfd_create */
#include "mail/header.h"

#include <string.h>

#include "ground/text.h"
#include "mail/charset.h"
#include "mail/octets.h"
#include "mail/param.h"

#define HEADER_FIELDS_MOST 1000
#define HEADER_NAME_MOST   200
#define WORD_CHARSET_MOST  64
/* RFC 2047 says 75; some programs put a whole subject into one word. The limit
 * keeps the search for the end of unfinished words linear. */
#define WORD_TEXT_MOST 8192

/* One encoded-word, pointing into the text. */
typedef struct Word {
	const char *charset;
	gsize charset_length; /* without "*language" */
	char encoding;        /* 'b' or 'q' */
	const char *text;
	gsize text_length;
	const char *after;
} Word;

static void
field_clear(gpointer data)
{
	HeaderField *field = data;

	g_free(field->name);
	g_free(field->body);
}

GArray *
header_fields_new(void)
{
	GArray *fields = g_array_new(FALSE, FALSE, sizeof(HeaderField));

	g_array_set_clear_func(fields, field_clear);
	return fields;
}

const char *
header_get(const GArray *fields, const char *name, guint n)
{
	for (guint i = 0; i < fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(fields, HeaderField, i);

		if (g_ascii_tolower(field->name[0]) ==
			g_ascii_tolower(name[0]) &&
		    g_ascii_strcasecmp(field->name, name) == 0 && n-- == 0)
			return field->body;
	}
	return NULL;
}

/* Length of the field name, 0 if the line is no field. */
static gsize
name_length(const char *line, gsize length)
{
	const char *colon = memchr(line, ':', MIN(length, HEADER_NAME_MOST));
	gsize n;

	if (colon == NULL)
		return 0;
	n = (gsize)(colon - line);
	while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	for (gsize i = 0; i < n; i++) {
		if (line[i] <= ' ' || line[i] == 0x7f)
			return 0;
	}
	return n;
}

/* Controls that came through decoding (U+0085, U+2028 and the like) would be
 * line ends to somebody. */
static char *
without_controls(char *text)
{
	char *clean;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
		    c == 0x2029) {
			clean = text_clean_line(text, 0);
			g_free(text);
			return clean;
		}
	}
	return text;
}

/* Body of a field: unfolded, trimmed, controls as spaces, UTF-8. */
static char *
body_of(const char *octets, gsize size, const char *hint)
{
	g_autofree char *line = g_malloc(size + 1);
	gsize n = 0, start = 0;
	char *text;

	for (gsize i = 0; i < size; i++) {
		guchar c = (guchar)octets[i];

		if (c == '\n' ||
		    (c == '\r' && i + 1 < size && octets[i + 1] == '\n'))
			continue;
		line[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	while (n > 0 && line[n - 1] == ' ')
		n--;
	while (start < n && line[start] == ' ')
		start++;
	if (charset_is_ascii(line + start, n - start))
		return g_strndup(line + start, n - start);
	text = charset_decode(line + start, n - start, hint, NULL);
	return without_controls(text);
}

/* Octets of the field that starts here: its line and the folded ones. */
static gsize
field_size(const char *octets, gsize size)
{
	gsize at = 0, taken;

	do {
		octets_line(octets + at, size - at, &taken);
		at += taken;
	} while (at < size && (octets[at] == ' ' || octets[at] == '\t'));
	return at;
}

/* Charset of a raw Content-Type: 8-bit fields are likely in the same one. */
static char *
find_hint(const char *octets, gsize size)
{
	gsize at = 0, length, taken;

	while (at < size) {
		length = octets_line(octets + at, size - at, &taken);
		if (length == 0)
			break;
		taken = field_size(octets + at, size - at);
		if (taken > 13 && g_ascii_strncasecmp(octets + at,
				      "Content-Type:", 13) == 0) {
			g_auto(Params) params = { 0 };

			params_parse(&params, octets + at + 13,
			    (gssize)(taken - 13));
			return g_strdup(params_get(&params, "charset"));
		}
		at += taken;
	}
	return NULL;
}

gsize
header_read(const char *octets, gsize size, GArray *fields)
{
	g_autofree char *hint = NULL;
	gboolean looked = FALSE;
	gsize at = 0;

	while (at < size) {
		gsize taken, length, name;
		HeaderField field;

		length = octets_line(octets + at, size - at, &taken);
		if (length == 0)
			return at + taken;
		taken = field_size(octets + at, size - at);
		name = name_length(octets + at, length);
		if (name > 0 && fields->len < HEADER_FIELDS_MOST) {
			const char *body = memchr(octets + at, ':', taken) + 1;
			gsize rest = taken - (gsize)(body - (octets + at));

			if (!looked && !charset_is_ascii(body, rest)) {
				hint = find_hint(octets, size);
				looked = TRUE;
			}
			field.body = body_of(body, rest, hint);
			field.name =
			    charset_is_ascii(octets + at, name)
				? g_strndup(octets + at, name)
				: text_valid(octets + at, (gssize)name);
			g_array_append_val(fields, field);
		}
		at += taken;
	}
	return size;
}

GByteArray *
header_describing(const char *octets, gsize body)
{
	GByteArray *out = g_byte_array_new();
	gsize at = 0, taken;

	while (at < body && octets_line(octets + at, body - at, &taken) > 0) {
		taken = field_size(octets + at, body - at);
		if (taken > 8 &&
		    g_ascii_strncasecmp(octets + at, "Content-", 8) == 0)
			g_byte_array_append(out, (const guint8 *)octets + at,
			    (guint)taken);
		at += taken;
	}
	g_byte_array_append(out, (const guint8 *)octets + at,
	    (guint)(body - at));
	return out;
}

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" text "?=" */
static gboolean
word_parse(const char *p, Word *word)
{
	const char *mark, *star;
	gsize n;

	if (p[0] != '=' || p[1] != '?')
		return FALSE;
	p += 2;
	n = strcspn(p, "? \t");
	if (n == 0 || n > WORD_CHARSET_MOST || p[n] != '?')
		return FALSE;
	word->charset = p;
	star = memchr(p, '*', n);
	word->charset_length = star != NULL ? (gsize)(star - p) : n;
	p += n + 1;
	word->encoding = g_ascii_tolower(p[0]);
	if ((word->encoding != 'b' && word->encoding != 'q') || p[1] != '?')
		return FALSE;
	word->text = p + 2;
	mark = memmem(word->text, strnlen(word->text, WORD_TEXT_MOST), "?=", 2);
	if (mark == NULL)
		return FALSE;
	word->text_length = (gsize)(mark - word->text);
	word->after = mark + 2;
	return TRUE;
}

gsize
header_word(const char *text)
{
	Word word;

	return word_parse(text, &word) ? (gsize)(word.after - text) : 0;
}

static void
word_octets_q(const Word *word, GString *out)
{
	for (gsize i = 0; i < word->text_length; i++) {
		char c = word->text[i];
		int high, low;

		if (c == '=' && i + 2 < word->text_length &&
		    (high = g_ascii_xdigit_value(word->text[i + 1])) >= 0 &&
		    (low = g_ascii_xdigit_value(word->text[i + 2])) >= 0) {
			g_string_append_c(out, (char)(high << 4 | low));
			i += 2;
		} else {
			g_string_append_c(out, c == '_' ? ' ' : c);
		}
	}
}

static void
word_octets(const Word *word, GString *out)
{
	gsize at = out->len;
	gint state = 0;
	guint save = 0;

	if (word->encoding == 'q') {
		word_octets_q(word, out);
		return;
	}
	g_string_set_size(out, at + word->text_length / 4 * 3 + 6);
	at += g_base64_decode_step(word->text, word->text_length,
	    (guchar *)out->str + at, &state, &save);
	g_string_set_size(out, at);
}

static const char *
skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
		p++;
	return p;
}

static gboolean
same_charset(const Word *a, const Word *b)
{
	return a->charset_length == b->charset_length &&
	       g_ascii_strncasecmp(a->charset, b->charset, a->charset_length) ==
		   0;
}

/* Decodes the words from the first one on as far as they belong together:
 * octets are joined before they are decoded, since some programs cut within a
 * character. Returns what follows. */
static const char *
words_decode(Word *word, GString *out)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *label = g_strndup(word->charset, word->charset_length);
	g_autofree char *text = NULL;
	const char *after = word->after;
	Word next;

	word_octets(word, octets);
	while (word_parse(skip_space(after), &next)) {
		after = next.after;
		if (!same_charset(word, &next)) {
			/* White space between words is no text. */
			after = next.charset - 2;
			break;
		}
		word_octets(&next, octets);
	}
	text = charset_decode(octets->str, octets->len, label, NULL);
	g_string_append(out, text);
	return after;
}

char *
header_decode(const char *text)
{
	GString *out;
	const char *mark = strstr(text, "=?");
	gboolean closed = mark != NULL && strstr(mark, "?=") != NULL;
	Word word;

	if (!closed)
		return g_strdup(text);
	out = g_string_sized_new(strlen(text));
	while (mark != NULL) {
		g_string_append_len(out, text, mark - text);
		text = mark;
		if (word_parse(mark, &word)) {
			text = words_decode(&word, out);
		} else {
			g_string_append_len(out, mark, 2);
			text = mark + 2;
		}
		mark = strstr(text, "=?");
	}
	g_string_append(out, text);
	return g_string_free(out, FALSE);
}

char *
header_line(const char *text, gsize most)
{
	g_autofree char *decoded = header_decode(text);

	return text_clean_line(decoded, (gssize)most);
}
