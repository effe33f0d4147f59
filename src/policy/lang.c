/* lang.c - see lang.h. policy/facts asks it once for each mail, before rules
 * and thread; letters ask lang_letter. */
#include "policy/lang.h"

#include <string.h>

#include "policy/langid.h"
#include "policy/language.h"

/* Nats. LANGUAGE is told by 20 to 100 of them in a sentence. */
#define BY_AGENT      60.0 /* an agent has said so */
#define BY_PAST	      20.0 /* an earlier mail of his */
#define BY_FIELD      6.0  /* Content-Language, or a charset of one language */
#define BY_PROGRAM    2.0  /* the same, if programs write it unasked */
#define BY_DOMAIN     3.0
#define BY_NAME	      3.0
#define BY_MAILBOX    2.0

#define HINTS_MOST    12
#define SURE	      0.9
#define LETTERS_SURE  20 /* of the text, to be remembered */
#define LETTERS_FEW   3  /* with less, the subject counts */
#define PARAGRAPHS    8

/* What else speaks for a language. */
typedef enum Sign { SIGN_DOMAIN, SIGN_CHARSET, SIGN_NAME } Sign;

static const struct {
	Sign sign;
	const char *text; /* whole top-level domain, charset; end of a word */
	const char *tag;
} signs[] = {
	{ SIGN_DOMAIN, "uz", "uz" },
	{ SIGN_DOMAIN, "az", "az" },
	{ SIGN_DOMAIN, "kz", "kk" },
	{ SIGN_DOMAIN, "kz", "ru" },
	{ SIGN_DOMAIN, "kg", "ky" },
	{ SIGN_DOMAIN, "tj", "tg" },
	{ SIGN_DOMAIN, "tm", "tk" },
	{ SIGN_DOMAIN, "tr", "tr" },
	{ SIGN_DOMAIN, "ru", "ru" },
	{ SIGN_DOMAIN, "ua", "uk" },
	{ SIGN_DOMAIN, "by", "be" },
	{ SIGN_DOMAIN, "bg", "bg" },
	{ SIGN_DOMAIN, "rs", "sr" },
	{ SIGN_DOMAIN, "mk", "mk" },
	{ SIGN_DOMAIN, "mn", "mn" },
	{ SIGN_DOMAIN, "ir", "fa" },
	{ SIGN_DOMAIN, "de", "de" },
	{ SIGN_DOMAIN, "at", "de" },
	{ SIGN_DOMAIN, "fr", "fr" },
	{ SIGN_DOMAIN, "es", "es" },
	{ SIGN_DOMAIN, "it", "it" },
	{ SIGN_DOMAIN, "br", "pt" },
	{ SIGN_DOMAIN, "pt", "pt" },
	{ SIGN_DOMAIN, "nl", "nl" },
	{ SIGN_DOMAIN, "pl", "pl" },
	{ SIGN_DOMAIN, "ro", "ro" },
	{ SIGN_DOMAIN, "cz", "cs" },
	{ SIGN_DOMAIN, "id", "id" },
	{ SIGN_DOMAIN, "in", "hi" },
	{ SIGN_CHARSET, "windows-1254", "tr" },
	{ SIGN_CHARSET, "iso-8859-9", "tr" },
	{ SIGN_CHARSET, "koi8-u", "uk" },
	{ SIGN_CHARSET, "koi8-r", "ru" },
	{ SIGN_CHARSET, "windows-1256", "ar" },
	{ SIGN_CHARSET, "windows-1255", "he" },
	{ SIGN_CHARSET, "windows-1253", "el" },
	{ SIGN_NAME, "oʻgʻli", "uz" },
	{ SIGN_NAME, "o'g'li", "uz" },
	{ SIGN_NAME, "o‘g‘li", "uz" },
	{ SIGN_NAME, "ogli", "uz" },
	{ SIGN_NAME, "qizi", "uz" },
	{ SIGN_NAME, "ўғли", "uz-Cyrl" },
	{ SIGN_NAME, "қизи", "uz-Cyrl" },
	{ SIGN_NAME, "oğlu", "az" },
	{ SIGN_NAME, "qızı", "az" },
	{ SIGN_NAME, "zadə", "az" },
	{ SIGN_NAME, "ұлы", "kk" },
	{ SIGN_NAME, "қызы", "kk" },
	{ SIGN_NAME, "уулу", "ky" },
	{ SIGN_NAME, "кызы", "ky" },
	{ SIGN_NAME, "зода", "tg" },
};

