/* test-mustache.c - templates and the values put into them. */
#include "policy/mustache.h"

#include <string.h>

typedef struct Case {
	const char *title;
	const char *text;
	const char *want; /* rendered, or what the error ends with */
} Case;

static MustacheData *
twig(const char *name, MustacheData *a, MustacheData *b)
{
	MustacheData *data = mustache_data_new();

	mustache_set(data, "n", name);
	mustache_put(data, "twigs", mustache_data_list());
	if (a != NULL)
		mustache_append(data, "twigs", a);
	if (b != NULL)
		mustache_append(data, "twigs", b);
	return data;
}

static MustacheData *
tree(void)
{
	return twig("1", twig("2", twig("3", NULL, NULL), NULL),
	    twig("4", NULL, NULL));
}

static GHashTable *
partials(void)
{
	static const char *const sources[][2] = {
		{ "word", "{{name}}.\n" },
		{ "lines", "|\n{{{lines}}}\n|\n" },
		{ "outer", "[\n  {{> lines}}\n]\n" },
		{ "title", "{{title}} " },
		{ "tree", "{{#tree}}{{> twig}}{{/tree}}" },
		{ "twig", "{{n}}{{#twigs}}{{> deeper}}{{/twigs}}" },
		{ "deeper", "({{> twig}})" },
		{ "endless", "{{> endless}}" },
		{ "twice", "{{> twice}}{{> twice}}" },
	};
	GHashTable *all = g_hash_table_new_full(
	    g_str_hash, g_str_equal, NULL, (GDestroyNotify)mustache_free);

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_hash_table_insert(all, (char *)sources[i][0],
		    mustache_parse(sources[i][1], NULL));
	return all;
}

/* The values of all renderings below. */
static MustacheData *
sample(void)
{
	MustacheData *data = mustache_data_new();

	mustache_set(data, "name", "Olim");
	mustache_set(data, "html", "<b> & \"it's\"");
	mustache_set(data, "tag", "{{name}} {{#yes}}");
	mustache_set(data, "empty", "");
	mustache_set(data, "null", NULL);
	mustache_set(data, "mail", "a <b>\nc");
	mustache_set(data, "lines", "x\ny\n");
	mustache_set_markup(data, "bold", "x", "<b>x</b>");
	mustache_append(data, "words", mustache_data_text("a"));
	mustache_append(data, "words", mustache_data_text("b"));
	for (guint i = 0; i < 2; i++) {
		MustacheData *list = mustache_data_list();

		mustache_push(list, mustache_data_text(i == 0 ? "1" : "3"));
		if (i == 0)
			mustache_push(list, mustache_data_text("2"));
		mustache_append(data, "lists", list);
	}
	mustache_put(data, "tree", tree());
	mustache_set_flag(data, "yes", TRUE);
	mustache_set_flag(data, "no", FALSE);
	for (guint i = 0; i < 3; i++) {
		MustacheData *item = mustache_data_new();
		static const char *const titles[] = { "one", "two", "three" };

		mustache_set(item, "title", titles[i]);
		if (i == 1)
			mustache_set(item, "name", "Ann");
		mustache_append(data, "list", item);
	}
	return data;
}

