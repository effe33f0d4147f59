/* quote.c - finds where the writer's own words end.
 *
 * message.c asks it once for each mail; classify, langid and relay work on
 * what it leaves. It cuts only what it recognises, in this order: everything
 * from our own marker line on; everything from a header block, a "-----Original
 * Message-----" or a sure attribution on; quotations at the end and what stands
 * below them as signature; a quotation with attribution at the beginning.
 * Quotations between the writer's words stay, as do forwards. */
#include "mail/quote.h"

#include <string.h>

#include "mail/quoteline.h"

#define ATTRIBUTION_LINES 3
#define ATTRIBUTION_MAX   400 /* octets, folded */
#define WRAPPED_MIN       30  /* a line shorter than this was not wrapped */
#define BLOCK_LINES       8
#define SIGNATURE_LINES   15
#define CLIENT_LINES      3

typedef struct Cut {
	const GArray *lines;
	guint begin, end; /* what is kept: lines begin .. end - 1 */
	gboolean history; /* something below end was cut already */
	guint8 *quote;    /* for each line: it belongs to a quotation */
} Cut;

static const QuoteLine *
line_at(const Cut *cut, guint i)
{
	return &g_array_index(cut->lines, QuoteLine, i);
}

static gboolean
looks(const Cut *cut, guint i, guint look)
{
	return (line_at(cut, i)->looks & look) != 0;
}

/* Body or marker without what clients put between its letters. line_of:
 * NULL, or the offset asked about; it becomes the line it is in. */
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

/* Line in which the marker begins, or -1. */
static gint
find_marker(const char *body)
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
quote_has_marker(const char *text)
{
	return text != NULL && find_marker(text) >= 0;
}

/* Is the next line that is not blank a quoted one? */
static gboolean
is_quoted_below(const Cut *cut, guint i)
{
	for (guint k = i + 1; k < cut->end && k <= i + 3; k++)
		if (!looks(cut, k, LOOK_BLANK))
			return looks(cut, k, LOOK_QUOTED);
	return FALSE;
}

/* First line of the attribution that ends at line last: a program or relay
 * may have wrapped it, so lines above join if they bring the date or the
 * address that is missing. */
