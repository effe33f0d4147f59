/* quoteline.c - looks at each line of a mail's text once.
 *
 * The text is folded as a whole, so that every later question is a search in
 * sorted tables or a glance at a bit: 64 KiB take few milliseconds whatever is
 * written there. quote.c joins and weighs what is found here. */
#include "mail/quoteline.h"

#include <stdlib.h>
#include <string.h>

#include "ground/text.h"

#define VERB_MIN   4  /* octets of the shortest verb */
#define LABEL_MAX  48 /* octets of the longest label, generously */
#define CLIENT_MAX 400
#define DEVICE_MAX 60

static const char *const verbs[] = {
#define QUOTE_VERB(word) word,
#include "mail/quote_words.def"
};

static const struct Label {
	const char *word;
	QuoteField field;
} labels[] = {
#define QUOTE_LABEL(field, word) { word, field },
#include "mail/quote_words.def"
};

static const char *const originals[] = {
#define QUOTE_ORIGINAL(phrase) phrase,
#include "mail/quote_words.def"
};

static const char *const forwards[] = {
#define QUOTE_FORWARDED(phrase) phrase,
#include "mail/quote_words.def"
};

static const char *const clients[] = {
#define QUOTE_CLIENT(pattern) pattern,
#include "mail/quote_words.def"
};

typedef struct Piece {
	const char *at;
	gsize length;
} Piece;

static int
compare(const Piece *piece, const char *word)
{
	int order = strncmp(piece->at, word, piece->length);

	return order != 0 ? order : (word[piece->length] == '\0' ? 0 : -1);
}

static int
compare_word(const void *piece, const void *entry)
{
	return compare(piece, *(const char *const *)entry);
}

static int
compare_label(const void *piece, const void *entry)
{
	return compare(piece, ((const struct Label *)entry)->word);
}

#define IN_TABLE(piece, table)                                                 \
	((piece)->length > 0 && bsearch((piece), (table), G_N_ELEMENTS(table), \
				    sizeof((table)[0]), compare_word) != NULL)

/* Octets that end a piece are taken off both its ends: white space, those of
 * set, and the direction marks that programs put around their words. */
static Piece
trim(Piece piece, const char *set)
{
	while (piece.length > 0) {
		const char *last = piece.at + piece.length - 1;

		if (piece.length >= 3 &&
		    (memcmp(piece.at, "\u200e", 3) == 0 ||
			memcmp(piece.at, "\u200f", 3) == 0)) {
			piece.at += 3;
			piece.length -= 3;
		} else if (piece.length >= 3 &&
			   (memcmp(last - 2, "\u200e", 3) == 0 ||
			       memcmp(last - 2, "\u200f", 3) == 0)) {
			piece.length -= 3;
		} else if (g_ascii_isspace(*piece.at) ||
			   strchr(set, *piece.at) != NULL) {
			piece.at++;
			piece.length--;
		} else if (g_ascii_isspace(*last) ||
			   strchr(set, *last) != NULL) {
			piece.length--;
		} else {
			break;
		}
	}
	return piece;
}

/* First octets of a line that are dashes of some kind; how many dashes. */
static gsize
skip_dashes(const char *p, const char *end, guint *count)
{
	const char *from = p;

	*count = 0;
	while (p < end) {
		gsize n = 0;

		if (strchr("-_=*", *p) != NULL)
			n = 1;
		else if (end - p >= 3 && (memcmp(p, "\u2010", 3) == 0 ||
					     memcmp(p, "\u2013", 3) == 0 ||
					     memcmp(p, "\u2014", 3) == 0 ||
					     memcmp(p, "\u2500", 3) == 0 ||
					     memcmp(p, "\u2501", 3) == 0))
			n = 3;
		if (n == 0)
			break;
		p += n;
		(*count)++;
	}
	return p - from;
}

static gboolean
is_letter(gunichar c)
{
	return g_unichar_isalpha(c) || (c >= 0x300 && g_unichar_ismark(c));
}

/* Digits that look like a date or a time: four in a row, or two separated by
 * ":" or ".". */
static gboolean
is_date(guint run, gunichar before, guint last_run)
{
	return run == 4 ||
	       (run == 2 && last_run > 0 && last_run <= 2 && before == ':') ||
	       (run >= 2 && last_run == 2 && before == '.');
}