static const Case text_cases[] = {
	{ "text without tags stays as it is", "a } { b\n", "a } { b\n" },
	{ "nothing gives nothing", "", "" },
	{ "a value is put in", "Hello {{name}},", "Hello Olim," },
	{ "blanks in a tag do not matter", "{{ name }}{{{ name }}}{{& name }}",
	    "OlimOlimOlim" },
	{ "in plain text nothing is escaped", "{{html}}|{{{html}}}|{{&html}}",
	    "<b> & \"it's\"|<b> & \"it's\"|<b> & \"it's\"" },
	{ "a value is never parsed again", "{{tag}}|{{{tag}}}",
	    "{{name}} {{#yes}}|{{name}} {{#yes}}" },
	{ "an unknown name and a NULL give nothing", "[{{what}}{{null}}]",
	    "[]" },
	{ "a flag and a list have no text", "[{{yes}}{{list}}]", "[]" },
	{ "a section follows a flag", "{{#yes}}a{{/yes}}{{#no}}b{{/no}}", "a" },
	{ "a section follows a text",
	    "{{#name}}a{{/name}}{{#empty}}b{{/empty}}", "a" },
	{ "a section of an unknown name is left out", "[{{#what}}a{{/what}}]",
	    "[]" },
	{ "a section is repeated for a list", "{{#list}}{{title}} {{/list}}",
	    "one two three " },
	{ "the inner map hides the outer one", "{{#list}}{{name}} {{/list}}",
	    "Olim Ann Olim " },
	{ "an inverted section is the opposite",
	    "{{^yes}}a{{/yes}}{{^no}}b{{/no}}{{^empty}}c{{/empty}}"
	    "{{^list}}d{{/list}}{{^what}}e{{/what}}",
	    "bce" },
	{ "sections nest", "{{#yes}}{{#name}}{{^no}}x{{/no}}{{/name}}{{/yes}}",
	    "x" },
	{ "the same section may stand inside itself",
	    "{{#yes}}a{{#yes}}b{{/yes}}c{{/yes}}", "abc" },
	{ "a comment is left out", "a{{! {{ no }}b", "ab" },
	{ "a comment alone on its lines takes them with it",
	    "a\n  {{! one\n two }} \nb", "a\nb" },
	{ "a section tag alone on its line takes the line with it",
	    "a\n{{#yes}}\nb\n{{/yes}}\nc\n", "a\nb\nc\n" },
	{ "blanks around a tag alone go too",
	    "a\n \t{{#yes}}\t \nb\n  {{/yes}}", "a\nb\n" },
	{ "so do CR LF", "a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\nc", "a\r\nb\r\nc" },
	{ "two tags on a line are not alone", "{{#yes}}{{/yes}}\na", "\na" },
	{ "a value is never alone", "a\n{{empty}}\nb", "a\n\nb" },
	{ "a dot is what the section stands on",
	    "{{#words}}{{.}},{{/words}}{{#name}}[{{.}}]{{/name}}",
	    "a,b,[Olim]" },
	{ "a list in a list", "{{#lists}}({{#.}}{{.}}{{/.}}){{/lists}}",
	    "(12)(3)" },
	{ "marks may be changed, and back",
	    "{{name}}{{=<% %>=}}<%name%>{{name}}<%={{ }}=%>{{name}}",
	    "OlimOlim{{name}}Olim" },
	{ "a change of marks alone on its line takes it with it",
	    "a\n  {{=| |=}}\n|name|", "a\nOlim" },
	{ "a partial is put in", "a{{> word}}c", "aOlim.\nc" },
	{ "a partial alone is indented, its values are not",
	    "a\n  {{> lines}}\nc", "a\n  |\n  x\ny\n\n  |\nc" },
	{ "a partial inside a line is not", "a {{> lines}}",
	    "a |\nx\ny\n\n|\n" },
	{ "partials nest, and so do their indents", " {{> outer}}",
	    " [\n   |\n   x\ny\n\n   |\n ]\n" },
	{ "a partial sees the section it stands in",
	    "{{#list}}{{> title}}{{/list}}", "one two three " },
	{ "a partial that is not there is nothing", "a{{> what}}b", "ab" },
	{ "a partial may be itself again",
	    "{{> tree}}", "1(2(3))(4)" },
	{ "an empty line inside a section goes with it",
	    "a\n{{#no}}\n\nb\n{{/no}}\n\nc", "a\n\nc" },
};

static const Case html_cases[] = {
	{ "in HTML the five signs are escaped", "{{html}}",
	    "&lt;b&gt; &amp; &quot;it&#39;s&quot;" },
	{ "three braces and & give markup, where a value has it",
	    "{{{bold}}}{{&bold}}{{bold}}", "<b>x</b><b>x</b>x" },
	{ "else the same as two, line ends made visible",
	    "{{{html}}}{{&mail}}", "&lt;b&gt; &amp; &quot;it&#39;s&quot;"
	    "a &lt;b&gt;<br>c" },
	{ "the template itself is not escaped", "<p>{{name}}</p>",
	    "<p>Olim</p>" },
};

