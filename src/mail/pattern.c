/* pattern.c - compares a line with a pattern, all ways at once: for each part
 * of the pattern in turn the set of places where it may end. So there is no
 * backtracking, and no line that takes long. */
#include "mail/pattern.h"

#include <string.h>

typedef enum Part {
	PART_TEXT,
	PART_DATE,
	PART_TIME,
	PART_ADDRESS,
	PART_NAME,
	PART_WHO
} Part;

/* Octets: letters of most scripts take two or three. */
static const struct Hole {
	const char *name;
	Part part;
	gint least, most;
} holes[] = {
	{ "{date}", PART_DATE, 3, 160 },
	{ "{time}", PART_TIME, 3, 60 },
	{ "{addr}", PART_ADDRESS, 3, 254 },
	{ "{name}", PART_NAME, 1, 300 },
	{ "{who}", PART_WHO, 1, 300 },
};

#define WORDS_BEFORE 2 /* of a date before its first number */
#define WORDS_MOST   8 /* of a date, with the zone's name */

#define DAY_MOST 60 /* octets of "Monday, 22 November" in any script */

typedef struct Piece {
	const struct Hole *hole; /* NULL: a text */
	gboolean has_time;       /* a date, and the time is somewhere else */
	char *text;
	gsize length;
} Piece;

struct Pattern {
	GArray *pieces;
	const char *longest; /* text that a line must hold; NULL if none */
};

static gboolean
is_ignored(gunichar c)
{
	return c == '*' || c == 0x200e || c == 0x200f || c == 0x61c ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Puts text without what counts nothing at to, which holds most octets; begins,
 * if not NULL, gets how many words begin before each. Returns its length, or
 * -1 if there is no place. */
static gint
squeeze(const char *text, gsize length, char *to, gsize most, guint16 *begins)
{
	const char *end = text + length;
	gboolean digit = FALSE, gap = TRUE;
	guint16 words = 0;
	gsize n = 0;

	for (const char *p = text; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		gsize octets = (gsize)(g_utf8_next_char(p) - p);
		gboolean number = g_unichar_isdigit(c);

		if (g_unichar_isspace(c)) {
			gap = TRUE;
			continue;
		}
		if (is_ignored(c))
			continue;
		if (n + octets + 1 > most)
			return -1;
		if (digit && gap && number) {
			if (begins != NULL)
				begins[n] = words;
			to[n++] = ' ';
		}
		for (gsize i = 0; i < octets; i++) {
			if (begins != NULL)
				begins[n] = words;
			to[n++] = p[i];
		}
		words += gap && g_unichar_isalpha(c);
		gap = FALSE;
		digit = number;
	}
	if (begins != NULL)
		begins[n] = words;
	to[n] = '\0';
	return (gint)n;
}

static void
piece_clear(gpointer data)
{
	g_free(((Piece *)data)->text);
}

static void
add_text(Pattern *pattern, const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);
	g_autofree char *squeezed = g_malloc(length + 2);
	Piece piece = { NULL, FALSE, NULL, 0 };
	gint n;

	/* "~" is optional white space, and all white space is optional. */
	g_strdelimit(copy, "~", ' ');
	n = squeeze(copy, length, squeezed, length + 1, NULL);
	if (n <= 0)
		return;
	piece.length = (gsize)n;
	piece.text = g_steal_pointer(&squeezed);
	g_array_append_val(pattern->pieces, piece);
}

static const struct Hole *
hole_at(const char *p)
{
	for (gsize i = 0; i < G_N_ELEMENTS(holes); i++)
		if (g_str_has_prefix(p, holes[i].name))
			return &holes[i];
	return NULL;
}

Pattern *
pattern_new(const char *text)
{
	Pattern *pattern = g_new0(Pattern, 1);
	gboolean has_time = strstr(text, "{time}") != NULL;
	const char *start = text, *p = text;

	pattern->pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
	g_array_set_clear_func(pattern->pieces, piece_clear);
	while (*p != '\0') {
		const struct Hole *hole = *p == '{' ? hole_at(p) : NULL;
		Piece piece = { hole, has_time, NULL, 0 };

		if (hole == NULL) {
			p++;
			continue;
		}
		add_text(pattern, start, (gsize)(p - start));
		g_array_append_val(pattern->pieces, piece);
		p += strlen(hole->name);
		start = p;
	}
	add_text(pattern, start, (gsize)(p - start));
	for (guint i = 0; i < pattern->pieces->len; i++) {
		const Piece *piece = &g_array_index(pattern->pieces, Piece, i);

		if (piece->text != NULL &&
		    (pattern->longest == NULL ||
			piece->length > strlen(pattern->longest)))
			pattern->longest = piece->text;
	}
	return pattern;
}

