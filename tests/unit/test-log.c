/* The log: one line per happening, whatever stands in it. */
#include "ground/log.h"

#include <string.h>

#include "javob.h"

static const struct {
	const char *title, *text, *want;
} cases[] = {
	{ "a plain line", "ticket=4711 event=opened",
	    "send: ticket=4711 event=opened\n" },
	{ "line ends are escaped", "subject=a\r\nforged=1",
	    "send: subject=a\\r\\nforged=1\n" },
	{ "controls are escaped", "a\tb\x1b[31m\x7f",
	    "send: a\\tb\\x1b[31m\\x7f\n" },
	{ "backslashes are doubled", "a\\n", "send: a\\\\n\n" },
	{ "Unicode's line ends and bidi overrides are escaped",
	    "a\xe2\x80\xa8"
	    "b\xe2\x80\xae"
	    "c\xc2\x85",
	    "send: a\\u2028b\\u202ec\\u0085\n" },
	{ "letters stay", "имя=Ўзбек", "send: имя=Ўзбек\n" },
	{ "what is no UTF-8 is escaped", "a\xff\xd0", "send: a\\xff\\xd0\n" },
};

static void
writes(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	if (g_test_subprocess()) {
		g_setenv("JOURNAL_STREAM", "1:2", TRUE);
		log_open("send", LOG_LEVEL_INFO, FALSE);
		log_info("%s", cases[i].text);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr(cases[i].want);
}

static void
dated(void)
{
	if (g_test_subprocess()) {
		g_unsetenv("JOURNAL_STREAM");
		g_setenv("JAVOB_CLOCK", "2026-11-27T06:29:03Z", TRUE);
		log_open("tick", LOG_LEVEL_INFO, FALSE);
		log_error("store=full");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_stderr("2026-11-27T06:29:03Z tick: store=full\n");
}

static void
levels(void)
{
	if (g_test_subprocess()) {
		g_setenv("JOURNAL_STREAM", "1:2", TRUE);
		log_open("a", LOG_LEVEL_ERROR, FALSE);
		log_error("1");
		log_info("2");
		log_debug("3");
		log_open("b", LOG_LEVEL_DEBUG, FALSE);
		log_debug("4");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_stderr("a: 1\nb: 4\n");
}

static void
libraries(void)
{
	if (g_test_subprocess()) {
		g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
		g_setenv("JOURNAL_STREAM", "1:2", TRUE);
		log_open("parse", LOG_LEVEL_INFO, FALSE);
		g_log("gmime", G_LOG_LEVEL_WARNING, "bad\nline");
		g_log("gmime", G_LOG_LEVEL_DEBUG, "chatter");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_stderr("parse: library=gmime bad\\nline\n");
}

static void
bounded(void)
{
	if (g_test_subprocess()) {
		g_autofree char *text = g_strnfill(100000, 'x');

		g_setenv("JOURNAL_STREAM", "1:2", TRUE);
		log_open("a", LOG_LEVEL_INFO, FALSE);
		log_info("%s", text);
		log_info("next");
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_stderr("a: xxx*xxx…\na: next\n");
}

static void
addresses(void)
{
	static const struct {
		const char *address, *want;
	} rows[] = {
		{ "ann@shop.example", "a..@shop.example" },
		{ "a@shop.example", "a..@shop.example" },
		{ "ёж@почта.рф", "ё..@почта.рф" },
		{ "\"a@b\"@c", "?..@c" },
		{ "ann", "a.." },
		{ "@shop", "@shop" },
		{ "a@b event=sent", "a..@b?event?sent" },
		{ "", "<>" },
		{ NULL, "<>" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = log_address(rows[i].address);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/log/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), writes);
	}
	g_test_add_func("/log/outside the journal a line has its time", dated);
	g_test_add_func("/log/levels above the limit are silent", levels);
	g_test_add_func("/log/libraries speak through the log", libraries);
	g_test_add_func("/log/a line is bounded", bounded);
	g_test_add_func("/log/addresses are shortened", addresses);
	return g_test_run();
}
