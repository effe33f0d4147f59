/* greet.c - a person's name out of a display name.
 *
 * The display name was written by the sender, so it is refused rather than
 * repaired: only letters and what stands between letters in names may go back
 * to him in a letter. locale.c makes the greeting line of the result. */
#include "policy/greet.h"

#include <string.h>

#include "ground/text.h"

#define NAME_MOST  40 /* characters */
#define WORDS_MOST 4

/* The lists hold words as text_fold makes them: small letters, i for a
 * dotless one, ' for every apostrophe. */

/* Words of desks, firms and lists. */
static const char *const no_names[] = { "via", "behalf", "noreply", "no-reply",
	"donotreply", "support", "info", "sales", "admin", "administrator",
	"office", "team", "service", "services", "helpdesk", "mailer-daemon",
	"postmaster", "webmaster", "newsletter", "notification",
	"notifications", "accounts", "billing", "customer", "unknown",
	"undisclosed", "www", "http", "https", "llc", "ltd", "inc", "gmbh",
	"corp", "company", "mchj", "mmc", "ооо", "оао", "зао", "ао", "мчж",
	"тоо", "жшс", "поддержка", "служба", "администратор" };

/* Endings of surnames, and the given names that have them all the same. */
static const char *const surnames[] = { "ov", "ova", "ev", "eva", "ов", "ова",
	"ев", "ева", "ёв", "ёва", "zade", "zadə", "заде", "зода" };
static const char *const given_names[] = { "yakov", "iakov", "jakov", "яков" };

/* Endings of patronymics, and the words that make one of the word before. */
static const char *const patronymics[] = { "ovna", "evna", "ovich", "evich",
	"овна", "евна", "ёвна", "ович", "евич", "ёвич", "ұлы", "қызы" };
static const char *const child_words[] = { "qizi", "o'g'li", "ogli", "oglu",
	"oğlu", "ogly", "gyzy", "қизи", "ўғли", "угли", "оглы", "огли", "кызы",
	"қызы", "ұлы", "уулу" };