void
pattern_free(Pattern *pattern)
{
	if (pattern == NULL)
		return;
	g_array_unref(pattern->pieces);
	g_free(pattern);
}

static const Piece *
piece_at(const Pattern *pattern, guint i)
{
	return &g_array_index(pattern->pieces, Piece, i);
}

const char *
pattern_tail(const Pattern *pattern)
{
	guint n = pattern->pieces->len;

	if (n == 0 || piece_at(pattern, n - 1)->text == NULL)
		return "";
	return piece_at(pattern, n - 1)->text;
}

gboolean
pattern_has_head(const Pattern *pattern)
{
	return pattern->pieces->len > 0 && piece_at(pattern, 0)->text != NULL;
}

/* Digits at p, of those scripts that write dates with their own. */
static guint
digits_at(const char *p, const char *end, const char **after)
{
	guint n = 0;

	while (p < end && n < 9 &&
	       (g_ascii_isdigit(*p) ||
		   ((guint8)*p >= 0xd9 &&
		       g_unichar_isdigit(g_utf8_get_char(p))))) {
		p = g_utf8_next_char(p);
		n++;
	}
	*after = p;
	return n;
}

/* "2026", "22.11.26", "22/11": years and dates. "10:05", "10.05", "10h05",
 * "10 with any one letter and 05": clocks. Sets what a number that begins at
 * place i ends, for all later places. */
static void
note_number(PatternLine *line, gsize i)
{
	const char *end = line->text + line->length;
	const char *p = line->text + i, *next, *after;
	guint first = digits_at(p, end, &next), second = 0;

	if (first == 4) /* it may be the year of 1405 or 2569 */
		line->day[next - line->text] = (gint16)i;
	/* "2026/11/2210:05": a date that a time is glued to. */
	if (first > 2 && next < end && *next == ':' &&
	    digits_at(next + 1, end, &after) == 2 &&
	    g_ascii_isdigit(next[-1]) && g_ascii_isdigit(next[-2]))
		line->clock[after - line->text] =
		    (gint16)(next - 2 - line->text);
	/* Not the middle of an IP address or a version. */
	if (first > 2 || next >= end || *next == ' ' ||
	    (i > 1 && strchr(".-:/", p[-1]) != NULL && g_ascii_isdigit(p[-2])))
		return;
	after = next;
	if (!g_ascii_isalpha(*next) || *next == 'h')
		second = digits_at(g_utf8_next_char(next), end, &after);
	if (second == 2)
		line->clock[after - line->text] = (gint16)i;
	if (second >= 1 && second <= 2 && strchr("./-", *next) != NULL &&
	    after < end && *after == *next) {
		guint third = digits_at(after + 1, end, &next);

		if (third == 2 || third == 4)
			line->day[next - line->text] = (gint16)i;
	}
}

/* From where things end to the last one before each place. */
static void
spread(gint16 *places, guint length)
{
	for (guint i = 1; i <= length; i++)
		places[i] = MAX(places[i], places[i - 1]);
}

/* A date may begin where a number follows soon: "Sunday, November 22". */
static void
note_openings(PatternLine *line)
{
	gint number = -1;

	for (gint i = (gint)line->length; i >= 0; i--) {
		if (i < (gint)line->length &&
		    line->numbers[i + 1] > line->numbers[i])
			number = i;
		line->opens[i] =
		    number >= 0 &&
		    line->words[number] - line->words[i] <= WORDS_BEFORE;
	}
}