static guint
attribution_start(const Cut *cut, guint last, guint *all)
{
	guint first = last;
	guint have = line_at(cut, last)->looks;
	guint joined = have;
	gsize length = line_at(cut, last)->length;

	for (guint k = 1; k < ATTRIBUTION_LINES && k <= last; k++) {
		const QuoteLine *line = line_at(cut, last - k);

		if ((line->looks & (LOOK_BLANK | LOOK_QUOTED | LOOK_ENDING |
				       LOOK_RULE)) != 0 ||
		    line->length < WRAPPED_MIN || line->field != FIELD_NONE ||
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
	*all = have | (line_at(cut, first)->looks & LOOK_DIGIT);
	return first;
}

typedef enum Attribution {
	ATTRIBUTION_NONE,
	ATTRIBUTION_WEAK, /* counts with a quotation below */
	ATTRIBUTION_SURE, /* counts alone */
} Attribution;

static Attribution
attribution_at(const Cut *cut, guint last, guint *first)
{
	const guint colonless = LOOK_DIGIT | LOOK_DATE | LOOK_BRACKETED;
	const guint dashed = LOOK_DASHED | LOOK_DATE | LOOK_VERB;
	const QuoteLine *line = line_at(cut, last);
	guint all;

	if ((line->looks & (LOOK_QUOTED | LOOK_RULE)) != 0 ||
	    line->length > ATTRIBUTION_MAX)
		return ATTRIBUTION_NONE;
	*first = last;
	if ((line->looks & dashed) == dashed)
		return ATTRIBUTION_SURE;
	if ((line->looks & LOOK_ENDING) == 0)
		return (line->looks & colonless) == colonless
			   ? ATTRIBUTION_WEAK
			   : ATTRIBUTION_NONE;
	*first = attribution_start(cut, last, &all);
	if ((all & LOOK_DATE) != 0 && (all & LOOK_ADDRESS) != 0)
		return (all & (LOOK_BRACKETED | LOOK_DIGIT)) != 0
			   ? ATTRIBUTION_SURE
			   : ATTRIBUTION_WEAK;
	return (all & LOOK_VERB) != 0 ? ATTRIBUTION_WEAK : ATTRIBUTION_NONE;
}

/* From, and two more of To, Date and Subject, close together. A traveller's
 * "From: Tashkent, To: Samarkand, Date: ..." is no header block, so a subject
 * or an address is wanted. */
static gboolean
is_block(const Cut *cut, guint i)
{
	gboolean seen[FIELD_OTHER + 1] = { FALSE };
	gboolean address = FALSE;
	guint fields = 0, others = 0;

	for (guint k = i, n = 0; k < cut->end && n < BLOCK_LINES; k++) {
		const QuoteLine *line = line_at(cut, k);

		if ((line->looks & LOOK_BLANK) != 0) {
			if (k > i + BLOCK_LINES * 2)
				break;
			continue;
		}
		n++;
		if (line->field == FIELD_NONE && ++others > 2)
			break;
		if (line->field == FIELD_NONE || seen[line->field])
			continue;
		seen[line->field] = TRUE;
		fields++;
		if (line->field == FIELD_FROM)
			address = (line->looks & LOOK_ADDRESS) != 0;
	}
	return seen[FIELD_FROM] && fields >= 3 &&
	       (address || seen[FIELD_SUBJECT]);
}

/* Sets end to where history begins that has no mark on each line. Nothing
 * below a forward is looked at: it is what the writer wants us to read. */
static void
cut_history(Cut *cut)
{
	for (guint i = cut->begin; i < cut->end; i++) {
		const QuoteLine *line = line_at(cut, i);
		guint first = i;

		if ((line->looks & LOOK_FORWARDED) != 0)
			return;
		if ((line->looks & LOOK_ORIGINAL) != 0 ||
		    (line->field != FIELD_NONE && is_block(cut, i)) ||
		    (attribution_at(cut, i, &first) == ATTRIBUTION_SURE &&
			!is_quoted_below(cut, i))) {
			cut->end = first;
			cut->history = TRUE;
			return;
		}
	}
}

/* Marks quoted lines and the attributions above them. */
static void
mark_quotations(Cut *cut)
{
	for (guint i = cut->begin; i < cut->end; i++) {
		guint first = i;

		if (looks(cut, i, LOOK_FORWARDED))
			return;
		if (looks(cut, i, LOOK_QUOTED))
			cut->quote[i] = TRUE;
		else if (attribution_at(cut, i, &first) != ATTRIBUTION_NONE &&
			 is_quoted_below(cut, i))
			memset(cut->quote + first, TRUE, i - first + 1);
	}
}

/* An attribution whose quotation was cut already goes too. */
static gboolean
cut_attribution(Cut *cut)
{
	guint last = cut->end - 1;
	guint first = last;

	if (!cut->history ||
	    attribution_at(cut, last, &first) == ATTRIBUTION_NONE)
		return FALSE;
	cut->end = first;
	return TRUE;
}

/* Yandex puts "To: ...; Subject: ..." and a row of dashes above its
 * attribution; Outlook a rule above its block. */
static void
cut_rule(Cut *cut)
{
	guint i = cut->end;

	while (i > cut->begin && line_at(cut, i - 1)->field != FIELD_NONE &&
	       cut->end - i < ATTRIBUTION_LINES)
		i--;
	if (i > cut->begin && looks(cut, i - 1, LOOK_RULE))
		cut->end = i - 1;
}

static void
cut_tail(Cut *cut)
{
	while (cut->end > cut->begin) {
		guint last = cut->end - 1;

		if (looks(cut, last, LOOK_BLANK)) {
			cut->end = last;
		} else if (cut->quote[last]) {
			cut->end = last;
			cut->history = TRUE;
		} else if (!cut_attribution(cut)) {
			guint end = cut->end;

			if (cut->history)
				cut_rule(cut);
			if (end == cut->end)
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

/* "-- " and what follows, and lines that telephones add. */
static void
cut_signature(Cut *cut)
{
	guint lowest =
	    cut->end > SIGNATURE_LINES ? cut->end - SIGNATURE_LINES : 0;

	for (guint n = 0; n < CLIENT_LINES && cut->end > cut->begin; n++) {
		if (!quoteline_is_client(line_at(cut, cut->end - 1)) ||
		    !has_words(cut, cut->begin, cut->end - 1))
			break;
		cut->end--;
		cut_tail(cut);
	}
	for (guint i = cut->end; i > MAX(lowest, cut->begin); i--) {
		if (cut->quote[i - 1])
			return;
		if (looks(cut, i - 1, LOOK_DELIMITER)) {
			if (has_words(cut, cut->begin, i - 1)) {
				cut->end = i - 1;
				cut_tail(cut);
			}
			return;
		}
	}
}

/* A quotation with attribution above all of the writer's words. */
static void
cut_head(Cut *cut)
{
	guint i = cut->begin;
	guint after;

	while (i < cut->end && looks(cut, i, LOOK_BLANK))
		i++;
	if (i == cut->end || !cut->quote[i] || looks(cut, i, LOOK_QUOTED))
		return;
	while (i < cut->end && (cut->quote[i] || looks(cut, i, LOOK_BLANK)))
		i++;
	after = i;
	for (; i < cut->end; i++)
		if (cut->quote[i])
			return;
	cut->begin = after;
}

static guint
count_left_out(const Cut *cut)
{
	guint n = 0;

	for (guint i = 0; i < cut->lines->len; i++)
		if ((i < cut->begin || i >= cut->end) &&
		    !looks(cut, i, LOOK_BLANK))
			n++;
	return n;
}

void
quote_cut(const char *body, char **new_text, guint *quoted_lines)
{
	g_autoptr(QuoteLines) lines = quoteline_split(body);
	g_autofree guint8 *quote = g_new0(guint8, lines->lines->len);
	gint marker = find_marker(body);
	Cut cut = { lines->lines, 0, lines->lines->len, FALSE, quote };

	if (marker >= 0) {
		cut.end = marker;
		cut.history = TRUE;
	}
	cut_history(&cut);
	mark_quotations(&cut);
	cut_tail(&cut);
	cut_signature(&cut);
	cut_head(&cut);
	if (!has_words(&cut, cut.begin, cut.end)) {
		*new_text = g_strdup(body);
		*quoted_lines = 0;
		return;
	}
	while (looks(&cut, cut.begin, LOOK_BLANK))
		cut.begin++;
	*new_text = g_strndup(body + line_at(&cut, cut.begin)->start,
	    line_at(&cut, cut.end - 1)->end - line_at(&cut, cut.begin)->start);
	*quoted_lines = count_left_out(&cut);
}
