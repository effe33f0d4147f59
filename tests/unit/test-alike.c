/* test-alike.c - texts that say the same but for numbers and codes. */
#include "mail/alike.h"

static const struct {
	const char *title, *a, *b;
	gboolean alike;
} rows[] = {
	{ "the same text", "I am at sea and read no mail.",
	    "I am at sea and read no mail.", TRUE },
	{ "case and numbers do not matter",
	    "Your request 4711 was received today.",
	    "your request 4712 was received today.", TRUE },
	{ "nor do codes and links",
	    "Request OSH-KHIVA is filed; see https://x.invalid/a8f",
	    "Request NUKUS-OSH is filed; see https://x.invalid/99c", TRUE },
	{ "nor does a name in a text of some length",
	    "Dear Anna, we thank you for your message and will read it soon.",
	    "Dear Botir, we thank you for your message and will read it soon.",
	    TRUE },
	{ "other words, the same signature",
	    "The kettle leaks.\nKind regards\nDilnoza Karimova\nTashkent",
	    "Where is my parcel from Khiva?\nKind regards\nDilnoza Karimova\n"
	    "Tashkent", FALSE },
	{ "the same words in another order",
	    "one two three four five six", "six five four three two one",
	    FALSE },
	{ "a long disclaimer below other words",
	    "Please send the bill again to our new office. This message is "
	    "meant for whom it names and for nobody else at all",
	    "My parcel has not come and I wait since Monday. This message is "
	    "meant for whom it names and for nobody else at all", FALSE },
	{ "one word is too little", "Help", "Help", FALSE },
	{ "nothing is like nothing", "", "", FALSE },
	{ "two words that are the same", "Please call", "please call", TRUE },
	{ "Cyrillic", "Письмо получено, номер 17.",
	    "Письмо получено, номер 18.", TRUE },
};

static void
test_rows(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *a = alike_key(rows[i].a);
		g_autofree char *b = alike_key(rows[i].b);

		g_test_message("%s", rows[i].title);
		g_assert_cmpint(alike_keys(a, b), ==, rows[i].alike);
		g_assert_cmpint(alike_keys(b, a), ==, rows[i].alike);
	}
}

/* Nobody can read a text from its key, and a key is short. */
static void
test_key(void)
{
	g_autofree char *text = g_strnfill(100000, 'a');
	g_autofree char *key = NULL, *broken = alike_key("\xff\xfe ab cd");

	for (guint i = 3; i < 100000; i += 5)
		text[i] = ' ';
	key = alike_key(text);
	g_assert_cmpuint(strlen(key), ==, 24 * 4);
	g_assert_true(g_utf8_validate(broken, -1, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/alike/same but for numbers and codes", test_rows);
	g_test_add_func("/alike/a key is short and unreadable", test_key);
	return g_test_run();
}
