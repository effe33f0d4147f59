/* langid_grams.c - text to letters to n-grams. policy/langid adds up what they
 * weigh, contrib/langid/count counts them. */
#include "policy/langid_grams.h"

#include <string.h>
#include <unicode/uchar.h>

#define GRAM_LONGEST 4
#define APOSTROPHE   0x27
#define MULTIPLIER   G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)

static const char *const script_names[] = { "Latn", "Cyrl", "Arab", "Deva",
	"Hani", "Kana", "Hang", "Grek", "Armn", "Geor", "Hebr", "Thai", "Beng",
	"Taml", "Ethi", "Khmr", "Laoo", "Mymr" };
G_STATIC_ASSERT(G_N_ELEMENTS(script_names) == LANGID_SCRIPTS);

/* Blocks of letters, by their first character; in order. */
static const struct {
	guint16 first, last;
	guint8 script;
} blocks[] = {
	{ 0x0041, 0x024f, LANGID_LATN },
	{ 0x0250, 0x02af, LANGID_LATN },
	{ 0x0370, 0x03ff, LANGID_GREK },
	{ 0x0400, 0x052f, LANGID_CYRL },
	{ 0x0531, 0x058f, LANGID_ARMN },
	{ 0x05d0, 0x05f2, LANGID_HEBR },
	{ 0x0620, 0x06ff, LANGID_ARAB },
	{ 0x0750, 0x077f, LANGID_ARAB },
	{ 0x0900, 0x097f, LANGID_DEVA },
	{ 0x0980, 0x09ff, LANGID_BENG },
	{ 0x0b80, 0x0bff, LANGID_TAML },
	{ 0x0e00, 0x0e7f, LANGID_THAI },
	{ 0x0e80, 0x0eff, LANGID_LAOO },
	{ 0x1000, 0x109f, LANGID_MYMR },
	{ 0x10a0, 0x10ff, LANGID_GEOR },
	{ 0x1100, 0x11ff, LANGID_HANG },
	{ 0x1200, 0x139f, LANGID_ETHI },
	{ 0x1780, 0x17ff, LANGID_KHMR },
	{ 0x1c90, 0x1cbf, LANGID_GEOR },
	{ 0x1e00, 0x1eff, LANGID_LATN },
	{ 0x1f00, 0x1fff, LANGID_GREK },
	{ 0x3041, 0x30ff, LANGID_KANA },
	{ 0x3400, 0x9fff, LANGID_HANI },
	{ 0xac00, 0xd7a3, LANGID_HANG },
	{ 0xf900, 0xfaff, LANGID_HANI },
	{ 0xfb50, 0xfdff, LANGID_ARAB },
	{ 0xfe70, 0xfefc, LANGID_ARAB },
};

const char *
langid_script_name(LangidScript script)
{
	return script < LANGID_SCRIPTS ? script_names[script] : "Zyyy";
}

static guint8
script_of(gunichar c)
{
	guint low = 0, high = G_N_ELEMENTS(blocks);

	while (low < high) {
		guint middle = (low + high) / 2;

		if (c < blocks[middle].first)
			high = middle;
		else if (c > blocks[middle].last)
			low = middle + 1;
		else
			return blocks[middle].script;
	}
	return LANGID_NONE;
}

static gboolean
is_apostrophe(gunichar c)
{
	switch (c) {
	case '\'':
	case '`':
	case 0x00b4:
	case 0x02b9:
	case 0x02bb:
	case 0x02bc:
	case 0x02bd:
	case 0x02bf:
	case 0x2018:
	case 0x2019:
	case 0x201b:
	case 0x2032:
		return TRUE;
	default:
		return FALSE;
	}
}

/* A letter in small, 0 for none, APOSTROPHE, or 1 for what stands within a word
 * without being a letter of it (points of Arabic, joiners). */
static guint16
letter_of(gunichar c)
{
	if (c < 0x80)
		return g_ascii_isalpha(c) ? (guint16)(c | 0x20)
		    : c == '\'' || c == '`' ? APOSTROPHE
					    : 0;
	if (is_apostrophe(c))
		return APOSTROPHE;
	if (c == 0x0130)
		return 'i';
	if (c == 0x00ad || c == 0x0640 || c == 0x200b || c == 0x200c ||
	    c == 0x200d)
		return 1;
	if (c > 0xffff)
		return 0;
	if (u_isalpha((UChar32)c))
		return (guint16)u_tolower((UChar32)c);
	switch (u_charType((UChar32)c)) {
	case U_NON_SPACING_MARK:
	case U_COMBINING_SPACING_MARK:
		/* Vowels of Indian scripts; points of Arabic and Hebrew. */
		return c >= 0x0900 && c < 0x1100 ? (guint16)c : 1;
	default:
		return 0;
	}
}

