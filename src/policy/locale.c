/* locale.c - dates, zones, hours and greetings in a language.
 *
 * What differs between languages is a row of the table; a language without a
 * row is written as English. ICU's own date patterns are not used: for several
 * of our languages they are not what a letter should say. ICU takes a tenth
 * of a millisecond to open a formatter, so they are kept. */
#include "policy/locale.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "ground/text.h"
#include "policy/greet.h"
#include "policy/hours.h"

#define FORMATS_MOST 32
#define UTF16_MOST   256

typedef struct Language {
	const char *tag;
	const char *icu;
	const char *instant;     /* ICU pattern */
	const char *zone_before; /* around a city: "Tashkent time" */
	const char *zone_after;
	const char *greet_before; /* around a name */
	const char *greet_after;
	const char *greet_unknown;
	const char *close_word;
	const char *always; /* "24/7" in words */
} Language;

/* The first row stands in for languages that have none. */
static const Language languages[] = {
	{ "en", "en_GB", "EEEE, d MMMM y, HH:mm", "", " time", "Hello ", ",",
	    "Hello,", "CLOSE", "every day, around the clock" },
};

/* Formatters of one language and zone. */
typedef struct Formats {
	const Language *language;
	char *timezone; /* as asked for */
	UDateFormat *instant;
	UDateFormat *name; /* city or offset; NULL: it is UTC */
	gboolean city;
} Formats;

/* Formatters are no values of the program but ICU's tables, opened: they are
 * kept for the life of the process. ICU wants each used by one thread. */
G_LOCK_DEFINE_STATIC(formats);
static GPtrArray *formats;

static const Language *
find_language(const char *tag)
{
	g_autofree char *rest = g_strdup(tag);
	char *hyphen;

	for (;;) {
		for (guint i = 0; i < G_N_ELEMENTS(languages); i++) {
			if (g_ascii_strcasecmp(languages[i].tag, rest) == 0)
				return &languages[i];
		}
		hyphen = strrchr(rest, '-');
		if (hyphen == NULL)
			return &languages[0];
		*hyphen = '\0';
	}
}

static char *
from_utf16(const UChar *text, int32_t length)
{
	char utf8[UTF16_MOST * 3 + 1];
	UErrorCode status = U_ZERO_ERROR;

	u_strToUTF8(utf8, sizeof utf8, NULL, text, length, &status);
	return g_strdup(U_FAILURE(status) ? "" : utf8);
}

static UDateFormat *
open_format(const Language *language, const UChar *zone, const char *pattern)
{
	UChar wide[UTF16_MOST];
	UErrorCode status = U_ZERO_ERROR;
	UDateFormat *format;

	u_strFromUTF8(wide, UTF16_MOST, NULL, pattern, -1, &status);
	format = udat_open(UDAT_PATTERN, UDAT_PATTERN, language->icu, zone, -1,
	    wide, -1, &status);
	g_assert(U_SUCCESS(status)); /* our pattern; or ICU has no data */
	return format;
}

static char *
format_instant(const UDateFormat *format, gint64 when)
{
	UChar text[UTF16_MOST];
	UErrorCode status = U_ZERO_ERROR;
	int32_t length = udat_format(format, (UDate)when * 1000, text,
	    UTF16_MOST, NULL, &status);

	return U_FAILURE(status) ? g_strdup("") : from_utf16(text, length);
}

/* The zone's own name in ICU; UTC for what it does not know. */
static char *
canonical_zone(const char *timezone, UChar *zone)
{
	UChar asked[UTF16_MOST];
	UBool known = FALSE;
	UErrorCode status = U_ZERO_ERROR;
	g_autofree char *name = NULL;

	u_strFromUTF8(asked, UTF16_MOST, NULL, timezone, -1, &status);
	ucal_getCanonicalTimeZoneID(asked, -1, zone, UTF16_MOST, &known,
	    &status);
	if (U_SUCCESS(status) && known)
		name = from_utf16(zone, -1);
	if (name == NULL || strcmp(name, "Etc/GMT") == 0 ||
	    strcmp(name, "Etc/UTC") == 0) {
		u_uastrcpy(zone, "Etc/UTC");
		return g_strdup("UTC");
	}
	return g_steal_pointer(&name);
}

static void
formats_free(gpointer data)
{
	Formats *entry = data;

	udat_close(entry->instant);
	if (entry->name != NULL)
		udat_close(entry->name);
	g_free(entry->timezone);
	g_free(entry);
}

