/* quote.c - finds where the writer's own words end.
 *
 * message.c asks it once for each mail; classify, langid and relay work on
 * what it leaves. It cuts only what it recognises, in this order: everything
 * from our own marker line, or another desk's, on; everything from a header
 * block, a "-----Original Message-----" or a sure attribution on; quotations at
 * the end and what stands below them as signature; a quotation with attribution
 * at the beginning, or one between a greeting and the answer. Answers between
 * quoted lines stay with them, as do forwards. */
#include "mail/quote.h"

#include <string.h>

#include "mail/quote_find.h"
#include "mail/quoteline.h"

#define SIGNATURE_LINES 15 /* below "--" */
#define SIGNATURE_WORDS 3
#define SIGDASH_LINES   40 /* below "-- ", which nobody writes by hand */
#define CLIENT_LINES    3
#define FOOTERS         5
#define FOOTER_LINES    30
#define CLOSINGS        5
#define FULL_LINE       70 /* programs wrap at 72 to 80 characters */
#define BREAKS          3
#define LABELS_ABOVE    3

typedef struct Cut {
	QuoteRange range;  /* what is kept */
	guint hole, until; /* but for lines hole .. until - 1 */
	gboolean history;  /* something below the end was cut already */
	guint8 *quote;     /* for each line: it belongs to a quotation */
	gboolean apart;    /* of the range only what belongs to none is kept */
	const char *body;
} Cut;

static const QuoteLine *
line_at(const Cut *cut, guint i)
{
	return &g_array_index(cut->range.lines, QuoteLine, i);
}

static gboolean
looks(const Cut *cut, guint i, guint look)
{
	return (line_at(cut, i)->looks & look) != 0;
}

void
quote_init(void)
{
	g_autofree char *text = NULL;
	guint lines;

	quote_cut("Sent:\nFrom my phone, wrote:\n", &text, &lines);
}

gboolean
quote_has_marker(const char *text)
{
	return text != NULL && quote_find_marker(text) >= 0;
}

static void
end_at(Cut *cut, guint line)
{
	cut->range.end = line;
	cut->history = TRUE;
}

/* Sets the end to where history begins that has no mark on each line. Nothing
 * below a forward is looked at: it is what the writer wants us to read. */
static void
cut_history(Cut *cut)
{
	for (guint i = cut->range.begin; i < cut->range.end; i++) {
		const QuoteLine *line = line_at(cut, i);
		guint first = i;

		if ((line->looks & LOOK_FORWARDED) != 0)
			return;
		if ((line->looks & LOOK_ORIGINAL) != 0 ||
		    (line->field != 0 && quote_find_block(&cut->range, i)) ||
		    (quote_find_attribution(&cut->range, i, &first) ==
			    ATTRIBUTION_SURE &&
			!quote_find_quoted_below(&cut->range, i))) {
			end_at(cut, first);
			return;
		}
	}
}

/* The address of a link goes on to the end of the line. */
static gboolean
ends_in_link(const QuoteLine *line)
{
	const char *p = line->folded + line->length;

	while (p > line->folded && p[-1] != ' ')
		p--;
	p += strspn(p, "(<[>");
	return strncmp(p, "http", 4) == 0;
}

/* It goes on below: it is as long as a line may be, and no sentence ends. */
static gboolean
is_full(const QuoteLine *line)
{
	return g_utf8_strlen(line->folded, (gssize)line->length) >= FULL_LINE &&
	       strchr(".?!:;>)\"'", line->folded[line->length - 1]) == NULL;
}

/* A program broke the end of a quoted line off, or a link out of it. That a
 * line between quoted ones is such an end must be plain to see: else it is an
 * answer. */
static gboolean
is_stray(const Cut *cut, guint i)
{
	const QuoteLine *line = line_at(cut, i);
	const QuoteLine *above;
	const char *p = line->folded;

	if (i == 0 || !looks(cut, i - 1, LOOK_QUOTED) ||
	    looks(cut, i, LOOK_BLANK) ||
	    !quote_find_quoted_below(&cut->range, i))
		return FALSE;
	p += strspn(p, " \t(<[");
	if (strncmp(p, "http://", 7) == 0 || strncmp(p, "https://", 8) == 0)
		return TRUE;
	above = line_at(cut, i - 1);
	if (i + 1 >= cut->range.end || !looks(cut, i + 1, LOOK_QUOTED))
		return FALSE;
	if (ends_in_link(above))
		return memchr(line->folded, ' ', line->length) == NULL;
	return is_full(above) && quoteline_is_lower(line, cut->body);
}

