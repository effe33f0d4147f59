/* test-langid.c - languages told apart by a customer's own words. */
#include "policy/langid.h"

#include <string.h>

#include "mail/message.h"
#include "policy/langid_table.h"

static const struct {
	const char *title, *text, *want;
} cases[] = {
	{ "Uzbek", "Kuryer nega kelmadi, kutib o'tiribman", "uz" },
	{ "Uzbek with U+02BB", "Toʻlov oʻtmadi, qayta urinib koʻray", "uz" },
	{ "Uzbek with U+2019", "To’lov o’tmadi, qayta urinib ko’ray", "uz" },
	{ "Uzbek with a grave accent", "To`lov o`tmadi, qayta urinib ko`ray",
	    "uz" },
	{ "Uzbek without apostrophes", "Tolov otmadi, qayta urinib koray",
	    "uz" },
	{ "Uzbek in Cyrillic", "Тўлов ўтмади, қайта уриниб кўрай", "uz-Cyrl" },
	{ "the same with Russian letters", "Тулов утмади, кайта уриниб курай",
	    "uz-Cyrl" },
	{ "capitals", "TO'LOV O'TMADI, QAYTA URINIB KO'RAY", "uz" },
	{ "Turkish capitals", "ÖDEMEM NİÇİN ONAYLANMADI ACABA", "tr" },
	{ "Azerbaijani", "Ödənişim niyə təsdiqlənmədi", "az" },
	{ "Turkmen", "Tölegim näme üçin tassyklanmady", "tk" },
	{ "Kazakh", "Төлемім неге расталмады екен", "kk" },
	{ "Kyrgyz", "Төлөмүм эмне үчүн ырасталган жок", "ky" },
	{ "Tajik", "Чаро пардохти ман тасдиқ нашуд", "tg" },
	{ "Tatar", "Ни өчен минем түләү расланмады соң", "tt" },
	{ "Bashkir", "Ниңә минең түләү раҫланманы һуң", "ba" },
	{ "Karakalpak", "Tólewim ne ushın tastıyıqlanbadı", "kaa" },
	{ "Crimean Tatar", "Tölevim ne içün tasdıqlanmadı, baqıñız", "crh" },
	{ "Uyghur", "نېمىشقا تۆلىگەن پۇلۇم كۆرۈنمەيدۇ", "ug" },
	{ "Belarusian", "Чаму мой плацёж не пацверджаны", "be" },
	{ "Ukrainian", "Чому мій платіж не підтверджено", "uk" },
	{ "Bulgarian", "Защо плащането ми не е потвърдено още", "bg" },
	{ "Serbian", "Зашто моја уплата још није потврђена", "sr" },
	{ "Macedonian", "Зошто моето плаќање сè уште не е потврдено", "mk" },
	{ "Mongolian", "Миний төлбөр яагаад баталгаажаагүй байна", "mn" },
	{ "Persian", "چرا پرداخت من تایید نشده است", "fa" },
	{ "Arabic", "لماذا لم يتم تأكيد الدفع حتى الآن", "ar" },
	{ "Georgian by its script", "რატომ არ დადასტურდა", "ka" },
	{ "Japanese: kana among Han", "支払いが確認できません", "ja" },
	{ "Chinese: Han alone", "为什么付款没有确认", "zh" },
	{ "Russian with the words of a program",
	    "Не могу войти: Authentication failed, please contact your "
	    "administrator",
	    "ru" },
	{ "links and numbers are no words",
	    "https://www.example.com/orders/and/the/rest ORD-99812A "
	    "Қашан келеді",
	    "kk" },
	{ "Russian in Latin letters",
	    "Pochemu vy do sih por ne podtverdili moyu oplatu", "ru-Latn" },
	{ "nothing", "", "und" },
	{ "figures", "2026-11-27 14:00", "und" },
	{ "signs", ":-) !!!", "und" },
	{ "an address alone", "ann@customer.example", "und" },
	{ "a number with letters", "ORD-12345", "und" },
	{ "one letter", "k", "und" },
};

