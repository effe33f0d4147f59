/* headwriter.c - clean text to header fields that nothing can break out of.
 *
 * compose.c names the fields and their order; here each becomes octets. A
 * field is a row of words which may never be broken, with folds between them;
 * words that are too long or not US-ASCII become encoded-words, so that every
 * text can be folded. */
#include "mail/headwriter.h"

#include <string.h>

#include "ground/error.h"
#include "ground/text.h"
#include "mail/address.h"
#include "mail/msgid.h"

#define FOLD       76
#define OCTETS_MAX 998
#define WORD_MAX   70 /* a longer word is encoded */

/* RFC 2047 2: 75 for a whole encoded-word, 12 of them for =?UTF-8?Q? and ?= */
#define ENCODED_MAX  75
#define ENCODED_EDGE 12

typedef struct Field {
	GString *out;
	gsize line;     /* offset where the current line begins */
	gboolean empty; /* nothing after the name yet */
} Field;

static Field
field_begin(GString *out, const char *name)
{
	Field field = { out, out->len, TRUE };

	g_string_append_printf(out, "%s:", name);
	return field;
}

static gsize
field_column(const Field *field)
{
	return field->out->len - field->line;
}

static void
field_fold(Field *field)
{
	g_string_append(field->out, "\r\n");
	field->line = field->out->len;
}

/* One unbreakable word with the space before it. The first one stays beside
 * the name if it can: a first line without words is not allowed. */
static void
field_word(Field *field, const char *word, gsize length)
{
	if (!field->empty && field_column(field) + 1 + length > FOLD)
		field_fold(field);
	g_string_append_c(field->out, ' ');
	g_string_append_len(field->out, word, length);
	field->empty = FALSE;
}

static gboolean
field_end(Field *field, const char *name, GError **error)
{
	if (field_column(field) > OCTETS_MAX)
		return error_permanent(error, "%s: a line is too long", name);
	g_string_append(field->out, "\r\n");
	return TRUE;
}

gboolean
headwriter_is_clean(const char *text)
{
	g_autofree char *clean = NULL;

	if (text == NULL || !g_utf8_validate(text, -1, NULL))
		return FALSE;
	clean = text_clean_line(text, 0);
	return strcmp(clean, text) == 0;
}

/* Octets that may stand in a Q encoded-word, also in a phrase (RFC 2047 5). */
static gboolean
is_q_safe(char c)
{
	return g_ascii_isalnum(c) || strchr("!*+-/", c) != NULL;
}

/* Does B take fewer octets than Q? */
static gboolean
prefers_base64(const char *text)
{
	gsize length = strlen(text);
	gsize q = 0;

	for (gsize i = 0; i < length; i++)
		q += is_q_safe(text[i]) || text[i] == ' ' ? 1 : 3;
	return q > (length + 2) / 3 * 4;
}

static void
append_q(GString *word, const char *from, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		if (from[i] == ' ')
			g_string_append_c(word, '_');
		else if (is_q_safe(from[i]))
			g_string_append_c(word, from[i]);
		else
			g_string_append_printf(word, "=%02X", (guchar)from[i]);
	}
}

/* How many octets of from, whole characters, fit into room encoded octets; at
 * least one character. Base64 with padding stands last if that can be helped:
 * GMime and others decode neighbouring words as one and stop at a "=". */
static gsize
fitting(const char *from, gsize room, gboolean base64)
{
	const char *p = from, *last = from, *even = from;
	gsize used = 0;

	while (*p != '\0' && (used <= room || last == from)) {
		last = p;
		if ((p - from) % 3 == 0)
			even = p;
		for (const char *next = g_utf8_next_char(p); p < next; p++)
			used += base64 || is_q_safe(*p) || *p == ' ' ? 1 : 3;
		if (base64)
			used = p - from;
	}
	if (*p == '\0' && used <= room)
		return p - from;
	if (last == from)
		last = g_utf8_next_char(from);
	return base64 && even > from ? even - from : last - from;
}

/* The whole text as encoded-words; spaces between words are inside them. */
static void
field_encoded(Field *field, const char *text)
{
	gboolean base64 = prefers_base64(text);
	g_autoptr(GString) word = g_string_new(NULL);

	while (*text != '\0') {
		gsize column = field_column(field) + 1;
		gsize room = ENCODED_MAX;
		gsize length;

		if (column + ENCODED_EDGE + 12 <= FOLD)
			room = MIN(room, FOLD - column);
		room -= ENCODED_EDGE;
		length = fitting(text, base64 ? room / 4 * 3 : room, base64);
		g_string_assign(word, base64 ? "=?UTF-8?B?" : "=?UTF-8?Q?");
		if (base64) {
			g_autofree char *b =
			    g_base64_encode((const guchar *)text, length);

			g_string_append(word, b);
		} else {
			append_q(word, text, length);
		}
		g_string_append(word, "?=");
		field_word(field, word->str, word->len);
		text += length;
	}
}

/* US-ASCII whose words can all be folded and that no reader takes for
 * encoded-words. */
static gboolean
is_plain(const char *text)
{
	gsize word = 0;

	if (!text_is_ascii(text) || strstr(text, "=?") != NULL)
		return FALSE;
	for (const char *p = text; *p != '\0'; p++) {
		word = *p == ' ' ? 0 : word + 1;
		if (word > WORD_MAX)
			return FALSE;
	}
	return TRUE;
}

static void
field_words(Field *field, const char *text)
{
	while (*text != '\0') {
		gsize length = strcspn(text, " ");

		field_word(field, text, length);
		text += length;
		text += strspn(text, " ");
	}
}