/* Words and numbers of the line. Digits that touch letters are no date: they
 * stand in addresses. */
static guint
look_at_words(const QuoteLine *line)
{
	const char *end = line->folded + line->length;
	const char *p = line->folded;
	guint looks = 0, last_run = 0;
	gboolean touched = FALSE, verb = FALSE;
	gunichar before = 0;

	while (p < end) {
		gunichar c = g_utf8_get_char(p);
		Piece word = { p, 0 };

		if (is_letter(c)) {
			while (p < end && is_letter(g_utf8_get_char(p)))
				p = g_utf8_next_char(p);
			word.length = p - word.at;
			verb =
			    word.length >= VERB_MIN && IN_TABLE(&word, verbs);
			looks |= verb ? LOOK_VERB : 0;
			last_run = 0;
			touched = c < 0x2e80; /* CJK puts no spaces */
		} else if (g_unichar_isdigit(c)) {
			guint run = 0;

			for (; p < end && g_unichar_isdigit(g_utf8_get_char(p));
			     run++)
				p = g_utf8_next_char(p);
			touched = touched ||
				  (p < end && g_utf8_get_char(p) < 0x2e80 &&
				      is_letter(g_utf8_get_char(p)));
			if (!touched && is_date(run, before, last_run))
				looks |= LOOK_DATE;
			last_run = run;
		} else {
			if (c == '@')
				looks |= LOOK_ADDRESS;
			before = c;
			touched = FALSE;
			p = g_utf8_next_char(p);
		}
	}
	/* Some programs forget the colon. */
	if (verb && (looks & LOOK_ADDRESS) != 0)
		looks |= LOOK_ENDING;
	return looks;
}

/* Labels may stand between stars where bold text was. */
static QuoteField
look_at_label(const QuoteLine *line)
{
	const char *colon =
	    memchr(line->folded, ':', MIN(line->length, LABEL_MAX));
	const struct Label *label;
	Piece piece;

	if (colon == NULL)
		return FIELD_NONE;
	piece.at = line->folded;
	piece.length = colon - line->folded;
	piece = trim(piece, "*");
	if (piece.length == 0)
		return FIELD_NONE;
	label = bsearch(&piece, labels, G_N_ELEMENTS(labels), sizeof(labels[0]),
	    compare_label);
	return label != NULL ? label->field : FIELD_NONE;
}

/* "forwarded message from Ann" is found by its first words. */
static gboolean
begins_forward(Piece piece)
{
	guint words = 0;

	if (IN_TABLE(&piece, forwards))
		return TRUE;
	for (gsize i = 0; i < piece.length && words < 5; i++) {
		Piece head = { piece.at, i };

		if (piece.at[i] != ' ')
			continue;
		words++;
		if (words >= 2 && IN_TABLE(&head, forwards))
			return TRUE;
	}
	return FALSE;
}

static guint
look_at_dashes(const QuoteLine *line)
{
	Piece piece = trim((Piece){ line->folded, line->length }, "");
	const char *last = piece.at + piece.length;
	guint looks = 0;
	guint count;

	if (piece.length > 0 && piece.at[piece.length - 1] == ':') {
		Piece head = trim(piece, ":");

		if (IN_TABLE(&head, forwards))
			return LOOK_FORWARDED;
	}
	piece.at += skip_dashes(piece.at, piece.at + piece.length, &count);
	if (count < 2)
		return 0;
	if (count == 2 && line->length <= 3 &&
	    strncmp(line->folded, "--", 2) == 0)
		return LOOK_DELIMITER;
	piece.length = last - piece.at;
	if (piece.length == 0)
		return count >= 3 ? LOOK_RULE : 0;
	if (strncmp(last - 2, "--", 2) == 0)
		looks |= LOOK_DASHED;
	piece = trim(piece, "-_=*:");
	if (IN_TABLE(&piece, originals))
		looks |= LOOK_ORIGINAL;
	else if (begins_forward(piece))
		looks |= LOOK_FORWARDED;
	return looks;
}

/* Does the line end as an attribution does? */
static gboolean
is_ending(Piece piece)
{
	piece = trim(piece, "*");
	if (piece.length == 0)
		return FALSE;
	if (piece.at[piece.length - 1] == ':')
		return TRUE;
	if (piece.length >= 3 &&
	    strncmp(piece.at + piece.length - 3, "---", 3) == 0)
		return TRUE;
	return piece.length >= 2 &&
	       strncmp(piece.at + piece.length - 2, "\u055d", 2) == 0;
}

