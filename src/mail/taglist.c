/* taglist.c - tag lists of RFC 6376 section 3.2:
 *
 *   tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
 *   tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 *
 * Read by dkim.c and dmarc.c. */
#include "mail/taglist.h"

#include <string.h>

enum { TAGS_MOST = 64 };

typedef struct Tag {
	char *name, *value;
	gsize from, to;
} Tag;

struct TagList {
	GPtrArray *tags;
};

static void
tag_free(gpointer data)
{
	Tag *tag = data;

	g_free(tag->name);
	g_free(tag->value);
	g_free(tag);
}

void
taglist_free(TagList *list)
{
	if (list == NULL)
		return;
	g_ptr_array_unref(list->tags);
	g_free(list);
}

static const Tag *
find(const TagList *list, const char *name)
{
	for (guint i = 0; i < list->tags->len; i++) {
		const Tag *tag = list->tags->pdata[i];

		if (g_str_equal(tag->name, name))
			return tag;
	}
	return NULL;
}

static char *
trimmed(const char *text, gsize from, gsize to)
{
	while (from < to && g_ascii_isspace(text[from]))
		from++;
	while (to > from && g_ascii_isspace(text[to - 1]))
		to--;
	return g_strndup(text + from, to - from);
}

static gboolean
is_name(const char *name)
{
	if (!g_ascii_isalpha(*name))
		return FALSE;
	while (g_ascii_isalnum(*name) || *name == '_')
		name++;
	return *name == '\0';
}

/* The tag that stands in [from, to) of the text. */
static gboolean
add_tag(TagList *list, const char *text, gsize from, gsize to)
{
	const char *equals = memchr(text + from, '=', to - from);
	g_autofree char *blank = trimmed(text, from, to);
	g_autofree char *name = NULL;
	Tag *tag;

	if (*blank == '\0')
		return TRUE;
	if (equals == NULL || list->tags->len >= TAGS_MOST)
		return FALSE;
	name = trimmed(text, from, (gsize)(equals - text));
	if (!is_name(name) || find(list, name) != NULL)
		return FALSE;
	tag = g_new0(Tag, 1);
	tag->name = g_steal_pointer(&name);
	tag->from = (gsize)(equals - text) + 1;
	tag->to = to;
	tag->value = trimmed(text, tag->from, to);
	g_ptr_array_add(list->tags, tag);
	return TRUE;
}

static gboolean
is_text(const char *text, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		guchar c = (guchar)text[i];

		if ((c < ' ' && !g_ascii_isspace(c)) || c == 0x7f)
			return FALSE;
	}
	return TRUE;
}

TagList *
taglist_parse(const char *text, gsize size)
{
	g_autoptr(TagList) list = NULL;

	if (!is_text(text, size))
		return NULL;
	list = g_new0(TagList, 1);
	list->tags = g_ptr_array_new_with_free_func(tag_free);
	for (gsize at = 0; at < size;) {
		const char *end = memchr(text + at, ';', size - at);
		gsize to = end != NULL ? (gsize)(end - text) : size;

		if (!add_tag(list, text, at, to))
			return NULL;
		at = to + 1;
	}
	return g_steal_pointer(&list);
}

const char *
taglist_get(const TagList *list, const char *name)
{
	const Tag *tag = find(list, name);

	return tag != NULL ? tag->value : NULL;
}

const char *
taglist_first(const TagList *list)
{
	const Tag *tag = list->tags->len > 0 ? list->tags->pdata[0] : NULL;

	return tag != NULL ? tag->name : "";
}

gboolean
taglist_span(const TagList *list, const char *name, gsize *from, gsize *to)
{
	const Tag *tag = find(list, name);

	if (tag == NULL)
		return FALSE;
	*from = tag->from;
	*to = tag->to;
	return TRUE;
}

gboolean
taglist_names(const char *value, const char *word)
{
	g_auto(GStrv) words = g_strsplit(value, ":", TAGS_MOST);

	for (guint i = 0; words[i] != NULL; i++)
		if (g_ascii_strcasecmp(g_strstrip(words[i]), word) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
is_base64(char c)
{
	return g_ascii_isalnum(c) || c == '+' || c == '/';
}

GBytes *
taglist_base64(const char *value)
{
	g_autofree char *dense = g_malloc(strlen(value) + 1);
	g_autofree char *again = NULL;
	gsize n = 0, letters, size;
	guchar *octets;

	for (; *value != '\0'; value++)
		if (!g_ascii_isspace(*value))
			dense[n++] = *value;
	dense[n] = '\0';
	for (letters = 0; is_base64(dense[letters]);)
		letters++;
	if (n == 0 || n % 4 != 0 || n - letters > 2 ||
	    strspn(dense + letters, "=") != n - letters)
		return NULL;
	octets = g_base64_decode(dense, &size);
	/* Bits behind the last octet would be a second way to write it. */
	again = g_base64_encode(octets, size);
	if (!g_str_equal(again, dense)) {
		g_free(octets);
		return NULL;
	}
	return g_bytes_new_take(octets, size);
}
