/* test-verb.c - agents' commands at the top of a mail. */
#include "policy/verb.h"

static const struct {
	const char *title;
	const char *text;
	guint verbs;
	const char *rest;
	const char *unknown;
} cases[] = {
	{ "no command", "Hello Ann,\nyour parcel left.", 0,
	    "Hello Ann,\nyour parcel left.", NULL },
	{ "close, then the answer", "/close\nDone.", VERB_CLOSE, "Done.",
	    NULL },
	{ "note, then its text", "/note\n\nAsk Petr.", VERB_NOTE, "Ask Petr.",
	    NULL },
	{ "both", "/close\n/note\nx", VERB_CLOSE | VERB_NOTE, "x", NULL },
	{ "a command alone", "/close", VERB_CLOSE, "", NULL },
	{ "case does not matter", "/Close \r\nx", VERB_CLOSE, "x", NULL },
	{ "blank lines before it do not matter", "\n \t\n/close\nx", VERB_CLOSE,
	    "x", NULL },
	{ "an unknown command stops", "/cloze\nx", 0, "/cloze\nx", "/cloze" },
	{ "an unknown one after a known one stops", "/close\n/delte\nx",
	    VERB_CLOSE, "/delte\nx", "/delte" },
	{ "a command with words after it is none that we know",
	    "/note remember", 0, "/note remember", "/note remember" },
	{ "a path is text", "/usr/bin is full", 0, "/usr/bin is full", NULL },
	{ "a slash alone is text", "/\nx", 0, "/\nx", NULL },
	{ "a command below text is text", "Hello\n/close", 0, "Hello\n/close",
	    NULL },
	{ "a command of part of a word is none", "/clos", 0, "/clos", "/clos" },
	{ "nothing", "", 0, "", NULL },
	{ "white space only", " \n\n", 0, "", NULL },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *unknown = NULL;
	const char *rest;
	guint verbs;

	verb_read(cases[i].text, &verbs, &rest, &unknown);
	g_assert_cmpuint(verbs, ==, cases[i].verbs);
	g_assert_cmpstr(rest, ==, cases[i].rest);
	g_assert_cmpstr(unknown, ==, cases[i].unknown);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/verb/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	return g_test_run();
}
