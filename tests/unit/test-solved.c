/* test-solved.c - closing words as customers write them, and other texts. */
#include "policy/solved.h"

#include "house.h"
#include "mail/words.h"

#define ANN "ann@customer.example"

static const struct {
	const char *title, *text;
	gboolean closes;
} cases[] = {
	{ "the word of the letter", "CLOSE", TRUE },
	{ "in quotes, with a full stop", "\"Close.\"\n", TRUE },
	{ "with please before it", "Please close", TRUE },
	{ "with please behind it", "Close, please!", TRUE },
	{ "Russian with e for yo", "Вопрос решен", TRUE },
	{ "Russian with please", "Пожалуйста, закройте обращение", TRUE },
	{ "Uzbek with another apostrophe", "Rahmat, hal bo'ldi!", TRUE },
	{ "Uzbek without it", "rahmat hal boldi", TRUE },
	{ "Uzbek in Cyrillic with Russian letters", "Рахмат, хал булди", TRUE },
	{ "Turkish in capitals", "ÇÖZÜLDÜ, SAĞ OLUN", TRUE },
	{ "Turkish I", "HALLETTIK", TRUE },
	{ "Turkish without marks", "cozuldu, sag olun", TRUE },
	{ "Azerbaijani with e for schwa", "hell olundu", TRUE },
	{ "Kazakh with Russian letters", "рахмет, шешилди", TRUE },
	{ "German with ss", "bitte schliessen", TRUE },
	{ "French with a straight apostrophe", "C'est réglé", TRUE },
	{ "Arabic with hamza left out", "اغلاق", TRUE },
	{ "Persian with a space for the joiner", "الان کار می کند", TRUE },
	{ "Persian with Arabic letters", "مشكل حل شد", TRUE },
	{ "over two lines", "Thanks,\nsolved\n", TRUE },
	{ "a question", "Solved?", FALSE },
	{ "an Arabic question", "تم الحل؟", FALSE },
	{ "the opposite", "It is not solved", FALSE },
	{ "a word inside more", "It is solved, but the lid is broken", FALSE },
	{ "please alone", "Please", FALSE },
	{ "thanks alone", "Thank you", FALSE },
	{ "nothing", "", FALSE },
	{ "signs only", "...", FALSE },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);

	g_assert_cmpint(solved_says(cases[i].text, "en"), ==, cases[i].closes);
}

static void
see_row(const char *const *column, gpointer data)
{
	guint *rows = data;
	g_autofree char *upper = g_utf8_strup(column[2], -1);

	if (g_str_equal(column[1], "please")) {
		g_assert_false(solved_says(column[2], "en"));
		return;
	}
	(*rows)++;
	g_assert_true(solved_says(column[2], "en"));
	g_assert_true(solved_says(upper, "en"));
}

/* In all languages, whatever the ticket's is. */
static void
test_rows(void)
{
	guint rows = 0;

	words_each(WORDS_CLOSING, see_row, &rows);
	g_assert_cmpuint(rows, >, 250);
}

static void
test_long(void)
{
	g_autoptr(GString) text = g_string_new("solved");

	while (text->len < 1000000)
		g_string_append(text, " solved");
	g_assert_false(solved_says(text->str, "en"));
}

static void
say(House *house, const char *id, const char *text, gint64 now)
{
	g_autofree char *to =
	    house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));

	house_take_at(house, house_mail(id, ANN, text), to, now);
}

/* Closed each time, thanked once, whatever goes on. */
static void
test_once(House *house, gconstpointer data G_GNUC_UNUSED)
{
	house_take(house, house_mail("1@x", ANN, "Hello"), NULL);
	for (guint i = 0; i < 50; i++) {
		g_autofree char *id = g_strdup_printf("%u@y", i);
		g_autoptr(Ticket) ticket = NULL;

		say(house, id, i % 2 == 0 ? "Solved" : "Not quite",
		    HOUSE_NOW + (i + 1) * 3600);
		ticket = house_ticket(house, 1001);
		g_assert_cmpstr(ticket->state, ==,
		    i % 2 == 0 ? "closed" : "open");
	}
	g_assert_cmpuint(house_letters(house, "solved-thanks", NULL), ==, 1);
	g_assert_cmpuint(house_letters(house, "solved-thanks", ANN), ==, 1);
}

/* A colleague with the key closes, but is not written to. */
static void
test_colleague(House *house, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *to = NULL;
	g_autoptr(Ticket) ticket = NULL;

	house_take(house, house_mail("1@x", ANN, "Hello"), NULL);
	to = house_keyed(house, TOKEN_CUSTOMER, 1001, house_party(house, ANN));
	house_take(house, house_mail("2@y", "bob@customer.example", "Solved"),
	    to);
	ticket = house_ticket(house, 1001);
	g_assert_cmpstr(ticket->state, ==, "closed");
	g_assert_cmpuint(house_letters(house, "solved-thanks", NULL), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/solved/%s %s",
		    cases[i].title, cases[i].closes ? "closes" : "does not");

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/solved/every row of the table closes", test_rows);
	g_test_add_func("/solved/a long text is looked at no further",
	    test_long);
	g_test_add("/solved/who closes and opens for two days is thanked once",
	    House, NULL, house_set_up, test_once, house_tear_down);
	g_test_add("/solved/a colleague with the key is not written to", House,
	    NULL, house_set_up, test_colleague, house_tear_down);
	return g_test_run();
}
