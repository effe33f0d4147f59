/* fuzz-template.c - a letter of any octets with values of any octets: parsed
 * or refused, rendered or refused, and a subject of one line.
 *
 * Input: values before the first 0x1e, the letter's text after it. */
#include <stdint.h>
#include <string.h>

#include "ground/text.h"
#include "policy/hours.h"
#include "policy/locale.h"
#include "policy/markup.h"
#include "policy/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static void
render(const Mustache *mustache, const MustacheData *data,
    MustacheEscape escape)
{
	g_autoptr(GHashTable) partials =
	    g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *out = NULL, *line = NULL, *page = NULL;

	g_hash_table_insert(partials, (char *)"p", (Mustache *)mustache);
	out = mustache_render(mustache, partials, data, escape, NULL);

	if (out == NULL)
		return;
	g_assert_true(g_utf8_validate(out, -1, NULL));
	line = text_clean_line(out, 200);
	g_assert_null(strpbrk(line, "\r\n"));
	page = markup_layout(out);
	g_assert_true(g_utf8_validate(page, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *whole = g_strndup((const char *)octets, size);
	char *split = strchr(whole, 0x1e);
	g_autofree char *value = NULL;
	g_autofree char *name = NULL;
	g_autofree char *hours = NULL, *html = NULL;
	g_autoptr(GPtrArray) rules = NULL;
	g_autoptr(Mustache) mustache = NULL;
	g_autoptr(MustacheData) data = mustache_data_new();
	MustacheData *item = mustache_data_new();

	if (split != NULL)
		*split = '\0';
	value = text_valid(whole, -1);
	name = locale_greeting_name("tr", value);
	g_assert_null(strpbrk(name, "\r\n{}<>@:/%0123456789"));
	hours = locale_hours("en", value);
	rules = hours_parse(value, NULL);
	html = markup_text(value, TRUE);
	g_assert_null(strchr(html, '\n'));
	mustache_set_markup(data, "a", value, html);
	mustache_set(item, "b", name);
	mustache_append(data, "c", item);
	mustache_set_flag(data, "d", TRUE);
	mustache = mustache_parse(split == NULL ? whole : split + 1, NULL);
	if (mustache != NULL) {
		render(mustache, data, MUSTACHE_TEXT);
		render(mustache, data, MUSTACHE_HTML);
		render(mustache, data, MUSTACHE_MARKUP);
	}
	return 0;
}
