/* quote_find.c - weighs the looks of some lines together. What is not found
 * here stays in the text: each answer of "sure" hides words from the first
 * glance, so it wants the form that only programs write. */
#include "mail/quote_find.h"

#include <string.h>

#include "mail/attribution.h"
#include "mail/quote.h"
#include "mail/quotewords.h"

#define ATTRIBUTION_LINES 4
#define ATTRIBUTION_MAX   400 /* octets of a line, folded */
#define JOINED_MAX        800
#define WRAPPED_MIN       20 /* a line shorter than this was not wrapped */
#define WORK_MOST         (4 * 1000 * 1000) /* octets times parts, a mail */
#define BLOCK_LINES       8
#define INSIDE_WORDS      40

/* About the attribution that ends at a line. */
struct QuoteAnswer {
	gboolean asked;
	Attribution found;
	guint first;
};

void
quote_range_init(QuoteRange *range, const GArray *lines)
{
	range->lines = lines;
	range->begin = 0;
	range->end = lines->len;
	if (range->answers == NULL)
		range->answers = g_new0(struct QuoteAnswer, lines->len);
}

void
quote_range_clear(QuoteRange *range)
{
	g_clear_pointer(&range->answers, g_free);
}

static const QuoteLine *
line_at(const QuoteRange *range, guint i)
{
	return &g_array_index(range->lines, QuoteLine, i);
}

static gboolean
looks(const QuoteRange *range, guint i, guint look)
{
	return (line_at(range, i)->looks & look) != 0;
}

/* Body or marker without what clients put between its letters. */
static GString *
squeeze(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	for (const char *p = text; *p != '\0'; p++)
		if (strchr(" \t\n>|*", *p) == NULL && *p != '\xc2' &&
		    *p != '\xa0')
			g_string_append_c(out, g_ascii_tolower(*p));
	return out;
}

gint
quote_find_marker(const char *body)
{
	g_autoptr(GString) hay = NULL;
	g_autoptr(GString) needle = NULL;
	const char *found;
	gsize left;
	gint line = 0;

	if (strstr(body, "##-") == NULL)
		return -1;
	hay = squeeze(body);
	needle = squeeze(QUOTE_MARKER);
	found = strstr(hay->str, needle->str);
	if (found == NULL)
		return -1;
	left = found - hay->str;
	for (const char *p = body; *p != '\0'; p++) {
		if (*p == '\n')
			line++;
		else if (strchr(" \t>|*", *p) == NULL && *p != '\xc2' &&
			 *p != '\xa0' && left-- == 0)
			break;
	}
	return line;
}

gboolean
quote_find_quoted_below(const QuoteRange *range, guint i)
{
	for (guint k = i + 1; k < range->end && k <= i + 3; k++)
		if (!looks(range, k, LOOK_BLANK))
			return looks(range, k, LOOK_QUOTED);
	return FALSE;
}

/* May line i be the upper half of a line that goes on below? */
static gboolean
is_wrapped(const QuoteRange *range, guint i)
{
	const QuoteLine *line = line_at(range, i);

	return (line->looks & (LOOK_BLANK | LOOK_QUOTED | LOOK_RULE |
				  LOOK_ORIGINAL | LOOK_FORWARDED)) == 0 &&
	       line->length >= WRAPPED_MIN;
}

/* Quoted lines are below, or nothing that is left: then it was cut before. */
static gboolean
is_above_quotation(const QuoteRange *range, guint last)
{
	guint k = last + 1;

	while (k < range->end && k < last + 3 && looks(range, k, LOOK_BLANK))
		k++;
	return k >= range->end || quote_find_quoted_below(range, last);
}

/* What the rows of the table say. A row without a date joins no lines: it
 * would take the writer's last sentence for a name. */