static const Case markup_cases[] = {
	{ "in a text for HTML the text is escaped as well", "<a & b>\n",
	    "&lt;a &amp; b&gt;\n" },
	{ "a value stands apart", "x: {{html}}",
	    "x: <bdi>&lt;b&gt; &amp; &quot;it&#39;s&quot;</bdi>" },
	{ "its line ends are made visible", "{{mail}}",
	    "<bdi>a &lt;b&gt;<br>c</bdi>" },
	{ "markup is put in as it is", "{{{bold}}}", "<b>x</b>" },
	{ "but not between two braces", "{{bold}}", "<bdi>x</bdi>" },
	{ "what is empty leaves nothing", "[{{empty}}{{what}}{{no}}]", "[]" },
};

static const Case faults[] = {
	{ "a tag that is not closed", "a\nb {{name", "line 2, column 3: " },
	{ "three braces closed by two", "{{{name}}", "line 1, column 1: " },
	{ "a column counts characters", "ўзбек {{", "line 1, column 7: " },
	{ "a section that is not closed", "a\n{{#yes}}\nb", "line 2: " },
	{ "the wrong section closed", "{{#a}}\n {{/b}}", "line 2, column 2: " },
	{ "a section closed that is not open", "{{/a}}", "line 1, column 1: " },
	{ "a partial by path", "x{{> ../file}}", "line 1, column 2: " },
	{ "one mark instead of two", "{{=<%=}}", "line 1, column 1: " },
	{ "three marks", "{{=a b c=}}", "line 1, column 1: " },
	{ "a mark with an equals sign", "{{== %>=}}", "line 1, column 1: " },
	{ "inheritance", "{{<parent}}{{/parent}}", "line 1, column 1: " },
	{ "an empty name", "{{ }}", "line 1, column 1: " },
	{ "a name with blanks", "{{a b}}", "line 1, column 1: " },
	{ "an expression", "{{6*111}}", "line 1, column 1: " },
	{ "what is not UTF-8", "a\n\xff", "line 2, column 1: " },
};

static void
check(const Case *c, MustacheEscape escape)
{
	g_autoptr(GHashTable) all = partials();
	g_autoptr(MustacheData) data = sample();
	g_autoptr(GError) error = NULL;
	g_autoptr(Mustache) mustache = mustache_parse(c->text, &error);
	g_autofree char *got = NULL;

	g_assert_no_error(error);
	got = mustache_render(mustache, all, data, escape, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, c->want);
}

static void
test_text(gconstpointer c)
{
	check(c, MUSTACHE_TEXT);
}

static void
test_html(gconstpointer c)
{
	check(c, MUSTACHE_HTML);
}

static void
test_markup(gconstpointer c)
{
	check(c, MUSTACHE_MARKUP);
}

static void
test_endless(void)
{
	static const char *const texts[] = { "{{> endless}}", "{{> twice}}" };
	g_autoptr(GHashTable) all = partials();
	g_autoptr(MustacheData) data = mustache_data_new();

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Mustache) mustache = mustache_parse(texts[i], NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(mustache_render(
		    mustache, all, data, MUSTACHE_TEXT, &error));
		g_assert_error(
		    error, JAVOB_ERROR, (int)JAVOB_ERROR_PERMANENT);
	}
}

static void
test_fault(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Mustache) mustache = mustache_parse(c->text, &error);

	g_assert_null(mustache);
	g_assert_error(error, JAVOB_ERROR, (int)JAVOB_ERROR_CONFIG);
	if (!g_str_has_prefix(error->message, c->want))
		g_error("got \"%s\"", error->message);
}

