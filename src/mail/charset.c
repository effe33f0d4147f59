/* charset.c - believes or doubts the label, then converts by ICU. Used for
 * every text part (body.c), header (header.c) and file name (param.c).
 *
 * ICU rather than iconv: its tables are one mapped library, while glibc opens a
 * file for each set, which the sandbox forbids. */
#include "mail/charset.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "ground/text.h"
#include "mail/charset_guess.h"

#define LABEL_MOST 64

typedef struct Alias {
	const char *label; /* as normalised: lower case, letters and digits */
	const char *set;   /* ICU name; "" : no statement; NULL: refused */
} Alias;

/* What labels mean in practice, as in the WHATWG Encoding Standard (latin-1 is
 * written by programs that mean windows-1252), and labels that ICU does not
 * know. Labels that say nothing are "". */
static const Alias aliases[] = {
	{ "646", "" },
	{ "7bit", "" },
	{ "8bit", "" },
	{ "ansi", "" },
	{ "ansix341968", "" },
	{ "ascii", "" },
	{ "bocu1", NULL },
	{ "cesu8", NULL },
	{ "cp1251", "windows-1251" },
	{ "cp866", "IBM866" },
	{ "cp932", "ibm-943" },
	{ "cp936", "gb18030" },
	{ "cp949", "windows-949" },
	{ "default", "" },
	{ "dos866", "IBM866" },
	{ "euckr", "windows-949" },
	{ "gb2312", "gb18030" },
	{ "gbk", "gb18030" },
	{ "hzgb2312", NULL },
	{ "imapmailboxname", NULL },
	{ "iso2022cnext", NULL },
	{ "iso646us", "" },
	{ "iso88591", "windows-1252" },
	{ "iso885911", "windows-874" },
	{ "iso88598i", "ISO-8859-8" },
	{ "iso88599", "windows-1254" },
	{ "koi8", "KOI8-R" },
	{ "koi8r", "KOI8-R" },
	{ "koi8ru", "KOI8-U" },
	{ "koi8u", "KOI8-U" },
	{ "ksc56011987", "windows-949" },
	{ "ksc5601", "windows-949" },
	{ "latin1", "windows-1252" },
	{ "latin5", "windows-1254" },
	{ "ms936", "gb18030" },
	{ "ptcp154", "ibm-1048" },
	{ "scsu", NULL },
	{ "shiftjis", "ibm-943" },
	{ "sjis", "ibm-943" },
	{ "tis620", "windows-874" },
	{ "unicode", "" },
	{ "unicode11utf7", NULL },
	{ "unicode11utf8", "UTF-8" },
	{ "unknown", "" },
	{ "unknown8bit", "" },
	{ "usascii", "" },
	{ "utf7", NULL },
	{ "utf8", "UTF-8" },
	{ "utf8mb4", "UTF-8" },
	{ "win1251", "windows-1251" },
	{ "windows1251", "windows-1251" },
	{ "windows1252", "windows-1252" },
	{ "windows1254", "windows-1254" },
	{ "windows936", "gb18030" },
	{ "windowscp1251", "windows-1251" },
	{ "xcp1251", "windows-1251" },
	{ "xgbk", "gb18030" },
	{ "xsjis", "ibm-943" },
	{ "xunicode20utf7", NULL },
	{ "xunknown", "" },
	{ "xunknown8bit", "" },
	{ "xutf8", "UTF-8" },
	{ "xuserdefined", "" },
};

void
charset_init(void)
{
	static const char *const warm[] = { "windows-1251", "windows-1250",
		"windows-1252", "windows-1254", "KOI8-R", "KOI8-U", "IBM866",
		"ISO-8859-5", "ISO-8859-2", "gb18030", "Big5", "ibm-943",
		"EUC-JP", "windows-949", "ISO-2022-JP", "ISO-2022-KR", "UTF-16",
		"windows-1256", "x-mac-cyrillic" };
	UErrorCode status = U_ZERO_ERROR;

	for (guint i = 0; i < G_N_ELEMENTS(warm); i++) {
		status = U_ZERO_ERROR;
		ucnv_close(ucnv_open(warm[i], &status));
	}
	unorm2_getNFCInstance(&status);
	charset_guess("\xcf\xf0\xe8\xe2\xe5\xf2, \xb0\xa1\xb0\xa1\xb0\xa1", 14);
}

