/* test-mark.c - answers to surveys and how they are to be read: the files of
 * tests/survey, and what no file shows. */
#include "policy/mark.h"

#include <glib.h>
#include <string.h>

#include "mail/quote.h"

static MarkKind
kind_of(const char *word)
{
	g_assert_true(g_str_equal(word, "csat") || g_str_equal(word, "nps"));
	return g_str_equal(word, "csat") ? MARK_CSAT : MARK_NPS;
}

/* id kind language body reading note trick */
static void
check_row(char **column)
{
	g_autofree char *body = g_strcompress(column[3]);
	g_autofree char *text = NULL, *note = NULL;
	guint quoted;
	int want = g_str_equal(column[4], "none") ? MARK_NONE
						  : atoi(column[4]);
	int got;

	quote_cut(body, &text, &quoted);
	got = mark_read(text, kind_of(column[1]), column[2], &note);
	if (got != want) {
		g_test_message("%s %s: \"%s\" was read as %d, not as %s",
		    column[0], column[2], column[3], got, column[4]);
		g_test_fail();
	}
	if (!g_str_equal(column[5], "-") &&
	    strstr(note, column[5]) == NULL) {
		g_test_message("%s: the note \"%s\" lacks \"%s\"", column[0],
		    note, column[5]);
		g_test_fail();
	}
}

static void
test_file(gconstpointer name)
{
	g_autofree char *path =
	    g_build_filename(SRCDIR, "tests", "survey", name, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) error = NULL;
	guint rows = 0;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) column = g_strsplit(lines[i], "\t", -1);

		if (*lines[i] == '\0' || *lines[i] == '#')
			continue;
		g_assert_cmpuint(g_strv_length(column), ==, 7);
		check_row(column);
		rows++;
	}
	g_assert_cmpuint(rows, >=, 60);
}

/* Whatever is written, it ends, and a mark is one of the scale. */
static void
test_anything(void)
{
	static const char *const bits[] = { "5", "10", "/", " ", "\n", ".",
		"not", "emas", "rating", "★", "*", "-", "+", "5️⃣", "dan",
		"of", "from", ":", "?", "но", "٣", "\u200d", "👍", "a", "1" };
	GRand *random = g_rand_new_with_seed(7);

	for (guint i = 0; i < 20000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		MarkKind kind = i % 2 == 0 ? MARK_CSAT : MARK_NPS;
		gint32 most = g_rand_int_range(random, 0, 12);
		g_autofree char *note = NULL;
		int mark;

		for (gint32 n = 0; n < most; n++)
			g_string_append(text,
			    bits[g_rand_int_range(
				random, 0, (gint32)G_N_ELEMENTS(bits))]);
		mark = mark_read(text->str, kind, "uz", &note);
		g_assert_nonnull(note);
		g_assert_cmpint(mark, <=, kind == MARK_CSAT ? 5 : 10);
		g_assert_cmpint(mark, >=, MARK_NONE);
		if (kind == MARK_CSAT)
			g_assert_cmpint(mark, !=, 0);
	}
	g_rand_free(random);
}

static void
test_long(void)
{
	g_autoptr(GString) text = g_string_new("4. ");
	g_autofree char *note = NULL;

	for (guint i = 0; i < 20000; i++)
		g_string_append(text, "word and 3 days, ");
	g_assert_cmpint(mark_read(text->str, MARK_CSAT, "en", &note), ==, 4);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	quote_init();
	g_test_add_data_func("/mark/replies", "replies.tsv", test_file);
	g_test_add_data_func("/mark/replies-own", "replies-own.tsv", test_file);
	g_test_add_func("/mark/anything", test_anything);
	g_test_add_func("/mark/long", test_long);
	return g_test_run();
}