static void
test_names(void)
{
	g_autoptr(Mustache) mustache = mustache_parse_at(
	    "{{a}}\n{{#b}}{{a}}{{{c}}}{{.}}{{/b}}\n{{! d }}{{^b}}{{/b}}{{>p}}",
	    5, NULL);
	g_autoptr(GPtrArray) names = mustache_names(mustache);
	g_autoptr(GPtrArray) drawn = mustache_partials(mustache);

	g_assert_cmpuint(drawn->len, ==, 1);
	g_assert_cmpstr(drawn->pdata[0], ==, "p");

	g_assert_cmpuint(names->len, ==, 3);
	g_assert_cmpstr(names->pdata[0], ==, "a");
	g_assert_cmpstr(names->pdata[1], ==, "b");
	g_assert_cmpstr(names->pdata[2], ==, "c");
	g_assert_cmpuint(mustache_line(mustache, "a"), ==, 5);
	g_assert_cmpuint(mustache_line(mustache, "b"), ==, 6);
	g_assert_cmpuint(mustache_line(mustache, "d"), ==, 0);
}

static void
test_inner_map(void)
{
	g_autoptr(MustacheData) data = mustache_data_new();
	g_autoptr(Mustache) mustache =
	    mustache_parse("{{a.name}}|{{a.b}}|{{a.name.x}}|{{b}}", NULL);
	MustacheData *inner = mustache_data_new();
	g_autofree char *got = NULL;

	mustache_set(inner, "name", "x");
	mustache_append(data, "a", inner);
	mustache_set(data, "b", "outer");
	got = mustache_render(mustache, NULL, data, MUSTACHE_TEXT, NULL);
	g_assert_cmpstr(got, ==, "x|||outer");
}

static char *
nested(guint depth)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < depth; i++)
		g_string_append(text, "{{#yes}}");
	for (guint i = 0; i < depth; i++)
		g_string_append(text, "{{/yes}}");
	return g_string_free(text, FALSE);
}

static void
test_limits(void)
{
	g_autoptr(MustacheData) data = mustache_data_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *deep = nested(32);
	g_autofree char *deeper = nested(33);
	g_autofree char *large = g_strnfill(64 * 1024, 'x');
	g_autofree char *larger = g_strnfill(64 * 1024 + 1, 'x');
	g_autofree char *got = NULL;
	g_autoptr(Mustache) m1 = mustache_parse(deep, &error);
	g_autoptr(Mustache) m2 = mustache_parse(large, &error);
	g_autoptr(Mustache) m3 = NULL;

	g_assert_no_error(error);
	g_assert_nonnull(m1);
	g_assert_nonnull(m2);
	g_assert_null(mustache_parse(deeper, NULL));
	g_assert_null(mustache_parse(larger, NULL));
	m3 = mustache_parse("{{#list}}{{text}}{{/list}}", &error);
	g_assert_no_error(error);
	mustache_set(data, "text", large);
	for (guint i = 0; i < 17; i++)
		mustache_append(data, "list", mustache_data_new());
	got = mustache_render(m3, NULL, data, MUSTACHE_TEXT, &error);
	g_assert_null(got);
	g_assert_error(error, JAVOB_ERROR, (int)JAVOB_ERROR_PERMANENT);
}

static void
add(const char *group, const Case *c, GTestDataFunc function)
{
	g_autofree char *path = g_strdup_printf("/%s/%s", group, c->title);

	g_test_add_data_func(path, c, function);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(text_cases); i++)
		add("mustache", &text_cases[i], test_text);
	for (guint i = 0; i < G_N_ELEMENTS(html_cases); i++)
		add("mustache", &html_cases[i], test_html);
	for (guint i = 0; i < G_N_ELEMENTS(markup_cases); i++)
		add("mustache", &markup_cases[i], test_markup);
	for (guint i = 0; i < G_N_ELEMENTS(faults); i++)
		add("mustache/is an error", &faults[i], test_fault);
	g_test_add_func("/mustache/names are listed once, with their lines",
	    test_names);
	g_test_add_func("/mustache/a dot leads into the one inner map",
	    test_inner_map);
	g_test_add_func("/mustache/limits hold", test_limits);
	g_test_add_func("/mustache/a partial without end is an error",
	    test_endless);
	return g_test_run();
}