static Attribution
match_table(QuoteRange *range, guint last, guint *first)
{
	const QuoteLine *bottom = line_at(range, last);
	const char *end = bottom->folded + bottom->length;
	AttributionMatch best = ATTRIBUTION_NO;
	gboolean address = FALSE;
	gboolean below = is_above_quotation(range, last);
	guint numbers = 0;

	for (guint k = 0; k < ATTRIBUTION_LINES && k <= last; k++) {
		const QuoteLine *top = line_at(range, last - k);
		gsize length = (gsize)(end - top->folded);
		gboolean has_address;
		AttributionMatch match;

		numbers |= top->looks & LOOK_NUMBER;
		if (range->work > WORK_MOST || length > JOINED_MAX ||
		    (k > 0 && !is_wrapped(range, last - k)))
			break;
		/* Without a number only "Ann wrote:" is left. */
		if (numbers == 0 && (k > 0 || !below))
			continue;
		match = attribution_match(top->folded, length, &has_address,
		    &range->work);
		if (match == ATTRIBUTION_BARE && k > 0 &&
		    *bottom->folded != '<')
			continue;
		if (match <= best)
			continue;
		best = match;
		address = has_address;
		*first = last - k;
		if (best == ATTRIBUTION_HEADED)
			break;
	}
	if (best < ATTRIBUTION_FULL)
		return best == ATTRIBUTION_BARE ? ATTRIBUTION_WEAK
						: ATTRIBUTION_NONE;
	/* "On 22.11.2026 at 10:05 your driver wrote:" may be a person's. */
	return address ? ATTRIBUTION_SURE : ATTRIBUTION_WEAK;
}

/* First line of the attribution that ends at line last, for those that no row
 * knows: lines above join if they bring the date or the address that is
 * missing. */
static guint
loose_start(const QuoteRange *range, guint last, guint *all)
{
	guint first = last;
	guint have = line_at(range, last)->looks;
	guint joined = have;
	gsize length = line_at(range, last)->length;

	for (guint k = 1; k < ATTRIBUTION_LINES - 1 && k <= last; k++) {
		const QuoteLine *line = line_at(range, last - k);

		if (!is_wrapped(range, last - k) || line->field != 0 ||
		    (line->looks & LOOK_ENDING) != 0 ||
		    strchr(".!?;", line->folded[line->length - 1]) != NULL)
			break;
		length += line->length;
		if (length > ATTRIBUTION_MAX)
			break;
		joined |= line->looks;
		if ((line->looks & (LOOK_DATE | LOOK_ADDRESS) & ~have) != 0) {
			first = last - k;
			have = joined;
		}
	}
	*all = have | (joined & LOOK_CLOCK) |
	       (line_at(range, first)->looks & LOOK_DIGIT);
	return first;
}

/* Date and address, and either a "wrote" or the date and time in front and the
 * address in brackets: then no row is needed. */
static Attribution
match_looks(const QuoteRange *range, guint last, guint *first)
{
	const guint colonless = LOOK_DIGIT | LOOK_DATE | LOOK_BRACKETED;
	const guint numbered = LOOK_DIGIT | LOOK_BRACKETED | LOOK_CLOCK;
	guint look = line_at(range, last)->looks;
	guint all;

	if ((look & (LOOK_ENDING | LOOK_LOOSE)) == 0)
		return (look & colonless) == colonless ? ATTRIBUTION_WEAK
						       : ATTRIBUTION_NONE;
	*first = loose_start(range, last, &all);
	if ((all & LOOK_DATE) != 0 && (all & LOOK_ADDRESS) != 0) {
		if ((look & LOOK_ENDING) != 0 &&
		    ((all & LOOK_VERB) != 0 || (all & numbered) == numbered))
			return ATTRIBUTION_SURE;
		return ATTRIBUTION_WEAK;
	}
	return (all & LOOK_VERB) != 0 ? ATTRIBUTION_WEAK : ATTRIBUTION_NONE;
}

static Attribution
find_attribution(QuoteRange *range, guint last, guint *first)
{
	const guint dashed = LOOK_DASHED | LOOK_DATE | LOOK_VERB;
	const QuoteLine *line = line_at(range, last);
	Attribution found = ATTRIBUTION_NONE;

	*first = last;
	if ((line->looks & (LOOK_QUOTED | LOOK_RULE | LOOK_BLANK)) != 0 ||
	    line->length > ATTRIBUTION_MAX)
		return ATTRIBUTION_NONE;
	if ((line->looks & dashed) == dashed)
		return ATTRIBUTION_SURE;
	if ((line->looks & LOOK_TAIL) != 0)
		found = match_table(range, last, first);
	return found != ATTRIBUTION_NONE ? found
					 : match_looks(range, last, first);
}

