/* test-cleanhtml.c - what of an agent's HTML may go to a customer, and which
 * part of it his own words are. */
#include "mail/cleanhtml.h"

#include <string.h>

#include "mail/html.h"
#include "mail/quote.h"

static const struct {
	const char *title, *html, *want;
} written[] = {
	{ "words, emphasis and links stay",
	    "<p>Your <b>refund</b> is <a href=\"https://a.example/?x=1&amp;y\">"
	    "here</a>.</p>",
	    "<p>Your <b>refund</b> is <a href=\"https://a.example/?x=1&amp;y\">"
	    "here</a>.</p>" },
	{ "elements that nobody closed are closed", "<div><b>a<i>b",
	    "<div><b>a<i>b</i></b></div>" },
	{ "script, style, comments and heads go",
	    "<head><title>t</title><style>s</style></head><!-- c -->"
	    "<script>x<b></script>a",
	    "a" },
	{ "classes, names, styles, handlers and data go",
	    "<p class=x id=y style=\"color:red\" onclick=\"z()\" data-q=1>a</p>",
	    "<p>a</p>" },
	{ "hidden text goes",
	    "<p style=\"display: none\">a</p><p hidden>b</p>c", "c" },
	{ "pictures from elsewhere go",
	    "<img src=\"https://t.example/1.gif\"><img src=\"data:image/gif;a\">"
	    "<img src=\"//t.example/1.gif\">a",
	    "a" },
	{ "pictures of the mail stay, with their sizes",
	    "<img width=10 height=\"20\" border=0 alt=\"A ring\" "
	    "src=\"cid:p1@a.example\">",
	    "<img src=\"cid:p1@a.example\" alt=\"A ring\" width=\"10\" "
	    "height=\"20\">" },
	{ "no link but to pages, addresses and telephones",
	    "<a href=\"javascript:x()\">a</a><a href=\" JaVaScRiPt:x\">b</a>"
	    "<a href=\"file:///etc\">c</a><a href=\"mailto:a@b.example\">d</a>",
	    "abc<a href=\"mailto:a@b.example\">d</a>" },
	{ "a value cannot end its attribute",
	    "<a href='https://a.example/\"><script>x</script>'>a</a>",
	    "<a href=\"https://a.example/&quot;&gt;&lt;script&gt;x&lt;/script"
	    "&gt;\">a</a>" },
	{ "signatures that are marked go",
	    "a<div class=\"x gmail_signature\">Ann</div>"
	    "<div id=\"Signature\">Ann</div><div class=moz-signature>Ann</div>",
	    "a" },
	{ "lines of Outlook stay lines",
	    "<p class=MsoNormal style='margin:0cm'>a<o:p></o:p></p>",
	    "<p style=\"margin:0\">a</p>" },
	{ "the direction of text stays", "<p dir=rtl>a</p><p dir=auto>b</p>",
	    "<p dir=\"rtl\">a</p><p>b</p>" },
	{ "frames, forms, objects go; what a form holds for readers stays",
	    "<iframe>a</iframe><object>b</object><form><input value=c>d</form>",
	    "d" },
};

static void
test_written(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *got = cleanhtml_write(
	    written[i].html, strlen(written[i].html));
	g_autofree char *again = cleanhtml_write(got, strlen(got));

	g_assert_cmpstr(got, ==, written[i].want);
	g_assert_true(cleanhtml_check(got));
	if (strstr(got, "margin") == NULL)
		g_assert_cmpstr(again, ==, got);
}

static const struct {
	const char *title, *html;
} foul[] = {
	{ "an element that is not allowed", "<script>x</script>" },
	{ "capitals", "<P>x</P>" },
	{ "an attribute that is not allowed", "<p class=\"x\">x</p>" },
	{ "a value without quotation marks", "<ol start=1></ol>" },
	{ "another style", "<p style=\"margin:1px\">x</p>" },
	{ "a picture without a source", "<img alt=\"x\">" },
	{ "a picture from elsewhere", "<img src=\"https://a.example/\">" },
	{ "a script as link", "<a href=\"javascript:x()\">x</a>" },
	{ "a line end in a link", "<a href=\"https://a.example/\n\">x</a>" },
	{ "an end without a beginning", "</p>" },
	{ "a beginning without an end", "<p>" },
	{ "ends in the wrong order", "<b><i>x</b></i>" },
	{ "a comment", "<!-- x -->" },
	{ "a bare ampersand", "x & y" },
	{ "another escape", "&#60;script>" },
	{ "a control character", "x\001" },
	{ "no UTF-8", "x\xff" },
	{ "a tag that goes nowhere", "<p" },
	{ "an attribute that goes nowhere", "<a href=\"https://a.example/" },
	{ "a third way to close", "<br/>" },
};

