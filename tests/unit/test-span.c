/* Lengths of time as people write them. */
#include "ground/span.h"

static const struct {
	const char *title, *text;
	gint64 want; /* -1: refused */
	const char *back;
} cases[] = {
	{ "seconds", "90s", 90, "1m30s" },
	{ "minutes", "15m", 900, "15m" },
	{ "hours", "4h", 14400, "4h" },
	{ "days", "2d", 172800, "2d" },
	{ "weeks", "3w", 1814400, "3w" },
	{ "several units add up", "1h30m", 5400, "1h30m" },
	{ "90 minutes are an hour and a half", "90m", 5400, "1h30m" },
	{ "all units", "1w1d1h1m1s", 694861, "1w1d1h1m1s" },
	{ "capital letters", "2D", 172800, "2d" },
	{ "nothing at all lasts 0s", "0s", 0, "0s" },
	{ "a bare zero", "0", 0, "0s" },
	{ "the longest", "9223372036854775807s", G_MAXINT64,
	    "15250284452471w3d15h30m7s" },
	{ "a number without unit is refused", "90", -1, NULL },
	{ "a trailing number is refused", "1h30", -1, NULL },
	{ "a trailing zero is refused", "1h0", -1, NULL },
	{ "a negative span is refused", "-1h", -1, NULL },
	{ "a plus sign is refused", "+1h", -1, NULL },
	{ "an empty text is refused", "", -1, NULL },
	{ "a unit alone is refused", "h", -1, NULL },
	{ "an unknown unit is refused", "1y", -1, NULL },
	{ "white space inside is refused", "1 h", -1, NULL },
	{ "white space behind is refused", "1h ", -1, NULL },
	{ "fractions are refused", "1.5h", -1, NULL },
	{ "too large a number is refused", "9223372036854775808s", -1, NULL },
	{ "too large a product is refused", "9223372036854775807w", -1, NULL },
	{ "too large a sum is refused", "9223372036854775807s1s", -1, NULL },
};

static void
check(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	gint64 got = 12345;
	gboolean ok = span_parse(cases[i].text, &got);
	g_autofree char *back = NULL;

	g_assert_cmpint(ok, ==, cases[i].want >= 0);
	g_assert_cmpint(got, ==, ok ? cases[i].want : 12345);
	if (ok) {
		back = span_format(got);
		g_assert_cmpstr(back, ==, cases[i].back);
	}
}

static void
negative(void)
{
	g_autofree char *a = span_format(-5400), *b = span_format(G_MININT64);

	g_assert_cmpstr(a, ==, "-1h30m");
	g_assert_true(g_str_has_prefix(b, "-15250284452471w"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/span/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), check);
	}
	g_test_add_func("/span/a difference below zero can be shown", negative);
	return g_test_run();
}
