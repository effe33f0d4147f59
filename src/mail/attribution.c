/* attribution.c - the rows of words/attribution.tsv, found by how a line ends:
 * most lines end like no row and cost a glance. quote.c asks. */
#include "mail/attribution.h"

#include <string.h>

#include "ground/text.h"
#include "mail/pattern.h"
#include "mail/wordlist.h"
#include "mail/words.h"

#define VERB_LEAST 4 /* letters; two where a letter is a word */
#define ENDING     8 /* octets of a line's end that are compared first */

typedef struct Row {
	Pattern *pattern;
	gboolean bare;          /* guard q */
	gboolean wants_address; /* guard a */
} Row;

typedef struct Table {
	GHashTable *rows; /* last octets of the tail -> GPtrArray of Row */
	guint8 ends[256]; /* a tail ends with this octet */
	WordList *verbs;
	GHashTable *seen; /* patterns, while it is built */
} Table;

/* Tails are found by their last two octets, or by their only one. */
static guint
key_of(const char *text, gsize length)
{
	if (length == 0)
		return 0;
	return length == 1 ? (guint8)text[0]
			   : (guint)(guint8)text[length - 2] << 8 |
				 (guint8)text[length - 1];
}

static gboolean
is_letter(gunichar c)
{
	return g_unichar_isalpha(c) || g_unichar_ismark(c);
}

/* The last word of piece that is long enough to be a verb is one. */
static gboolean
add_verb(Table *table, const char *piece, const char *end)
{
	const char *p = end;

	while (p > piece) {
		const char *last = p, *start;
		glong letters;

		while (last > piece &&
		       !is_letter(g_utf8_get_char(g_utf8_prev_char(last))))
			last = g_utf8_prev_char(last);
		start = last;
		while (start > piece &&
		       is_letter(g_utf8_get_char(g_utf8_prev_char(start))))
			start = g_utf8_prev_char(start);
		if (start == last)
			return FALSE;
		letters = g_utf8_strlen(start, last - start);
		if (letters >= VERB_LEAST ||
		    (letters >= 2 && g_utf8_get_char(start) >= 0x2e80)) {
			g_autofree char *verb =
			    g_strndup(start, (gsize)(last - start));

			wordlist_add(table->verbs, verb, 1);
			return TRUE;
		}
		p = start;
	}
	return FALSE;
}

/* "On {date}, {who} wrote:": the text nearest the end that holds one. */
static void
add_verb_of(Table *table, const char *text)
{
	const char *end = text + strlen(text);

	while (end > text) {
		const char *piece = end;

		while (piece > text && piece[-1] != '}')
			piece--;
		if (add_verb(table, piece, end) || piece == text)
			return;
		end = piece;
		while (end > text && *end != '{')
			end--;
	}
}

static void
add_row(const char *const *column, gpointer data)
{
	Table *table = data;
	g_autofree char *text = text_fold(column[2]);
	const char *tail;
	GPtrArray *rows;
	Row *row;
	guint key;

	if (!g_hash_table_add(table->seen,
		g_strdup_printf("%s%s", column[3], text)))
		return;
	row = g_new0(Row, 1);
	row->pattern = pattern_new(text);
	row->bare = *column[3] == 'q';
	row->wants_address = *column[3] == 'a';
	tail = pattern_tail(row->pattern);
	key = key_of(tail, strlen(tail));
	if (*tail != '\0')
		table->ends[(guint8)tail[strlen(tail) - 1]] = TRUE;
	rows = g_hash_table_lookup(table->rows, GUINT_TO_POINTER(key));
	if (rows == NULL) {
		rows = g_ptr_array_new();
		g_hash_table_insert(table->rows, GUINT_TO_POINTER(key), rows);
	}
	g_ptr_array_add(rows, row);
	add_verb_of(table, text);
}

static const Table *
table_get(void)
{
	static Table *table;

	if (g_once_init_enter(&table)) {
		Table *made = g_new0(Table, 1);

		made->rows = g_hash_table_new(NULL, NULL);
		made->verbs = wordlist_new();
		made->seen = g_hash_table_new_full(g_str_hash, g_str_equal,
		    g_free, NULL);
		words_each(WORDS_ATTRIBUTION, add_row, made);
		g_clear_pointer(&made->seen, g_hash_table_unref);
		g_once_init_leave(&table, made);
	}
	return table;
}