gboolean
pattern_line(PatternLine *line, const char *text, gsize length)
{
	gboolean in_number = FALSE, domain = FALSE;
	gint16 at = -1;
	guint16 numbers = 0;

	gint n =
	    squeeze(text, length, line->text, PATTERN_LINE_MOST, line->words);

	if (n < 0)
		return FALSE;
	length = (gsize)n;
	line->length = (guint)n;
	line->has_address = line->has_digit = FALSE;
	memset(line->day, 0xff, (length + 1) * sizeof(line->day[0]));
	memset(line->clock, 0xff, (length + 1) * sizeof(line->clock[0]));
	for (gsize i = 0; i <= length; i++) {
		const char *p = line->text + i;
		gboolean first = i < length && ((guint8)*p & 0xc0) != 0x80;
		gboolean digit =
		    first && (g_ascii_isdigit(*p) ||
				 ((guint8)*p >= 0xd9 &&
				     g_unichar_isdigit(g_utf8_get_char(p))));

		line->numbers[i] = numbers;
		line->at[i] = at;
		/* "ann@shop.uz", "ann@shop.uz>" and "ann@shop.uz>)" end. */
		line->closed[i] = at >= 0 && domain && (gint)i > at + 1;
		if (i == length)
			break;
		if (digit && !in_number) {
			numbers++;
			note_number(line, i);
		}
		if (first)
			in_number = digit;
		line->has_digit |= digit;
		if (*p == '@') {
			at = (gint16)i;
			domain = TRUE;
			line->has_address = TRUE;
		} else if (!g_ascii_isalnum(*p) && *p >= 0 &&
			   strchr(".-_>)]\"';,", *p) == NULL) {
			domain = FALSE;
		}
	}
	spread(line->day, line->length);
	spread(line->clock, line->length);
	note_openings(line);
	return TRUE;
}

/* Sets of places, one octet each. */
typedef struct Places {
	guint8 set[PATTERN_LINE_MOST + 1];
} Places;

static gboolean
step_text(const Piece *piece, const PatternLine *line, const Places *from,
    Places *to)
{
	gboolean any = FALSE;

	memset(to->set, 0, line->length + 1);
	for (gsize i = 0; i + piece->length <= line->length; i++)
		if (from->set[i] &&
		    memcmp(line->text + i, piece->text, piece->length) == 0)
			any = to->set[i + piece->length] = 1;
	return any;
}

/* Can a hole be filled with first .. end - 1? small is the first and large the
 * last place that it may begin at, both known to be near enough. */
static gboolean
fits(const Piece *piece, const PatternLine *line, gint small, gint large,
    gint end)
{
	gint at = line->at[end];

	switch (piece->hole->part) {
	case PART_DATE: /* small is behind the last "@" already */
		return line->day[end] >= small || line->clock[end] >= small ||
		       (piece->has_time &&
			   line->numbers[end] > line->numbers[large] &&
			   end - large <= DAY_MOST);
	case PART_TIME:
		return line->clock[end] >= small;
	case PART_ADDRESS:
		return at > small && line->closed[end];
	case PART_NAME:
		return large > at;
	default:
		return at < small || line->closed[end] || large > at;
	}
}

static gboolean
may_begin(const PatternLine *line, const Places *from, gint i, gboolean dated)
{
	return from->set[i] && (!dated || line->opens[i]);
}

static gboolean
step_hole(const Piece *piece, const PatternLine *line, const Places *from,
    Places *to)
{
	const struct Hole *hole = piece->hole;
	gboolean dated = hole->part == PART_DATE || hole->part == PART_TIME;
	gint small = 0, large = -1;
	gboolean any = FALSE;

	memset(to->set, 0, line->length + 1);
	for (gint end = hole->least; end <= (gint)line->length; end++) {
		gint low = end - hole->most;

		if (dated)
			low = MAX(low, line->at[end] + 1);
		if (may_begin(line, from, end - hole->least, dated))
			large = end - hole->least;
		while (small < end &&
		       (small < low || !may_begin(line, from, small, dated) ||
			   (dated && line->words[end] - line->words[small] >
					 WORDS_MOST)))
			small++;
		if (small <= end - hole->least && large >= low &&
		    fits(piece, line, small, large, end))
			any = to->set[end] = 1;
	}
	return any;
}

gboolean
pattern_matches(const Pattern *pattern, const PatternLine *line, guint64 *work)
{
	Places places[2];
	guint now = 0;

	if (line->length == 0 ||
	    (pattern->longest != NULL &&
		strstr(line->text, pattern->longest) == NULL))
		return FALSE;
	memset(places[now].set, 0, line->length + 1);
	places[now].set[0] = 1;
	for (guint i = 0; i < pattern->pieces->len; i++, now = 1 - now) {
		const Piece *piece = piece_at(pattern, i);

		*work += line->length;
		if (!(piece->hole == NULL ? step_text(piece, line, &places[now],
						&places[1 - now])
					  : step_hole(piece, line, &places[now],
						&places[1 - now])))
			return FALSE;
	}
	return places[now].set[line->length] != 0;
}
