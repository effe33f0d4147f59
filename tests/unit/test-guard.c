/* test-guard.c - nothing internal gets out: words of a note in a letter. */
#include "policy/guard.h"

static const struct {
	const char *title;
	const char *note;
	const char *text;
	gboolean want;
} cases[] = {
	{ "eight words in a row are found",
	    "Ann is a difficult customer and she never pays on time",
	    "Hello, a difficult: customer and she never pays on time.", TRUE },
	{ "seven words in a row are not enough",
	    "one two three four five six seven eight nine",
	    "one two three four five six seven and then", FALSE },
	{ "case, signs and line breaks do not hide them",
	    "one two three four five six seven eight",
	    "ONE, two;\nthree -- \"four\" FIVE\n> six seven\teight!", TRUE },
	{ "a whole short note is found", "Card was stolen",
	    "I fear the card was stolen.", TRUE },
	{ "a short note inside other words is not", "he art is",
	    "The arti she art isolated", FALSE },
	{ "two words are no note to guard", "thank you", "Thank you!", FALSE },
	{ "a note of exactly eight words is found whole", "a b c d e f g h",
	    "x a b c d e f g h y", TRUE },
	{ "words that only begin alike are different", "a b c d e f g h",
	    "x a b c d e f g hh", FALSE },
	{ "letters with marks are compared folded",
	    "\xd0\x9a\xd0\x9b\xd0\x98\xd0\x95\xd0\x9d\xd0\xa2 \xd0\xbd\xd0\xb5 "
	    "\xd0\xbf\xd0\xbb\xd0\xb0\xd1\x82\xd0\xb8\xd1\x82",
	    "\xd0\xba\xd0\xbb\xd0\xb8\xd0\xb5\xd0\xbd\xd1\x82 \xd0\xbd\xd0\xb5 "
	    "\xd0\xbf\xd0\xbb\xd0\xb0\xd1\x82\xd0\xb8\xd1\x82.",
	    TRUE },
	{ "an empty text leaks nothing", "one two three", "", FALSE },
	{ "an empty note guards nothing", "", "one two three", FALSE },
	{ "a note of signs guards nothing", "... --- ...", "... --- ...",
	    FALSE },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GPtrArray) notes = g_ptr_array_new();

	g_ptr_array_add(notes, (char *)"something else that nobody wrote");
	g_ptr_array_add(notes, (char *)cases[i].note);
	g_assert_cmpint(guard_leaks(cases[i].text, notes), ==, cases[i].want);
}

static void
test_no_notes(void)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new();

	g_assert_false(guard_leaks("one two three", NULL));
	g_assert_false(guard_leaks("one two three", notes));
}

static void
test_long(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) notes = g_ptr_array_new();

	for (guint i = 0; i < 60000; i++)
		g_string_append_printf(text, "w%u ", i);
	g_ptr_array_add(notes, (char *)"w59991 w59992 w59993 w59994 w59995 "
				       "w59996 w59997 w59998");
	g_assert_true(guard_leaks(text->str, notes));
	notes->pdata[0] = (char *)"w59991 w59992 w59993 w59994 w59995 "
				  "w59996 w59997 w59999";
	g_assert_false(guard_leaks(text->str, notes));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/guard/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/guard/without notes nothing leaks", test_no_notes);
	g_test_add_func("/guard/the last words of a long text are looked at",
	    test_long);
	return g_test_run();
}