/* What no one says: an address, a link, a number with its letters. */
static gboolean
is_code(const char *word, gsize length)
{
	gboolean ascii_letter = FALSE, digit = FALSE;

	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)word[i];

		if (c >= 0x80)
			return FALSE;
		if (c == '@' || c == '_' || c == '\\')
			return TRUE;
		if (c == ':' && length - i > 3 && word[i + 1] == '/' &&
		    word[i + 2] == '/')
			return TRUE;
		ascii_letter |= g_ascii_isalpha(c);
		digit |= g_ascii_isdigit(c);
	}
	return (ascii_letter && digit) ||
	       (length > 4 && g_ascii_strncasecmp(word, "www.", 4) == 0);
}

static void
put(LangidLetters *letters, guint16 letter, guint8 script)
{
	gsize n = letters->n++;

	letters->letters[n] = letter;
	letters->scripts[n] = script;
	if (letter != 0 && letter != APOSTROPHE)
		letters->count[script]++;
}

static void
read_word(LangidLetters *letters, const char *word, const char *end)
{
	guint8 before = LANGID_NONE; /* script of the letter before */
	gboolean apostrophe = FALSE;

	put(letters, 0, LANGID_NONE);
	for (const char *p = word; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		guint16 letter = letter_of(c);
		guint8 script;

		if (letter == 1)
			continue;
		if (letter == APOSTROPHE) {
			apostrophe = before != LANGID_NONE;
			continue;
		}
		script = letter != 0 ? script_of(letter) : LANGID_NONE;
		if (script != before && before != LANGID_NONE) {
			put(letters, 0, LANGID_NONE);
			apostrophe = FALSE;
		}
		if (script != LANGID_NONE && apostrophe)
			put(letters, APOSTROPHE, script);
		apostrophe = FALSE;
		if (script != LANGID_NONE)
			put(letters, letter, script);
		before = script;
	}
}

void
langid_letters_read(LangidLetters *letters, const char *text, gsize most)
{
	gsize length = strnlen(text, most);
	const char *p = text, *end;

	while (length > 0 && ((guchar)text[length] & 0xc0) == 0x80)
		length--; /* not within a character */
	end = text + length;
	/* A word needs at most twice its octets, and two gaps. */
	if (letters->room < 3 * length + 4) {
		letters->room = 3 * length + 4;
		letters->letters =
		    g_renew(guint16, letters->letters, letters->room);
		letters->scripts =
		    g_renew(guint8, letters->scripts, letters->room);
	}
	letters->n = 0;
	memset(letters->count, 0, sizeof letters->count);
	while (p < end) {
		const char *word;

		while (p < end && (guchar)*p <= ' ')
			p++;
		word = p;
		while (p < end && (guchar)*p > ' ')
			p++;
		if (p > word && !is_code(word, (gsize)(p - word)))
			read_word(letters, word, p);
	}
	put(letters, 0, LANGID_NONE);
}

void
langid_letters_clear(LangidLetters *letters)
{
	g_free(letters->letters);
	g_free(letters->scripts);
	memset(letters, 0, sizeof *letters);
}

void
langid_grams(const LangidLetters *letters, LangidScript script, guint bits,
    LangidGram gram, gpointer data)
{
	guint64 window = 0; /* the last four letters, 16 bits each */
	guint length = 0;   /* how many of them belong to this word */

	for (gsize i = 0; i < letters->n; i++) {
		gboolean inside = letters->scripts[i] == script;
		guint64 key = 0;

		if (!inside && length < 2) {
			/* Nothing before but a gap: a word may begin here. */
			window = ' ';
			length = 1;
			continue;
		}
		window = window << 16 | (inside ? letters->letters[i] : ' ');
		length = MIN(length + 1, GRAM_LONGEST);
		for (guint n = 1; n <= length; n++) {
			key = n == GRAM_LONGEST
			    ? window
			    : window & ((G_GUINT64_CONSTANT(1) << 16 * n) - 1);
			if (n == 1 && !inside)
				continue;
			gram((guint32)((key * MULTIPLIER) >> (64 - bits)), data);
		}
		if (!inside) {
			window = ' ';
			length = 1;
		}
	}
}
