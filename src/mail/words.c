/* words.c - the built-in word tables (words.sh made words.inc of words/), and
 * those of a site, which are checked when they are read: a faulty row is told
 * with file and line, and never half believed. */
#include "mail/words.h"

#include <string.h>

#include "ground/error.h"

#define COLUMNS_MOST 8

static const char *const builtin[WORDS_TABLES] = {
#include "mail/words.inc"
};

/* What a site adds, lines without comments; NULL if nothing. */
static char *added[WORDS_TABLES];

/* For each column the words that may stand in it, between bars, or NULL. */
typedef struct Form {
	const char *file;
	guint columns;
	guint text; /* number of the column that must not be empty */
	const char *holes;
	const char *allowed[COLUMNS_MOST];
} Form;

static const Form forms[WORDS_TABLES] = {
	[WORDS_ATTRIBUTION] = { "attribution.tsv", 7, 2,
	    "|date|time|addr|name|who|", { [3] = "|x|a|q|" } },
	[WORDS_HEADERS] = { "outlook-headers.tsv", 7, 4, "|dash|rule|any|",
	    { [0] = "|label|separator|",
		[1] = "|from|sent|date|to|cc|subject|reply-to|original|"
		      "forwarded|above|" } },
	[WORDS_SIGNATURES] = { "signatures.tsv", 6, 3, "|device|any|",
	    { [2] = "|delimiter|mobile|client|scanner|footer|" } },
	[WORDS_AWAY] = { "outofoffice.tsv", 7, 3, "|date|",
	    { [2] = "|subject-prefix|subject-whole|subject-suffix|body|"
		    "reply-prefix|",
		[4] = "|strong|weak|none|" } },
	[WORDS_BOUNCES] = { "bounces.tsv", 8, 3, "|any|",
	    { [2] = "|subject|body|from|divider|label|",
		[4] = "|generic|no-such-user|full|refused|not-found|delayed|"
		      "too-big|spam|",
		[5] = "|permanent|transient|unknown|" } },
	[WORDS_FIELDS] = { "autoheaders.tsv", 5, 0, "",
	    { [2] = "|auto-reply|auto|list|bulk|bounce|report|spam|own|human|",
		[3] = "|strong|weak|none|" } },
	[WORDS_CLOSING] = { "closing.tsv", 3, 2, "",
	    { [1] = "|solved|close|please|" } },
	[WORDS_VERBS] = { "verbs.tsv", 3, 2, "", { NULL } },
	[WORDS_WHEN] = { "when.tsv", 3, 2, "",
	    { [1] = "|today|tomorrow|after-tomorrow|mon|tue|wed|thu|fri|sat|"
		    "sun|minute|hour|day|work|workday|week|am|pm|oclock|noon|"
		    "one|filler|" } },
	[WORDS_MARKS] = { "marks.tsv", 3, 2, "",
	    { [1] = "|0|1|2|3|4|5|6|7|8|9|10|name|fill|unit|of|from|not|taken|"
		    "but|go|abbr|also|" } },
	[WORDS_SALUTATION] = { "salutation.tsv", 3, 2, "",
	    { [1] = "|greeting|closing|thanks|" } },
};

/* Cuts line at its tabs, in place; the fields left out are "". Returns how
 * many there were. */
static guint
split(char *line, const char **column)
{
	guint n = 0;

	for (char *p = line; p != NULL; n++) {
		char *tab = strchr(p, '\t');

		if (tab != NULL)
			*tab++ = '\0';
		if (n < COLUMNS_MOST)
			column[n] = p;
		p = tab;
	}
	for (guint i = n; i < COLUMNS_MOST; i++)
		column[i] = "";
	return n;
}

static void
each_line(const char *text, WordsRow row, gpointer data)
{
	g_autoptr(GString) line = g_string_new(NULL);
	const char *column[COLUMNS_MOST];

	while (*text != '\0') {
		gsize length = strcspn(text, "\n");

		g_string_truncate(line, 0);
		g_string_append_len(line, text, (gssize)length);
		split(line->str, column);
		row(column, data);
		text += length + (text[length] != '\0');
	}
}