/* Marks quoted lines and the attributions above them. */
static void
mark_quotations(Cut *cut)
{
	for (guint i = cut->range.begin; i < cut->range.end; i++) {
		guint first = i;

		if (looks(cut, i, LOOK_FORWARDED))
			return;
		if (looks(cut, i, LOOK_QUOTED) || is_stray(cut, i))
			cut->quote[i] = TRUE;
		else if (quote_find_quoted_below(&cut->range, i) &&
			 quote_find_attribution(&cut->range, i, &first) !=
			     ATTRIBUTION_NONE)
			memset(cut->quote + first, TRUE, i - first + 1);
	}
}

/* An attribution whose quotation was cut already goes too. */
static gboolean
cut_attribution(Cut *cut)
{
	guint last = cut->range.end - 1;
	guint first = last;

	if (!cut->history || quote_find_attribution(&cut->range, last,
				 &first) == ATTRIBUTION_NONE)
		return FALSE;
	cut->range.end = first;
	return TRUE;
}

/* Yandex puts "To: ...; Subject: ..." and a row of dashes above its
 * attribution; Outlook a rule above its block, others a rule with words in any
 * language, and BlackBerry "Original Message" without dashes. */
static void
cut_rule(Cut *cut)
{
	guint i = cut->range.end;

	while (i > cut->range.begin && line_at(cut, i - 1)->field != 0 &&
	       cut->range.end - i < LABELS_ABOVE)
		i--;
	if (i > cut->range.begin &&
	    (looks(cut, i - 1, LOOK_RULE | LOOK_DASHED) ||
		quoteline_is_separator(line_at(cut, i - 1))))
		cut->range.end = i - 1;
}

static void
cut_tail(Cut *cut)
{
	while (cut->range.end > cut->range.begin) {
		guint last = cut->range.end - 1;

		if (looks(cut, last, LOOK_BLANK)) {
			cut->range.end = last;
		} else if (cut->quote[last]) {
			end_at(cut, last);
		} else if (!cut_attribution(cut)) {
			guint end = cut->range.end;

			if (cut->history)
				cut_rule(cut);
			if (end == cut->range.end)
				return;
		}
	}
}

/* Is there anything of the writer's own in first .. end - 1? */
static gboolean
has_words(const Cut *cut, guint first, guint end)
{
	for (guint i = first; i < end; i++)
		if (!cut->quote[i] &&
		    !looks(cut, i, LOOK_BLANK | LOOK_RULE | LOOK_DELIMITER))
			return TRUE;
	return FALSE;
}

/* Takes off lines from i on if words are left. */
static gboolean
cut_from(Cut *cut, guint i)
{
	if (!has_words(cut, cut->range.begin, i))
		return FALSE;
	cut->range.end = i;
	cut_tail(cut);
	return TRUE;
}

/* The last paragraph, while it is the footer of an office or a list. */
static void
cut_footers(Cut *cut)
{
	for (guint n = 0; n < FOOTERS && cut->range.end > cut->range.begin;
	     n++) {
		guint last = cut->range.end - 1;
		guint i = last;
		gboolean ruled;

		while (i > cut->range.begin && last - i < FOOTER_LINES &&
		       !looks(cut, i - 1, LOOK_BLANK | LOOK_RULE) &&
		       !cut->quote[i - 1])
			i--;
		ruled = i > cut->range.begin && looks(cut, i - 1, LOOK_RULE);
		if (!quoteline_is_footer(line_at(cut, i), ruled) ||
		    !cut_from(cut, ruled ? i - 1 : i))
			return;
	}
}

/* Lines that telephones and programs add. */
static void
cut_clients(Cut *cut)
{
	for (guint n = 0; n < CLIENT_LINES && cut->range.end > cut->range.begin;
	     n++)
		if (!quoteline_is_client(line_at(cut, cut->range.end - 1)) ||
		    !cut_from(cut, cut->range.end - 1))
			return;
}