gboolean
charset_is_ascii(const char *octets, gsize length)
{
	const char *end = octets + length;
	const guint64 high = G_GUINT64_CONSTANT(0x8080808080808080);
	guint64 word;

	for (; end - octets >= 8; octets += 8) {
		memcpy(&word, octets, 8);
		/* Some octet is high, or some octet is zero. */
		if ((word & high) != 0 ||
		    ((word - high / 128) & ~word & high) != 0)
			return FALSE;
	}
	for (; octets < end; octets++) {
		if ((guchar)*octets >= 0x80 || *octets == '\0')
			return FALSE;
	}
	return TRUE;
}

/* Lower-case letters and digits of the first word: "Windows_1251", "'utf8'"
 * and "us-ascii''" are then what they mean. */
static void
label_key(const char *label, char key[LABEL_MOST])
{
	gsize n = 0;

	for (; *label != '\0' && n + 1 < LABEL_MOST; label++) {
		if (g_ascii_isalnum(*label))
			key[n++] = g_ascii_tolower(*label);
		else if (n > 0 && strchr(" \t\r\n;,(", *label) != NULL)
			break;
	}
	key[n] = '\0';
}

/* The label in a form that ucnv_open takes. */
static void
label_name(const char *label, char name[LABEL_MOST])
{
	gsize n = 0;

	for (; *label != '\0' && n + 1 < LABEL_MOST; label++) {
		if (g_ascii_isalnum(*label) || strchr("-_.:", *label) != NULL)
			name[n++] = *label;
		else if (n > 0)
			break;
	}
	name[n] = '\0';
}

static int
by_label(const void *key, const void *member)
{
	return strcmp(key, ((const Alias *)member)->label);
}

static const Alias *
alias_find(const char *key)
{
	return bsearch(key, aliases, G_N_ELEMENTS(aliases), sizeof(Alias),
	    by_label);
}

gboolean
charset_is_refused(const char *label)
{
	char key[LABEL_MOST];
	const Alias *alias;

	label_key(label, key);
	alias = alias_find(key);
	return alias != NULL && alias->set == NULL;
}

/* Sets in which ASCII octets may mean something else are not followed, by
 * whatever name ICU knows them. */
static gboolean
is_safe(UConverter *converter)
{
	static const UConverterType refused[] = { UCNV_UTF7, UCNV_IMAP_MAILBOX,
		UCNV_SCSU, UCNV_BOCU1, UCNV_CESU8, UCNV_HZ, UCNV_LMBCS_1,
		UCNV_ISCII, UCNV_COMPOUND_TEXT };
	UErrorCode status = U_ZERO_ERROR;
	UConverterType type = ucnv_getType(converter);
	const char *name;

	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		if (type == refused[i])
			return FALSE;
	}
	if (type != UCNV_ISO_2022)
		return TRUE;
	name = ucnv_getName(converter, &status);
	return strstr(name, "locale=zh") == NULL;
}

static UConverter *
converter_open(const char *set)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *converter;

	if (set[0] == '\0')
		return NULL;
	converter = ucnv_open(set, &status);
	if (U_FAILURE(status))
		return NULL;
	if (!is_safe(converter)) {
		ucnv_close(converter);
		return NULL;
	}
	return converter;
}

static UConverter *
converter_of_label(const char *label)
{
	char key[LABEL_MOST], name[LABEL_MOST];
	const Alias *alias;

	label_key(label, key);
	alias = alias_find(key);
	if (alias != NULL)
		return alias->set != NULL ? converter_open(alias->set) : NULL;
	label_name(label, name);
	return converter_open(name);
}

static gsize
count_bad(const char *text)
{
	const char *end = text + strlen(text);
	gsize bad = 0;

	while ((text = memchr(text, 0xef, (gsize)(end - text))) != NULL) {
		bad += text[1] == '\xbf' && text[2] == '\xbd';
		text++;
	}
	return bad;
}

/* UTF-16 to UTF-8 in NFC. */
static char *
utf16_to_text(const UChar *text, int32_t length)
{
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = 0;
	g_autofree char *utf8 = g_malloc((gsize)length * 3 + 1);

	u_strToUTF8WithSub(utf8, length * 3 + 1, &n, text, length, 0xfffd, NULL,
	    &status);
	if (U_FAILURE(status))
		n = 0;
	return text_valid(utf8, n);
}

static char *
convert(UConverter *converter, const char *octets, gsize length)
{
	UErrorCode status = U_ZERO_ERROR;
	g_autofree UChar *text = NULL;
	int32_t n;

	length = MIN(length, (gsize)G_MAXINT32 / 8);
	text = g_new(UChar, length * 2 + 2);
	n = ucnv_toUChars(converter, text, (int32_t)length * 2 + 2, octets,
	    (int32_t)length, &status);
	ucnv_close(converter);
	return utf16_to_text(text, U_SUCCESS(status) ? n : 0);
}

