/* hours.c - "Mon-Fri 09:00-18:00; Sat 10:00-14:00" into rules.
 *
 * calendar.c computes with the rules; locale.c writes them out in the words
 * of a language.
 *
 *	hours = "24/7" / rule *( ";" rule )
 *	rule  = days 1*SP spans
 *	days  = day [ "-" day ] *( "," day [ "-" day ] )
 *	spans = time "-" time *( "," time "-" time )
 */
#include "policy/hours.h"

#include <string.h>

#include "ground/error.h"

#define DAY (24 * 60 * 60)

static const char *const day_names[] = { "monday", "tuesday", "wednesday",
	"thursday", "friday", "saturday", "sunday" };

static void
rule_free(gpointer data)
{
	HoursRule *rule = data;

	g_array_unref(rule->days);
	g_array_unref(rule->spans);
	g_free(rule);
}

static HoursRule *
rule_new(void)
{
	HoursRule *rule = g_new0(HoursRule, 1);

	rule->days = g_array_new(FALSE, FALSE, sizeof(HoursDays));
	rule->spans = g_array_new(FALSE, FALSE, sizeof(HoursSpan));
	return rule;
}

static void
skip_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
}

static gboolean
take(const char **at, char c)
{
	skip_blanks(at);
	if (**at != c)
		return FALSE;
	(*at)++;
	skip_blanks(at);
	return TRUE;
}

/* A day by at least its first three letters. */
static gboolean
take_day(const char **at, int *day)
{
	gsize length = 0;

	while (g_ascii_isalpha((*at)[length]))
		length++;
	for (guint i = 0; length >= 3 && i < G_N_ELEMENTS(day_names); i++) {
		if (length <= strlen(day_names[i]) &&
		    g_ascii_strncasecmp(*at, day_names[i], length) == 0) {
			*day = (int)i;
			*at += length;
			return TRUE;
		}
	}
	return FALSE;
}

/* "9:00", "09:00", "24:00" */
static gboolean
take_time(const char **at, int *seconds)
{
	const char *p = *at;
	int hour = 0;
	int minute;
	int digits = 0;

	while (digits < 2 && g_ascii_isdigit(*p)) {
		hour = hour * 10 + g_ascii_digit_value(*p++);
		digits++;
	}
	if (digits == 0 || p[0] != ':' || !g_ascii_isdigit(p[1]) ||
	    !g_ascii_isdigit(p[2]) || g_ascii_isdigit(p[3]))
		return FALSE;
	minute = g_ascii_digit_value(p[1]) * 10 + g_ascii_digit_value(p[2]);
	if (minute > 59 || hour * 60 + minute > 24 * 60)
		return FALSE;
	*seconds = (hour * 60 + minute) * 60;
	*at = p + 3;
	return TRUE;
}

static gboolean
take_days(const char **at, GArray *days)
{
	do {
		HoursDays range;

		if (!take_day(at, &range.first))
			return FALSE;
		range.last = range.first;
		if (take(at, '-') && !take_day(at, &range.last))
			return FALSE;
		g_array_append_val(days, range);
	} while (take(at, ','));
	return TRUE;
}

static gboolean
take_spans(const char **at, GArray *spans)
{
	do {
		HoursSpan span;

		if (!take_time(at, &span.start) || !take(at, '-') ||
		    !take_time(at, &span.end))
			return FALSE;
		/* Nothing, or a whole day? Only "00:00-24:00" says which. */
		if (span.start == DAY || span.start == span.end)
			return FALSE;
		g_array_append_val(spans, span);
	} while (take(at, ','));
	return TRUE;
}

gboolean
hours_always(const char *text)
{
	const char *at = text;

	skip_blanks(&at);
	return g_str_has_prefix(at, "24/7") &&
	       at[4 + strspn(at + 4, " \t")] == 0;
}

/* Moves *at over what could be read. */
static gboolean
take_rules(const char **at, GPtrArray *rules)
{
	do {
		HoursRule *rule;

		skip_blanks(at);
		if (**at == '\0' && rules->len > 0)
			break; /* a semicolon at the end does no harm */
		rule = rule_new();
		g_ptr_array_add(rules, rule);
		if (!take_days(at, rule->days) || !take_spans(at, rule->spans))
			return FALSE;
	} while (take(at, ';'));
	skip_blanks(at);
	return **at == '\0';
}

GPtrArray *
hours_parse(const char *text, GError **error)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(rule_free);
	const char *at = hours_always(text) ? "Mon-Sun 00:00-24:00" : text;

	if (take_rules(&at, rules))
		return g_steal_pointer(&rules);
	error_config(error,
	    "hours \"%s\": cannot read on at \"%s\"; right would be "
	    "\"Mon-Fri 09:00-13:00,14:00-18:00; Sat 10:00-14:00\" or "
	    "\"24/7\"",
	    text, at);
	return NULL;
}
