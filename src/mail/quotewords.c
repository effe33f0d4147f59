/* quotewords.c - labels, separators and last lines. quoteline.c asks for each
 * line that could be one. */
#include "mail/quotewords.h"

#include <string.h>

#include "ground/text.h"
#include "mail/wordlist.h"
#include "mail/words.h"

#define LINE_MOST    400
#define HOLE_MOST    60  /* octets of a device's name */
#define WIDE_MOST    200 /* of {any} */
#define FOOTER_LEAST 6

/* What stands before and after the hole of a row. */
typedef struct Holed {
	char *head, *tail;
	gsize head_length, tail_length;
	gsize most; /* octets in the hole; 0: there is none */
} Holed;

typedef struct Table {
	WordList *labels, *separators, *above, *clients, *footers;
	GArray *above_holed, *clients_holed, *footers_holed;
	guint8 footer_lengths[256]; /* some footer has so many octets */
} Table;

static const struct {
	const char *name;
	guint field;
} fields[] = {
	{ "from", FIELD_FROM },
	{ "sent", FIELD_DATE },
	{ "date", FIELD_DATE },
	{ "to", FIELD_TO },
	{ "subject", FIELD_SUBJECT },
	{ "cc", FIELD_OTHER },
	{ "reply-to", FIELD_OTHER },
};

/* Dashes, signs and white space around a text, taken off in place. */
static const char edge_set[] = " \t\n-_=*#~<>|:.!+";

static gsize
edge_at(const char *p, gsize left)
{
	static const char *const wide[] = { "\u200e", "\u200f", "\u2010",
		"\u2013", "\u2014", "\u2500", "\u2501" };

	if (left > 0 && *p != '\0' && strchr(edge_set, *p) != NULL)
		return 1;
	for (gsize i = 0; left >= 3 && i < G_N_ELEMENTS(wide); i++)
		if (memcmp(p, wide[i], 3) == 0)
			return 3;
	return 0;
}

static void
trim_edges(const char **text, gsize *length)
{
	gsize n;

	while (*length > 0 && (n = edge_at(*text, *length)) > 0) {
		*text += n;
		*length -= n;
	}
	for (;;) {
		const char *end = *text + *length;

		if (*length >= 1 && edge_at(end - 1, 1) > 0)
			*length -= 1;
		else if (*length >= 3 && (guint8)end[-1] >= 0x80 &&
			 edge_at(end - 3, 3) > 0)
			*length -= 3;
		else
			return;
	}
}

static char *
fold_trimmed(const char *text)
{
	g_autofree char *folded = text_fold(text);
	const char *p = folded;
	gsize length = strlen(folded);

	trim_edges(&p, &length);
	return g_strndup(p, length);
}

static void
add_holed(GArray *rows, const char *text)
{
	const char *open = strchr(text, '{');
	const char *close = strchr(open, '}');
	Holed row;

	row.most = g_str_has_prefix(open, "{any}") ? WIDE_MOST : HOLE_MOST;
	row.head = g_strndup(text, (gsize)(open - text));
	row.tail = g_strdup(close != NULL ? close + 1 : "");
	row.head_length = strlen(row.head);
	row.tail_length = strlen(row.tail);
	g_array_append_val(rows, row);
}

static void
add_label(Table *table, const char *field, const char *text)
{
	g_autofree char *word = fold_trimmed(text);

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strcmp(field, fields[i].name) == 0)
			wordlist_add(table->labels, word, fields[i].field);
}

static void
add_separator(Table *table, const char *field, const char *text)
{
	guint bits = *field == 'o' ? SEPARATOR_ORIGINAL : SEPARATOR_FORWARDED;
	gboolean dashed = strstr(text, "{dash}") != NULL;
	g_auto(GStrv) parts = g_strsplit(text, "{dash}", -1);
	g_autofree char *joined = g_strjoinv("", parts);
	g_autofree char *word = fold_trimmed(joined);

	/* {dash} and {rule} alone are what quoteline calls a rule. */
	if (*word == '\0' || *word == '{')
		return;
	wordlist_add(table->separators, word,
	    bits | (dashed ? SEPARATOR_DASHED : 0));
}

static void
add_header(const char *const *column, gpointer data)
{
	Table *table = data;
	const char *text = column[4];

	if (strcmp(column[0], "label") == 0) {
		add_label(table, column[1], text);
	} else if (strcmp(column[1], "above") != 0) {
		add_separator(table, column[1], text);
	} else if (strchr(text, '{') != NULL) {
		g_autofree char *folded = text_fold(text);

		add_holed(table->above_holed, folded);
	} else {
		g_autofree char *word = fold_trimmed(text);

		wordlist_add(table->above, word, 1);
	}
}

