/* locale.c - dates, zones, hours and greetings in a language.
 *
 * What differs between languages is data (policy/language.h). ICU's own date
 * patterns are not used: for several of our languages they are not what a
 * letter should say. ICU takes a tenth of a millisecond to open a formatter,
 * so they are kept. */
#include "policy/locale.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "ground/text.h"
#include "policy/greet.h"
#include "policy/hours.h"
#include "policy/language.h"

#define FORMATS_MOST 48
#define UTF16_MOST   256

/* Formatters of one language and zone. */
typedef struct Formats {
	char *language; /* as asked for */
	char *timezone; /* as asked for */
	char *canonical;
	guint stamp; /* of the data they were made of */
	UDateFormat *instant;
	UDateFormat *day;  /* for comparing days */
	UDateFormat *name; /* city or offset; NULL: it is UTC */
	gboolean city;
} Formats;

/* Formatters are no values of the program but ICU's tables, opened: they are
 * kept for the life of the process. ICU wants each used by one thread. */
G_LOCK_DEFINE_STATIC(formats);
static GPtrArray *formats;

static char *
from_utf16(const UChar *text, int32_t length)
{
	char utf8[UTF16_MOST * 3 + 1];
	UErrorCode status = U_ZERO_ERROR;

	u_strToUTF8(utf8, sizeof utf8, NULL, text, length, &status);
	return g_strdup(U_FAILURE(status) ? "" : utf8);
}

/* Our own names of months or weekdays, "a|b|c", instead of ICU's. */
static void
set_names(UDateFormat *format, const char *names, UDateFormatSymbolType type,
    UDateFormatSymbolType standalone, int32_t first)
{
	g_auto(GStrv) each = g_strsplit(names, "|", -1);

	for (int32_t i = 0; *names != '\0' && each[i] != NULL; i++) {
		UChar wide[UTF16_MOST];
		UErrorCode status = U_ZERO_ERROR;
		const char *name = g_strstrip(each[i]);

		u_strFromUTF8(wide, UTF16_MOST, NULL, name, -1, &status);
		udat_setSymbols(
		    format, type, i + first, wide, -1, &status);
		udat_setSymbols(
		    format, standalone, i + first, wide, -1, &status);
	}
}

static UDateFormat *
open_format(const char *language, const UChar *zone, const char *pattern)
{
	UChar wide[UTF16_MOST];
	UErrorCode status = U_ZERO_ERROR;
	const char *icu = language_value(language, "icu");
	UDateFormat *format;

	u_strFromUTF8(wide, UTF16_MOST, NULL, pattern, -1, &status);
	format = udat_open(UDAT_PATTERN, UDAT_PATTERN, icu, zone, -1, wide, -1,
	    &status);
	if (U_FAILURE(status)) { /* a site's locale or pattern is none */
		status = U_ZERO_ERROR;
		format = udat_open(UDAT_SHORT, UDAT_MEDIUM, "en", zone, -1,
		    NULL, 0, &status);
		g_assert(U_SUCCESS(status)); /* or ICU has no data */
	}
	set_names(format, language_value(language, "months"), UDAT_MONTHS,
	    UDAT_STANDALONE_MONTHS, 0);
	set_names(format, language_value(language, "weekdays"), UDAT_WEEKDAYS,
	    UDAT_STANDALONE_WEEKDAYS, 1);
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
	udat_close(entry->day);
	if (entry->name != NULL)
		udat_close(entry->name);
	g_free(entry->language);
	g_free(entry->timezone);
	g_free(entry->canonical);
	g_free(entry);
}

static Formats *
formats_new(const char *language, const char *timezone)
{
	UChar zone[UTF16_MOST];
	Formats *entry = g_new0(Formats, 1);

	entry->canonical = canonical_zone(timezone, zone);
	entry->language = g_strdup(language);
	entry->timezone = g_strdup(timezone);
	entry->stamp = language_stamp();
	entry->instant = open_format(
	    language, zone, language_value(language, "instant"));
	entry->day = open_format("en", zone, "yyyyMMdd");
	/* "VVV" is the city that stands for a zone; Etc/GMT-5 has none. */
	entry->city = strchr(entry->canonical, '/') != NULL &&
		      !g_str_has_prefix(entry->canonical, "Etc/");
	if (strcmp(entry->canonical, "UTC") != 0)
		entry->name =
		    open_format(language, zone, entry->city ? "VVV" : "O");
	return entry;
}

/* With the lock held; valid until it is given back. */
static const Formats *
find_formats(const char *language, const char *timezone)
{
	Formats *entry;

	if (formats == NULL)
		formats = g_ptr_array_new_with_free_func(formats_free);
	for (guint i = 0; i < formats->len; i++) {
		entry = formats->pdata[i];
		if (strcmp(entry->language, language) == 0 &&
		    strcmp(entry->timezone, timezone) == 0 &&
		    entry->stamp == language_stamp())
			return entry;
	}
	entry = formats_new(language, timezone);
	if (formats->len == FORMATS_MOST)
		g_ptr_array_remove_index(formats, 0);
	g_ptr_array_add(formats, entry);
	return entry;
}

