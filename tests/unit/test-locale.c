/* test-locale.c - dates, zones, hours and greetings for people. */
#include "policy/locale.h"

#include <glib/gstdio.h>
#include <string.h>

#include "ground/clock.h"
#include "policy/language.h"

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
	{ "a region falls back to its language", "en-AU", "UTC",
	    "2026-11-23T10:00:00Z", "Monday, 23 November 2026, 10:00", "UTC" },
	{ "American English has another clock", "en-US", "Asia/Tashkent",
	    "2026-11-23T10:00:00Z", "Monday, November 23, 2026, 3:00 PM",
	    "Tashkent time" },
	{ "Uzbek", "uz", "Asia/Tashkent", "2026-11-23T10:00:00Z",
	    "2026-yil 23-noyabr, dushanba, soat 15:00", "Toshkent vaqti" },
	{ "so is its tag with the script", "uz-Latn-UZ", "Asia/Samarkand",
	    "2026-11-23T10:00:00Z", "2026-yil 23-noyabr, dushanba, soat 15:00",
	    "Samarqand vaqti" },
	{ "Uzbek in Cyrillic has months of its own", "uz-Cyrl",
	    "Asia/Tashkent", "2026-11-23T10:00:00Z",
	    "2026 йил 23 ноябрь, душанба, соат 15:00", "Тошкент вақти" },
	{ "Azerbaijani", "az", "Asia/Baku", "2026-11-23T11:00:00Z",
	    "23 noyabr 2026, bazar ertəsi, saat 15:00", "Bakı vaxtı" },
	{ "Kazakh", "kk", "Asia/Almaty", "2026-03-17T09:00:00Z",
	    "2026 ж. 17 наурыз, сейсенбі, сағат 15:00", "Алматы уақыты" },
	{ "Russian", "ru", "Europe/Moscow", "2026-11-23T12:00:00Z",
	    "понедельник, 23 ноября 2026 г., 15:00", "московское время" },
	{ "Russian, a city without a word of its own", "ru",
	    "America/New_York", "2026-11-23T20:00:00Z",
	    "понедельник, 23 ноября 2026 г., 15:00", "время: Нью-Йорк" },
	{ "Kyrgyz", "ky", "Asia/Bishkek", "2026-11-23T09:00:00Z",
	    "2026-ж. 23-ноябрь, дүйшөмбү, саат 15:00", "Бишкек убактысы" },
	{ "Tajik", "tg", "Asia/Dushanbe", "2026-11-23T10:00:00Z",
	    "душанбе, 23 ноябри соли 2026, соати 15:00", "вақти Душанбе" },
	{ "Turkmen", "tk", "Asia/Ashgabat", "2026-11-23T10:00:00Z",
	    "23 noýabr 2026, duşenbe, sagat 15:00", "Aşgabat wagty" },
	{ "Turkish", "tr", "Europe/Istanbul", "2026-11-23T12:00:00Z",
	    "23 Kasım 2026 Pazartesi, saat 15:00", "İstanbul saati" },
	{ "Ukrainian", "uk", "Europe/Kyiv", "2026-11-23T13:00:00Z",
	    "понеділок, 23 листопада 2026 р., 15:00", "за київським часом" },
	{ "German", "de", "Europe/Berlin", "2026-11-23T14:00:00Z",
	    "Montag, 23. November 2026, 15:00 Uhr", "Ortszeit Berlin" },
	{ "French", "fr", "Europe/Paris", "2026-11-23T14:00:00Z",
	    "lundi 23 novembre 2026, 15:00", "heure de Paris" },
	{ "Spanish", "es", "Europe/Madrid", "2026-11-23T14:00:00Z",
	    "lunes, 23 de noviembre de 2026, 15:00", "hora de Madrid" },
	{ "Arabic has our digits", "ar", "Asia/Riyadh", "2026-11-23T12:00:00Z",
	    "الاثنين 23 نوفمبر 2026، الساعة 15:00", "بتوقيت الرياض" },
	{ "Persian has its own, and its calendar", "fa", "Asia/Tehran",
	    "2026-11-23T11:30:00Z", "دوشنبه ۲ آذر ۱۴۰۵، ساعت ۱۵:۰۰",
	    "به وقت تهران" },
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
	    "Monday and Wednesday 09:00-13:00, 14:00-18:00" },
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
	const char *language, *hours, *want;
} hours_in[] = {
	{ "en-US", "Mon-Fri 09:00-18:00", "Monday-Friday 9:00 AM-6:00 PM" },
	{ "de", "Mon-Fri 09:00-18:00", "Montag-Freitag 09:00-18:00 Uhr" },
	{ "uz", "Sat,Sun 10:00-14:00", "shanba va yakshanba 10:00-14:00" },
	{ "tk", "Mon 09:00-18:00", "duşenbe 09:00-18:00" },
	{ "ar", "Mon-Fri 09:00-18:00; Sat 10:00-14:00",
	    "من الاثنين إلى الجمعة، من 09:00 إلى 18:00؛ السبت، من 10:00 إلى "
	    "14:00" },
	{ "fa", "Sat-Wed 09:00-24:00", "شنبه تا چهارشنبه، ۰۹:۰۰ تا ۲۴:۰۰" },
	{ "uz-Cyrl", "24/7", "ҳар куни, кечаю кундуз" },
};