/* RFC 5646 section 4.5 and the registry's Suppress-Script, for what we know:
 * a script that stands for itself, and codes that have been replaced. */
static const struct {
	const char *language, *script;
} usual[] = { { "uz", "Latn" }, { "az", "Latn" }, { "tr", "Latn" },
	{ "tk", "Latn" }, { "en", "Latn" }, { "de", "Latn" }, { "fr", "Latn" },
	{ "es", "Latn" }, { "it", "Latn" }, { "pt", "Latn" }, { "nl", "Latn" },
	{ "pl", "Latn" }, { "ro", "Latn" }, { "id", "Latn" }, { "kaa", "Latn" },
	{ "crh", "Latn" }, { "hr", "Latn" }, { "ru", "Cyrl" }, { "uk", "Cyrl" },
	{ "be", "Cyrl" }, { "kk", "Cyrl" }, { "ky", "Cyrl" }, { "tg", "Cyrl" },
	{ "tt", "Cyrl" }, { "ba", "Cyrl" }, { "bg", "Cyrl" }, { "sr", "Cyrl" },
	{ "mk", "Cyrl" }, { "mn", "Cyrl" }, { "ar", "Arab" }, { "fa", "Arab" },
	{ "ur", "Arab" }, { "ug", "Arab" }, { "hi", "Deva" } };

static const struct {
	const char *old, *now;
} replaced[] = { { "no", "nb" }, { "iw", "he" }, { "in", "id" },
	{ "mo", "ro" }, { "ji", "yi" }, { "tl", "fil" } };

typedef struct Hints {
	LangidHint all[HINTS_MOST];
	char *owned[HINTS_MOST];
	guint n;
	GString *told;
} Hints;

LangChoice *
lang_choice_new(const char *tag, const char *why)
{
	LangChoice *choice = g_new0(LangChoice, 1);

	choice->tag = g_strdup(tag);
	choice->why = g_strdup(why);
	return choice;
}

void
lang_choice_free(LangChoice *choice)
{
	if (choice == NULL)
		return;
	g_free(choice->tag);
	g_free(choice->why);
	g_free(choice);
}

/* --- tags ---------------------------------------------------------------- */

static const char *
usual_script(const char *language)
{
	for (guint i = 0; i < G_N_ELEMENTS(usual); i++)
		if (g_str_equal(usual[i].language, language))
			return usual[i].script;
	return "";
}

static void
write_subtag(GString *out, const char *subtag)
{
	gsize length = strlen(subtag);
	g_autofree char *text = length == 2 ? g_ascii_strup(subtag, -1)
					    : g_ascii_strdown(subtag, -1);

	if (length == 4 && g_ascii_isalpha(*text))
		*text = g_ascii_toupper(*text);
	g_string_append_printf(out, "-%s", text);
}