void
words_each(WordsTable table, WordsRow row, gpointer data)
{
	g_return_if_fail(table < WORDS_TABLES);
	each_line(builtin[table], row, data);
	if (added[table] != NULL)
		each_line(added[table], row, data);
}

static gboolean
is_one_of(const char *word, gsize length, const char *allowed)
{
	g_autofree char *barred = g_strdup_printf("|%.*s|", (int)length, word);

	return strstr(allowed, barred) != NULL;
}

/* {date} and its kin must be known ones. */
static gboolean
holes_are_known(const char *text, const char *known)
{
	const char *p = text;

	while ((p = strchr(p, '{')) != NULL) {
		gsize length = strcspn(p + 1, "}");

		if (p[1 + length] == '\0' || !is_one_of(p + 1, length, known))
			return FALSE;
		p += length;
	}
	return TRUE;
}

/* What is wrong with a row, or NULL; free with g_free. */
static char *
fault_of(const Form *form, guint n, const char *const *column)
{
	if (n != form->columns)
		return g_strdup_printf("%u columns, not %u", n, form->columns);
	if (*column[form->text] == '\0')
		return g_strdup_printf("column %u is empty", form->text + 1);
	for (guint i = 0; i < n; i++)
		if (form->allowed[i] != NULL &&
		    !is_one_of(column[i], strlen(column[i]), form->allowed[i]))
			return g_strdup_printf("\"%s\" is none of %s",
			    column[i], form->allowed[i]);
	if (!holes_are_known(column[form->text], form->holes))
		return g_strdup_printf("\"%s\": only %s may be in braces",
		    column[form->text],
		    *form->holes != '\0' ? form->holes : "nothing");
	return NULL;
}

/* The rows of one file without its comments; "" if there is no such file. */
static char *
read_table(const char *directory, const Form *form, GError **error)
{
	g_autofree char *path = g_build_filename(directory, form->file, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) reason = NULL;
	GString *rows;

	if (!g_file_get_contents(path, &text, NULL, &reason)) {
		if (g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return g_strdup("");
		error_config(error, "words: %s", reason->message);
		return NULL;
	}
	lines = g_strsplit(text, "\n", -1);
	rows = g_string_new(NULL);
	for (guint i = 0; lines[i] != NULL; i++) {
		g_autofree char *copy = NULL, *fault = NULL;
		const char *column[COLUMNS_MOST];
		guint n;

		g_strdelimit(lines[i], "\r", '\0');
		if (lines[i][0] == '\0' || lines[i][0] == '#')
			continue;
		copy = g_strdup(lines[i]);
		n = split(copy, column);
		fault = g_utf8_validate(lines[i], -1, NULL)
			    ? fault_of(form, n, column)
			    : g_strdup("this is no UTF-8");
		if (fault != NULL) {
			error_config(error, "words: %s:%u: %s", path, i + 1,
			    fault);
			g_string_free(rows, TRUE);
			return NULL;
		}
		g_string_append_printf(rows, "%s\n", lines[i]);
	}
	return g_string_free(rows, FALSE);
}

static gboolean
read_tables(const char *directory, char **tables, GError **error)
{
	if (!g_file_test(directory, G_FILE_TEST_IS_DIR))
		return error_config(error, "words: %s is no directory",
		    directory);
	for (guint i = 0; i < WORDS_TABLES; i++) {
		tables[i] = read_table(directory, &forms[i], error);
		if (tables[i] == NULL)
			return FALSE;
	}
	return TRUE;
}

static void
clear_tables(char **tables)
{
	for (guint i = 0; i < WORDS_TABLES; i++)
		g_clear_pointer(&tables[i], g_free);
}

gboolean
words_check(const char *directory, GError **error)
{
	char *tables[WORDS_TABLES] = { NULL };
	gboolean good = read_tables(directory, tables, error);

	clear_tables(tables);
	return good;
}

gboolean
words_add(const char *directory, GError **error)
{
	char *tables[WORDS_TABLES] = { NULL };

	if (!read_tables(directory, tables, error)) {
		clear_tables(tables);
		return FALSE;
	}
	clear_tables(added);
	memcpy(added, tables, sizeof(added));
	return TRUE;
}