static void
add_signature(const char *const *column, gpointer data)
{
	Table *table = data;
	g_autofree char *text = NULL;

	if (strcmp(column[2], "footer") == 0) {
		text = text_fold(column[3]);
		if (strchr(text, '{') != NULL) {
			add_holed(table->footers_holed, text);
			return;
		}
		wordlist_add(table->footers, text, 1);
		table->footer_lengths[MIN(strlen(text), 255)] = TRUE;
		return;
	}
	/* "-- " is known to quoteline. */
	text = fold_trimmed(column[3]);
	if (strchr(text, '{') != NULL)
		add_holed(table->clients_holed, text);
	else
		wordlist_add(table->clients, text, 1);
}

static const Table *
table_get(void)
{
	static Table *table;

	if (g_once_init_enter(&table)) {
		Table *made = g_new0(Table, 1);

		made->labels = wordlist_new();
		made->separators = wordlist_new();
		made->above = wordlist_new();
		made->clients = wordlist_new();
		made->footers = wordlist_new();
		made->above_holed = g_array_new(FALSE, TRUE, sizeof(Holed));
		made->clients_holed = g_array_new(FALSE, TRUE, sizeof(Holed));
		made->footers_holed = g_array_new(FALSE, TRUE, sizeof(Holed));
		words_each(WORDS_HEADERS, add_header, made);
		words_each(WORDS_SIGNATURES, add_signature, made);
		g_once_init_leave(&table, made);
	}
	return table;
}

guint
quotewords_label(const char *word, gsize length)
{
	return wordlist_find(table_get()->labels, word, length);
}

guint
quotewords_separator(const char *text, gsize length)
{
	return wordlist_find(table_get()->separators, text, length);
}

/* "Sent from my desk, which is easier" is a sentence: no comma in a hole. */
static gboolean
holed_match(const GArray *rows, const char *text, gsize length)
{
	for (guint i = 0; i < rows->len; i++) {
		const Holed *row = &g_array_index(rows, Holed, i);
		gsize head = row->head_length, tail = row->tail_length;

		if (length > head + tail && length - head - tail <= row->most &&
		    memcmp(text, row->head, head) == 0 &&
		    memcmp(text + length - tail, row->tail, tail) == 0 &&
		    (row->most == WIDE_MOST ||
			memchr(text + head, ',', length - head - tail) == NULL))
			return TRUE;
	}
	return FALSE;
}

gboolean
quotewords_is_above(const char *line, gsize length)
{
	const Table *table = table_get();
	const char *text = line;
	gsize n = length;

	while (length > 0 && strchr(" \t>*|", *line) != NULL) {
		line++;
		length--;
	}
	while (length > 0 && strchr(" \t*|", line[length - 1]) != NULL)
		length--;
	if (length == 0 || length > LINE_MOST)
		return FALSE;
	if (holed_match(table->above_holed, line, length))
		return TRUE;
	trim_edges(&text, &n);
	return wordlist_find(table->above, text, n) != 0;
}

/* "Sent with [Proton Mail](https://proton.me/) secure email.": the text of a
 * link without its address. Returns the length. */
static gsize
without_links(const char *line, gsize length, char to[LINE_MOST])
{
	gsize n = 0;

	for (gsize i = 0; i < length; i++) {
		const char *close;

		if (line[i] == '[')
			continue;
		if (line[i] == ']' && i + 1 < length && line[i + 1] == '(' &&
		    (close = memchr(line + i, ')', length - i)) != NULL) {
			i = (gsize)(close - line);
			continue;
		}
		to[n++] = line[i];
	}
	return n;
}

gboolean
quotewords_is_client(const char *line, gsize length)
{
	const Table *table = table_get();
	char text[LINE_MOST];
	const char *link;

	if (length > LINE_MOST)
		return FALSE;
	if (g_strstr_len(line, (gssize)length, "](") != NULL) {
		length = without_links(line, length, text);
		line = text;
	}
	/* "Get Outlook for iOS<https://...>", "[Sent from my iPhone]". */
	link = memchr(line, '<', length);
	if (link == NULL)
		link = g_strstr_len(line, (gssize)length, "( http");
	if (link != NULL && link > line)
		length = (gsize)(link - line);
	trim_edges(&line, &length);
	if (length > 2 && *line == '[' && line[length - 1] == ']') {
		line++;
		length -= 2;
	}
	return length > 0 &&
	       (wordlist_find(table->clients, line, length) != 0 ||
		   holed_match(table->clients_holed, line, length));
}

gboolean
quotewords_is_footer(const char *line, gsize length, gboolean below_rule)
{
	const Table *table = table_get();

	if (below_rule && holed_match(table->footers_holed, line, length))
		return TRUE;
	while (length > 0 && strchr(" \t*_-=[(\"", *line) != NULL) {
		line++;
		length--;
	}
	for (gsize n = FOOTER_LEAST; n <= MIN(length, 254); n++)
		if (table->footer_lengths[n] &&
		    wordlist_find(table->footers, line, n) != 0)
			return TRUE;
	return FALSE;
}