static void
test_foul(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	g_assert_false(cleanhtml_check(foul[i].html));
	g_assert_null(cleanhtml_text(foul[i].html));
}

static const struct {
	const char *title, *html, *want;
} kept[] = {
	{ "all that is new", "<p>a</p><p>b</p>", "<p>a</p><p>b</p>" },
	{ "nothing of a quotation, and no element around it",
	    "<div><p>a</p><div>On 1.1.2026 Bo &lt;bo@a.example&gt; wrote:</div>"
	    "<blockquote><b>old</b></blockquote></div>",
	    "<div><p>a</p></div>" },
	{ "empty lines between words, none after them",
	    "<div>a</div><div><br></div><div>b</div><div><br></div>"
	    "<blockquote>old</blockquote>",
	    "<div>a</div><div><br></div><div>b</div>" },
	{ "spaces between elements", "<b>a</b> <i>b</i>", "<b>a</b> <i>b</i>" },
	{ "lines of a preformatted text",
	    "<pre>a\nb\n\n&gt; old\n&gt; old\n</pre>", "<pre>a\nb</pre>" },
	{ "pictures among the words, not in the quotation",
	    "a<img src=\"cid:1@a.example\"><blockquote>"
	    "<img src=\"cid:2@a.example\"></blockquote>",
	    "a<img src=\"cid:1@a.example\">" },
	{ "a picture alone",
	    "<img src=\"cid:1@a.example\"><blockquote>old</blockquote>",
	    "<img src=\"cid:1@a.example\">" },
};

static void
test_kept(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *text = cleanhtml_text(kept[i].html);
	g_autoptr(GArray) spans = quote_spans(text);
	g_autofree char *got = cleanhtml_keep(kept[i].html, spans);

	g_assert_cmpstr(got, ==, kept[i].want);
}

static void
test_torn(void)
{
	QuoteSpan span = { 0, 3 };
	g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof span);

	g_array_append_val(spans, span);
	g_assert_null(cleanhtml_keep("<p>one two</p>", spans));
}

/* The reader makes the same text of clean HTML as html.h does. */
static void
test_same(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(written); i++) {
		const char *html = written[i].want;
		g_autofree char *ours = NULL, *theirs = NULL;

		if (strstr(html, "<img") != NULL)
			continue;
		ours = cleanhtml_text(html);
		theirs = html_to_text(html, strlen(html), 1 << 20, NULL);
		g_assert_cmpstr(ours, ==, theirs);
	}
}

static void
test_line(void)
{
	g_autofree char *line = cleanhtml_line(
	    "<p>a\nb</p>\n<pre dir=\"ltr\">c d\ne</pre>\nf");

	g_assert_cmpstr(line, ==,
	    "<p>a b</p> <pre dir=\"ltr\">c&#32;d&#10;e</pre> f");
}

/* Nothing deep or long costs more than its length. */
static void
test_large(void)
{
	g_autoptr(GString) deep = g_string_new(NULL);
	g_autofree char *clean = NULL;

	for (guint i = 0; i < 50000; i++)
		g_string_append(deep, "<div><b>");
	g_string_append(deep, "x");
	clean = cleanhtml_write(deep->str, deep->len);
	g_assert_true(clean == NULL || cleanhtml_check(clean));
	g_string_truncate(deep, 0);
	while (deep->len <= CLEANHTML_MOST)
		g_string_append(deep, "word ");
	g_assert_null(cleanhtml_write(deep->str, deep->len));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	html_init();
	for (gsize i = 0; i < G_N_ELEMENTS(written); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/cleanhtml/written: %s", written[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_written);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(foul); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/cleanhtml/not clean: %s", foul[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_foul);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/cleanhtml/kept: %s", kept[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_kept);
	}
	g_test_add_func("/cleanhtml/half a run is not cut out", test_torn);
	g_test_add_func("/cleanhtml/it reads as HTML does", test_same);
	g_test_add_func("/cleanhtml/it can stand in one line", test_line);
	g_test_add_func("/cleanhtml/it has an end", test_large);
	return g_test_run();
}
