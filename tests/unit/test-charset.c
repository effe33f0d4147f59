/* test-charset.c - octets in any character set become the text that was
 * written. */
#include "mail/charset.h"

#include <string.h>
#include <unicode/ucnv.h>

/* text is put into set first; then decoded with label. */
static const struct Case {
	const char *title;
	const char *text;
	const char *set;
	const char *label;
} cases[] = {
	{ "/charset/UTF-8 without a label", "Салом, qo‘llab-quvvatlash",
	    "UTF-8", NULL },
	{ "/charset/UTF-8 under a windows-1251 label", "Привет всем", "UTF-8",
	    "windows-1251" },
	{ "/charset/windows-1251 without a label",
	    "Здравствуйте, у меня не работает касса", "windows-1251", NULL },
	{ "/charset/one short word in windows-1251", "Привет", "windows-1251",
	    NULL },
	{ "/charset/windows-1251 under a utf-8 label",
	    "Добрый день, не приходит код", "windows-1251", "utf-8" },
	{ "/charset/windows-1251 under an iso-8859-1 label",
	    "Добрый день, не приходит код", "windows-1251", "iso-8859-1" },
	{ "/charset/windows-1251 under a us-ascii label", "Добрый день",
	    "windows-1251", "us-ascii''" },
	{ "/charset/windows-1251 by its label", "ТЕСТ", "windows-1251",
	    "Windows-1251" },
	{ "/charset/koi8-r without a label",
	    "Здравствуйте, у меня не работает касса", "KOI8-R", NULL },
	{ "/charset/koi8-r under an unknown label", "Добрый вечер, коллеги",
	    "KOI8-R", "x-unknown" },
	{ "/charset/cp866 without a label",
	    "Здравствуйте, у меня не работает касса", "IBM866", NULL },
	{ "/charset/iso-8859-5 by its label", "Салом", "ISO-8859-5",
	    "iso-8859-5" },
	{ "/charset/Uzbek Cyrillic in UTF-8", "Ўзбекистон, ҳайрли кун", "UTF-8",
	    "" },
	{ "/charset/Turkish in windows-1254 without a label",
	    "Merhaba, siparişim hâlâ gelmedi, kargo nerede olduğunu bilmiyor",
	    "windows-1254", NULL },
	{ "/charset/Turkish under an iso-8859-1 label of its own set",
	    "çalışmıyor", "windows-1254", "iso-8859-9" },
	{ "/charset/French in windows-1252 without a label",
	    "Bonjour, je n’ai pas reçu ma commande passée en février",
	    "windows-1252", NULL },
	{ "/charset/gb18030 by its label", "您好，我的订单", "gb18030",
	    "gb2312" },
	{ "/charset/iso-2022-jp without a label", "こんにちは", "ISO-2022-JP",
	    NULL },
	{ "/charset/a label with quotes and spaces", "Привет", "windows-1251",
	    " \"windows-1251\" " },
	{ "/charset/a label that is a program's fancy", "Привет всем друзьям",
	    "windows-1251", "ansi" },
};

static void
test_case(gconstpointer data)
{
	const struct Case *c = data;
	UErrorCode status = U_ZERO_ERROR;
	char octets[1024];
	int32_t n = ucnv_convert(c->set, "UTF-8", octets, sizeof(octets),
	    c->text, -1, &status);
	g_autofree char *text = NULL;
	gsize bad = 0;

	g_assert_true(U_SUCCESS(status));
	text = charset_decode(octets, (gsize)n, c->label, &bad);
	g_assert_cmpstr(text, ==, c->text);
	g_assert_cmpuint(bad, ==, 0);
}

static void
test_refused(void)
{
	const char text[] = "+ADw-script+AD4-";
	static const char *const labels[] = { "utf-7", "UTF-7",
		"unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "iso-2022-cn-ext",
		"hz-gb-2312", "imap-mailbox-name", "csUnicode11UTF7" };

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_autofree char *out =
		    charset_decode(text, strlen(text), labels[i], NULL);

		g_assert_cmpstr(out, ==, text);
	}
	g_assert_true(charset_is_refused("utf-7"));
	g_assert_false(charset_is_refused("utf-8"));
}

static void
test_damaged(void)
{
	gsize bad = 0;
	g_autofree char *text = charset_decode(
	    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1", 11, "utf-8", &bad);

	g_assert_true(g_str_has_prefix(text, "Приве"));
	g_assert_cmpuint(bad, ==, 1);
}

static void
test_composed(void)
{
	g_autofree char *text =
	    charset_decode("\xd0\xb8\xcc\x86 e\xcc\x81", 8, "utf-8", NULL);

	g_assert_cmpstr(text, ==, "й é");
}

static void
test_any_octets(void)
{
	static const char *const labels[] = { NULL, "utf-8", "windows-1251",
		"gb18030", "iso-2022-jp", "utf-16", "big5", "koi8-r", "???",
		"shift_jis" };

	for (guint k = 0; k < 2000; k++) {
		char octets[64];
		g_autofree char *text = NULL;

		for (guint i = 0; i < sizeof(octets); i++)
			octets[i] = (char)g_test_rand_int_range(0, 256);
		text = charset_decode(octets, sizeof(octets),
		    labels[k % G_N_ELEMENTS(labels)], NULL);
		g_assert_true(g_utf8_validate(text, -1, NULL));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	charset_init();
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].title, &cases[i], test_case);
	g_test_add_func("/charset/UTF-7 and its like are not decoded",
	    test_refused);
	g_test_add_func("/charset/a cut character is counted", test_damaged);
	g_test_add_func("/charset/what comes out is composed", test_composed);
	g_test_add_func("/charset/any octets give valid UTF-8",
	    test_any_octets);
	return g_test_run();
}