static void
test_case(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	LangidAnswer answer;

	langid_detect(cases[i].text, NULL, 0, &answer);
	g_assert_cmpstr(answer.tag, ==, cases[i].want);
	g_assert_cmpfloat(answer.confidence, >=, 0);
	g_assert_cmpfloat(answer.confidence, <=, 1);
}

/* A hint decides between neighbours, and never against a sentence. */
static void
test_hints(void)
{
	const LangidHint az = { "az", 20 }, unknown = { "tlh", 1000 };
	const LangidHint region = { "uz-Latn-UZ", 20 };
	LangidAnswer plain, hinted;

	langid_detect("Salam", NULL, 0, &plain);
	langid_detect("Salam", &az, 1, &hinted);
	g_assert_cmpstr(hinted.tag, ==, "az");
	langid_detect("Salam", &unknown, 1, &hinted);
	g_assert_cmpstr(hinted.tag, ==, plain.tag);
	langid_detect("Kuryer nega kelmadi, kutib o'tiribman", &az, 1, &hinted);
	g_assert_cmpstr(hinted.tag, ==, "uz");
	langid_detect("Kuryer qani", &region, 1, &hinted);
	g_assert_cmpstr(hinted.tag, ==, "uz");
}

static void
test_confidence(void)
{
	LangidAnswer word, sentence;

	langid_detect("Salam", NULL, 0, &word);
	langid_detect("Nega buyurtmam haligacha yetib kelmadi, qachon olib "
		      "kelasizlar, javob bering",
	    NULL, 0, &sentence);
	g_assert_cmpfloat(sentence.confidence, >, 0.95);
	g_assert_cmpfloat(sentence.confidence, >, word.confidence);
	g_assert_cmpfloat(sentence.margin, >, 0);
	g_assert_cmpstr(sentence.second, !=, sentence.tag);
}

/* Of a mail only what its writer wrote. */
static void
test_body(void)
{
	LangidAnswer answer;

	langid_detect_body("Раҳмат, лекин ишламаяпти\n\n"
			   "On Mon, Nov 16, 2026 at 9:14 AM Support "
			   "<support@shop.example> wrote:\n"
			   "> Thank you for contacting us. Your request has "
			   "been received.\n",
	    &answer);
	g_assert_cmpstr(answer.tag, ==, "uz-Cyrl");
	langid_detect_body("> When did you order it, and where?\n"
			   "Kecha, saytingizdan\n"
			   "> And which number does it have?\n"
			   "Bilmayman, chek kelmadi\n",
	    &answer);
	g_assert_cmpstr(answer.tag, ==, "uz");
}

/* Text without a space, and text that is longer than what is read. */
static void
test_long(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	LangidAnswer answer;

	while (text->len < 100000)
		g_string_append(text, "为什么付款没有确认");
	langid_detect(text->str, NULL, 0, &answer);
	g_assert_cmpstr(answer.tag, ==, "zh");
	g_string_assign(text, "");
	while (text->len < 100000)
		g_string_append(text, "Нега келмади ");
	langid_detect(text->str, NULL, 0, &answer);
	g_assert_cmpstr(answer.tag, ==, "uz-Cyrl");
}

static void
test_table(void)
{
	const LangidTable *tables = langid_tables();
	gsize octets = LANGID_HEAD;

	for (guint i = 0; i < LANGID_TABLES; i++) {
		g_assert_cmpuint(tables[i].n, >, 1);
		g_assert_cmpuint(tables[i].n, <=, tables[i].width);
		octets += ((gsize)1 << tables[i].bits) * tables[i].width;
	}
	g_assert_cmpuint(octets, <, 8 << 20);
	g_assert_true(g_strv_contains(langid_tags(), "uz-Cyrl"));
	g_assert_true(g_strv_contains(langid_tags(), "ka"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_init();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/langid/%s: %s", cases[i].want,
			cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_case);
	}
	g_test_add_func("/langid/hints help few words only", test_hints);
	g_test_add_func("/langid/confidence grows with the text",
	    test_confidence);
	g_test_add_func("/langid/quotations do not count", test_body);
	g_test_add_func("/langid/long text", test_long);
	g_test_add_func("/langid/the table takes less than 8 MB", test_table);
	return g_test_run();
}
