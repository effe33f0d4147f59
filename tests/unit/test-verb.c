/* test-verb.c - agents' commands at the top of a mail, and their table. */
#include "policy/verb.h"

#include <string.h>

#include "mail/words.h"
#include "policy/act.h"

/* list: "verb argument; verb"; fault: part of it, NULL: none. */
static const struct {
	const char *title, *text, *list, *rest, *fault;
} cases[] = {
	{ "no command", "Hello Ann,\nyour parcel left.", "",
	    "Hello Ann,\nyour parcel left.", NULL },
	{ "close, then the answer", "/close\nDone.", "close", "Done.", NULL },
	{ "note, then its text", "/note\n\nAsk Petr.", "note", "Ask Petr.",
	    NULL },
	{ "several", "/close\n/note\nx", "close; note", "x", NULL },
	{ "a command alone", "/close", "close", "", NULL },
	{ "case does not matter", "/Close \r\nx", "close", "x", NULL },
	{ "blank lines before it do not matter", "\n \t\n/close\nx", "close",
	    "x", NULL },
	{ "arguments", "/assign bob@x.example\n/wait until friday\nx",
	    "assign bob@x.example; wait until friday", "x", NULL },
	{ "a no-break space", "/assign\u00a0bob\u00a0", "assign bob", "", NULL },
	{ "smart quotes", "/name \u201cAnn Lee\u201d", "name \"Ann Lee\"", "",
	    NULL },
	{ "what is invisible", "\ufeff/\u200bclose\u200f", "close", "", NULL },
	{ "a full-width slash", "\uff0fclose", "close", "", NULL },
	{ "HTML paragraphs", "/close\n\n/tag vip\n\nBye.", "close; tag vip",
	    "Bye.", NULL },
	{ "Russian", "/Закрыть\nx", "close", "x", NULL },
	{ "Uzbek, whatever the apostrophe", "/bo'shatish\n/bo\u02bbshatish",
	    "release; release", "", NULL },
	{ "Turkish capitals", "/HATIRLAT yarın", "remind yarın", "", NULL },
	{ "Arabic", "\u200f/إغلاق", "close", "", NULL },
	{ "a number with a mark", "/merge #1002", "merge #1002", "", NULL },
	{ "an unknown command", "/cloze\nx", "", "x",
	    "\"/cloze\" is no command; did you mean /close" },
	{ "an unknown one after a known one", "/close\n/delte\nx", "close",
	    "x", "\"/delte\" is no command" },
	{ "one like nothing", "/abracadabra", "", "", "is no command" },
	{ "close with words after it", "/close now\nx", "close now", "x",
	    "/close takes nothing behind it" },
	{ "assign to nobody named", "/assign\nx", "assign", "x",
	    "/assign needs more: /assign ADDRESS" },
	{ "merge into a word", "/merge that", "merge that", "",
	    "/merge needs the number of a ticket" },
	{ "a path is text", "/usr/bin is full", "", "/usr/bin is full", NULL },
	{ "a slash alone is text", "/\nx", "", "/\nx", NULL },
	{ "a command below a greeting is text", "Hello\n/close", "",
	    "Hello\n/close", NULL },
	{ "nothing", "", "", "", NULL },
	{ "white space only", " \n\n", "", "", NULL },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(Orders) orders = orders_read(cases[i].text);
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint n = 0; n < orders->list->len; n++) {
		const Order *order = orders->list->pdata[n];

		g_string_append_printf(list, "%s%s%s%s", n > 0 ? "; " : "",
		    order->verb->name, *order->argument != '\0' ? " " : "",
		    order->argument);
	}
	g_assert_cmpstr(list->str, ==, cases[i].list);
	g_assert_cmpstr(orders->rest, ==, cases[i].rest);
	if (cases[i].fault == NULL)
		g_assert_cmpstr(orders->fault, ==, NULL);
	else {
		g_assert_nonnull(orders->fault);
		g_assert_nonnull(strstr(orders->fault, cases[i].fault));
	}
}

static const struct {
	const char *title, *text;
	gboolean stray;
} strays[] = {
	{ "below a greeting", "Hello\n/close", TRUE },
	{ "with its argument", "Hello\n/assign bob", TRUE },
	{ "without what it needs: text", "Hello\n/assign", FALSE },
	{ "with words behind: text", "Hello\n/open the box", FALSE },
	{ "within a line: text", "write /close to close", FALSE },
	{ "a path", "look at\n/open/it", FALSE },
	{ "an unknown one", "Hello\n/cloze", FALSE },
};

static void
test_stray(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	g_assert_cmpint(verb_is_stray(strays[i].text), ==, strays[i].stray);
}

/* Every verb has its deed, but for what is said of the mail alone. */
static void
test_table(void)
{
	for (const Verb *verb = verb_table; verb->name != NULL; verb++) {
		g_assert_true(verb_find(verb->name) == verb);
		g_assert_cmpstr(verb_word(verb, "en"), ==, verb->name);
		if (!g_str_equal(verb->name, "no-cc") &&
		    !g_str_equal(verb->name, "macro") &&
		    !g_str_equal(verb->name, "for"))
			g_assert_true(act_knows(verb->name));
	}
	g_assert_null(verb_find("dance"));
	g_assert_true(verb_is_word("добавить", "add"));
	g_assert_false(verb_is_word("close", "add"));
}

typedef struct Count {
	GHashTable *words; /* folded is not needed: as written -> verb */
	GHashTable *languages;
} Count;

static void
count_row(const char *const *column, gpointer data)
{
	Count *count = data;
	const char *before = g_hash_table_lookup(count->words, column[2]);

	if (before != NULL)
		g_assert_cmpstr(before, ==, column[1]);
	g_hash_table_insert(
	    count->words, g_strdup(column[2]), g_strdup(column[1]));
	g_hash_table_add(count->languages, g_strdup(column[0]));
}

/* A word must not mean one thing to one agent and another to the next. */
static void
test_words(void)
{
	static const char *const languages[] = { "en", "ru", "uz", "uz-Cyrl",
		"az", "kk", "ky", "tg", "tk", "tr", "uk", "de", "fr", "es",
		"ar", "fa" };
	Count count = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
			    g_free),
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };

	words_each(WORDS_VERBS, count_row, &count);
	g_assert_cmpuint(g_hash_table_size(count.languages), ==,
	    G_N_ELEMENTS(languages));
	for (guint i = 0; i < G_N_ELEMENTS(languages); i++)
		for (const Verb *verb = verb_table; verb->name != NULL;
		     verb++) {
			const char *word = verb_word(verb, languages[i]);

			g_assert_true(verb_find(word) == verb);
		}
	g_assert_cmpstr(verb_word(verb_find("close"), "uz-Cyrl"), ==, "ёпиш");
	g_assert_cmpstr(verb_word(verb_find("close"), "uz-Latn"), ==, "yopish");
	g_hash_table_unref(count.words);
	g_hash_table_unref(count.languages);
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
	for (gsize i = 0; i < G_N_ELEMENTS(strays); i++) {
		g_autofree char *path =
		    g_strdup_printf("/verb/stray: %s", strays[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_stray);
	}
	g_test_add_func("/verb/every verb has its deed", test_table);
	g_test_add_func("/verb/a word means one thing", test_words);
	return g_test_run();
}