char *
locale_instant(const char *language, const char *timezone, gint64 when)
{
	char *text;

	G_LOCK(formats);
	text = format_instant(find_formats(language, timezone)->instant, when);
	G_UNLOCK(formats);
	return text;
}

char *
locale_instant_near(const char *language, const char *timezone, gint64 when,
    gint64 now)
{
	g_autofree char *text = NULL, *day = NULL, *today = NULL;
	g_autofree char *tomorrow = NULL;
	const UDateFormat *days;

	G_LOCK(formats);
	days = find_formats(language, timezone)->day;
	day = format_instant(days, when);
	today = format_instant(days, now);
	/* A day of 23 or 25 hours changes nothing at noon. */
	tomorrow = format_instant(days, now + 86400);
	G_UNLOCK(formats);
	text = locale_instant(language, timezone, when);
	if (strcmp(day, today) == 0)
		return language_text(language, "today", "when", text, NULL);
	if (strcmp(day, tomorrow) == 0)
		return language_text(language, "tomorrow", "when", text, NULL);
	return g_steal_pointer(&text);
}

char *
locale_zone(const char *language, const char *timezone, gint64 when)
{
	const Formats *entry;
	g_autofree char *city = NULL, *own_zone = NULL, *own_city = NULL;
	const char *own;
	gboolean has_city;

	G_LOCK(formats);
	entry = find_formats(language, timezone);
	has_city = entry->city;
	own_zone = g_strconcat("zone.", entry->canonical, NULL);
	own_city = g_strconcat("city.", entry->canonical, NULL);
	city = entry->name == NULL ? g_strdup("UTC")
				   : format_instant(entry->name, when);
	G_UNLOCK(formats);
	own = language_value(language, own_zone);
	if (*own != '\0')
		return g_strdup(own);
	if (!has_city)
		return g_steal_pointer(&city);
	own = language_value(language, own_city);
	return language_text(
	    language, "zone", "city", *own != '\0' ? own : city, NULL);
}

/* Monday is 0; ICU counts from Sunday, which is 1. */
static char *
day_name(const char *language, int day)
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

static char *
days_text(const char *language, const GArray *days)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < days->len; i++) {
		const HoursDays *range = &g_array_index(days, HoursDays, i);
		g_autofree char *first = day_name(language, range->first);
		g_autofree char *last = day_name(language, range->last);

		g_ptr_array_add(all, range->first == range->last
			? g_steal_pointer(&first)
			: language_text(language, "days", "from", first, "to",
			      last, NULL));
	}
	return locale_list(language, all);
}

/* 24:00 is the end of a day, which ICU does not know. */
static char *
time_text(const char *language, int seconds)
{
	const char *pattern = language_value(language, "clock");
	int minutes = seconds / 60;
	g_autofree char *plain =
	    g_strdup_printf("%02d:%02d", minutes / 60, minutes % 60);
	UDateFormat *format;
	UChar zone[16];
	char *text;

	if (g_str_has_prefix(pattern, "H"))
		return locale_digits(language, plain);
	u_uastrcpy(zone, "Etc/UTC");
	format = open_format(language, zone, pattern);
	text = format_instant(format, seconds);
	udat_close(format);
	return text;
}

static char *
times_text(const char *language, const GArray *spans)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < spans->len; i++) {
		const HoursSpan *span = &g_array_index(spans, HoursSpan, i);
		g_autofree char *start = time_text(language, span->start);
		g_autofree char *end = time_text(language, span->end);
		g_autofree char *both = language_text(
		    language, "times", "from", start, "to", end, NULL);

		g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", both);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
locale_hours(const char *language, const char *hours)
{
	g_autoptr(GPtrArray) rules = hours_parse(hours, NULL);
	GString *out;

	if (rules == NULL)
		return g_strdup(hours);
	if (hours_always(hours))
		return g_strdup(language_value(language, "always"));
	out = g_string_new(NULL);
	for (guint i = 0; i < rules->len; i++) {
		const HoursRule *rule = rules->pdata[i];
		g_autofree char *days = days_text(language, rule->days);
		g_autofree char *times = times_text(language, rule->spans);
		g_autofree char *both = language_text(
		    language, "hours", "days", days, "times", times, NULL);

		if (i > 0)
			g_string_append_printf(
			    out, "%s ", language_value(language, "join"));
		g_string_append(out, both);
	}
	return g_string_free(out, FALSE);
}

char *
locale_greeting(const char *language, const char *name)
{
	return locale_greeting_in(language, name, "");
}

char *
locale_greeting_in(const char *language, const char *name, const char *tone)
{
	g_autofree char *line = text_clean_line(name, 64);
	gboolean formal = strcmp(*tone != '\0'
		? tone : language_value(language, "register"), "formal") == 0;

	if (*line == '\0')
		return g_strdup(language_value(language, "greeting-unknown"));
	return language_text(language,
	    formal ? "greeting-formal" : "greeting", "name", line, NULL);
}

char *
locale_greeting_name(const char *language, const char *display_name)
{
	return greet_name(language, display_name,
	    strcmp(language_value(language, "greet-by"), "whole") == 0);
}

const char *
locale_close_word(const char *language)
{
	return language_value(language, "close-word");
}

gboolean
locale_is_right_to_left(const char *language)
{
	return uloc_isRightToLeft(language);
}
