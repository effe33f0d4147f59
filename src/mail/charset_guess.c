/* charset_guess.c - evidence for a character set: how much the text would look
 * like writing in each of the sets that our customers' programs use.
 *
 * ICU's detector needs some hundred letters and confuses windows-1251 with
 * koi8-r below that; a Subject has twenty. So single-octet sets are scored by
 * letter frequency, case and neighbours, and ICU decides only about sets with
 * several octets a character. Called by charset.c. */
#include "mail/charset_guess.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#define GUESS_SAMPLE 2048

/* In order of preference when two score the same. */
static const char *const guess_sets[] = {
	"windows-1251",
	"KOI8-R",
	"windows-1252",
	"windows-1254",
	"windows-1250",
	"IBM866",
	"ISO-8859-5",
	"x-mac-cyrillic",
};

static const char *const guess_wide[] = {
	"GB18030",
	"Shift_JIS",
	"EUC-JP",
	"EUC-KR",
	"Big5",
};

/* How common the letters U+0430 to U+044F are in Russian, 0 to 11. */
static const gint8 cyrillic_weight[32] = { 8, 2, 5, 2, 3, 8, 1, 2, 7, 1, 3, 4,
	3, 7, 11, 3, 5, 5, 6, 3, 0, 1, 0, 1, 1, 0, 0, 2, 2, 0, 1, 2 };

/* Letters beyond ASCII that Turkish, Azerbaijani and western languages use
 * often, and those of central Europe. */
static const gunichar2 latin_common[] =
    u"çğıöşüÇĞİÖŞÜəƏéèàáíóúâêîôûäëïñãõßåæøÉÀÄ";
static const gunichar2 latin_central[] = u"ąćęłńśźżčšžřůěďťňőűŁŚŻŹČŠŽ";

