/* test-locale.c - dates, zones, hours and greetings for people. */
#include "policy/locale.h"

#include <string.h>

#include "ground/clock.h"

static const struct {
	const char *title;
	const char *language, *zone, *when;
	const char *want, *want_zone;
} instants[] = {
	{ "an afternoon in Tashkent", "en", "Asia/Tashkent",
	    "2026-11-23T10:00:00Z", "Monday, 23 November 2026, 15:00",
	    "Tashkent time" },
	{ "a zone with two words", "en", "America/New_York",
	    "2026-07-04T16:05:00Z", "Saturday, 4 July 2026, 12:05",
	    "New York time" },
	{ "three parts", "en", "America/Argentina/Buenos_Aires",
	    "2026-07-04T16:05:00Z", "Saturday, 4 July 2026, 13:05",
	    "Buenos Aires time" },
	{ "summer time", "en", "Europe/Berlin", "2026-06-30T22:30:00Z",
	    "Wednesday, 1 July 2026, 00:30", "Berlin time" },
	{ "winter time", "en", "Europe/Berlin", "2026-01-01T22:30:00Z",
	    "Thursday, 1 January 2026, 23:30", "Berlin time" },
	{ "UTC", "en", "UTC", "2028-02-29T00:00:00Z",
	    "Tuesday, 29 February 2028, 00:00", "UTC" },
	{ "a zone without a city", "en", "Etc/GMT-5", "2026-11-23T10:00:00Z",
	    "Monday, 23 November 2026, 15:00", "GMT+5" },
	{ "an old name", "en", "Asia/Calcutta", "2026-11-23T10:00:00Z",
	    "Monday, 23 November 2026, 15:30", "Kolkata time" },
	{ "a zone nobody knows is UTC", "en", "Mars/Olympus",
	    "2026-11-23T10:00:00Z", "Monday, 23 November 2026, 10:00", "UTC" },
	{ "a region falls back to its language", "en-US", "UTC",
	    "2026-11-23T10:00:00Z", "Monday, 23 November 2026, 10:00", "UTC" },
	{ "a language we do not have is written as English", "qaa-Cyrl",
	    "Asia/Tashkent", "2026-11-23T10:00:00Z",
	    "Monday, 23 November 2026, 15:00", "Tashkent time" },
};

static void
test_instants(void)
{
	for (guint round = 0; round < 2; round++) {
		for (guint i = 0; i < G_N_ELEMENTS(instants); i++) {
			gint64 when = 0;
			g_autofree char *text = NULL;
			g_autofree char *zone = NULL;

			g_test_message("%s", instants[i].title);
			g_assert_true(clock_parse(instants[i].when, &when));
			text = locale_instant(instants[i].language,
			    instants[i].zone, when);
			zone = locale_zone(instants[i].language,
			    instants[i].zone, when);
			g_assert_cmpstr(text, ==, instants[i].want);
			g_assert_cmpstr(zone, ==, instants[i].want_zone);
		}
	}
}

/* More zones than are kept open. */
static void
test_many_zones(void)
{
	for (int i = 0; i < 100; i++) {
		int offset = i % 25 - 12; /* POSIX counts to the west */
		g_autofree char *zone = g_strdup_printf("Etc/GMT%+d", offset);
		g_autofree char *language = g_strdup(i % 2 ? "en" : "xx");
		g_autofree char *text = locale_instant(language, zone, 0);
		int hour = (24 - offset) % 24;
		g_autofree char *end = g_strdup_printf(" %02d:00", hour);

		g_assert_true(g_str_has_suffix(text, end));
	}
}

static const struct {
	const char *hours, *want;
} hours[] = {
	{ "Mon-Fri 09:00-18:00; Sat 10:00-14:00",
	    "Monday-Friday 09:00-18:00; Saturday 10:00-14:00" },
	{ "mon,wed 9:00-13:00, 14:00-18:00",
	    "Monday, Wednesday 09:00-13:00, 14:00-18:00" },
	{ "Sunday 22:00-06:00;", "Sunday 22:00-06:00" },
	{ "Mon-Sun 00:00-24:00", "Monday-Sunday 00:00-24:00" },
	{ "24/7", "every day, around the clock" },
	{ "whenever", "whenever" },
};

static void
test_hours(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(hours); i++) {
		g_autofree char *got = locale_hours("en", hours[i].hours);

		g_assert_cmpstr(got, ==, hours[i].want);
	}
}