gboolean
headwriter_text(GString *out, const char *name, const char *text,
    GError **error)
{
	Field field = field_begin(out, name);

	if (!headwriter_is_clean(text))
		return error_permanent(error, "%s: the text is not clean",
		    name);
	if (is_plain(text))
		field_words(&field, text);
	else
		field_encoded(&field, text);
	return field_end(&field, name, error);
}

/* A phrase of atoms (RFC 5322 3.2.5) needs no quotes. */
static gboolean
is_phrase(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) &&
		    strchr("!#$%&'*+-/=?^_`{|}~ ", *p) == NULL)
			return FALSE;
	return TRUE;
}

static void
field_name(Field *field, const char *name)
{
	g_autoptr(GString) quoted = NULL;

	if (!is_plain(name) || strlen(name) > WORD_MAX) {
		field_encoded(field, name);
		return;
	}
	if (is_phrase(name)) {
		field_words(field, name);
		return;
	}
	quoted = g_string_new("\"");
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(quoted, '\\');
		g_string_append_c(quoted, *p);
	}
	g_string_append_c(quoted, '"');
	field_word(field, quoted->str, quoted->len);
}

gboolean
headwriter_addresses(GString *out, const char *name, const GPtrArray *addresses,
    GError **error)
{
	Field field = field_begin(out, name);

	for (guint i = 0; i < addresses->len; i++) {
		const Address *a = g_ptr_array_index(addresses, i);
		g_autofree char *word = NULL;
		gboolean named = a->name != NULL && *a->name != '\0';

		if (!address_is_valid(a->address) || !text_is_ascii(a->address))
			return error_permanent(error,
			    "%s: an address cannot be written", name);
		if (named && !headwriter_is_clean(a->name))
			return error_permanent(error,
			    "%s: a display name is not clean", name);
		if (named)
			field_name(&field, a->name);
		word = g_strdup_printf(named ? "<%s>%s" : "%s%s", a->address,
		    i + 1 < addresses->len ? "," : "");
		field_word(&field, word, strlen(word));
	}
	if (addresses->len == 0)
		return error_permanent(error, "%s: no address", name);
	return field_end(&field, name, error);
}

gboolean
headwriter_msgids(GString *out, const char *name, const GPtrArray *msgids,
    GError **error)
{
	Field field = field_begin(out, name);

	for (guint i = 0; i < msgids->len; i++) {
		const char *id = g_ptr_array_index(msgids, i);
		g_autofree char *word = g_strdup_printf("<%s>", id);

		if (!msgid_is_valid(id) ||
		    strlen(word) + strlen(name) + 2 > OCTETS_MAX)
			return error_permanent(error,
			    "%s: an identifier cannot be written", name);
		field_word(&field, word, strlen(word));
	}
	return field_end(&field, name, error);
}

gboolean
headwriter_date(GString *out, const char *name, gint64 when, GError **error)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(when);

	if (date == NULL || g_date_time_get_year(date) < 1900)
		return error_permanent(error, "%s: no such date", name);
	g_string_append_printf(out,
	    "%s: %s, %d %s %04d %02d:%02d:%02d +0000\r\n", name,
	    days[g_date_time_get_day_of_week(date) - 1],
	    g_date_time_get_day_of_month(date),
	    months[g_date_time_get_month(date) - 1], g_date_time_get_year(date),
	    g_date_time_get_hour(date), g_date_time_get_minute(date),
	    g_date_time_get_second(date));
	return TRUE;
}

gboolean
headwriter_plain(GString *out, const char *name, const char *body,
    GError **error)
{
	Field field = field_begin(out, name);

	if (*body == '\0' || !headwriter_is_clean(body) || !text_is_ascii(body))
		return error_permanent(error, "%s: the value is not plain",
		    name);
	field_words(&field, body);
	return field_end(&field, name, error);
}

/* RFC 2231 attribute-char. */
static gboolean
is_attribute_char(char c)
{
	return g_ascii_isalnum(c) || strchr("!#$&+-.^_`{|}~", c) != NULL;
}

static void
append_extended(GString *out, const char *name, const char *value)
{
	g_autoptr(GString) coded = g_string_new("UTF-8''");
	gsize room = FOLD - strlen(name) - 12;

	for (const char *p = value; *p != '\0'; p++) {
		if (is_attribute_char(*p))
			g_string_append_c(coded, *p);
		else
			g_string_append_printf(coded, "%%%02X", (guchar)*p);
	}
	if (coded->len <= room) {
		g_string_append_printf(out, ";\r\n %s*=%s", name, coded->str);
		return;
	}
	for (gsize at = 0, n = 0; at < coded->len; n++) {
		gsize length = MIN(room, coded->len - at);

		/* Never between "%" and its digits. */
		for (gsize back = 1; back <= 2 && at + length < coded->len;
		     back++)
			if (coded->str[at + length - back] == '%') {
				length -= back;
				break;
			}
		g_string_append_printf(out,
		    ";\r\n %s*%" G_GSIZE_FORMAT "*=%.*s", name, n, (int)length,
		    coded->str + at);
		at += length;
	}
}

gboolean
headwriter_parameter(GString *out, const char *name, const char *value,
    GError **error)
{
	if (!headwriter_is_clean(value))
		return error_permanent(error, "%s: the value is not clean",
		    name);
	if (text_is_ascii(value) && strlen(value) + strlen(name) + 6 <= FOLD &&
	    strpbrk(value, "\"\\") == NULL)
		g_string_append_printf(out, ";\r\n %s=\"%s\"", name, value);
	else
		append_extended(out, name, value);
	return TRUE;
}