static gboolean
among(const gunichar2 *set, gunichar2 c)
{
	for (; *set != 0; set++) {
		if (*set == c)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_ascii_letter(gunichar2 c)
{
	return c < 0x80 && g_ascii_isalpha((char)c);
}

static gboolean
is_cyrillic(gunichar2 c)
{
	return c >= 0x400 && c < 0x530;
}

static int
score_cyrillic(gunichar2 before, gunichar2 c)
{
	gboolean upper = c < 0x430;
	int weight;

	if (is_ascii_letter(before))
		return -6;
	if (c >= 0x410 && c <= 0x44f)
		weight = cyrillic_weight[(c - 0x410) & 31];
	else /* Ukrainian, Belarusian, Uzbek ў; ё. Serbian letters are not. */
		weight = strchr("\x01\x04\x06\x07\x0e\x51\x54\x56\x57\x5e",
			     c & 0xff) != NULL &&
				 c < 0x460
			     ? 1
			     : -4;
	/* "hELLO": the wrong one of windows-1251 and KOI8-R looks so. */
	if (upper && is_cyrillic(before) && before >= 0x430)
		return -10;
	if (upper && is_cyrillic(before))
		return weight / 2;
	return weight;
}

static int
score_latin(gunichar2 before, gunichar2 c, gunichar2 after)
{
	gboolean by_letter = is_ascii_letter(before) || is_ascii_letter(after);

	if (before >= 0x80 && after >= 0x80)
		return -6;
	if (among(latin_common, c))
		return by_letter ? 6 : 1;
	if (among(latin_central, c))
		return by_letter ? 5 : 0;
	return -3;
}

static gboolean
is_letter(gunichar2 c)
{
	return c > 0 && g_unichar_isalpha(c);
}

static int
score_char(gunichar2 before, gunichar2 c, gunichar2 after)
{
	if (is_cyrillic(c))
		return score_cyrillic(before, c);
	if (c < 0xa0 || c == 0xfffd || (c >= 0xe000 && c < 0xf900))
		return -20;
	if (is_letter(c))
		return score_latin(before, c, after);
	/* A dash, quotation mark or no-break space beside a word is usual, a
	 * sign or box line inside one is not. */
	if (is_letter(before) && is_letter(after))
		return c == 0x2019 || c == 0xa0 ? 1 : -8;
	if (c >= 0x2010 && c <= 0x2122)
		return 1;
	return c == 0xa0 || c == 0xab || c == 0xbb || c == 0xb0 ? 1 : -2;
}

static int
score_set(const char *set, const char *octets, gsize length)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *converter = ucnv_open(set, &status);
	UChar text[GUESS_SAMPLE + 2];
	int32_t n;
	int score = 0;

	if (U_FAILURE(status))
		return G_MININT;
	n = ucnv_toUChars(converter, text, G_N_ELEMENTS(text), octets,
	    (int32_t)length, &status);
	ucnv_close(converter);
	if (U_FAILURE(status))
		return G_MININT;
	for (int32_t i = 0; i < n; i++) {
		if (text[i] >= 0x80)
			score += score_char(i > 0 ? text[i - 1] : 0, text[i],
			    i + 1 < n ? text[i + 1] : 0);
	}
	return score;
}

/* The sample begins shortly before the first octet that says something. */
static void
find_sample(const char **octets, gsize *length)
{
	gsize first = 0;

	while (first < *length && (guchar)(*octets)[first] < 0x80)
		first++;
	first = first > 16 ? first - 16 : 0;
	*octets += first;
	*length = MIN(*length - first, GUESS_SAMPLE);
}

static gsize
count_high(const char *octets, gsize length)
{
	gsize high = 0;

	for (gsize i = 0; i < length; i++)
		high += (guchar)octets[i] >= 0x80;
	return high;
}

static const char *
guess_by_icu(const char *octets, gsize length)
{
	UErrorCode status = U_ZERO_ERROR;
	UCharsetDetector *detector = ucsdet_open(&status);
	const UCharsetMatch **matches;
	const char *found = NULL;
	int32_t n = 0;

	ucsdet_setText(detector, octets, (int32_t)length, &status);
	matches = ucsdet_detectAll(detector, &n, &status);
	for (int32_t i = 0; U_SUCCESS(status) && i < n && found == NULL; i++) {
		const char *name = ucsdet_getName(matches[i], &status);
		int32_t sure = ucsdet_getConfidence(matches[i], &status);

		for (guint k = 0; k < G_N_ELEMENTS(guess_wide); k++) {
			if (sure >= 10 && strcmp(name, guess_wide[k]) == 0)
				found = guess_wide[k];
		}
	}
	ucsdet_close(detector);
	return found;
}

const char *
charset_guess(const char *octets, gsize length)
{
	const char *best = guess_sets[0], *wide;
	int most = G_MININT;
	gsize high;

	if (length >= 2 && (memcmp(octets, "\xff\xfe", 2) == 0 ||
			       memcmp(octets, "\xfe\xff", 2) == 0))
		return "UTF-16";
	find_sample(&octets, &length);
	high = count_high(octets, length);
	for (guint i = 0; i < G_N_ELEMENTS(guess_sets); i++) {
		int score = score_set(guess_sets[i], octets, length);

		if (score > most) {
			most = score;
			best = guess_sets[i];
		}
	}
	/* Real writing earns about 5 an octet, noise loses. */
	if (most < (int)high * 3 / 2 && high >= 8) {
		wide = guess_by_icu(octets, length);
		if (wide != NULL)
			return wide;
	}
	return most < -(int)high * 2 ? "windows-1252" : best;
}

gboolean
charset_looks_cyrillic(const char *octets, gsize length)
{
	gsize in_runs = 0, high, run = 0;

	find_sample(&octets, &length);
	high = count_high(octets, length);
	for (gsize i = 0; i <= length; i++) {
		if (i < length && (guchar)octets[i] >= 0x80) {
			run++;
			continue;
		}
		if (run >= 3)
			in_runs += run;
		run = 0;
	}
	return high >= 4 && in_runs * 10 >= high * 7 &&
	       score_set("windows-1251", octets, length) > (int)high * 2;
}