/* "--" where the space got lost, and below it no name but a sentence that goes
 * on, or a list. */
static gboolean
goes_on(const Cut *cut, guint i)
{
	const QuoteLine *line = line_at(cut, i);
	guint words = 1;

	if (line->length > 2)
		return FALSE;
	do {
		if (++i >= cut->range.end)
			return FALSE;
	} while (looks(cut, i, LOOK_BLANK));
	line = line_at(cut, i);
	for (gsize n = 0; n < line->length; n++)
		words += line->folded[n] == ' ';
	return words > SIGNATURE_WORDS && quoteline_is_lower(line, cut->body);
}

/* "-- " and what follows. */
static void
cut_signature(Cut *cut)
{
	guint end = cut->range.end;

	for (guint i = end; i > cut->range.begin && end - i < SIGDASH_LINES;
	     i--) {
		if (cut->quote[i - 1])
			return;
		if (!looks(cut, i - 1, LOOK_DELIMITER))
			continue;
		if ((end - i < SIGNATURE_LINES ||
			line_at(cut, i - 1)->length > 2) &&
		    !goes_on(cut, i - 1))
			cut_from(cut, i - 1);
		return;
	}
}

static void
cut_closing(Cut *cut)
{
	for (guint n = 0; n < CLOSINGS; n++) {
		guint end = cut->range.end;

		cut_footers(cut);
		cut_clients(cut);
		cut_signature(cut);
		if (cut->range.end == end)
			return;
	}
}

/* The only quotation, if it has an attribution and a blank line below, and
 * answers nothing in between: then it is no context. Above it nothing, or a
 * greeting. */
static void
cut_middle(Cut *cut)
{
	guint i = cut->range.begin, first;

	while (i < cut->range.end && !cut->quote[i])
		i++;
	if (i == cut->range.end || looks(cut, i, LOOK_QUOTED))
		return;
	first = i;
	while (
	    i < cut->range.end && (cut->quote[i] || looks(cut, i, LOOK_BLANK)))
		i++;
	if (i == cut->range.end || (has_words(cut, cut->range.begin, first) &&
				       !looks(cut, i - 1, LOOK_BLANK)))
		return;
	for (guint k = i; k < cut->range.end; k++)
		if (cut->quote[k])
			return;
	cut->hole = first;
	cut->until = i;
	if (!has_words(cut, cut->range.begin, first))
		cut->range.begin = i;
}

/* Lines first .. end - 1 without the blank ones at both ends, if any is left. */
static void
add_span(const Cut *cut, GArray *spans, guint first, guint end)
{
	QuoteSpan span;

	while (first < end && looks(cut, first, LOOK_BLANK))
		first++;
	while (end > first && looks(cut, end - 1, LOOK_BLANK))
		end--;
	if (first == end)
		return;
	span.start = line_at(cut, first)->start;
	span.end = line_at(cut, end - 1)->end;
	g_array_append_val(spans, span);
}

/* What is kept, as spans of the body. */
static void
add_spans(const Cut *cut, GArray *spans)
{
	guint begin = cut->range.begin, end = cut->range.end;

	if (cut->apart) {
		for (guint i = begin, first = begin; i <= end; i++)
			if (i == end || cut->quote[i]) {
				add_span(cut, spans, first, i);
				first = i + 1;
			}
	} else if (cut->hole <= begin || cut->hole >= end) {
		add_span(cut, spans, begin, end);
	} else {
		add_span(cut, spans, begin, cut->hole);
		add_span(cut, spans, cut->until, end);
	}
}

static guint
count_left_out(const Cut *cut, const GArray *spans)
{
	guint n = 0, k = 0;

	for (guint i = 0; i < cut->range.lines->len; i++) {
		const QuoteLine *line = line_at(cut, i);

		while (k < spans->len &&
		       g_array_index(spans, QuoteSpan, k).end < line->end)
			k++;
		if (!looks(cut, i, LOOK_BLANK) &&
		    (k == spans->len ||
			line->start < g_array_index(spans, QuoteSpan, k).start))
			n++;
	}
	return n;
}

