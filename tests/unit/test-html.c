/* test-html.c - HTML reads as its writer saw it. */
#include "mail/html.h"

#include <string.h>

static const struct Case {
	const char *title, *html, *want;
} cases[] = {
	{ "/html/paragraphs are apart", "<p>one</p><p>two</p>",
	    "one\n\ntwo\n" },
	{ "/html/a break ends the line", "one<br>two<br/><br>three",
	    "one\ntwo\n\nthree\n" },
	{ "/html/blocks are lines", "<div>one</div><div>two</div>",
	    "one\ntwo\n" },
	{ "/html/white space is one space", "a \n\t b<b> c</b>\n", "a b c\n" },
	{ "/html/entities are letters",
	    "&lt;a&gt; &amp; &#1057;&eacute;&nbsp;x", "<a> & Сé x\n" },
	{ "/html/a list has marks", "<ul><li>one<li>two</ul>end",
	    "- one\n- two\nend\n" },
	{ "/html/a table row is a line",
	    "<table><tr><td>a<td>b</tr><tr><td>c</td><td>d</td></tr></table>",
	    "a  b\nc  d\n" },
	{ "/html/a link keeps its address",
	    "see <a href=\"https://x.uz/a\">this page</a>.",
	    "see this page <https://x.uz/a>.\n" },
	{ "/html/a link that shows its address stands once",
	    "<a href=\"https://x.uz/a/\">https://x.uz/a</a> "
	    "<a href=\"mailto:a@x.uz\">a@x.uz</a>",
	    "https://x.uz/a a@x.uz\n" },
	{ "/html/the same address stands once",
	    "<a href=\"http://x.uz/\">one</a> <a href=\"http://x.uz/\">two</a>",
	    "one <http://x.uz/> two\n" },
	{ "/html/script links are no links",
	    "<a href=\"javascript:alert(1)\">x</a>", "x\n" },
	{ "/html/style, script and title are no text",
	    "<html><head><title>t</title><style>p{}</style></head><body>"
	    "<script>alert(1)</script>text</body></html>",
	    "text\n" },
	{ "/html/hidden text is left out",
	    "<div style=\"display: none;\">preview <b>x</b></div>"
	    "<span style=\"DISPLAY:none\">y</span>text",
	    "text\n" },
	{ "/html/a quoted block has marks",
	    "yes<blockquote>old<br>lines<blockquote>older</blockquote>"
	    "</blockquote>end",
	    "yes\n> old\n> lines\n> > older\nend\n" },
	{ "/html/preformatted text keeps its lines", "<pre>a\n  b\n\nc</pre>",
	    "a\n  b\n\nc\n" },
	{ "/html/a rule is a line", "a<hr>b",
	    "a\n________________________________\nb\n" },
	{ "/html/unclosed tags are borne", "<div><b>one<p>two<table><td>three",
	    "one\n\ntwo\n\nthree\n" },
	{ "/html/no text gives no text", "<html><body> </body></html>", "" },
	{ "/html/text without a tag", "just text", "just text\n" },
};

static void
test_case(gconstpointer data)
{
	const struct Case *c = data;
	g_autofree char *text =
	    html_to_text(c->html, strlen(c->html), 1000000, NULL);

	g_assert_cmpstr(text, ==, c->want);
}

/* Nesting of any depth must neither overflow nor take for ever. */
static void
test_deep(void)
{
	static const char *const units[] = { "<div>", "<table><tr><td>",
		"<blockquote>", "<p><i>", "<b>" };

	for (guint k = 0; k < G_N_ELEMENTS(units); k++) {
		g_autoptr(GString) html = g_string_new("first ");
		g_autofree char *text = NULL;

		for (guint i = 0; i < 50000; i++)
			g_string_append(html, units[k]);
		for (guint i = 0; i < 50000; i++)
			g_string_append(html, "</p></a>");
		g_string_append(html, "last");
		text = html_to_text(html->str, html->len, 1000000, NULL);
		g_assert_true(g_str_has_prefix(text, "first"));
		g_assert_nonnull(strstr(text, "last"));
	}
}

static void
test_most(void)
{
	g_autoptr(GString) html = g_string_new(NULL);
	g_autofree char *text = NULL;
	gboolean cut = FALSE;

	for (guint i = 0; i < 100000; i++)
		g_string_append(html, "<p>some words</p>");
	text = html_to_text(html->str, html->len, 10000, &cut);
	g_assert_true(cut);
	g_assert_cmpuint(strlen(text), <, 30000);
}

static void
test_charset(void)
{
	static const char meta[] =
	    "<html><head><META http-equiv=Content-Type "
	    "content=\"text/html; charset=Windows-1251\">";
	g_autofree char *charset = html_charset(meta, strlen(meta));
	g_autofree char *none = html_charset("<p>charset=x", 12);

	g_assert_cmpstr(charset, ==, "windows-1251");
	g_assert_null(none);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	html_init();
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].title, &cases[i], test_case);
	g_test_add_func("/html/any depth is read in little time", test_deep);
	g_test_add_func("/html/the length is bounded", test_most);
	g_test_add_func("/html/the document says its charset", test_charset);
	return g_test_run();
}
