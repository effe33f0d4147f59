/* autosub_subject.c - what a subject says about its mail being automatic.
 *
 * Subjects are words, so they are tables per language (autosub_words.def) and
 * matched narrowly: a person who writes about automatic answers is a person.
 * autosub.c asks for the kind, policy/gate for the key of a subject that comes
 * again and again. */
#include "mail/autosub.h"

#include <string.h>

#include "ground/text.h"

#define SUBJECT_MAX 200 /* characters looked at */

static const char *const away_strong[] = {
#define AWAY_STRONG(words) words,
#include "mail/autosub_words.def"
};

static const char *const away_bracket[] = {
#define AWAY_BRACKET(words) words,
#include "mail/autosub_words.def"
};

static const char *const away_weak[] = {
#define AWAY_WEAK(words) words,
#include "mail/autosub_words.def"
};

static const char *const reply_prefixes[] = {
#define REPLY_PREFIX(word) word,
#include "mail/autosub_words.def"
};

/* Is subject (folded) one of words, or such a one and a colon? */
static gboolean
begins_with_one(const char *subject, const char *const *words, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		const char *rest;

		if (!g_str_has_prefix(subject, words[i]))
			continue;
		rest = subject + strlen(words[i]);
		rest += strspn(rest, " ");
		if (*rest == ':' || rest[strspn(rest, ".!")] == '\0')
			return TRUE;
	}
	return FALSE;
}

/* The beginning of subject, folded, without the white space in front. */
static char *
fold_subject(const char *subject)
{
	g_autofree char *line = NULL;
	g_autofree char *whole = text_clean_line(subject, 0);

	line = g_utf8_substring(whole, 0,
	    MIN(g_utf8_strlen(whole, -1), SUBJECT_MAX));
	return text_fold(line);
}

static gboolean
is_away_folded(const char *subject)
{
	for (gsize i = 0; i < G_N_ELEMENTS(away_bracket); i++)
		if (g_str_has_prefix(subject, away_bracket[i]))
			return TRUE;
	return begins_with_one(subject, away_strong, G_N_ELEMENTS(away_strong));
}

gboolean
autosub_is_away_subject(const char *subject)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");

	return is_away_folded(folded);
}

/* Reports whose makers send them without multipart/report: RFC 7489 7.2.1.1,
 * and Hotmail's complaints. */
static gboolean
is_report_subject(const char *subject)
{
	const char *domain = strstr(subject, "report domain:");

	return (domain != NULL && strstr(domain, "submitter:") != NULL) ||
	       g_str_has_prefix(subject, "complaint about message from ");
}

MessageKind
autosub_subject_kind(const char *subject, gboolean is_answer,
    const char **reason)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");

	if (is_report_subject(folded)) {
		*reason = "its subject is that of a report";
		return MESSAGE_REPORT;
	}
	if (is_away_folded(folded)) {
		*reason = "its subject is that of an out-of-office answer";
		return MESSAGE_AUTO_REPLY;
	}
	if (is_answer &&
	    begins_with_one(folded, away_weak, G_N_ELEMENTS(away_weak))) {
		*reason = "its subject looks like an out-of-office answer";
		return MESSAGE_AUTO_REPLY;
	}
	return MESSAGE_HUMAN;
}

/* "re", "re[2]", "re (3)", "re 2": length of such a prefix with its colon, or
 * 0. */
static gsize
prefix_length(const char *subject)
{
	gsize length = strcspn(subject, ":");
	gsize word = strcspn(subject, ":[( ");

	if (subject[length] != ':' || length > 24)
		return 0;
	if (strspn(subject + word, " []()0123456789") != length - word)
		return 0;
	while (word > 0 && g_ascii_isdigit(subject[word - 1]))
		word--;
	for (gsize i = 0; i < G_N_ELEMENTS(reply_prefixes); i++)
		if (strlen(reply_prefixes[i]) == word &&
		    strncmp(subject, reply_prefixes[i], word) == 0)
			return length + 1;
	return 0;
}

/* "[EXT]", "[External]", "[#4711]", "[SPAM]": length of such a tag, or 0. */
static gsize
tag_length(const char *subject)
{
	static const char *const tags[] = { "[ext]", "[external]", "[extern]",
		"[spam]", "***spam***" };

	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++)
		if (g_str_has_prefix(subject, tags[i]))
			return strlen(tags[i]);
	if (subject[0] == '[' &&
	    strcspn(subject, "#") < strcspn(subject, "]") &&
	    strcspn(subject, "]") < 40 && strchr(subject, ']') != NULL)
		return strcspn(subject, "]") + 1;
	return 0;
}

char *
autosub_subject_key(const char *subject)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");
	GString *key = g_string_new(NULL);
	const char *p = folded;

	for (;;) {
		gsize skip;

		p += strspn(p, " ");
		skip = tag_length(p);
		if (skip == 0)
			skip = prefix_length(p);
		if (skip == 0)
			break;
		p += skip;
	}
	while (*p != '\0') {
		gsize skip = tag_length(p);

		if (skip == 0 && !g_ascii_isdigit(*p) && *p != '#' &&
		    !(*p == ' ' &&
			(key->len == 0 || key->str[key->len - 1] == ' ')))
			g_string_append_c(key, *p);
		p += MAX(skip, 1);
	}
	return g_strchomp(g_string_free(key, FALSE));
}
