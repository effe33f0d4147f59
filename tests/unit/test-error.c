/* What an error means to MTAs, LMTP clients and shells. */
#include "ground/error.h"

#include <gio/gio.h>

static const struct {
	const char *title;
	JavobError code;
	int pipe_exit, exit;
	const char *lmtp;
} cases[] = {
	{ "what may work later is deferred", JAVOB_ERROR_TEMPORARY, 75, 1,
	    "451 4.3.0" },
	{ "what can never work is refused", JAVOB_ERROR_PERMANENT, 65, 1,
	    "554 5.6.0" },
	{ "what may have happened is deferred", JAVOB_ERROR_UNCERTAIN, 75, 1,
	    "451 4.4.2" },
	{ "a broken configuration never bounces mail", JAVOB_ERROR_CONFIG, 75,
	    78, "451 4.3.5" },
};

static void
meaning(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error =
	    g_error_new(JAVOB_ERROR, (int)cases[i].code, "x");

	g_assert_cmpint(error_pipe_exit(error), ==, cases[i].pipe_exit);
	g_assert_cmpint(error_exit(error), ==, cases[i].exit);
	g_assert_cmpstr(error_lmtp(error), ==, cases[i].lmtp);
}

static void
foreign(void)
{
	g_autoptr(GError) io = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "x");
	g_autoptr(GError) odd = g_error_new(JAVOB_ERROR, 99, "x");

	g_assert_cmpint(error_pipe_exit(io), ==, 75);
	g_assert_cmpint(error_exit(io), ==, 1);
	g_assert_cmpstr(error_lmtp(io), ==, "451 4.3.0");
	g_assert_cmpint(error_pipe_exit(odd), ==, 75);
}

static void
none(void)
{
	g_assert_cmpint(error_pipe_exit(NULL), ==, 0);
	g_assert_cmpint(error_exit(NULL), ==, 0);
}

static void
shorthands(void)
{
	g_autoptr(GError) a = NULL, b = NULL, c = NULL, d = NULL;

	g_assert_false(error_temporary(&a, "spool %d: %s", 4711, "full"));
	g_assert_error(a, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_cmpstr(a->message, ==, "spool 4711: full");
	g_assert_false(error_permanent(&b, "b"));
	g_assert_error(b, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	g_assert_false(error_uncertain(&c, "c"));
	g_assert_error(c, JAVOB_ERROR, JAVOB_ERROR_UNCERTAIN);
	g_assert_false(error_config(&d, "d"));
	g_assert_error(d, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_false(error_config(NULL, "nobody asks"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/error/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), meaning);
	}
	g_test_add_func("/error/errors of others are worth another try",
	    foreign);
	g_test_add_func("/error/no error is success", none);
	g_test_add_func("/error/shorthands set code and message", shorthands);
	return g_test_run();
}