gboolean
attribution_is_verb(const char *word, gsize length)
{
	return wordlist_find(table_get()->verbs, word, length) != 0;
}

/* The rows whose tail ends as the line does: by two octets, then by one. */
static const GPtrArray *
rows_of(const Table *table, const char *text, gsize length, guint n)
{
	guint key =
	    n == 0 ? key_of(text, length) : key_of(text + length - 1, 1);

	return g_hash_table_lookup(table->rows, GUINT_TO_POINTER(key));
}

/* Octet that begins a character of two, of scripts from Latin to Hebrew: none of
 * these is a space or counts nothing. */
static gboolean
is_lead(guchar octet)
{
	return octet >= 0xc3 && octet < 0xd8;
}

/* The last two octets of the line are also the last two of what counts. */
static gboolean
is_plain_end(const char *text, gsize length)
{
	guchar last = (guchar)text[length - 1];
	guchar before = length > 1 ? (guchar)text[length - 2] : 0;

	if (last >= 0x80)
		return is_lead(before);
	if (before >= 0x80)
		return length > 2 && is_lead((guchar)text[length - 3]);
	return g_ascii_isgraph(before) && before != '*';
}

gboolean
attribution_may_end(const char *text, gsize length)
{
	const Table *table = table_get();
	PatternLine end;
	const char *from;

	while (length > 0 &&
	       (g_ascii_isspace(text[length - 1]) || text[length - 1] == '*'))
		length--;
	if (length == 0)
		return FALSE;
	/* Most lines go here; a direction mark may hide an end. */
	if (!table->ends[(guint8)text[length - 1]] &&
	    (guint8)text[length - 1] < 0x80)
		return FALSE;
	if (is_plain_end(text, length))
		return rows_of(table, text, length, 0) != NULL ||
		       rows_of(table, text, length, 1) != NULL;
	from = text + (length > ENDING ? length - ENDING : 0);
	while (from < text + length && ((guint8)*from & 0xc0) == 0x80)
		from++;
	return pattern_line(&end, from, (gsize)(text + length - from)) &&
	       end.length > 0 &&
	       (rows_of(table, end.text, end.length, 0) != NULL ||
		   rows_of(table, end.text, end.length, 1) != NULL);
}

static AttributionMatch
match_row(const Row *row, const PatternLine *line, guint64 *work)
{
	const char *tail = pattern_tail(row->pattern);
	gsize length = strlen(tail);

	/* "{date}, {who}:" has no word to be known by, only the time of day. */
	if ((row->wants_address &&
		(!line->has_address || line->clock[line->length] < 0)) ||
	    (!row->bare && !line->has_digit) || length > line->length ||
	    memcmp(line->text + line->length - length, tail, length) != 0 ||
	    !pattern_matches(row->pattern, line, work))
		return ATTRIBUTION_NO;
	if (row->bare)
		return ATTRIBUTION_BARE;
	return pattern_has_head(row->pattern) ? ATTRIBUTION_HEADED
					      : ATTRIBUTION_FULL;
}

AttributionMatch
attribution_match(const char *text, gsize length, gboolean *has_address,
    guint64 *work)
{
	const Table *table = table_get();
	AttributionMatch best = ATTRIBUTION_NO;
	PatternLine line;

	*has_address = FALSE;
	if (!pattern_line(&line, text, length) || line.length == 0)
		return ATTRIBUTION_NO;
	for (guint n = 0; n < 2; n++) {
		const GPtrArray *rows =
		    rows_of(table, line.text, line.length, n);

		if (rows == NULL || (n == 1 && line.length == 1))
			continue;
		for (guint i = 0; i < rows->len && best < ATTRIBUTION_HEADED;
		     i++)
			best =
			    MAX(best, match_row(rows->pdata[i], &line, work));
	}
	*has_address = line.has_address;
	return best;
}