char *
lang_tag(const char *tag)
{
	g_auto(GStrv) parts = g_strsplit_set(tag, "-_", -1);
	g_autoptr(GString) out = NULL;
	g_autofree char *language = NULL;
	gsize length = parts[0] != NULL ? strlen(parts[0]) : 0;

	if (length < 2 || length > 8)
		return NULL;
	for (guint i = 0; parts[i] != NULL; i++) {
		if (*parts[i] == '\0' || strlen(parts[i]) > 8)
			return NULL;
		for (const char *p = parts[i]; *p != '\0'; p++)
			if (!g_ascii_isalnum(*p) ||
			    (i == 0 && g_ascii_isdigit(*p)))
				return NULL;
	}
	language = g_ascii_strdown(parts[0], -1);
	for (guint i = 0; i < G_N_ELEMENTS(replaced); i++)
		if (g_str_equal(language, replaced[i].old)) {
			g_free(language);
			language = g_strdup(replaced[i].now);
		}
	out = g_string_new(language);
	for (guint i = 1; parts[i] != NULL; i++)
		if (strlen(parts[i]) != 4 ||
		    g_ascii_strcasecmp(parts[i], usual_script(language)) != 0)
			write_subtag(out, parts[i]);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean
begins_with_tag(const char *tag, const char *prefix)
{
	gsize n = strlen(prefix);

	return g_ascii_strncasecmp(tag, prefix, n) == 0 &&
	       (tag[n] == '\0' || tag[n] == '-');
}

gboolean
lang_fits(const char *language, const char *wanted)
{
	gsize n = strcspn(language, "-");
	g_autofree char *primary = g_strndup(language, n);
	g_autofree char *full = NULL;

	if (begins_with_tag(language, wanted))
		return TRUE;
	/* With the script that goes without saying. */
	if (language[n] == '-' && strcspn(language + n + 1, "-") == 4)
		return FALSE;
	full = g_strconcat(
	    primary, "-", usual_script(primary), language + n, NULL);
	return begins_with_tag(full, wanted);
}

/* --- hints --------------------------------------------------------------- */

static void
add_hint(Hints *hints, const char *tag, double nats, const char *by)
{
	char *own = tag != NULL ? lang_tag(tag) : NULL;

	if (own == NULL || hints->n == HINTS_MOST) {
		g_free(own);
		return;
	}
	hints->owned[hints->n] = own;
	hints->all[hints->n++] = (LangidHint){ own, nats };
	g_string_append_printf(hints->told, "%s%s %s",
	    hints->told->len > 0 ? ", " : "", by, own);
}

static void
hints_clear(Hints *hints)
{
	for (guint i = 0; i < hints->n; i++)
		g_free(hints->owned[i]);
	g_string_free(hints->told, TRUE);
}

static void
add_sign(Hints *hints, Sign sign, const char *text, double nats, const char *by)
{
	for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
		if (signs[i].sign == sign &&
		    (sign == SIGN_NAME
			    ? g_str_has_suffix(text, signs[i].text)
			    : g_ascii_strcasecmp(text, signs[i].text) == 0))
			add_hint(hints, signs[i].tag, nats, by);
}

/* The first tag of a list such as "uz, ru;q=0.5". */
static void
add_field(Hints *hints, const Message *message, const char *name)
{
	const char *body = message_field(message, name);
	g_autofree char *tag = NULL;

	if (body == NULL)
		return;
	body += strspn(body, " \t");
	tag = g_strndup(body, strcspn(body, " \t,;"));
	/* Programs that were never set up write English of themselves. */
	add_hint(hints, tag,
	    g_ascii_strncasecmp(tag, "en", 2) == 0 ? BY_PROGRAM : BY_FIELD,
	    name);
}

static void
add_charset(Hints *hints, const Message *message)
{
	const char *body = message_field(message, "Content-Type");
	g_autofree char *lower =
	    body != NULL ? g_ascii_strdown(body, -1) : NULL;
	const char *p = lower != NULL ? strstr(lower, "charset=") : NULL;
	g_autofree char *charset = NULL;

	if (p == NULL)
		return;
	p += strlen("charset=");
	p += *p == '"';
	charset = g_strndup(p, strcspn(p, "\" \t;"));
	add_sign(hints, SIGN_CHARSET, charset, BY_FIELD, "charset");
}

static void
add_name(Hints *hints, const char *name)
{
	g_autofree char *lower = g_utf8_strdown(name, 200);
	g_auto(GStrv) words = g_strsplit(lower, " ", 8);

	for (guint i = 0; words[i] != NULL; i++)
		add_sign(hints, SIGN_NAME, words[i], BY_NAME, "name");
}

static void
add_all(Hints *hints, const Message *fields, const Address *author,
    const AddressRow *sender, const Mailbox *mailbox)
{
	const char *dot =
	    author != NULL ? strrchr(author->address, '.') : NULL;

	if (sender != NULL && *sender->language != '\0')
		add_hint(hints, sender->language,
		    sender->told ? BY_AGENT : BY_PAST,
		    sender->told ? "an agent said" : "he wrote");
	if (fields != NULL) {
		add_field(hints, fields, "Content-Language");
		add_field(hints, fields, "Accept-Language");
		add_charset(hints, fields);
	}
	if (dot != NULL)
		add_sign(hints, SIGN_DOMAIN, dot + 1, BY_DOMAIN, "domain");
	if (author != NULL)
		add_name(hints, author->name);
	if (mailbox != NULL)
		add_hint(hints, mailbox->language, BY_MAILBOX, "mailbox");
}

/* --- the choice ---------------------------------------------------------- */

/* A mail that says everything twice is answered in what it says first. *others:
 * the first sure one that differs from it, "" none. */
static gboolean
detect_first(const char *text, const Hints *hints, LangidAnswer *answer,
    const char **others)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", PARAGRAPHS);
	gboolean found = FALSE;

	*others = "";
	for (guint i = 0; paragraphs[i] != NULL; i++) {
		LangidAnswer one;

		langid_detect(paragraphs[i], hints->all, hints->n, &one);
		if (one.letters < LETTERS_SURE || one.confidence < SURE)
			continue;
		if (!found)
			*answer = one;
		else if (!g_str_equal(one.tag, answer->tag) && **others == '\0')
			*others = one.tag;
		found = TRUE;
	}
	return found && **others != '\0';
}