Attribution
quote_find_attribution(QuoteRange *range, guint last, guint *first)
{
	struct QuoteAnswer *answer = &range->answers[last];

	if (!answer->asked) {
		answer->asked = TRUE;
		answer->found = find_attribution(range, last, &answer->first);
	}
	*first = MAX(answer->first, range->begin);
	return answer->found;
}

/* Only rows that say how they begin: "On {date}, {who} wrote:". */
guint
quote_find_inside(QuoteRange *range, guint i)
{
	const guint wanted = LOOK_TAIL | LOOK_NUMBER;
	const QuoteLine *line = line_at(range, i);
	const char *end = line->folded + line->length;
	guint word = 0;

	if ((line->looks & wanted) != wanted ||
	    (line->looks & LOOK_QUOTED) != 0 ||
	    !quote_find_quoted_below(range, i))
		return 0;
	for (const char *p = line->folded; p < end; p++) {
		gboolean address;

		if (p > line->folded && (*p == ' ' || p[-1] != ' '))
			continue;
		if (word > INSIDE_WORDS || range->work > WORK_MOST)
			return 0;
		if ((gsize)(end - p) < ATTRIBUTION_MAX &&
		    attribution_match(p, (gsize)(end - p), &address,
			&range->work) == ATTRIBUTION_HEADED)
			return word;
		word++;
	}
	return 0;
}

/* "10:05:00 +0500": a Date as header fields have it, and people do not. */
static gboolean
has_zone(const QuoteLine *line)
{
	for (gsize i = 1; i + 4 < line->length; i++) {
		const char *p = line->folded + i;

		if ((*p == '+' || *p == '-') && p[-1] == ' ' &&
		    g_ascii_isdigit(p[1]) && g_ascii_isdigit(p[2]) &&
		    g_ascii_isdigit(p[3]) && g_ascii_isdigit(p[4]) &&
		    memchr(line->folded, ':', i) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* "10:05", "10.05", "10h05", and not a part of "27.11.2026". */
static gboolean
has_clock(const QuoteLine *line)
{
	const char *p = line->folded, *end = p + line->length;

	for (; end - p >= 4; p++) {
		if (!g_ascii_isdigit(p[0]) || strchr(":.h", p[1]) == NULL ||
		    !g_ascii_isdigit(p[2]) || !g_ascii_isdigit(p[3]))
			continue;
		if (end - p == 4 ||
		    (!g_ascii_isdigit(p[4]) && (p[1] == ':' || p[4] != '.')))
			return TRUE;
	}
	return FALSE;
}

/* From, and two more of To, Date and Subject, close together. A traveller's
 * "From: Tashkent, To: Samarkand, Date: ..." is no header block, so an address is
 * wanted, or a subject; and if From does not stand first, as in an order form,
 * the time of day when the mail was sent. With a header field's date two are
 * enough. */
gboolean
quote_find_block(const QuoteRange *range, guint i)
{
	gboolean address = FALSE, zone = FALSE, any = FALSE, clock = FALSE;
	guint seen = 0, fields = 0, others = 0;

	for (guint k = i, n = 0; k < range->end && n < BLOCK_LINES; k++) {
		const QuoteLine *line = line_at(range, k);
		guint fresh = line->field & ~seen;

		if ((line->looks & LOOK_BLANK) != 0) {
			if (k > i + BLOCK_LINES * 2)
				break;
			continue;
		}
		n++;
		if (line->field == 0 && ++others > 2)
			break;
		if (fresh == 0)
			continue;
		fresh &= ~(fresh - 1); /* one of its meanings */
		seen |= fresh;
		fields++;
		any |= (fresh & (FIELD_FROM | FIELD_TO)) != 0 &&
		       (line->looks & LOOK_ADDRESS) != 0;
		if (fresh == FIELD_FROM)
			address = (line->looks & LOOK_ADDRESS) != 0;
		if (fresh == FIELD_DATE) {
			zone = has_zone(line);
			clock = has_clock(line);
		}
	}
	if (fields >= 2 && zone && any &&
	    (line_at(range, i)->field & (FIELD_FROM | FIELD_DATE)) != 0)
		return TRUE;
	return (seen & FIELD_FROM) != 0 && fields >= 3 &&
	       (address ||
		   ((seen & FIELD_SUBJECT) != 0 &&
		       (clock ||
			   (line_at(range, i)->field & FIELD_FROM) != 0)));
}