static void
test_hours_in(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(hours_in); i++) {
		g_autofree char *got =
		    locale_hours(hours_in[i].language, hours_in[i].hours);

		g_assert_cmpstr(got, ==, hours_in[i].want);
	}
}

/* Tashkent's midnight is 19:00 UTC. */
static const struct {
	const char *language, *now, *when, *want;
} near[] = {
	{ "en", "2026-11-23T18:59:59Z", "2026-11-23T18:59:59Z",
	    "today, Monday, 23 November 2026, 23:59" },
	{ "en", "2026-11-23T18:59:59Z", "2026-11-23T19:00:00Z",
	    "tomorrow, Tuesday, 24 November 2026, 00:00" },
	{ "en", "2026-11-23T19:00:00Z", "2026-11-23T19:00:00Z",
	    "today, Tuesday, 24 November 2026, 00:00" },
	{ "en", "2026-11-23T18:59:59Z", "2026-11-24T19:00:00Z",
	    "Wednesday, 25 November 2026, 00:00" },
	{ "ru", "2026-12-31T10:00:00Z", "2027-01-01T04:00:00Z",
	    "завтра, пятница, 1 января 2027 г., 09:00" },
	{ "kk", "2026-11-23T10:00:00Z", "2026-11-24T04:00:00Z",
	    "ертең, 2026 ж. 24 қараша, сейсенбі, сағат 09:00" },
	{ "fa", "2026-11-23T10:00:00Z", "2026-11-24T04:00:00Z",
	    "فردا، سه‌شنبه ۳ آذر ۱۴۰۵، ساعت ۰۹:۰۰" },
};

static void
test_near(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(near); i++) {
		gint64 now = 0, when = 0;
		g_autofree char *got = NULL;

		g_assert_true(clock_parse(near[i].now, &now));
		g_assert_true(clock_parse(near[i].when, &when));
		got = locale_instant_near(
		    near[i].language, "Asia/Tashkent", when, now);
		g_assert_cmpstr(got, ==, near[i].want);
	}
}

static const struct {
	const char *language;
	gint64 number;
	const char *class, *want;
} numbers[] = {
	{ "en", 1, "one", "1" },
	{ "en", 1234567, "other", "1,234,567" },
	{ "ru", 1, "one", "1" },
	{ "ru", 22, "few", "22" },
	{ "ru", 11, "many", "11" },
	{ "uz", 1234, "other", "1\xc2\xa0"
			      "234" },
	{ "az", 1234, "other", "1.234" },
	{ "tg", 1, "other", "1" },
	{ "ar", 0, "zero", "0" },
	{ "ar", 2, "two", "2" },
	{ "ar", 3, "few", "3" },
	{ "ar", 11, "many", "11" },
	{ "ar", 100, "other", "100" },
	{ "fa", 15, "other", "۱۵" },
	{ "xx", 2, "other", "2" },
};

static void
test_numbers(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *text =
		    locale_number(numbers[i].language, numbers[i].number);
		g_autofree char *class =
		    locale_plural(numbers[i].language, numbers[i].number);

		g_assert_cmpstr(text, ==, numbers[i].want);
		g_assert_cmpstr(class, ==, numbers[i].class);
	}
}