/* is_valid: text_is_utf8 has said so. */
static char *
decode_utf8(const char *octets, gsize length, gboolean is_valid)
{
	if (length >= 3 && memcmp(octets, "\xef\xbb\xbf", 3) == 0) {
		octets += 3;
		length -= 3;
	}
	return is_valid ? text_nfc(octets, length)
			: text_valid(octets, (gssize)length);
}

static char *
decode_guess(const char *octets, gsize length)
{
	const char *set = charset_guess(octets, length);
	UConverter *converter = converter_open(set);

	if (converter == NULL)
		return decode_utf8(octets, length, FALSE);
	return convert(converter, octets, length);
}

/* Damaged UTF-8 (cut in the middle of a character, one foreign octet) has far
 * more good sequences than bad places. */
static gboolean
is_mostly_utf8(const char *octets, gsize length)
{
	const char *p = octets, *end = octets + length;
	gsize good = 0, bad = 0;

	while (p < end) {
		gunichar c;

		if ((guchar)*p < 0x80) {
			p++;
			continue;
		}
		c = g_utf8_get_char_validated(p, end - p);
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			bad++;
			p++;
		} else {
			good++;
			p = g_utf8_next_char(p);
		}
	}
	return good > bad * 3;
}

static gboolean
is_single_octet(UConverter *converter)
{
	return ucnv_getMaxCharSize(converter) == 1;
}

static gboolean
is_western(UConverter *converter)
{
	UErrorCode status = U_ZERO_ERROR;
	const char *name = ucnv_getName(converter, &status);

	return strstr(name, "5348") != NULL || strstr(name, "8859_1") != NULL ||
	       strstr(name, "5350") != NULL;
}

static gboolean
has_escape(const char *octets, gsize length)
{
	const char *escape = memchr(octets, '\033', length);

	return escape != NULL && octets + length - escape > 2 &&
	       escape[1] == '$' && strchr("B@", escape[2]) != NULL;
}

/* No label, or none that helps. */
static char *
decode_unlabelled(const char *octets, gsize length)
{
	UConverter *converter;

	if (has_escape(octets, length) &&
	    (converter = converter_open("ISO-2022-JP")) != NULL)
		return convert(converter, octets, length);
	if (text_is_utf8(octets, length))
		return decode_utf8(octets, length, TRUE);
	if (is_mostly_utf8(octets, length))
		return decode_utf8(octets, length, FALSE);
	return decode_guess(octets, length);
}

static char *
decode_labelled(UConverter *converter, const char *octets, gsize length)
{
	/* Real text in a single-octet set is practically never valid UTF-8, so
	 * then the label is wrong. */
	if (is_single_octet(converter) && text_is_utf8(octets, length)) {
		ucnv_close(converter);
		return decode_utf8(octets, length, TRUE);
	}
	/* Old programs label all they send as Latin. */
	if (is_western(converter) && charset_looks_cyrillic(octets, length)) {
		ucnv_close(converter);
		return decode_guess(octets, length);
	}
	return convert(converter, octets, length);
}

static char *
decode(const char *octets, gsize length, const char *label)
{
	UConverter *converter =
	    label != NULL ? converter_of_label(label) : NULL;

	if (converter == NULL)
		return decode_unlabelled(octets, length);
	if (ucnv_getType(converter) == UCNV_UTF8) {
		ucnv_close(converter);
		return decode_unlabelled(octets, length);
	}
	if (charset_is_ascii(octets, length) && is_single_octet(converter)) {
		ucnv_close(converter);
		return g_strndup(octets, length);
	}
	return decode_labelled(converter, octets, length);
}

/* Labels under which ASCII octets are ASCII and nothing needs opening. */
static gboolean
is_plain_label(const char *label)
{
	return label == NULL || g_ascii_strcasecmp(label, "utf-8") == 0 ||
	       g_ascii_strcasecmp(label, "us-ascii") == 0 ||
	       g_ascii_strcasecmp(label, "iso-8859-1") == 0;
}

char *
charset_decode(const char *octets, gsize length, const char *label, gsize *bad)
{
	char *text;

	if (is_plain_label(label) && charset_is_ascii(octets, length) &&
	    memchr(octets, '\033', length) == NULL)
		return g_strndup(octets, length);
	text = decode(octets, length, label);
	if (bad != NULL)
		*bad += count_bad(text);
	return text;
}
