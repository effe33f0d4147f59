/* dsn_words.c - looks for the rows of words/bounces.tsv in the prose of a mail
 * server. dsn_guess.c asks; it also decides whether the mail is a report at
 * all. Rows and text are compared folded and without white space: reports are
 * wrapped anywhere, and some languages are written without. */
#include "mail/dsn_words.h"

#include <string.h>

#include "ground/text.h"
#include "mail/grams.h"
#include "mail/words.h"

#define ANY_MOST 400 /* octets that {any} may stand for: 100 characters */

#define LINE_MOST 160 /* octets of a line that may be a divider */

typedef enum Place {
	PLACE_SUBJECT,
	PLACE_TEXT,
	PLACE_AUTHOR,
	PLACE_DIVIDER,
	PLACE_LABEL
} Place;

static const struct {
	const char *name;
	Place place;
} places[] = {
	{ "subject", PLACE_SUBJECT },
	{ "from", PLACE_AUTHOR },
	{ "divider", PLACE_DIVIDER },
	{ "label", PLACE_LABEL },
};

/* Status codes are those of RFC 3463 for the case; where it has two, the one
 * that servers use more often. */
static const struct Class {
	const char *name, *status;
	gboolean is_report; /* the words are a report's, not only a reason */
} classes[] = {
	{ "generic", NULL, TRUE },
	{ "no-such-user", ".1.1", FALSE },
	{ "full", ".2.2", FALSE },
	{ "refused", ".7.1", FALSE },
	{ "not-found", ".1.2", FALSE },
	{ "delayed", ".4.7", TRUE },
	{ "too-big", ".3.4", FALSE },
	{ "spam", ".7.1", FALSE },
};

typedef struct Row {
	Place place;
	GStrv pieces; /* of the text, between its {any} */
	char *author; /* the first one, as plain_author has it */
	const struct Class *class;
	gboolean is_transient;
} Row;

static char *
squeeze(const char *text)
{
	g_autofree char *folded = text_fold(text);
	GString *out = g_string_sized_new(strlen(folded));

	for (const char *p = folded; *p != '\0'; p = g_utf8_next_char(p)) {
		if (!g_unichar_isspace(g_utf8_get_char(p)))
			g_string_append_len(out, p, g_utf8_next_char(p) - p);
	}
	return g_string_free(out, FALSE);
}

static const struct Class *
class_of(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return &classes[0];
}

/* post_master and mail.daemon are the same to us. */
static char *
plain_author(const char *folded)
{
	gsize at = strcspn(folded, "@");
	GString *plain = g_string_new(NULL);

	for (gsize i = 0; folded[i] != '\0'; i++)
		if (i >= at || strchr("-_.", folded[i]) == NULL)
			g_string_append_c(plain, folded[i]);
	return g_string_free(plain, FALSE);
}

/* columns: lang product place text class permanence source sure */
static void
add_row(const char *const *column, gpointer data)
{
	Row row = { .class = class_of(column[4]) };
	g_autofree char *text = g_strdelimit(squeeze(column[3]), "~", ' ');
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autofree char *plain = g_strjoinv("", words);

	row.place = PLACE_TEXT;
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
		if (strcmp(column[2], places[i].name) == 0)
			row.place = places[i].place;
	row.is_transient = *column[5] == 't';
	row.pieces = g_strsplit(plain, "{any}", -1);
	if (row.place == PLACE_AUTHOR)
		row.author = plain_author(row.pieces[0] != NULL ? row.pieces[0]
								: "");
	g_array_append_val((GArray *)data, row);
}

static const GArray *
rows_get(void)
{
	static gsize once;
	static GArray *rows;

	if (g_once_init_enter(&once)) {
		rows = g_array_new(FALSE, FALSE, sizeof(Row));
		words_each(WORDS_BOUNCES, add_row, rows);
		g_once_init_leave(&once, 1);
	}
	return rows;
}

