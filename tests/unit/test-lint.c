/* test-lint.c - rules of wording: each finds what breaks it, and no more. */
#include "policy/lint.h"

#include <string.h>

#define HEAD "# review: none\nSubject: 1\n\n"

static const struct {
	const char *title, *language, *text, *want; /* NULL: nothing wrong */
} cases[] = {
	{ "a clean letter", "en", HEAD "Hello {{name}}, it is here.\n", NULL },
	{ "an ending behind a placeholder", "uz", HEAD "{{name}}ga\n",
	    "line 4: an ending is glued" },
	{ "an ending behind a hyphen", "az", HEAD "{{name}}-nin\n",
	    "line 4: an ending is glued" },
	{ "a hyphen and a blank is none", "de", HEAD "{{name}} - ja\n", NULL },
	{ "an ending behind an apostrophe", "en", HEAD "{{name}}'s\n",
	    "line 4: an ending is glued" },
	{ "a word before a placeholder", "ar", HEAD "لل{{name}}\n",
	    "line 4: a placeholder is glued" },
	{ "a section is no placeholder", "en", HEAD "a{{#b}}c{{/b}}d\n",
	    NULL },
	{ "a Latin letter in a Cyrillic word", "ru", HEAD "Привeт\n",
	    "line 4: mixed scripts in \"Привeт\"" },
	{ "a word in another script", "kk", HEAD "Hello\n",
	    "line 4: \"Hello\" is in another script" },
	{ "a Russian letter in Uzbek", "uz-Cyrl", HEAD "ещё\n",
	    "line 4: \"ещё\" has a letter that" },
	{ "a Turkish letter in Turkish", "tr", HEAD "İyi ığdır\n", NULL },
	{ "a straight apostrophe in Uzbek", "uz", HEAD "so'rov\n",
	    "line 4: apostrophe U+0027" },
	{ "the other sign behind o", "uz", HEAD "soʼrov\n",
	    "line 4: U+02BC behind" },
	{ "the right signs", "uz", HEAD "soʻrov maʼlumot Oʻ gʻ\n", NULL },
	{ "a French apostrophe", "fr", HEAD "l’heure\n", NULL },
	{ "a straight one in French", "fr", HEAD "l'heure\n",
	    "line 4: apostrophe U+0027" },
	{ "a forbidden phrase", "en", HEAD "Unfortunately it broke.\n",
	    "line 4: better without \"unfortunately\"" },
	{ "of two words, in capitals", "ru", HEAD "К Сожалению, нет.\n",
	    "line 4: better without \"к сожалению\"" },
	{ "a guessed title", "az", HEAD "Hörmətli xanım\n",
	    "line 4: better without \"xanım\"" },
	{ "with any apostrophe", "uz", HEAD "Iloji yoʻq edi\n",
	    "line 4: better without \"iloji yoʻq\"" },
	{ "a hyphen ends a word", "en", HEAD "It is mrs-free.\n",
	    "line 4: better without \"mrs\"" },
	{ "inside a word it is none", "en", HEAD "Cannotate the missives.\n",
	    NULL },
	{ "an exclamation mark", "en", HEAD "Great!\n",
	    "line 4: an exclamation mark" },
	{ "but not in the greeting", "kk", HEAD "Құрметті клиент!\n", NULL },
	{ "a stop behind a label's value", "en", HEAD "By: {{when}}.\n",
	    "line 4: a full stop behind" },
	{ "and its zone", "en", HEAD "By: {{when}} ({{zone}}).\n",
	    "line 4: a full stop behind" },
	{ "a long sentence", "en",
	    HEAD "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d "
		 "e.\n",
	    "line 4: a sentence of 31 words" },
	{ "two short ones", "en",
	    HEAD "a b c d e f g h i j k l m n o p q r. S t u v w x y z a b c d "
		 "e.\n",
	    NULL },
	{ "a long subject", "en",
	    "# review: none\nSubject: {{ticket}} aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n\nx\n",
	    "line 2: the subject has 73 characters" },
	{ "a blank at a line's end", "en", HEAD "a \n", "line 4: a blank" },
	{ "two empty lines", "en", HEAD "a\n\n\nb\n", "line 5: two empty" },
	{ "what is not composed", "de", HEAD "u\xcc\x88\n",
	    "line 4: not in normal form" },
	{ "a comment may hold anything", "ru",
	    "# review: none\n# Hello!\nSubject: да\n\nда\n", NULL },
	{ "a subject may not", "ru", "# review: none\nSubject: x\n\nда\n",
	    "line 2: \"x\" is in another script" },
	{ "HTML is not looked at for words", "ru",
	    "# review: none\nSubject: да\n\nда\n<html>\n<p>да!</p>\n", NULL },
};

static void
test_case(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	const char *got;

	lint_letter(cases[i].language, "x", cases[i].text, NULL, faults);
	got = faults->len == 0 ? "nothing" : faults->pdata[0];
	if (cases[i].want == NULL)
		g_assert_cmpstr(got, ==, "nothing");
	else if (!g_str_has_prefix(got, cases[i].want))
		g_error("wanted \"%s\", got \"%s\"", cases[i].want, got);
	if (faults->len > 1)
		g_error("also \"%s\"", (char *)faults->pdata[1]);
}

static void
test_long_line(void)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *line = g_strnfill(999, '-');
	g_autofree char *text = g_strconcat(HEAD, line, "\n", NULL);

	lint_letter("en", "x", text, NULL, faults);
	g_assert_cmpuint(faults->len, ==, 1);
	g_assert_cmpstr(faults->pdata[0], ==, "line 4: longer than 998 octets");
}

static void
test_placeholders(void)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

	lint_letter("ru", "x", HEAD "{{a}}{{#n_few}}{{c}}{{/n_few}}",
	    HEAD "{{a}}{{b}}{{n}}", faults);
	g_assert_cmpuint(faults->len, ==, 3);
	g_assert_cmpstr(faults->pdata[0], ==,
	    "line 1: {{b}} of the English letter is missing");
	g_assert_cmpstr(faults->pdata[1], ==,
	    "line 1: {{n}} of the English letter is missing");
	g_assert_cmpstr(faults->pdata[2], ==,
	    "line 1: {{c}} is not in the English letter");
}

static void
test_together(void)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	const char *texts[] = { "By: {{promise_at}}", NULL,
		"x\nBy: {{promise_at}}\n", "Till: {{promise_at}}" };

	lint_together(texts, 3, faults);
	g_assert_cmpuint(faults->len, ==, 0);
	lint_together(texts, 4, faults);
	g_assert_cmpuint(faults->len, ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/lint/%s", cases[i].title);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
	}
	g_test_add_func("/lint/a line of 999 octets", test_long_line);
	g_test_add_func("/lint/placeholders are those of the English letter",
	    test_placeholders);
	g_test_add_func("/lint/one promise has one label", test_together);
	return g_test_run();
}