static gboolean
holds(Piece piece, const char *set)
{
	for (gsize i = 0; i < piece.length; i++)
		if (strchr(set, piece.at[i]) != NULL)
			return TRUE;
	return FALSE;
}

/* A program wraps "<ann@shop.example>:" before the ">": that is no quotation.
 * Does the line end inside a bracket that holds an address? */
static gboolean
is_open(const QuoteLine *line)
{
	const char *p = line->folded + line->length;

	if ((line->looks & LOOK_ADDRESS) == 0)
		return FALSE;
	while (p > line->folded)
		if (*--p == '>' || *p == '<')
			return *p == '<';
	return FALSE;
}

static void
look_at(QuoteLine *line, const QuoteLine *above)
{
	Piece piece = trim((Piece){ line->folded, line->length }, "");

	if (piece.length == 0) {
		line->looks = LOOK_BLANK;
		return;
	}
	if (*piece.at == '>' &&
	    !(above != NULL && is_open(above) && is_ending(piece))) {
		line->looks = LOOK_QUOTED;
		return;
	}
	line->looks = look_at_words(line) | look_at_dashes(line);
	if (is_ending(piece))
		line->looks |= LOOK_ENDING;
	if (g_unichar_isdigit(g_utf8_get_char(piece.at)))
		line->looks |= LOOK_DIGIT;
	if ((line->looks & LOOK_ADDRESS) != 0 && holds(piece, "<>[()"))
		line->looks |= LOOK_BRACKETED;
	line->field = look_at_label(line);
}

QuoteLines *
quoteline_split(const char *body)
{
	QuoteLines *lines = g_new0(QuoteLines, 1);
	const char *folded;
	gsize start = 0;

	lines->lines = g_array_new(FALSE, TRUE, sizeof(QuoteLine));
	lines->folded = text_fold(body);
	folded = lines->folded;
	for (;;) {
		QuoteLine line = { .start = start, .folded = folded };

		line.end = start + strcspn(body + start, "\n");
		line.length = strcspn(folded, "\n");
		look_at(&line, lines->lines->len == 0
				   ? NULL
				   : &g_array_index(lines->lines, QuoteLine,
					 lines->lines->len - 1));
		g_array_append_val(lines->lines, line);
		if (body[line.end] == '\0')
			return lines;
		start = line.end + 1;
		folded += line.length + (folded[line.length] != '\0' ? 1 : 0);
	}
}

void
quoteline_free(QuoteLines *lines)
{
	if (lines == NULL)
		return;
	g_array_unref(lines->lines);
	g_free(lines->folded);
	g_free(lines);
}

/* A "*" in pattern stands for the name of a device or program: one to
 * DEVICE_MAX octets without a comma, since "Sent from my desk, which is
 * easier" is a sentence. */
static gboolean
matches(const char *pattern, Piece piece)
{
	const char *star = strchr(pattern, '*');
	gsize head = star != NULL ? (gsize)(star - pattern) : strlen(pattern);
	gsize tail = star != NULL ? strlen(star + 1) : 0;

	if (star == NULL)
		return piece.length == head &&
		       memcmp(piece.at, pattern, head) == 0;
	if (piece.length <= head + tail ||
	    piece.length - head - tail > DEVICE_MAX ||
	    memchr(piece.at + head, ',', piece.length - head - tail) != NULL)
		return FALSE;
	return memcmp(piece.at + piece.length - tail, star + 1, tail) == 0 &&
	       memcmp(piece.at, pattern, head) == 0;
}

gboolean
quoteline_is_client(const QuoteLine *line)
{
	Piece piece = trim((Piece){ line->folded, line->length }, "._*");
	const char *link;

	if (piece.length == 0 || piece.length > CLIENT_MAX)
		return FALSE;
	/* "Get Outlook for iOS<https://...>" */
	link = memchr(piece.at, '<', piece.length);
	if (link != NULL) {
		piece.length = link - piece.at;
		piece = trim(piece, "");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(clients); i++)
		if (matches(clients[i], piece))
			return TRUE;
	return FALSE;
}
