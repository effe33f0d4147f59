/* lint.c - rules of wording for letters: `javob template lint`.
 *
 * Each rule looks at one line without its placeholders, or at the whole text.
 * A letter that breaks one can still be sent: template.c refuses what cannot. */
#include "policy/lint.h"

#include <string.h>

#include "ground/text.h"
#include "policy/language.h"
#include "policy/mustache.h"

#define SUBJECT_MOST 70  /* characters, without values */
#define LINE_MOST    998 /* octets, RFC 5322 2.1.1 */
#define VALUE        0xfffc /* stands where a placeholder was */

typedef struct Lint {
	const char *language, *name;
	GPtrArray *faults;
	guint line;
} Lint;

static void fault(const Lint *lint, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void
fault(const Lint *lint, const char *format, ...)
{
	g_autofree char *what = NULL;
	va_list args;

	va_start(args, format);
	what = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(lint->faults,
	    g_strdup_printf("line %u: %s", lint->line, what));
}

/* The line with each value as one sign, and without marks of sections. */
static char *
without_tags(const char *line)
{
	GString *out = g_string_new(NULL);
	const char *open;

	while ((open = strstr(line, "{{")) != NULL) {
		gboolean triple = open[2] == '{';
		const char *close = strstr(open, triple ? "}}}" : "}}");

		g_string_append_len(out, line, open - line);
		if (close == NULL)
			return g_string_free(out, FALSE);
		if (strchr("#^/!>=", open[2]) == NULL)
			g_string_append_unichar(out, VALUE);
		line = close + (triple ? 3 : 2);
	}
	g_string_append(out, line);
	return g_string_free(out, FALSE);
}

static gboolean
is_apostrophe(gunichar c)
{
	return c == '\'' || c == '`' || c == 0xb4 || c == 0x2018 ||
	       c == 0x2019 || c == 0x2bb || c == 0x2bc || c == 0x2b9;
}

static gboolean
is_letter(gunichar c)
{
	return c != VALUE && g_unichar_isalpha(c) && !is_apostrophe(c);
}

/* An ending that a case or a number would change: "{{ticket}}-raqam". */
static void
check_glue(const Lint *lint, const gunichar *text, glong length)
{
	for (glong i = 0; i < length; i++) {
		gunichar next = i + 1 < length ? text[i + 1] : ' ';
		gunichar after = i + 2 < length ? text[i + 2] : ' ';

		if (text[i] != VALUE)
			continue;
		if (is_letter(next) || is_apostrophe(next) ||
		    ((next == '-' || next == 0x2010 || next == 0x2011 ||
			 next == 0x200c) &&
			is_letter(after)))
			fault(lint, "an ending is glued to a placeholder");
		if (i > 0 && (is_letter(text[i - 1]) || text[i - 1] == 0x640))
			fault(lint, "a placeholder is glued to a word");
	}
}

static GUnicodeScript
script_of(const char *name)
{
	return strcmp(name, "Cyrillic") == 0 ? G_UNICODE_SCRIPT_CYRILLIC
	    : strcmp(name, "Arabic") == 0    ? G_UNICODE_SCRIPT_ARABIC
	    : strcmp(name, "Latin") == 0     ? G_UNICODE_SCRIPT_LATIN
					     : G_UNICODE_SCRIPT_COMMON;
}

static gboolean
is_allowed(const Lint *lint, gunichar c)
{
	const char *alphabet = language_value(lint->language, "alphabet");

	return *alphabet == '\0' ||
	       g_utf8_strchr(alphabet, -1, g_unichar_tolower(c)) != NULL ||
	       c == 0x130; /* whose small letter is two signs */
}

/* Words such as "Re" and "PDF" are Latin everywhere, but not half of a word. */
static void
check_word(const Lint *lint, const gunichar *word, glong length)
{
	GUnicodeScript want =
	    script_of(language_own(lint->language, "script") == NULL
		    ? "" : language_own(lint->language, "script"));
	g_autofree char *text = g_ucs4_to_utf8(word, length, NULL, NULL, NULL);
	GUnicodeScript seen = G_UNICODE_SCRIPT_COMMON;

	for (glong i = 0; i < length; i++) {
		GUnicodeScript script = g_unichar_get_script(word[i]);

		if (!is_letter(word[i]))
			continue;
		if (seen != G_UNICODE_SCRIPT_COMMON && script != seen) {
			fault(lint, "mixed scripts in \"%s\"", text);
			return;
		}
		seen = script;
		if (script == want && !is_allowed(lint, word[i])) {
			fault(lint, "\"%s\" has a letter that the language has "
				    "not", text);
			return;
		}
	}
	if (want != G_UNICODE_SCRIPT_COMMON && seen != want &&
	    seen != G_UNICODE_SCRIPT_COMMON && strcmp(text, "Re") != 0)
		fault(lint, "\"%s\" is in another script", text);
}

static void
check_words(const Lint *lint, const gunichar *text, glong length)
{
	for (glong i = 0; i < length;) {
		glong end = i;

		while (end < length &&
		       (is_letter(text[end]) || is_apostrophe(text[end]) ||
			   text[end] == 0x200c || g_unichar_ismark(text[end])))
			end++;
		if (end > i)
			check_word(lint, text + i, end - i);
		i = end > i ? end : i + 1;
	}
}

/* Which of the eight look-alikes a language writes; where Uzbek has two, one
 * stands behind o and g only. */
static void
check_apostrophes(const Lint *lint, const gunichar *text, glong length)
{
	const char *allowed = language_value(lint->language, "apostrophes");
	gboolean turned = g_utf8_strchr(allowed, -1, 0x2bb) != NULL;

	for (glong i = 0; i < length; i++) {
		gunichar before = i > 0 ? g_unichar_tolower(text[i - 1]) : ' ';

		if (!is_apostrophe(text[i]))
			continue;
		if (g_utf8_strchr(allowed, -1, text[i]) == NULL)
			fault(lint, "apostrophe U+%04X", text[i]);
		else if (turned && (text[i] == 0x2bb) !=
				       (before == 'o' || before == 'g'))
			fault(lint, "U+%04X behind this letter", text[i]);
	}
}

static void
check_phrases(const Lint *lint, const char *line)
{
	g_auto(GStrv) phrases =
	    g_strsplit(language_value(lint->language, "avoid"), "|", -1);
	g_autofree char *folded = text_fold(line);

	for (guint i = 0; phrases[i] != NULL; i++) {
		g_autofree char *phrase = text_fold(g_strstrip(phrases[i]));
		const char *at = folded;

		while (*phrase != '\0' && (at = strstr(at, phrase)) != NULL) {
			const char *end = at + strlen(phrase);
			gunichar before = at == folded ? ' '
			    : g_utf8_get_char(g_utf8_prev_char(at));

			if (!is_letter(before) &&
			    !is_letter(g_utf8_get_char(end))) {
				fault(lint, "better without \"%s\"",
				    phrases[i]);
				break;
			}
			at = end;
		}
	}
}

/* A sentence ends at . ? ! or their kin before a blank, or with the line. */
static void
check_sentences(const Lint *lint, const gunichar *text, glong length)
{
	gint64 most = g_ascii_strtoll(
	    language_value(lint->language, "sentence-words"), NULL, 10);
	gint64 words = 0;
	gboolean inside = FALSE;

	for (glong i = 0; i <= length; i++) {
		gunichar c = i < length ? text[i] : '.';
		gunichar next = i + 1 < length ? text[i + 1] : ' ';
		gboolean word = i < length &&
		    (is_letter(c) || g_unichar_isdigit(c) || c == VALUE);

		words += word && !inside;
		inside = word || (inside && (is_apostrophe(c) || c == '-' ||
						g_unichar_ismark(c) ||
						c == 0x200c));
		if (strchr(".?!;", (int)(c < 128 ? c : ' ')) == NULL &&
		    c != 0x61f && c != 0x61b)
			continue;
		if (!g_unichar_isspace(next))
			continue;
		if (most > 0 && words > most)
			fault(lint, "a sentence of %" G_GINT64_FORMAT
				    " words; at most %" G_GINT64_FORMAT,
			    words, most);
		words = 0;
	}
}

/* "By: {{when}}." ends with its value, no stop behind it. */
static void
check_label(const Lint *lint, const char *line)
{
	g_autoptr(GRegex) stopped = g_regex_new(
	    ":[ \\x{a0}]\\x{fffc}([ \\x{a0}]\\([^)]*\\))?\\.$", 0, 0, NULL);

	if (g_regex_match(stopped, line, 0, NULL))
		fault(lint, "a full stop behind the value of a label");
}

static void
check_form(const Lint *lint, const char *line)
{
	g_autofree char *normal =
	    g_utf8_normalize(line, -1, G_NORMALIZE_NFC);

	if (normal == NULL || strcmp(normal, line) != 0)
		fault(lint, "not in normal form (NFC)");
	if (strlen(line) > LINE_MOST)
		fault(lint, "longer than 998 octets");
	if (g_str_has_suffix(line, " ") || g_str_has_suffix(line, "\t"))
		fault(lint, "a blank at the end of the line");
}

static void
check_exclamation(const Lint *lint, const char *line)
{
	if (strchr(line, '!') != NULL &&
	    strcmp(line,
		language_value(lint->language, "greeting-unknown")) != 0)
		fault(lint, "an exclamation mark");
}

static void
check_line(const Lint *lint, const char *source)
{
	g_autofree char *line = without_tags(source);
	glong length;
	g_autofree gunichar *text = NULL;

	check_form(lint, source);
	if (!g_utf8_validate(line, -1, NULL))
		return;
	text = g_utf8_to_ucs4_fast(line, -1, &length);
	check_glue(lint, text, length);
	check_words(lint, text, length);
	check_apostrophes(lint, text, length);
	check_phrases(lint, line);
	check_exclamation(lint, line);
	check_label(lint, line);
	check_sentences(lint, text, length);
}

static void
check_subject(const Lint *lint, const char *subject)
{
	g_autofree char *line = without_tags(subject);
	guint count = 0;

	for (const char *p = line; *p != '\0'; p = g_utf8_next_char(p))
		count += g_utf8_get_char(p) != VALUE;
	if (count > SUBJECT_MOST)
		fault(lint, "the subject has %u characters without its values; "
			    "at most %u", count, SUBJECT_MOST);
	check_line(lint, subject);
}

static GPtrArray *
names_in(const char *text)
{
	g_autoptr(Mustache) mustache = mustache_parse(text, NULL);

	return mustache == NULL ? g_ptr_array_new()
				: mustache_names(mustache);
}

static gboolean
has_name(const GPtrArray *names, const char *name)
{
	return g_ptr_array_find_with_equal_func(
	    (GPtrArray *)names, name, g_str_equal, NULL);
}

/* Names of plural classes may differ: each language has its own. */
static void
check_placeholders(const Lint *lint, const char *text, const char *english)
{
	g_autoptr(GPtrArray) ours = names_in(text);
	g_autoptr(GPtrArray) theirs = names_in(english);

	for (guint i = 0; i < theirs->len; i++) {
		if (!has_name(ours, theirs->pdata[i]))
			fault(lint, "{{%s}} of the English letter is missing",
			    (char *)theirs->pdata[i]);
	}
	for (guint i = 0; i < ours->len; i++) {
		const char *name = ours->pdata[i];
		const char *last = strrchr(name, '_');
		g_autofree char *stem = last == NULL
		    ? g_strdup(name) : g_strndup(name, (gsize)(last - name));

		if (!has_name(theirs, name) && !has_name(theirs, stem))
			fault(lint, "{{%s}} is not in the English letter",
			    name);
	}
}

void
lint_letter(const char *language, const char *name, const char *text,
    const char *english, GPtrArray *faults)
{
	static const char subject[] = "Subject: ";
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	Lint lint = { language, name, faults, 1 };
	gboolean head = TRUE, html = FALSE;

	if (english != NULL)
		check_placeholders(&lint, text, english);
	for (; lines[lint.line - 1] != NULL; lint.line++) {
		const char *line = lines[lint.line - 1];
		const char *next = lines[lint.line];

		if (head && *line == '\0')
			head = FALSE;
		html = html || (!head && strcmp(line, "<html>") == 0);
		if (*line == '\0' && next != NULL && *next == '\0' &&
		    lines[lint.line + 1] != NULL)
			fault(&lint, "two empty lines");
		if (head && g_str_has_prefix(line, subject))
			check_subject(&lint, line + strlen(subject));
		else if (!head && !html)
			check_line(&lint, line);
		else
			check_form(&lint, line);
	}
}

/* What stands before {{name}} in its line; NULL if it has none. */
static char *
label_of(const char *text, const char *name)
{
	g_autofree char *tag = g_strdup_printf("{{%s}}", name);
	const char *at = text == NULL ? NULL : strstr(text, tag);
	const char *begin = at;

	if (at == NULL)
		return NULL;
	while (begin > text && begin[-1] != '\n')
		begin--;
	return g_strndup(begin, (gsize)(at - begin));
}

void
lint_together(const char *const *texts, guint count, GPtrArray *faults)
{
	static const char *const names[] = { "promise_at", "next_update_at" };

	for (guint n = 0; n < G_N_ELEMENTS(names); n++) {
		g_autofree char *first = NULL;

		for (guint i = 0; i < count; i++) {
			g_autofree char *label = label_of(texts[i], names[n]);

			if (label == NULL)
				continue;
			if (first == NULL)
				first = g_steal_pointer(&label);
			else if (strcmp(first, label) != 0)
				g_ptr_array_add(faults, g_strdup_printf(
				    "\"%s\" and \"%s\" name the same {{%s}}",
				    first, label, names[n]));
		}
	}
}