static gboolean
is_listed(const char *folded, const char *const *list, guint count)
{
	for (guint i = 0; i < count; i++) {
		if (strcmp(folded, list[i]) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Ends so, after at least two letters of its own: Lev is no surname. */
static gboolean
has_ending(const char *folded, const char *const *list, guint count)
{
	glong length = g_utf8_strlen(folded, -1);

	for (guint i = 0; i < count; i++) {
		if (g_str_has_suffix(folded, list[i]) &&
		    length >= g_utf8_strlen(list[i], -1) + 2)
			return TRUE;
	}
	return FALSE;
}

#define IS_LISTED(word, list)  is_listed(word, list, G_N_ELEMENTS(list))
#define HAS_ENDING(word, list) has_ending(word, list, G_N_ELEMENTS(list))

static gboolean
is_apostrophe(gunichar c)
{
	return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 ||
	       c == 0x02bb || c == 0x02bc;
}

/* "A." "J.R." "Jr." but not "shop.example": behind a period comes the end or
 * another initial, before it at most three letters. */
static gboolean
period_ok(const char *word, const char *period)
{
	const char *next = period + 1;
	const char *begin = period;

	while (begin > word && begin[-1] != '.')
		begin--;
	if (g_utf8_strlen(begin, period - begin) > 3 || begin == period)
		return FALSE;
	return *next == '\0' || *g_utf8_next_char(next) == '.';
}

/* What may stand between the letters of a name. */
static gboolean
sign_ok(const char *word, const char *at)
{
	gunichar c = g_utf8_get_char(at);

	if (c == '.')
		return period_ok(word, at);
	if (c == '-' || c == 0x200c) /* ZWNJ is spelling in Persian */
		return at > word;
	return is_apostrophe(c);
}

static gboolean
word_ok(const char *word)
{
	guint letters = 0;
	guint marks = 0;

	for (const char *p = word; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isalpha(c))
			letters++;
		else if (g_unichar_ismark(c))
			marks++;
		else if (!sign_ok(word, p))
			return FALSE;
	}
	return letters > 0 && marks <= letters;
}

/* "Karimov, Olim" as people say it; FALSE with two commas or an empty side. */
static gboolean
turn_round(char **name)
{
	char *comma = strchr(*name, ',');
	g_autofree char *turned = NULL;

	if (comma == NULL)
		return TRUE;
	if (strchr(comma + 1, ',') != NULL)
		return FALSE;
	*comma = '\0';
	g_strstrip(*name);
	turned = g_strdup_printf("%s %s", g_strstrip(comma + 1), *name);
	if (**name == '\0' || *turned == ' ')
		return FALSE;
	g_free(*name);
	*name = g_steal_pointer(&turned);
	return TRUE;
}

/* Outlook writes 'Olim Karimov'; many add a firm in brackets behind. */
static char *
strip_frame(const char *display_name)
{
	g_autofree char *line = text_clean_line(display_name, 0);
	gsize length = strlen(line);
	char *bracket;

	if (length >= 2 && (line[0] == '"' || line[0] == '\'') &&
	    line[length - 1] == line[0]) {
		line[length - 1] = '\0';
		line[0] = ' ';
	}
	bracket = strstr(line, " (");
	if (bracket != NULL && g_str_has_suffix(line, ")"))
		*bracket = '\0';
	return g_strdup(g_strstrip(line));
}

static gboolean
is_capitals(const char *word, guint least)
{
	guint letters = 0;

	for (const char *p = word; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_isalpha(c) ||
		    g_unichar_type(c) == G_UNICODE_MODIFIER_LETTER)
			continue;
		if (!g_unichar_isupper(c))
			return FALSE;
		letters++;
	}
	return letters >= least;
}

static gunichar
small(gunichar c, gboolean dotless)
{
	if (c == 0x130)
		return 'i';
	return c == 'I' && dotless ? 0x131 : g_unichar_tolower(c);
}

/* OLIM-JON to Olim-Jon. */
static char *
title_case(const char *word, const char *language)
{
	gboolean dotless = g_str_has_prefix(language, "tr") ||
			   g_str_has_prefix(language, "az");
	gboolean inside = FALSE;
	GString *out = g_string_new(NULL);

	for (const char *p = word; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(out, inside ? small(c, dotless) : c);
		inside = c != '-' && c != '.';
	}
	return g_string_free(out, FALSE);
}

static void
lower_capitals(char **words, const char *language)
{
	g_autofree char *all = g_strjoinv("", words);
	gboolean whole = is_capitals(all, 3);

	for (guint i = 0; words[i] != NULL; i++) {
		char *word = words[i];

		/* "TJ Miller" keeps his letters, "Ann SMITH" does not. */
		if (strchr(word, '.') == NULL &&
		    (whole || is_capitals(word, 3))) {
			words[i] = title_case(word, language);
			g_free(word);
		}
	}
}

/* folded: the same words, folded; a child word goes with the one before it,
 * "Olim qizi" is Olim's daughter. */
static gboolean
is_family(char **folded, guint i)
{
	const char *word = folded[i];
	const char *next = folded[i + 1];

	return IS_LISTED(word, child_words) ||
	       (next != NULL && IS_LISTED(next, child_words)) ||
	       HAS_ENDING(word, patronymics) ||
	       (HAS_ENDING(word, surnames) && !IS_LISTED(word, given_names));
}

/* The one word that is neither surname nor patronymic; NULL if there is not
 * exactly one, or it is an initial. */
static const char *
given_name(char **words, char **folded)
{
	const char *found = NULL;

	for (guint i = 0; words[i] != NULL; i++) {
		if (is_family(folded, i))
			continue;
		if (found != NULL)
			return NULL;
		found = words[i];
	}
	if (found == NULL || strchr(found, '.') != NULL ||
	    g_utf8_strlen(found, -1) < 2)
		return NULL;
	return found;
}

char *
greet_name(const char *language, const char *display_name, gboolean whole)
{
	g_autofree char *name = strip_frame(display_name);
	g_autofree char *small_name = NULL;
	g_auto(GStrv) words = NULL;
	g_auto(GStrv) folded = NULL;
	const char *given;

	if (*name == '\0' || g_utf8_strlen(name, -1) > NAME_MOST ||
	    !turn_round(&name))
		return g_strdup("");
	words = g_strsplit(name, " ", -1);
	if (g_strv_length(words) > WORDS_MOST)
		return g_strdup("");
	for (guint i = 0; words[i] != NULL; i++) {
		if (!word_ok(words[i]))
			return g_strdup("");
	}
	small_name = text_fold(name);
	folded = g_strsplit(small_name, " ", -1);
	for (guint i = 0; folded[i] != NULL; i++) {
		if (IS_LISTED(folded[i], no_names))
			return g_strdup("");
	}
	if (g_strv_length(words) != g_strv_length(folded))
		return g_strdup(""); /* a letter that NFKC takes apart */
	lower_capitals(words, language);
	given = whole ? NULL : given_name(words, folded);
	return given != NULL ? g_strdup(given) : g_strjoinv(" ", words);
}
