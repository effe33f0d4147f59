/* test-salute.c - greetings, closings and signatures that agents write. */
#include "policy/salute.h"

#include <string.h>

static const struct {
	const char *title, *text, *name;
	gboolean greets, closes;
	const char *rest; /* what is left of text; NULL: all */
} cases[] = {
	{ "no greeting, no closing", "It is on its way.", "Ann Lee", FALSE,
	    FALSE, NULL },
	{ "a greeting with a name", "Dear Mr Karimov,\n\nIt is sent.",
	    "Ann Lee", TRUE, FALSE, NULL },
	{ "a greeting with the first sentence",
	    "Hi Olim, it is on its way.", "Ann Lee", TRUE, FALSE, NULL },
	{ "a name alone", "Olim,\nit is on its way.", "Ann Lee", TRUE, FALSE,
	    NULL },
	{ "a greeting behind the name",
	    "Olim aka, assalomu alaykum!\nYo\xca\xbbldan chiqdi.", "Ann Lee",
	    TRUE, FALSE, NULL },
	{ "a Russian greeting",
	    "Здравствуйте, Ольга Петровна!\n\nЧайник в пути.", "Анна", TRUE,
	    FALSE, NULL },
	{ "a Kazakh one", "Сәлеметсіз бе, Айгүл!\nЖолда.", "Анна", TRUE, FALSE,
	    NULL },
	{ "an Arabic one with its comma", "مرحبا سارة،\nتم الإرسال.", "Ann",
	    TRUE, FALSE, NULL },
	{ "a sentence with the word in it",
	    "Please say hello to your colleague when the parcel comes.",
	    "Ann Lee", FALSE, FALSE, NULL },
	{ "good news are no greeting", "It works again!\nTry it.", "Ann Lee",
	    FALSE, FALSE, NULL },
	{ "a closing, name and signature",
	    "Sent.\n\nKind regards,\nAnn Lee\nroom 214\n+998 90 000 00 00\n",
	    "Ann Lee", FALSE, TRUE, "Sent.\n\nKind regards," },
	{ "a closing with the name on its line",
	    "Sent.\n\nBest wishes, Ann\nroom 214", "Ann Lee", FALSE, TRUE,
	    "Sent.\n\nBest wishes, Ann" },
	{ "a German one", "Gesendet.\n\nMit freundlichen Grüßen\nAnna", "Anna",
	    FALSE, TRUE, "Gesendet.\n\nMit freundlichen Grüßen" },
	{ "an Uzbek one", "Yuborildi.\n\nHurmat bilan,\nAnn", "Ann Lee", FALSE,
	    TRUE, "Yuborildi.\n\nHurmat bilan," },
	{ "a Persian one", "ارسال شد.\n\nبا احترام\nAnn", "Ann Lee", FALSE,
	    TRUE, "ارسال شد.\n\nبا احترام" },
	{ "nothing but the name", "Sent.\n\nAnn", "Ann Lee", FALSE, FALSE,
	    "Sent." },
	{ "somebody else's name is a word", "The parcel is for:\n\nBob",
	    "Ann Lee", FALSE, FALSE, NULL },
	{ "a postscript stays",
	    "Sent.\n\nRegards,\nAnn\n\nPS: The lid comes later.", "Ann Lee",
	    FALSE, TRUE, NULL },
	{ "thanks with a name close", "Sent.\n\nThank you,\nAnn", "Ann Lee",
	    FALSE, TRUE, "Sent.\n\nThank you," },
	{ "thanks with other words do not",
	    "Your photo has come.\nThank you\nThe ring is torn\nA new one is "
	    "sent",
	    "Ann Lee", FALSE, FALSE, NULL },
	{ "a closing that is all there is, is no closing", "Kind regards",
	    "Ann Lee", FALSE, FALSE, NULL },
	{ "no name known", "Sent.\n\nRegards\nA. L.", "", FALSE, TRUE,
	    "Sent.\n\nRegards" },
	{ "nothing", "", "Ann Lee", FALSE, FALSE, NULL },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	Salute got = salute_read(cases[i].text, cases[i].name);
	g_autofree char *rest = g_strndup(cases[i].text, got.length);

	g_assert_cmpint(got.greets, ==, cases[i].greets);
	g_assert_cmpint(got.closes, ==, cases[i].closes);
	g_assert_cmpstr(rest, ==,
	    cases[i].rest != NULL ? cases[i].rest : cases[i].text);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/salute/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	return g_test_run();
}
