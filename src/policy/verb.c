/* verb.c - the table of agents' commands. Called by policy/relay. */
#include "policy/verb.h"

#include <string.h>

typedef struct VerbRow {
	const char *word;
	Verb verb;
} VerbRow;

static const VerbRow verbs_table[] = {
	{ "close", VERB_CLOSE },
	{ "note", VERB_NOTE },
	{ "no-cc", VERB_NO_CC },
};

/* "/word" alone on its line; "/usr/bin" or "/ 2" is text. */
static gboolean
is_command(const char *line, gsize length)
{
	if (length < 2 || line[0] != '/')
		return FALSE;
	for (gsize i = 1; i < length && line[i] != ' '; i++)
		if (!g_ascii_isalpha(line[i]) && line[i] != '-')
			return FALSE;
	return TRUE;
}

static guint
find(const char *word, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(verbs_table); i++)
		if (strlen(verbs_table[i].word) == length &&
		    g_ascii_strncasecmp(verbs_table[i].word, word, length) == 0)
			return verbs_table[i].verb;
	return 0;
}

void
verb_read(const char *text, guint *verbs, const char **rest, char **unknown)
{
	const char *p = text;

	*verbs = 0;
	*unknown = NULL;
	for (;;) {
		gsize length = strcspn(p, "\n"), end = length;
		guint verb;

		while (end > 0 && g_ascii_isspace(p[end - 1]))
			end--;
		if (end > 0) {
			if (!is_command(p, end))
				break;
			verb = find(p + 1, end - 1);
			if (verb == 0) {
				*unknown = g_strndup(p, end);
				break;
			}
			*verbs |= verb;
		}
		if (p[length] == '\0') {
			p += length;
			break;
		}
		p += length + 1;
	}
	*rest = p;
}

gboolean
verb_is_stray(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		gsize length = strcspn(p, "\n"), end = length;

		while (end > 0 && g_ascii_isspace(p[end - 1]))
			end--;
		if (is_command(p, end) && find(p + 1, end - 1) != 0)
			return TRUE;
		p += p[length] == '\0' ? length : length + 1;
	}
	return FALSE;
}
