/* langid_grams.h - the letters of a text as policy/langid counts them, in
 * detection as in training (contrib/langid).
 *
 * Letters are lower case, I and İ are i, an apostrophe of any kind within a
 * word is one letter; digits, signs, web and mail addresses and words with
 * digits in them are gaps. An n-gram has one to four letters of one word, where
 * the gaps on both sides count as a letter. */
#ifndef POLICY_LANGID_GRAMS_H
#define POLICY_LANGID_GRAMS_H

#include <glib.h>

/* Scripts. The first ones are written by several languages: their n-grams
 * decide. The others have one language each. */
typedef enum LangidScript {
	LANGID_LATN,
	LANGID_CYRL,
	LANGID_ARAB,
	LANGID_DEVA,
	LANGID_TABLES, /* so many have a table */
	LANGID_HANI = LANGID_TABLES,
	LANGID_KANA,
	LANGID_HANG,
	LANGID_GREK,
	LANGID_ARMN,
	LANGID_GEOR,
	LANGID_HEBR,
	LANGID_THAI,
	LANGID_BENG,
	LANGID_TAML,
	LANGID_ETHI,
	LANGID_KHMR,
	LANGID_LAOO,
	LANGID_MYMR,
	LANGID_SCRIPTS,
	LANGID_NONE = LANGID_SCRIPTS
} LangidScript;

/* "Latn" (ISO 15924). */
const char *langid_script_name(LangidScript script);

typedef struct LangidLetters {
	guint16 *letters; /* 0: a gap */
	guint8 *scripts;  /* of each letter, a LangidScript */
	gsize n, room;
	guint count[LANGID_SCRIPTS + 1];
} LangidLetters;

/* Reads the first most octets of text (valid UTF-8) into letters, which keeps
 * its memory from one text to the next; begin with { 0 }. */
void langid_letters_read(LangidLetters *letters, const char *text, gsize most);
void langid_letters_clear(LangidLetters *letters);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LangidLetters, langid_letters_clear)

/* Calls gram for each n-gram of one script with its place in a table of
 * 2^bits. */
typedef void (*LangidGram)(guint32 place, gpointer data);
void langid_grams(const LangidLetters *letters, LangidScript script, guint bits,
    LangidGram gram, gpointer data);

#endif
