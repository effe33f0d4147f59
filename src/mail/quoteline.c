/* quoteline.c - looks at each line of a mail's text once.
 *
 * The text is folded as a whole, so that every later question is a search in
 * sorted tables or a glance at a bit: 64 KiB take few milliseconds whatever is
 * written there. quote.c joins and weighs what is found here. */
#include "mail/quoteline.h"

#include <string.h>

#include "ground/text.h"
#include "mail/attribution.h"
#include "mail/quotewords.h"

#define LABEL_MAX  48 /* octets of the longest label, generously */
#define USUAL_LINE 40

typedef struct Piece {
	const char *at;
	gsize length;
} Piece;

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

/* Most characters have one octet or two. */
static inline gunichar
get_char(const char *p)
{
	guchar c = (guchar)*p;

	if (c < 0x80)
		return c;
	if (c < 0xe0)
		return (gunichar)((c & 0x1f) << 6 | ((guchar)p[1] & 0x3f));
	return g_utf8_get_char(p);
}

static inline gboolean
is_letter(gunichar c)
{
	if (c < 0x80)
		return g_ascii_isalpha(c);
	if (c >= 0x400 && c < 0x482)
		return TRUE;
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
		gunichar c = get_char(p);
		Piece word = { p, 0 };

		if (is_letter(c)) {
			while (p < end && is_letter(get_char(p)))
				p = g_utf8_next_char(p);
			word.length = p - word.at;
			verb = attribution_is_verb(word.at, word.length);
			looks |= verb ? LOOK_VERB : 0;
			last_run = 0;
			touched = c < 0x2e80; /* CJK puts no spaces */
		} else if (g_unichar_isdigit(c)) {
			guint run = 0;

			looks |= LOOK_NUMBER;
			for (; p < end && g_unichar_isdigit(get_char(p));
			     run++)
				p = g_utf8_next_char(p);
			touched = touched ||
				  (p < end && get_char(p) < 0x2e80 &&
				      is_letter(get_char(p)));
			if (!touched && is_date(run, before, last_run))
				looks |= LOOK_DATE |
					 (before == ':' ? LOOK_CLOCK : 0);
			last_run = run;
		} else {
			before = c;
			touched = FALSE;
			p = g_utf8_next_char(p);
		}
	}
	/* Some programs forget the colon. */
	if (verb && (line->looks & LOOK_ADDRESS) != 0)
		looks |= LOOK_LOOSE;
	return looks;
}

/* Length up to what follows a label: a colon, or Armenian's mark. */
static gsize
label_length(const QuoteLine *line)
{
	gsize most = MIN(line->length, LABEL_MAX);

	for (gsize i = 0; i < most; i++)
		if (line->folded[i] == ':' ||
		    (i + 2 <= line->length &&
			memcmp(line->folded + i, "\u055d", 2) == 0))
			return i;
	return 0;
}

/* Labels may stand between stars where bold text was. */
static guint
look_at_label(const QuoteLine *line)
{
	Piece piece = { line->folded, label_length(line) };

	piece = trim(piece, "*");
	return quotewords_label(piece.at, piece.length);
}

/* Dashes of any kind, and the colon, off the end of what stands between. */
static Piece
trim_dashes(Piece piece)
{
	static const char *const wide[] = { "\u2010", "\u2013", "\u2014",
		"\u2500", "\u2501" };
	gboolean again = TRUE;

	while (again) {
		piece = trim(piece, "-_=*:");
		again = FALSE;
		for (gsize i = 0; piece.length >= 3 && i < G_N_ELEMENTS(wide);
		     i++)
			if (memcmp(piece.at + piece.length - 3, wide[i], 3) ==
			    0) {
				piece.length -= 3;
				again = TRUE;
			}
	}
	return piece;
}

/* What the text between dashes or before a colon stands for. "forwarded
 * message from Ann" is found by its first words. */