/* With the lock held; valid until it is given back. */
static const Formats *
find_formats(const Language *language, const char *timezone)
{
	UChar zone[UTF16_MOST];
	g_autofree char *name = NULL;
	Formats *entry;

	if (formats == NULL)
		formats = g_ptr_array_new_with_free_func(formats_free);
	for (guint i = 0; i < formats->len; i++) {
		entry = formats->pdata[i];
		if (entry->language == language &&
		    strcmp(entry->timezone, timezone) == 0)
			return entry;
	}
	name = canonical_zone(timezone, zone);
	entry = g_new0(Formats, 1);
	entry->language = language;
	entry->timezone = g_strdup(timezone);
	entry->instant = open_format(language, zone, language->instant);
	/* "VVV" is the city that stands for a zone; Etc/GMT-5 has none. */
	entry->city =
	    strchr(name, '/') != NULL && !g_str_has_prefix(name, "Etc/");
	if (strcmp(name, "UTC") != 0)
		entry->name =
		    open_format(language, zone, entry->city ? "VVV" : "O");
	if (formats->len == FORMATS_MOST)
		g_ptr_array_remove_index(formats, 0);
	g_ptr_array_add(formats, entry);
	return entry;
}

char *
locale_instant(const char *language, const char *timezone, gint64 when)
{
	const Language *row = find_language(language);
	char *text;

	G_LOCK(formats);
	text = format_instant(find_formats(row, timezone)->instant, when);
	G_UNLOCK(formats);
	return text;
}

char *
locale_zone(const char *language, const char *timezone, gint64 when)
{
	const Language *row = find_language(language);
	const Formats *entry;
	g_autofree char *name = NULL;
	gboolean city;

	G_LOCK(formats);
	entry = find_formats(row, timezone);
	city = entry->city;
	name = entry->name == NULL ? g_strdup("UTC")
				   : format_instant(entry->name, when);
	G_UNLOCK(formats);
	if (!city)
		return g_steal_pointer(&name);
	return g_strconcat(row->zone_before, name, row->zone_after, NULL);
}

/* Monday is 0; ICU counts from Sunday, which is 1. */
static char *
day_name(const Language *language, int day)
{
	UChar name[UTF16_MOST];
	UErrorCode status = U_ZERO_ERROR;
	int32_t length;

	G_LOCK(formats);
	length = udat_getSymbols(find_formats(language, "UTC")->instant,
	    UDAT_STANDALONE_WEEKDAYS, day == 6 ? 1 : day + 2, name, UTF16_MOST,
	    &status);
	G_UNLOCK(formats);
	return U_FAILURE(status) ? g_strdup("") : from_utf16(name, length);
}

static void
append_days(GString *out, const Language *language, const GArray *days)
{
	for (guint i = 0; i < days->len; i++) {
		const HoursDays *range = &g_array_index(days, HoursDays, i);
		g_autofree char *first = day_name(language, range->first);
		g_autofree char *last = day_name(language, range->last);

		g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", first);
		if (range->first != range->last)
			g_string_append_printf(out, "-%s", last);
	}
}

static void
append_spans(GString *out, const GArray *spans)
{
	for (guint i = 0; i < spans->len; i++) {
		const HoursSpan *span = &g_array_index(spans, HoursSpan, i);

		g_string_append_printf(out, "%s%02d:%02d-%02d:%02d",
		    i > 0 ? ", " : " ", span->start / 3600,
		    span->start / 60 % 60, span->end / 3600,
		    span->end / 60 % 60);
	}
}

char *
locale_hours(const char *language, const char *hours)
{
	const Language *row = find_language(language);
	g_autoptr(GPtrArray) rules = hours_parse(hours, NULL);
	GString *out;

	if (rules == NULL)
		return g_strdup(hours);
	if (hours_always(hours))
		return g_strdup(row->always);
	out = g_string_new(NULL);
	for (guint i = 0; i < rules->len; i++) {
		const HoursRule *rule = rules->pdata[i];

		if (i > 0)
			g_string_append(out, "; ");
		append_days(out, row, rule->days);
		append_spans(out, rule->spans);
	}
	return g_string_free(out, FALSE);
}

char *
locale_greeting(const char *language, const char *name)
{
	const Language *row = find_language(language);
	g_autofree char *line = text_clean_line(name, 64);

	if (*line == '\0')
		return g_strdup(row->greet_unknown);
	return g_strconcat(row->greet_before, line, row->greet_after, NULL);
}

char *
locale_greeting_name(const char *language, const char *display_name)
{
	return greet_name(language, display_name);
}

const char *
locale_close_word(const char *language)
{
	return find_language(language)->close_word;
}

gboolean
locale_is_right_to_left(const char *language)
{
	return uloc_isRightToLeft(language);
}
