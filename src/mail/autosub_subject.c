/* autosub_subject.c - what a subject says about its mail being automatic.
 *
 * Subjects are words, so they are a table per language, words/outofoffice.tsv,
 * and matched narrowly: a person who writes about automatic answers is a person.
 * autosub.c asks for the kind, policy/gate for the key of a subject that comes
 * again and again. */
#include "mail/autosub.h"

#include <string.h>

#include "ground/text.h"
#include "mail/autosub_away.h"

#define SUBJECT_MAX 200 /* characters looked at */

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

gboolean
autosub_is_away_subject(const char *subject)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");

	return autosub_away_subject(folded) == AWAY_STRONG;
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
	AwayWeight weight;

	if (is_report_subject(folded)) {
		*reason = "its subject is that of a report";
		return MESSAGE_REPORT;
	}
	weight = MAX(autosub_away_subject(folded),
	    autosub_away_suffix(folded) != AWAY_NO ? AWAY_WEAK : AWAY_NO);
	if (weight == AWAY_STRONG) {
		*reason = "its subject is that of an out-of-office answer";
		return MESSAGE_AUTO_REPLY;
	}
	if (is_answer && weight == AWAY_WEAK) {
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
	return autosub_is_reply_prefix(subject, word) ? length + 1 : 0;
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

/* Past all of these. */
static const char *
skip_prefixes(const char *p)
{
	for (;;) {
		gsize skip;

		p += strspn(p, " ");
		skip = tag_length(p);
		if (skip == 0)
			skip = prefix_length(p);
		if (skip == 0)
			return p;
		p += skip;
	}
}

gboolean
autosub_hints_away(const char *subject)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");
	const char *rest = skip_prefixes(folded);

	/* A desk's own tag: "Re: [shop] Automatic reply: ..." */
	if (*rest == '[' && strchr(rest, ']') != NULL)
		rest = skip_prefixes(strchr(rest, ']') + 1);
	return autosub_away_subject(rest) != AWAY_NO ||
	       autosub_away_suffix(rest) != AWAY_NO;
}

char *
autosub_subject_key(const char *subject)
{
	g_autofree char *folded = fold_subject(subject != NULL ? subject : "");
	GString *key = g_string_new(NULL);
	const char *p = skip_prefixes(folded);

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