static guint
separator_of(Piece piece, gboolean dashed)
{
	guint words = 0;
	guint found = quotewords_separator(piece.at, piece.length);

	for (gsize i = 0; found == 0 && i < piece.length && words < 5; i++) {
		if (piece.at[i] != ' ' || ++words < 2)
			continue;
		found = quotewords_separator(piece.at, i) &
			(SEPARATOR_FORWARDED | SEPARATOR_DASHED);
		if ((found & SEPARATOR_FORWARDED) == 0)
			found = 0;
	}
	if (found == 0 || (!dashed && (found & SEPARATOR_DASHED) != 0))
		return 0;
	/* A word for both is taken as a forward: then nothing is cut. */
	return (found & SEPARATOR_FORWARDED) != 0 ? LOOK_FORWARDED
						  : LOOK_ORIGINAL;
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

		looks = separator_of(head, FALSE);
		if (looks != 0)
			return looks;
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
	return looks | separator_of(trim_dashes(piece), TRUE);
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

/* What can be seen without reading its words. */
static void
look_at(QuoteLine *line, const QuoteLine *above)
{
	Piece piece = trim((Piece){ line->folded, line->length }, "");

	if (piece.length == 0) {
		line->looks = LOOK_BLANK;
		return;
	}
	if (memchr(line->folded, '@', line->length) != NULL)
		line->looks = LOOK_ADDRESS;
	if (*piece.at == '>' &&
	    !(above != NULL && is_open(above) && is_ending(piece))) {
		line->looks = LOOK_QUOTED;
		if (quotewords_is_above(line->folded, line->length))
			line->looks |= LOOK_ABOVE;
		return;
	}
	line->looks |= look_at_dashes(line);
	if (is_ending(piece))
		line->looks |= LOOK_ENDING;
	if (attribution_may_end(line->folded, line->length))
		line->looks |= LOOK_TAIL;
	if (quotewords_is_above(line->folded, line->length))
		line->looks |= LOOK_ABOVE;
	if (g_unichar_isdigit(g_utf8_get_char(piece.at)))
		line->looks |= LOOK_DIGIT;
	if ((line->looks & LOOK_ADDRESS) != 0 && holds(piece, "<>[()"))
		line->looks |= LOOK_BRACKETED;
	line->field = look_at_label(line);
}

static void
add_words(QuoteLine *line)
{
	if ((line->looks & (LOOK_BLANK | LOOK_QUOTED)) == 0)
		line->looks |= look_at_words(line);
}

/* Words are a third of the work, and most lines are nowhere near the end of an
 * attribution, which always has one of these looks. */
static void
look_closer(GArray *lines)
{
	const guint wanted =
	    LOOK_ENDING | LOOK_ADDRESS | LOOK_DASHED | LOOK_TAIL;
	guint near = 0;

	for (guint i = lines->len; i-- > 0;) {
		QuoteLine *line = &g_array_index(lines, QuoteLine, i);

		if ((line->looks & wanted) != 0)
			near = QUOTELINE_NEAR;
		if (near == 0)
			continue;
		near--;
		add_words(line);
	}
}

static gsize
line_length(const char *text, const char *end)
{
	const char *lf = memchr(text, '\n', (gsize)(end - text));

	return (gsize)((lf != NULL ? lf : end) - text);
}

QuoteLines *
quoteline_split(const char *body)
{
	QuoteLines *lines = g_new0(QuoteLines, 1);
	const char *end = body + strlen(body), *folded, *last;
	gsize start = 0;

	lines->lines = g_array_sized_new(FALSE, FALSE, sizeof(QuoteLine),
	    (guint)((gsize)(end - body) / USUAL_LINE) + 8);
	lines->folded = text_fold(body);
	folded = lines->folded;
	last = folded + strlen(folded);
	for (;;) {
		QuoteLine line = { .start = start, .folded = folded };

		line.end = start + line_length(body + start, end);
		line.length = line_length(folded, last);
		look_at(&line, lines->lines->len == 0
				   ? NULL
				   : &g_array_index(lines->lines, QuoteLine,
					 lines->lines->len - 1));
		g_array_append_val(lines->lines, line);
		if (body[line.end] == '\0')
			break;
		start = line.end + 1;
		folded += line.length + (folded[line.length] != '\0' ? 1 : 0);
	}
	look_closer(lines->lines);
	return lines;
}

/* Where the word-th word begins, of length octets. */
static gsize
word_at(const char *text, gsize length, guint word)
{
	const char *end = text + length;
	gboolean in_word = FALSE;

	for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
		gboolean space = g_unichar_isspace(g_utf8_get_char(p));

		if (!space && !in_word && word-- == 0)
			return (gsize)(p - text);
		in_word = !space;
	}
	return length;
}

void
quoteline_break(QuoteLines *lines, const char *body, guint i, guint word)
{
	QuoteLine *line = &g_array_index(lines->lines, QuoteLine, i);
	QuoteLine rest = *line;
	gsize kept = word_at(line->folded, line->length, word);
	gsize shown =
	    word_at(body + line->start, line->end - line->start, word);

	rest.start += shown;
	rest.folded += kept;
	rest.length -= kept;
	line->end = line->start + shown;
	line->length = kept;
	/* "Thanks--- On Monday ...": dashes before it are the program's. */
	while (line->end > line->start &&
	       strchr(" -", body[line->end - 1]) != NULL)
		line->end--;
	line->looks = rest.looks = 0;
	line->field = rest.field = 0;
	look_at(line, NULL);
	add_words(line);
	look_at(&rest, NULL);
	add_words(&rest);
	g_array_insert_val(lines->lines, i + 1, rest);
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

gboolean
quoteline_is_client(const QuoteLine *line)
{
	return quotewords_is_client(line->folded, line->length);
}

gboolean
quoteline_is_separator(const QuoteLine *line)
{
	Piece piece = trim((Piece){ line->folded, line->length }, "*:");

	return (quotewords_separator(piece.at, piece.length) &
		   SEPARATOR_ORIGINAL) != 0;
}

gboolean
quoteline_is_footer(const QuoteLine *line, gboolean below_rule)
{
	return quotewords_is_footer(line->folded, line->length, below_rule);
}

gboolean
quoteline_is_lower(const QuoteLine *line, const char *body)
{
	return g_unichar_islower(g_utf8_get_char(body + line->start));
}