/* The pieces from number i on follow each other closely from p on. */
static gboolean
follow(const char *p, char *const *pieces)
{
	for (; *pieces != NULL; pieces++) {
		const char *next = g_strstr_len(p, ANY_MOST, *pieces);

		if (next == NULL)
			return FALSE;
		p = next + strlen(*pieces);
	}
	return TRUE;
}

static gboolean
matches(const Row *row, const char *text, const Grams *grams)
{
	const char *first = row->pieces[0];
	const char *p = text;

	if (first == NULL || *first == '\0' ||
	    !grams_may_hold(grams, first, strlen(first)))
		return FALSE;
	while ((p = strstr(p, first)) != NULL) {
		p += strlen(first);
		if (follow(p, row->pieces + 1))
			return TRUE;
	}
	return FALSE;
}

static gboolean
tells_of_delay(const Row *row)
{
	return strcmp(row->class->name, "delayed") == 0;
}

static void
take(DsnSigns *signs, const Row *row)
{
	if (row->place == PLACE_SUBJECT)
		signs->in_subject = TRUE;
	else if (row->class->is_report)
		signs->in_text = TRUE;
	if (row->class->status != NULL &&
	    (signs->reason == NULL || strcmp(signs->reason, ".4.7") == 0))
		signs->reason = row->class->status;
}

/* A warning begins with the sentences of a failure, so what says that it is
 * one decides; and a failure after the last attempt tells of delays too. */
void
dsn_words_find(const char *subject, const char *text, DsnSigns *signs)
{
	g_autofree char *in_subject = squeeze(subject);
	g_autofree char *in_text = squeeze(text);
	const GArray *rows = rows_get();
	gboolean given_up = FALSE;
	Grams of_subject, of_text;

	grams_of(&of_subject, in_subject);
	grams_of(&of_text, in_text);
	*signs = (DsnSigns){ 0 };
	for (guint i = 0; i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);

		if (!(row->place == PLACE_SUBJECT
			    ? matches(row, in_subject, &of_subject)
			    : row->place == PLACE_TEXT &&
				  matches(row, in_text, &of_text)))
			continue;
		take(signs, row);
		if (tells_of_delay(row) && row->is_transient)
			signs->is_delay = TRUE;
		else if (tells_of_delay(row))
			given_up = TRUE;
	}
	if (given_up)
		signs->is_delay = FALSE;
}

gboolean
dsn_words_author(const char *address)
{
	g_autofree char *folded = squeeze(address);
	g_autofree char *plain = plain_author(folded);
	g_autofree char *author = strchr(plain, '@') != NULL
				      ? g_strdup(plain)
				      : g_strconcat(plain, "@", NULL);
	const GArray *rows = rows_get();

	for (guint i = 0; i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);

		if (row->place == PLACE_AUTHOR &&
		    g_str_has_prefix(author, row->author))
			return TRUE;
	}
	return FALSE;
}

gboolean
dsn_words_divider(const char *line)
{
	gsize length = MIN(strcspn(line, "\n"), LINE_MOST);
	const GArray *rows = rows_get();
	g_autofree char *start = NULL, *squeezed = NULL;

	while (length > 0 && ((guchar)line[length] & 0xc0) == 0x80)
		length--;
	start = g_strndup(line, length);
	squeezed = squeeze(start + strspn(start, " \t->*=_"));
	for (guint i = 0; i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);

		if (row->place == PLACE_DIVIDER && row->pieces[0] != NULL &&
		    *row->pieces[0] != '\0' &&
		    g_str_has_prefix(squeezed, row->pieces[0]))
			return TRUE;
	}
	return FALSE;
}

gboolean
dsn_words_label(const char *label, gsize length)
{
	g_autofree char *text = g_strndup(label, length);
	g_autofree char *squeezed = squeeze(text);
	const GArray *rows = rows_get();

	for (guint i = 0; i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);

		if (row->place == PLACE_LABEL && row->pieces[0] != NULL &&
		    *row->pieces[0] != '\0' &&
		    strcmp(squeezed, row->pieces[0]) == 0)
			return TRUE;
	}
	return FALSE;
}
