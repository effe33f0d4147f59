/* test-markup.c - text to HTML for letters. */
#include "policy/markup.h"

#include <string.h>

#define P "<p style=\"margin:0 0 16px\">"
#define Q \
	"<blockquote style=\"margin:0 0 16px;padding:0 12px;" \
	"border-left:2px solid #aaaaaa\">"

typedef struct Case {
	const char *title, *text, *want;
} Case;

static const Case layouts[] = {
	{ "nothing", "", "" },
	{ "a paragraph ends at an empty line", "a\nb\n\n\nc\n",
	    P "a<br>\nb</p>\n" P "c</p>\n" },
	{ "what a label names is strong",
	    "Expected by: <bdi>Monday</bdi> (<bdi>Tashkent time</bdi>)",
	    P "Expected by: <strong><bdi>Monday</bdi></strong> "
	      "(<bdi>Tashkent time</bdi>)</p>\n" },
	{ "also behind a French blank", "Objet\xc2\xa0:\xc2\xa0<bdi>x</bdi>",
	    P "Objet\xc2\xa0:\xc2\xa0<strong><bdi>x</bdi></strong></p>\n" },
	{ "not in a sentence", "Number: <bdi>7</bdi> is yours.",
	    P "Number: <bdi>7</bdi> is yours.</p>\n" },
	{ "an address alone on its line is a link",
	    "- <bdi>T</bdi>\n  <bdi>https://x/?a=1&amp;b</bdi>",
	    P "- <bdi>T</bdi><br>\n"
	      "<a href=\"https://x/?a=1&amp;b\">https://x/?a=1&amp;b</a></p>\n" },
	{ "of another scheme it is not", "<bdi>javascript:a</bdi>",
	    P "<bdi>javascript:a</bdi></p>\n" },
	{ "nor inside a sentence", "see <bdi>https://x</bdi>",
	    P "see <bdi>https://x</bdi></p>\n" },
	{ "markup is a block of its own", "a\n" P "b</p>\nc",
	    P "a</p>\n" P "b</p>\n" P "c</p>\n" },
};

static const Case texts[] = {
	{ "nothing", "\n\n", "" },
	{ "lines and paragraphs", "a\nb\n\nc", P "a<br>b</p>" P "c</p>" },
	{ "signs are escaped", "<b>&\"", P "&lt;b&gt;&amp;&quot;</p>" },
	{ "what is quoted is set off", "> a\n>b\nc\n> d",
	    Q "a<br>b</blockquote>" P "c</p>" Q "d</blockquote>" },
	{ "a web address becomes a link, its full stop does not",
	    "See https://x.example/a?b=1&c=2. Bye",
	    P "See <a href=\"https://x.example/a?b=1&amp;c=2\">"
	      "https://x.example/a?b=1&amp;c=2</a>. Bye</p>" },
	{ "no other scheme does", "javascript:a data:b ftp://c",
	    P "javascript:a data:b ftp://c</p>" },
	{ "nothing breaks out of an address", "https://x/\"onclick=a'<",
	    P "<a href=\"https://x/\">https://x/</a>&quot;onclick=a&apos;"
	      "&lt;</p>" },
};

static void
test_layout(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *got = markup_layout(c->text);

	g_assert_cmpstr(got, ==, c->want);
}

static void
test_text(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *got = markup_text(c->text, TRUE);
	g_autofree char *plain = markup_text(c->text, FALSE);

	g_assert_cmpstr(got, ==, c->want);
	g_assert_null(strstr(plain, "<a "));
}

static void
add(const char *group, const Case *c, GTestDataFunc function)
{
	g_autofree char *path = g_strdup_printf("/markup/%s/%s", group, c->title);

	g_test_add_data_func(path, c, function);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(layouts); i++)
		add("a letter's text", &layouts[i], test_layout);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		add("a person's text", &texts[i], test_text);
	return g_test_run();
}
