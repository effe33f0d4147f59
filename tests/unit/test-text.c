/* Octets become text, text becomes lines, lines become comparable. */
#include "ground/text.h"

#include <string.h>

typedef struct Case {
	const char *title, *input, *want;
} Case;

static const Case valid[] = {
	{ "ASCII stays", "Hello\r\n", "Hello\r\n" },
	{ "UTF-8 stays", "Здравствуйте, 你好, سلام",
	    "Здравствуйте, 你好, سلام" },
	{ "octets that are no UTF-8 become U+FFFD", "a\xff\xfe z",
	    "a\xef\xbf\xbd\xef\xbf\xbd z" },
	{ "a cut character becomes U+FFFD", "a\xd0", "a\xef\xbf\xbd" },
	{ "an overlong slash is no slash", "\xc0\xaf",
	    "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "surrogates are no text", "\xed\xa0\x80",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "letters and marks are composed", "e\xcc\x81 \xd0\xb8\xcc\x86",
	    "é й" },
	{ "compatible letters stay what they are", "ﬁ ²", "ﬁ ²" },
	{ "a mark on a broken octet", "\xff\xcc\x81", "\xef\xbf\xbd\xcc\x81" },
	{ "Hangul is composed", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한" },
	{ "the Kelvin sign is a K", "\xe2\x84\xaa", "K" },
	{ "the empty text", "", "" },
};

static const Case lines[] = {
	{ "a plain subject stays", "Re: your order 4711",
	    "Re: your order 4711" },
	{ "white space is squeezed and trimmed", "  a \t b  ", "a b" },
	{ "line ends become spaces", "a\r\nBcc: evil@x", "a Bcc: evil@x" },
	{ "controls go", "a\x01\x1b[31mb\x7f", "a[31mb" },
	{ "C1 controls go",
	    "a\xc2\x9b"
	    "b",
	    "ab" },
	{ "NEL and U+2028, U+2029 become spaces",
	    "a\xc2\x85"
	    "b\xe2\x80\xa8"
	    "c\xe2\x80\xa9"
	    "d",
	    "a b c d" },
	{ "no-break and wide spaces become spaces",
	    "a\xc2\xa0"
	    "b\xe3\x80\x80"
	    "c\xe2\x80\xaf"
	    "d",
	    "a b c d" },
	{ "bidi overrides go",
	    "a\xe2\x80\xae"
	    "cod.exe\xe2\x80\xac",
	    "acod.exe" },
	{ "bidi isolates go", "\xe2\x81\xa6x\xe2\x81\xa9", "x" },
	{ "direction marks go",
	    "\xe2\x80\x8e"
	    "a\xe2\x80\x8f\xd8\x9c",
	    "a" },
	{ "zero width space and BOM go",
	    "a\xe2\x80\x8b"
	    "b\xef\xbb\xbf"
	    "c",
	    "abc" },
	{ "soft hyphen and word joiner go",
	    "a\xc2\xad"
	    "b\xe2\x81\xa0"
	    "c",
	    "abc" },
	{ "tags go",
	    "a\xf3\xa0\x81\xa1\xf3\xa0\x81\xbf"
	    "b",
	    "ab" },
	{ "fillers that look like nothing go",
	    "a\xe3\x85\xa4"
	    "b",
	    "ab" },
	{ "a Persian word keeps its joiner", "می\xe2\x80\x8cخواهم",
	    "می\xe2\x80\x8cخواهم" },
	{ "a joiner outside a word goes", "a \xe2\x80\x8c b\xe2\x80\x8d",
	    "a b" },
	{ "of a row of joiners one is left",
	    "a\xe2\x80\x8c\xe2\x80\x8c\xe2\x80\x8c"
	    "b",
	    "a\xe2\x80\x8c"
	    "b" },
	{ "space behind an invisible one is still one", "a \xe2\x80\x8b b",
	    "a b" },
	{ "only invisible is nothing", "\xe2\x80\x8b\xe2\x80\x8b \xc2\xa0",
	    "" },
	{ "emoji stay", "👍🏽 ok", "👍🏽 ok" },
	{ "Uzbek apostrophes stay", "Oʻzbekiston gʻoya maʼno",
	    "Oʻzbekiston gʻoya maʼno" },
	{ "what is no UTF-8 becomes U+FFFD", "a\xff", "a\xef\xbf\xbd" },
	{ "nothing", "", "" },
};

static const Case bodies[] = {
	{ "a plain body stays", "Hi,\n\n\tindented\n-- \nAnn\n",
	    "Hi,\n\n\tindented\n-- \nAnn\n" },
	{ "CRLF and CR become LF", "a\r\nb\rc\n\rd", "a\nb\nc\n\nd" },
	{ "Unicode's line ends become LF",
	    "a\xc2\x85"
	    "b\xe2\x80\xa8"
	    "c\xe2\x80\xa9"
	    "d",
	    "a\nb\nc\nd" },
	{ "form feeds become LF", "a\f\vb", "a\n\nb" },
	{ "controls go", "a\x01\x1b[0mb\x7f\xc2\x9b", "a[0mb" },
	{ "bidi overrides go",
	    "a\xe2\x80\xae"
	    "b\xe2\x81\xa8"
	    "c",
	    "abc" },
	{ "direction marks stay in Arabic text", "سلام\xe2\x80\x8f!",
	    "سلام\xe2\x80\x8f!" },
	{ "spaces stay as they are",
	    "a  b\xc2\xa0"
	    "c  ",
	    "a  b\xc2\xa0"
	    "c  " },
	{ "joined emoji stay", "👨\xe2\x80\x8d👩", "👨\xe2\x80\x8d👩" },
	{ "rows of joiners between spaces go",
	    "\xe2\x80\x8c \xe2\x80\x8c \xe2\x80\x8cx", "  x" },
	{ "zero width space and soft hyphen go",
	    "a\xe2\x80\x8b"
	    "b\xc2\xad"
	    "c",
	    "abc" },
	{ "nothing", "", "" },
};

static const Case folds[] = {
	{ "ASCII", "Hello WORLD-7", "hello world-7" },
	{ "dotless i", "Istakoz ISTAKOZ ıstakoz İstakoz",
	    "istakoz istakoz istakoz istakoz" },
	{ "i with a combining dot", "i\xcc\x87stanbul", "istanbul" },
	{ "the dot goes behind other marks too", "i\xcc\xa3\xcc\x87x",
	    "\xe1\xbb\x8bx" },
	{ "a dot on other letters stays", "Żż\xc5\xbb", "żżż" },
	{ "Azerbaijani schwa", "ƏLİ", "əli" },
	{ "Cyrillic", "ЖАЛОБА Ёлка ЎЗБЕК ҒҚҲ", "жалоба ёлка ўзбек ғқҳ" },
	{ "Kazakh", "ӘҒҚҢӨҰҮҺІ", "әғқңөұүһі" },
	{ "Greek final sigma", "ΟΔΟΣ οδος", "οδοσ οδοσ" },
	{ "German sharp s", "Straße STRASSE", "strasse strasse" },
	{ "diacritics stay", "Şikâyet ŞİKÂYET", "şikâyet şikâyet" },
	{ "apostrophes are one", "o'z oʻz oʼz o’z o‘z o`z o´z oʹz o′z",
	    "o'z o'z o'z o'z o'z o'z o'z o'z o'z" },
	{ "a grave accent alone", "o`z", "o'z" },
	{ "full width letters", "ＡＢＣ１２", "abc12" },
	{ "ligatures", "ﬁne", "fine" },
	{ "Arabic presentation forms", "\xef\xbb\xb3", "\xd9\x8a" },
	{ "decomposed and composed are one", "E\xcc\x81", "é" },
	{ "Kelvin and Angstrom", "\xe2\x84\xaa\xe2\x84\xab", "kå" },
	{ "nothing", "", "" },
};

static const Case wraps[] = {
	/* at 10 columns */
	{ "a short line stays", "short", "short" },
	{ "a line that just fits stays", "1234567890", "1234567890" },
	{ "a long line breaks at a space", "one two three four",
	    "one two\nthree four" },
	{ "line breaks stay", "a\n\nb\n", "a\n\nb\n" },
	{ "long words stay whole", "see https://shop.example/x now",
	    "see\nhttps://shop.example/x\nnow" },
	{ "quoted lines stay", "> one two three four", "> one two three four" },
	{ "no new line looks quoted", "aaaaaa bb >cc dd", "aaaaaa bb >cc\ndd" },
	{ "the signature mark stays", "-- \nAnn", "-- \nAnn" },
	{ "space at the front stays", "  one two three", "  one two\nthree" },
	{ "space at a break goes", "one two   three   ", "one two\nthree" },
	{ "Cyrillic letters have one column", "привет мир и все",
	    "привет мир\nи все" },
	{ "Chinese letters have two", "你好你好 你好", "你好你好\n你好" },
	{ "marks have none",
	    "e\xcc\x81"
	    "e\xcc\x81"
	    "e\xcc\x81 23456 8",
	    "e\xcc\x81"
	    "e\xcc\x81"
	    "e\xcc\x81 23456\n8" },
	{ "nothing", "", "" },
};

static const Case json[] = {
	{ "plain", "abc", "\"abc\"" },
	{ "quotes and backslashes", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "short escapes", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
	{ "controls", "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
	{ "line ends of JavaScript", "\xe2\x80\xa8\xe2\x80\xa9",
	    "\"\\u2028\\u2029\"" },
	{ "UTF-8", "Ўзбек 👍", "\"Ўзбек 👍\"" },
	{ "no UTF-8", "a\xff", "\"a\xef\xbf\xbd\"" },
	{ "empty", "", "\"\"" },
};

static char *
one_valid(const char *text)
{
	return text_valid(text, -1);
}

static char *
one_line(const char *text)
{
	return text_clean_line(text, 0);
}

static char *
one_wrap(const char *text)
{
	return text_wrap(text, 10);
}

static char *
one_json(const char *text)
{
	GString *out = g_string_new(NULL);

	text_json(out, text);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *name;
	char *(*function)(const char *text);
	const Case *cases;
	gsize count;
	gboolean idempotent;
} groups[] = {
	{ "valid", one_valid, valid, G_N_ELEMENTS(valid), TRUE },
	{ "line", one_line, lines, G_N_ELEMENTS(lines), TRUE },
	{ "body", text_clean_body, bodies, G_N_ELEMENTS(bodies), TRUE },
	{ "fold", text_fold, folds, G_N_ELEMENTS(folds), TRUE },
	{ "wrap", one_wrap, wraps, G_N_ELEMENTS(wraps), TRUE },
	{ "json", one_json, json, G_N_ELEMENTS(json), FALSE },
};

static void
check(gconstpointer data)
{
	gsize g = GPOINTER_TO_SIZE(data) / 1000;
	const Case *c = &groups[g].cases[GPOINTER_TO_SIZE(data) % 1000];
	g_autofree char *got = groups[g].function(c->input);
	g_autofree char *again = groups[g].function(got);

	g_assert_cmpstr(got, ==, c->want);
	if (groups[g].idempotent)
		g_assert_cmpstr(again, ==, got);
}

static void
nul(void)
{
	g_autofree char *a = text_valid("a\0b", 3);
	g_autofree char *b = text_valid("a\0\xff", 3);
	g_autofree char *c = text_valid("abc", 2);
	g_autofree char *d = text_valid(NULL, 0);
	g_autofree char *e = text_valid("\0", 1);

	g_assert_cmpstr(a, ==,
	    "a\xef\xbf\xbd"
	    "b");
	g_assert_cmpstr(b, ==, "a\xef\xbf\xbd\xef\xbf\xbd");
	g_assert_cmpstr(c, ==, "ab");
	g_assert_cmpstr(d, ==, "");
	g_assert_cmpstr(e, ==, "\xef\xbf\xbd");
}

static void
cuts(void)
{
	static const struct {
		const char *text;
		gsize most;
		const char *want;
	} rows[] = {
		{ "abcdef", 6, "abcdef" },
		{ "abcdef", 5, "abcd…" },
		{ "abc def", 5, "abc…" },
		{ "  abcdef", 6, "abcdef" },
		{ "привет", 6, "привет" },
		{ "привет", 4, "при…" },
		{ "abe\xcc\x81"
		  "cd",
		    4, "ab…" },
		{ "abe\xcc\x81"
		  "cd",
		    5, "abe\xcc\x81…" },
		{ "abcdef", 1, "…" },
		{ "a", 1, "a" },
		{ "", 1, "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got =
		    text_clean_line(rows[i].text, rows[i].most);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

/* One letter under a heap of marks would take quadratic time to sort. */
static void
heap_of_marks(void)
{
	GString *text = g_string_new("a");
	g_autofree char *got = NULL, *folded = NULL;
	gint64 from = g_get_monotonic_time();

	for (int i = 0; i < 200000; i++)
		g_string_append(text, "\xcc\x81"); /* above */
	for (int i = 0; i < 200000; i++)
		g_string_append(text, "\xcc\xa3"); /* below, sorts first */
	got = text_valid(text->str, (gssize)text->len);
	folded = text_fold(text->str);
	g_assert_cmpint(g_get_monotonic_time() - from, <, 5 * G_USEC_PER_SEC);
	g_assert_cmpint(g_utf8_strlen(got, -1), <=, 31);
	g_assert_cmpint(g_utf8_strlen(folded, -1), <=, 31);
	g_string_free(text, TRUE);
}

/* Only pieces are normalised; the whole must come out the same. */
static void
pieces(void)
{
	static const gunichar some[] = { 'a', 'I', ' ', 0xe9, 0x131, 0x301,
		0x307, 0x323, 0x345, 0x416, 0x438, 0x306, 0x1112, 0x1161,
		0x11ab, 0xd55c, 0xac00, 0x212a, 0x2116, 0xfb01, 0xfdfa, 0x9c7,
		0x9be, 0x654, 0x627, 0x3099, 0x304b, 0x1f600, 0xa0, 0x344 };

	for (int round = 0; round < 20000; round++) {
		GString *text = g_string_new(NULL);
		g_autofree char *got = NULL, *want = NULL;

		for (int n = g_test_rand_int_range(0, 12); n > 0; n--)
			g_string_append_unichar(text,
			    some[g_test_rand_int_range(0, G_N_ELEMENTS(some))]);
		got = text_valid(text->str, -1);
		want = g_utf8_normalize(text->str, -1, G_NORMALIZE_NFC);
		g_assert_cmpstr(got, ==, want);
		g_string_free(text, TRUE);
	}
}

static void
all_characters(void)
{
	for (gunichar c = 1; c < 0x110000; c++) {
		char text[16];
		g_autofree char *line = NULL, *body = NULL, *fold = NULL,
				*again = NULL;

		if (!g_unichar_validate(c))
			continue;
		text[g_unichar_to_utf8(c, text)] = '\0';
		line = text_clean_line(text, 0);
		body = text_clean_body(text);
		fold = text_fold(text);
		again = text_fold(fold);
		g_assert_true(g_utf8_validate(line, -1, NULL));
		g_assert_true(g_utf8_validate(body, -1, NULL));
		if (strcmp(fold, again) != 0)
			g_error("U+%04X: %s, then %s", c, fold, again);
		for (const char *p = line; *p != '\0';
		     p = g_utf8_next_char(p)) {
			GUnicodeType type = g_unichar_type(g_utf8_get_char(p));

			g_assert_cmpint(type, !=, G_UNICODE_CONTROL);
			g_assert_cmpint(type, !=, G_UNICODE_LINE_SEPARATOR);
			g_assert_cmpint(type, !=,
			    G_UNICODE_PARAGRAPH_SEPARATOR);
		}
	}
}

static void
ascii(void)
{
	g_assert_true(text_is_ascii("Hello ~"));
	g_assert_true(text_is_ascii(""));
	g_assert_false(text_is_ascii("a\tb"));
	g_assert_false(text_is_ascii("a\x7f"));
	g_assert_false(text_is_ascii("é"));
}

static void
starts(void)
{
	g_assert_true(text_starts("Content-Type: x", "content-type:"));
	g_assert_true(text_starts("abc", ""));
	g_assert_false(text_starts("ab", "abc"));
	g_assert_false(text_starts("xab", "ab"));
}

static void
sha256(void)
{
	g_autofree char *abc = text_sha256("abc", 3);
	g_autofree char *empty = text_sha256(NULL, 0);

	g_assert_cmpstr(abc, ==,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	g_assert_cmpstr(empty, ==,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

static void
none(void)
{
	g_autofree char *line = text_clean_line(NULL, 0);
	g_autofree char *body = text_clean_body(NULL);
	g_autofree char *fold = text_fold(NULL);
	g_autofree char *null = one_json(NULL);

	g_assert_cmpstr(line, ==, "");
	g_assert_cmpstr(body, ==, "");
	g_assert_cmpstr(fold, ==, "");
	g_assert_cmpstr(null, ==, "null");
}

/* Octets of all kinds in all places of a word of eight. */
static void
utf8(void)
{
	static const char *const pieces[] = { "a", "\xd0\xb0", "\xe2\x80\x94",
		"\xf0\x9f\x98\x80", "\xc0\x80", "\xc3", "\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xe0\x80\x80", "\xff", "\xd0\xb0\xd0" };

	for (guint round = 0; round < 20000; round++) {
		g_autoptr(GString) text = g_string_new(NULL);
		guint kinds = g_test_rand_int_range(1, G_N_ELEMENTS(pieces));

		for (gint n = g_test_rand_int_range(0, 30); n > 0; n--)
			g_string_append(text,
			    pieces[g_test_rand_int_range(0, (gint)kinds)]);
		if (round % 10 == 0)
			g_string_append_c(text, '\0');
		g_assert_cmpint(text_is_utf8(text->str, text->len), ==,
		    g_utf8_validate_len(text->str, text->len, NULL));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize g = 0; g < G_N_ELEMENTS(groups); g++)
		for (gsize i = 0; i < groups[g].count; i++) {
			g_autofree char *path = g_strdup_printf("/text/%s: %s",
			    groups[g].name, groups[g].cases[i].title);

			g_test_add_data_func(path,
			    GSIZE_TO_POINTER(g * 1000 + i), check);
		}
	g_test_add_func("/text/valid: NUL ends nothing", nul);
	g_test_add_func("/text/line: cut with an ellipsis", cuts);
	g_test_add_func("/text/a heap of marks is cut in time", heap_of_marks);
	g_test_add_func("/text/valid: any mixture gets its normal form",
	    pieces);
	g_test_add_func("/text/every character is survived", all_characters);
	g_test_add_func("/text/valid UTF-8 is told from other octets", utf8);
	g_test_add_func("/text/printable ASCII is told apart", ascii);
	g_test_add_func("/text/protocol words have no case", starts);
	g_test_add_func("/text/SHA-256 of known texts", sha256);
	g_test_add_func("/text/no text is the empty text", none);
	return g_test_run();
}