static const struct {
	const char *title, *display_name, *want;
} names[] = {
	{ "a given name alone", "Olim", "Olim" },
	{ "a surname is known by its ending", "Olim Karimov", "Olim" },
	{ "before the given name too", "Karimova Nilufar", "Nilufar" },
	{ "with a comma", "Karimov, Olim", "Olim" },
	{ "last, first is turned round", "Smith, John", "John Smith" },
	{ "a patronymic is left out", "Иванов Пётр Сергеевич", "Пётр" },
	{ "so is a daughter's", "Karimova Nilufar Olim qizi", "Nilufar" },
	{ "and a son's", "Aliyev Vaqif Həsən oğlu", "Vaqif" },
	{ "with any apostrophe", "Karimov Olim Anvar oʻgʻli", "Olim" },
	{ "and in one word", "Нұрлан Серікұлы", "Нұрлан" },
	{ "two words that tell nothing stay", "John Smith", "John Smith" },
	{ "Lev is no surname", "Лев Шварц", "Лев Шварц" },
	{ "Yakov is one in spite of its ending", "Yakov Petrov", "Yakov" },
	{ "nothing but a surname is used", "Karimov", "Karimov" },
	{ "an initial is no greeting", "O. Karimov", "O. Karimov" },
	{ "capitals become small", "OLIM KARIMOV", "Olim" },
	{ "of one word too", "Ann SMITH", "Ann Smith" },
	{ "two capitals may be initials", "TJ Miller", "TJ Miller" },
	{ "both sides of a hyphen", "ANNE-MARIE", "Anne-Marie" },
	{ "Cyrillic capitals", "АННА ШМИДТ", "Анна Шмидт" },
	{ "apostrophes stand in names", "O'ktam", "O'ktam" },
	{ "Irish ones too", "Sinéad O’Brien", "Sinéad O’Brien" },
	{ "Arabic", "محمد علي", "محمد علي" },
	{ "Chinese", "李小龙", "李小龙" },
	{ "quotes around are taken off", "'Olim Karimov'", "Olim" },
	{ "double ones too", "\"John Smith\"", "John Smith" },
	{ "a firm in brackets is cut", "John Smith (Shop LLC)", "John Smith" },
	{ "white space is squeezed", "  John \t  Smith ", "John Smith" },
	{ "four words", "Maria da Silva Santos", "Maria da Silva Santos" },
	{ "nothing", "", "" },
	{ "five words are a sentence", "Win a lot of money", "" },
	{ "more than 40 characters",
	    "Abcdefghijklmnopqrstuvwxyz Abcdefghijklmnop", "" },
	{ "an address", "olim@shop.example", "" },
	{ "a URL", "win at http://evil.example", "" },
	{ "a host", "evil.example", "" },
	{ "a short host", "Go t.me", "" },
	{ "digits", "Olim 2000", "" },
	{ "a template", "{{6*111}}", "" },
	{ "a template with letters", "{{brand}}", "" },
	{ "a format", "%n", "" },
	{ "a tag", "<b>Olim</b>", "" },
	{ "a question", "Olim?", "" },
	{ "an exclamation", "Hurry!", "" },
	{ "a slash", "Olim/Anvar", "" },
	{ "an emoji", "Olim \xf0\x9f\x98\x80", "" },
	{ "via a list", "Ann Smith via Forum", "" },
	{ "a desk", "Support Team", "" },
	{ "a firm", "ООО Ромашка", "" },
	{ "two commas", "Smith, John, Dr", "" },
	{ "a comma without a name", ", John", "" },
	{ "a comma at the end", "Smith,", "" },
	{ "an option", "-oProxy", "" },
	{ "signs only", "-- ' --", "" },
	{ "more marks than letters", "a\xcc\xb2\xcc\xb3\xcc\xb4", "" },
	{ "line ends are no way into a header", "Olim\r\nBcc: x", "" },
	{ "bidi overrides vanish", "\xe2\x80\xaeOlim", "Olim" },
};

static void
test_names(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *got =
		    locale_greeting_name("en", names[i].display_name);

		g_test_message("%s", names[i].title);
		g_assert_cmpstr(got, ==, names[i].want);
	}
}

static void
test_dotless(void)
{
	g_autofree char *tr = locale_greeting_name("tr", "IŞIL DİLARA");
	g_autofree char *az = locale_greeting_name("az-Latn", "SEVDA İSMAYIL");
	g_autofree char *en = locale_greeting_name("en", "ISIL DILARA");

	g_assert_cmpstr(tr, ==, "Işıl Dilara");
	g_assert_cmpstr(az, ==, "Sevda İsmayıl");
	g_assert_cmpstr(en, ==, "Isil Dilara");
}

static void
test_greeting(void)
{
	g_autofree char *known = locale_greeting("en", "Olim");
	g_autofree char *unknown = locale_greeting("en", "");
	g_autofree char *lines = locale_greeting("en", "Olim\r\nBcc: x");

	g_assert_cmpstr(known, ==, "Hello Olim,");
	g_assert_cmpstr(unknown, ==, "Hello,");
	g_assert_null(strpbrk(lines, "\r\n"));
	g_assert_cmpstr(locale_close_word("en"), ==, "CLOSE");
	g_assert_cmpstr(locale_close_word("xx"), ==, "CLOSE");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/locale/an instant and its zone are said in words",
	    test_instants);
	g_test_add_func("/locale/more zones than are kept", test_many_zones);
	g_test_add_func("/locale/working hours are said in words", test_hours);
	g_test_add_func("/locale/a greeting takes only what is a name",
	    test_names);
	g_test_add_func("/locale/Turkish capitals lose no dot", test_dotless);
	g_test_add_func("/locale/the greeting is one line", test_greeting);
	return g_test_run();
}