static void
test_lists(void)
{
	static const char *const items[] = { "A", "{{last}}", "C" };
	static const char *const want[][2] = {
		{ "en", "A, {{last}} and C" },
		{ "uz", "A, {{last}} va C" },
		{ "kk", "A, {{last}} және C" },
		{ "ar", "A, {{last}} وC" },
	};
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autofree char *none = locale_list("en", list);

	g_assert_cmpstr(none, ==, "");
	for (guint i = 0; i < 3; i++)
		g_ptr_array_add(list, (char *)items[i]);
	for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
		g_autofree char *got = locale_list(want[i][0], list);

		g_assert_cmpstr(got, ==, want[i][1]);
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

static const struct {
	const char *language, *tone, *name, *want;
} greetings[] = {
	{ "en", "formal", "Olim", "Dear Olim," },
	{ "en", "informal", "Olim", "Hello Olim," },
	{ "en", "formal", "", "Hello," },
	{ "uz", "", "Olim", "Assalomu alaykum, Olim!" },
	{ "uz", "formal", "Olim", "Hurmatli Olim!" },
	{ "uz-Latn", "", "", "Assalomu alaykum, hurmatli mijoz!" },
	{ "uz-Cyrl", "", "Олим", "Ассалому алайкум, Олим!" },
	{ "az", "", "Vaqif", "Salam, Vaqif!" },
	{ "kk", "", "Нұрлан", "Сәлеметсіз бе, Нұрлан!" },
	{ "ru", "formal", "Анна", "Здравствуйте, Анна!" },
	{ "uk", "", "Олена", "Вітаємо!" }, /* no vocative is made */
	{ "es", "", "Ana", "Hola, Ana:" },
	{ "ar", "", "محمد", "مرحبًا محمد،" },
	{ "xx", "", "Olim", "Hello Olim," },
};

static void
test_greetings(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(greetings); i++) {
		g_autofree char *got = locale_greeting_in(
		    greetings[i].language, greetings[i].name,
		    greetings[i].tone);

		g_assert_cmpstr(got, ==, greetings[i].want);
	}
}

/* "Herr Schmidt" is not for a program to say, "Guten Tag Hans" not for a desk. */
static void
test_whole(void)
{
	g_autofree char *de = locale_greeting_name("de", "Karimova Nilufar");
	g_autofree char *uz = locale_greeting_name("uz", "Karimova Nilufar");

	g_assert_cmpstr(de, ==, "Karimova Nilufar");
	g_assert_cmpstr(uz, ==, "Nilufar");
}

/* A site changes single values; the rest stays. */
static void
test_site(void)
{
	g_autofree char *dir = g_dir_make_tmp("javob-locale-XXXXXX", NULL);
	g_autofree char *sub = g_build_filename(dir, "uz", NULL);
	g_autofree char *path = g_build_filename(sub, "language.txt", NULL);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *formal = NULL, *cyrillic = NULL, *again = NULL;

	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path,
	    "# ours\nregister = formal\n\nzone.Asia/Tashkent = bizda\n"
	    "colour = red\nzone = vaqt\nnonsense\n", -1, NULL));
	language_load(dir, faults);
	g_assert_cmpuint(faults->len, ==, 3);
	g_assert_nonnull(strstr(faults->pdata[0], "line 5: \"colour\""));
	g_assert_nonnull(strstr(faults->pdata[1], "must hold {{city}}"));
	g_assert_nonnull(strstr(faults->pdata[2], "line 7: "));
	formal = locale_greeting("uz", "Olim");
	cyrillic = locale_greeting("uz-Cyrl", "Олим");
	g_assert_cmpstr(formal, ==, "Hurmatli Olim!");
	g_assert_cmpstr(cyrillic, ==, "Ҳурматли Олим!");
	language_load(NULL, faults);
	again = locale_greeting("uz", "Olim");
	g_assert_cmpstr(again, ==, "Assalomu alaykum, Olim!");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(sub), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

/* Every language falls back to itself, never to a neighbour's. */
static void
test_chain(void)
{
	static const char *const chain[][2] = { { "uz-Cyrl", "uz" },
		{ "uz-Cyrl-UZ", "uz-Cyrl" }, { "uz", NULL }, { "az", NULL },
		{ "ky", NULL }, { "en-US", "en" } };

	for (guint i = 0; i < G_N_ELEMENTS(chain); i++) {
		g_autofree char *next = language_next(chain[i][0]);

		g_assert_cmpstr(next, ==, chain[i][1]);
	}
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
	g_test_add_func("/locale/working hours in other languages",
	    test_hours_in);
	g_test_add_func("/locale/today and tomorrow are said", test_near);
	g_test_add_func("/locale/numbers and their plural classes",
	    test_numbers);
	g_test_add_func("/locale/lists have an and", test_lists);
	g_test_add_func("/locale/greetings, plain and formal", test_greetings);
	g_test_add_func("/locale/some languages greet by the whole name",
	    test_whole);
	g_test_add_func("/locale/a site has values of its own", test_site);
	g_test_add_func("/locale/what a language falls back to", test_chain);
	return g_test_run();
}