static gboolean
cut_all(Cut *cut, const QuoteLines *lines, gint marker)
{
	quote_range_init(&cut->range, lines->lines);
	cut->hole = cut->until = 0;
	cut->history = FALSE;
	cut->apart = FALSE;
	memset(cut->quote, 0, lines->lines->len);
	if (marker >= 0)
		end_at(cut, (guint)marker);
	cut_history(cut);
	mark_quotations(cut);
	cut_tail(cut);
	cut_closing(cut);
	cut_middle(cut);
	return has_words(cut, cut->range.begin, cut->range.end);
}

/* Another desk's marker. */
static gint
find_above(const QuoteLines *lines)
{
	for (guint i = 0; i < lines->lines->len; i++)
		if ((g_array_index(lines->lines, QuoteLine, i).looks &
			LOOK_ABOVE) != 0)
			return (gint)i;
	return -1;
}

/* An attribution on the line of the writer's last words gets its own. */
static void
break_lines(QuoteLines *lines, const char *body)
{
	QuoteRange range = { .lines = lines->lines };

	for (guint i = 0, n = 0; i < lines->lines->len && n < BREAKS; i++) {
		guint word;

		range.end = lines->lines->len;
		word = quote_find_inside(&range, i);
		if (word == 0)
			continue;
		quoteline_break(lines, body, i, word);
		n++;
	}
}

/* No line of own words follows a quoted one without a blank line between: such
 * a line may be the end of a quoted one that some program has wrapped. */
static gboolean
stand_apart(const Cut *cut)
{
	for (guint i = cut->range.begin + 1; i < cut->range.end; i++) {
		const QuoteLine *above = line_at(cut, i - 1);

		if (!cut->quote[i] && !looks(cut, i, LOOK_BLANK) &&
		    cut->quote[i - 1] &&
		    strspn(above->folded, "> \t") < above->length)
			return FALSE;
	}
	return TRUE;
}

/* The answer stands below our own letter, or between its quoted paragraphs: all
 * that has a quotation mark on each line goes. */
static gboolean
cut_below(Cut *cut, guint marker)
{
	if (!looks(cut, marker, LOOK_QUOTED))
		return FALSE;
	quote_range_init(&cut->range, cut->range.lines);
	cut->history = FALSE;
	cut->apart = TRUE;
	memset(cut->quote, 0, cut->range.lines->len);
	mark_quotations(cut);
	cut->range.begin = marker;
	cut_tail(cut);
	cut_closing(cut);
	return has_words(cut, marker, cut->range.end) && stand_apart(cut);
}

static GArray *
cut_spans(const char *body, guint *left_out)
{
	g_autoptr(QuoteLines) lines = quoteline_split(body);
	g_autofree guint8 *quote = NULL;
	gint ours = quote_find_marker(body);
	gint marker = ours >= 0 ? ours : find_above(lines);
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(QuoteSpan));
	Cut cut = { .body = body };

	/* Lines are numbered anew then. */
	if (marker < 0)
		break_lines(lines, body);
	cut.quote = quote = g_new0(guint8, lines->lines->len);

	/* Below another desk's marker there may be an answer all the same. */
	if (cut_all(&cut, lines, marker) ||
	    (ours >= 0 ? cut_below(&cut, (guint)ours)
		       : marker >= 0 && cut_all(&cut, lines, -1)))
		add_spans(&cut, spans);
	*left_out = spans->len > 0 ? count_left_out(&cut, spans) : 0;
	quote_range_clear(&cut.range);
	return spans;
}

GArray *
quote_spans(const char *body)
{
	guint left_out;

	return cut_spans(body, &left_out);
}

void
quote_cut(const char *body, char **new_text, guint *quoted_lines)
{
	g_autoptr(GArray) spans = cut_spans(body, quoted_lines);
	GString *out;

	if (spans->len == 0) {
		*new_text = g_strdup(body);
		return;
	}
	out = g_string_new(NULL);
	for (guint i = 0; i < spans->len; i++) {
		const QuoteSpan *span = &g_array_index(spans, QuoteSpan, i);

		if (i > 0)
			g_string_append(out, "\n\n");
		g_string_append_len(out, body + span->start,
		    (gssize)(span->end - span->start));
	}
	*new_text = g_string_free(out, FALSE);
}