static void
detect(const char *text, const char *subject, const Hints *hints,
    LangidAnswer *answer, const char **others)
{
	*others = "";
	langid_detect(text, hints->all, hints->n, answer);
	if (answer->letters < LETTERS_FEW && *subject != '\0') {
		langid_detect(subject, hints->all, hints->n, answer);
		return;
	}
	if (strstr(text, "\n\n") != NULL) {
		LangidAnswer first;

		if (detect_first(text, hints, &first, others))
			*answer = first;
	}
}

/* What counts when no words do. */
static const char *
without_words(const AddressRow *sender, const Hints *hints)
{
	const LangidHint *best = NULL;

	if (sender != NULL && *sender->language != '\0')
		return sender->language;
	for (guint i = 0; i < hints->n; i++)
		if (best == NULL || hints->all[i].nats > best->nats)
			best = &hints->all[i];
	return best != NULL ? best->tag : "en";
}

/* An agent's word stands, whatever a mail is written in; but in the script that
 * the customer writes his language in. */
static gboolean
is_overruled(const AddressRow *sender, const char *tag)
{
	g_autofree char *language = NULL;

	if (sender == NULL || !sender->told || *sender->language == '\0')
		return FALSE;
	language =
	    g_strndup(sender->language, strcspn(sender->language, "-"));
	return !lang_fits(tag, language);
}

LangChoice *
lang_choose(const char *text, const char *subject, const Message *fields,
    const Address *author, const AddressRow *sender, const Mailbox *mailbox)
{
	Hints hints = { .told = g_string_new(NULL) };
	LangidAnswer answer;
	const char *others;
	LangChoice *choice = g_new0(LangChoice, 1);

	add_all(&hints, fields, author, sender, mailbox);
	detect(text, subject, &hints, &answer, &others);
	if (is_overruled(sender, answer.tag)) {
		choice->tag = g_strdup(sender->language);
		choice->why = g_strdup_printf(
		    "%s: an agent said so; the words are %s, confidence %.2f",
		    choice->tag, answer.tag, answer.confidence);
	} else if (g_str_equal(answer.tag, "und")) {
		choice->tag = lang_tag(without_words(sender, &hints));
		if (choice->tag == NULL)
			choice->tag = g_strdup("en");
		choice->why = g_strdup_printf("%s: his words tell none; %s",
		    choice->tag, hints.told->str);
	} else {
		choice->tag = g_strdup(answer.tag);
		choice->confidence = answer.confidence;
		choice->heard = answer.confidence >= SURE &&
		    answer.letters >= LETTERS_SURE;
		choice->why = g_strdup_printf(
		    "%s: by his words and what is known (%s), confidence %.2f, "
		    "%.0f nats before %s%s%s",
		    answer.tag, hints.told->str, answer.confidence,
		    answer.margin,
		    *answer.second != '\0' ? answer.second : "none",
		    *others != '\0' ? "; written first, then " : "", others);
	}
	hints_clear(&hints);
	return choice;
}

/* --- letters ------------------------------------------------------------- */

/* Is there a letter in language, or in what the language falls back to? */
static const char *
written_in(const Templates *templates, Letter letter, const char *language)
{
	const char *found = templates_language(templates, letter, language);
	g_autofree char *tag = g_strdup(language);

	while (tag != NULL) {
		char *next;

		if (g_ascii_strcasecmp(tag, found) == 0)
			return found;
		next = language_next(tag);
		g_free(tag);
		tag = next;
	}
	return NULL;
}

const char *
lang_letter(const Site *site, const Templates *templates, Letter letter,
    const char *language, const Mailbox *mailbox)
{
	const char *found = written_in(templates, letter, language);

	for (guint i = 0; found == NULL && i < site->fallback->len; i++) {
		g_auto(GStrv) pair =
		    g_strsplit(site->fallback->pdata[i], ":", 2);

		if (lang_fits(language, pair[0]))
			found = written_in(templates, letter, pair[1]);
	}
	if (found == NULL && mailbox != NULL)
		found = written_in(templates, letter, mailbox->language);
	if (found == NULL)
		found = templates_language(
		    templates, letter, site->default_language);
	return found;
}
