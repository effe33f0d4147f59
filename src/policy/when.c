/* when.c - see when.h. Words are in mail/words/when.tsv. Called by policy/act
 * for promises, reminders, waiting and absence. */
#include "policy/when.h"

#include <stdio.h>
#include <string.h>

#include "ground/error.h"
#include "ground/span.h"
#include "ground/text.h"
#include "mail/words.h"
#include "policy/calendar.h"

enum { DAY = 86400, EVENING = 18, YEARS_MOST = 5, DAYS_MOST = 3660 };

/* --- words ----------------------------------------------------------------- */

static GHashTable *table; /* "lang word" -> meaning */

static void
add_word(const char *const *column, gpointer data G_GNUC_UNUSED)
{
	g_autofree char *folded = text_fold(column[2]);
	g_autofree char *lang = g_ascii_strdown(column[0], -1);

	g_hash_table_replace(table, g_strconcat(lang, " ", folded, NULL),
	    g_strdup(column[1]));
}

static void
read_words(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	table =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	words_each(WORDS_WHEN, add_word, NULL);
	g_once_init_leave(&done, 1);
}

static const char *
meaning_in(const char *language, const char *word)
{
	g_autofree char *tag = g_ascii_strdown(language, -1);

	for (;;) {
		g_autofree char *key = g_strconcat(tag, " ", word, NULL);
		const char *found = g_hash_table_lookup(table, key);
		char *hyphen = strrchr(tag, '-');

		if (found != NULL || hyphen == NULL)
			return found;
		*hyphen = '\0';
	}
}

static const char *
meaning_of(const WhenScene *scene, const char *word)
{
	const char *found = meaning_in(scene->language, word);

	return found != NULL ? found : meaning_in("en", word);
}

/* --- what was read ---------------------------------------------------------- */

typedef struct Reading {
	int number;      /* -1: none waits */
	gint64 span;     /* seconds from now; 0 none */
	int days;        /* calendar days from today; -1 not said */
	int workdays;    /* -1 not said */
	int weekday;     /* 1 Monday ... 7; 0 none */
	int year, month, day;
	int hour, minute; /* hour -1: not said */
	gboolean work;
} Reading;

/* "18:00", "9.30" is a date, "18h30" too a time. */
static gboolean
take_time(Reading *r, const char *word)
{
	int hour, minute = 0, end = 0;

	if (sscanf(word, "%2d:%2d%n", &hour, &minute, &end) != 2 &&
	    sscanf(word, "%2dh%2d%n", &hour, &minute, &end) != 2)
		return FALSE;
	if (hour < 0 || hour > 24 || minute < 0 || minute > 59)
		return FALSE;
	if (word[end] != '\0' && strcmp(word + end, "am") != 0 &&
	    strcmp(word + end, "pm") != 0)
		return FALSE;
	if (strcmp(word + end, "pm") == 0 && hour < 12)
		hour += 12;
	r->hour = hour;
	r->minute = minute;
	return TRUE;
}

/* "2026-12-01", "1.12.", "01.12.2026"; "6pm". */
static gboolean
take_date(Reading *r, const char *word)
{
	int a, b, c, end = 0;

	if (sscanf(word, "%4d-%2d-%2d%n", &a, &b, &c, &end) == 3 &&
	    word[end] == '\0' && a > 1000) {
		r->year = a;
		r->month = b;
		r->day = c;
		return TRUE;
	}
	if (sscanf(word, "%2d.%2d.%4d%n", &a, &b, &c, &end) == 3 &&
	    word[end] == '\0' && c > 1000) {
		r->year = c;
		r->month = b;
		r->day = a;
		return TRUE;
	}
	end = 0;
	if (sscanf(word, "%2d.%2d%n", &a, &b, &end) == 2 &&
	    (word[end] == '\0' || strcmp(word + end, ".") == 0)) {
		r->month = b;
		r->day = a;
		return TRUE;
	}
	end = 0;
	if (sscanf(word, "%2d%n", &a, &end) == 1 &&
	    (strcmp(word + end, "pm") == 0 || strcmp(word + end, "am") == 0) &&
	    a >= 1 && a <= 12) {
		r->hour = a % 12 + (word[end] == 'p' ? 12 : 0);
		return TRUE;
	}
	return FALSE;
}

static gboolean
take_number(Reading *r, const char *word)
{
	gint64 number;

	if (!g_ascii_string_to_signed(word, 10, 0, 9999, &number, NULL))
		return FALSE;
	if (r->number >= 0)
		return FALSE;
	r->number = (int)number;
	return TRUE;
}

/* A unit takes the number before it, or is one of it. */
static gboolean
take_unit(Reading *r, const char *meaning)
{
	int n = r->number >= 0 ? r->number : 1;

	r->number = -1;
	if (strcmp(meaning, "minute") == 0)
		r->span += n * 60;
	else if (strcmp(meaning, "hour") == 0)
		r->span += n * 3600;
	else if (strcmp(meaning, "week") == 0)
		r->days = 7 * n;
	else if (strcmp(meaning, "workday") == 0 || r->work)
		r->workdays = n;
	else
		r->days = n;
	return TRUE;
}

static gboolean
take_meaning(Reading *r, const char *meaning)
{
	static const char *const weekdays[] = { "mon", "tue", "wed", "thu",
		"fri", "sat", "sun" };

	for (guint i = 0; i < G_N_ELEMENTS(weekdays); i++)
		if (strcmp(meaning, weekdays[i]) == 0) {
			r->weekday = (int)i + 1;
			return TRUE;
		}
	if (strcmp(meaning, "filler") == 0)
		return TRUE;
	if (strcmp(meaning, "work") == 0) {
		/* "jours ouvrés": it may stand behind, too. */
		if (r->days > 0) {
			r->workdays = r->days;
			r->days = -1;
		}
		r->work = TRUE;
		return TRUE;
	}
	if (strcmp(meaning, "one") == 0) {
		r->number = 1;
		return TRUE;
	}
	if (strcmp(meaning, "noon") == 0) {
		r->hour = 12;
		return TRUE;
	}
	if (strcmp(meaning, "today") == 0 || strcmp(meaning, "tomorrow") == 0 ||
	    strcmp(meaning, "after-tomorrow") == 0) {
		r->days = meaning[0] == 'a' ? 2 : meaning[2] == 'm' ? 1 : 0;
		return TRUE;
	}
	if (strcmp(meaning, "oclock") == 0 || strcmp(meaning, "am") == 0 ||
	    strcmp(meaning, "pm") == 0) {
		if (r->number >= 0) {
			r->hour = r->number;
			r->number = -1;
		}
		if (strcmp(meaning, "pm") == 0 && r->hour >= 0 && r->hour < 12)
			r->hour += 12;
		return r->hour >= 0;
	}
	return take_unit(r, meaning);
}

static gboolean
take(Reading *r, const WhenScene *scene, const char *word)
{
	const char *meaning = meaning_of(scene, word);
	gint64 span;

	if (meaning != NULL)
		return take_meaning(r, meaning);
	if (take_time(r, word) || take_date(r, word) || take_number(r, word))
		return TRUE;
	if (g_ascii_isalpha(word[strlen(word) - 1]) &&
	    span_parse(word, &span)) {
		r->span += span;
		return TRUE;
	}
	return FALSE;
}

/* --- from that to an instant ------------------------------------------------ */

static gint64
at(GTimeZone *zone, GDateTime *day, int hour, int minute)
{
	g_autoptr(GDateTime) time = g_date_time_new(zone,
	    g_date_time_get_year(day), g_date_time_get_month(day),
	    g_date_time_get_day_of_month(day), hour % 24, minute, 0);
	gint64 when = time != NULL ? g_date_time_to_unix(time) : 0;

	return hour == 24 ? when + DAY : when;
}

/* When the desk closes on that day; 0: it is closed all day. */
static gint64
closing(const WhenScene *scene, GTimeZone *zone, GDateTime *day)
{
	gint64 start = at(zone, day, 0, 0), open;

	if (scene->calendar == NULL)
		return at(zone, day, EVENING, 0);
	open = calendar_between(scene->calendar, start, start + DAY);
	return open > 0 ? calendar_add(scene->calendar, start, open) : 0;
}

static GDateTime *
workday(const WhenScene *scene, GTimeZone *zone, GDateTime *today, int n)
{
	GDateTime *day = g_date_time_ref(today);

	for (int i = 0; n > 0 && i < DAYS_MOST; i++) {
		GDateTime *next = g_date_time_add_days(day, 1);

		g_date_time_unref(day);
		day = next;
		if (scene->calendar != NULL
			? closing(scene, zone, day) != 0
			: g_date_time_get_day_of_week(day) < 6)
			n--;
	}
	return day;
}

/* The day that was meant; NULL: none is. Today, if only a time was said. */
static GDateTime *
day_of(const Reading *r, const WhenScene *scene, GTimeZone *zone,
    GDateTime *today)
{
	int ahead;

	if (r->day != 0) {
		int year = r->year != 0 ? r->year : g_date_time_get_year(today);
		g_autoptr(GDateTime) day =
		    g_date_time_new(zone, year, r->month, r->day, 0, 0, 0);

		if (day != NULL && r->year == 0 &&
		    at(zone, day, 23, 59) < scene->now)
			return g_date_time_add_years(day, 1);
		return g_steal_pointer(&day);
	}
	if (r->workdays >= 0)
		return workday(scene, zone, today, r->workdays);
	if (r->weekday == 0)
		return g_date_time_add_days(today, MAX(r->days, 0));
	ahead = (r->weekday - g_date_time_get_day_of_week(today) + 7) % 7;
	if (ahead == 0 &&
	    (r->hour < 0 ? closing(scene, zone, today)
			 : at(zone, today, r->hour, r->minute)) <= scene->now)
		ahead = 7;
	return g_date_time_add_days(today, ahead + MAX(r->days, 0));
}

static gboolean
not_understood(const char *text, GError **error)
{
	return error_permanent(error,
	    "\"%s\" is no time; write for example tomorrow 18:00, friday, in 2 "
	    "working days, or 2026-12-01 09:00",
	    text);
}

static gboolean
resolve(const Reading *r, const WhenScene *scene, const char *text,
    gint64 *when, GError **error)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(scene->zone);
	g_autoptr(GDateTime) utc =
	    g_date_time_new_from_unix_utc(scene->now);
	g_autoptr(GDateTime) today = NULL, day = NULL;

	if (zone == NULL)
		zone = g_time_zone_new_utc();
	today = g_date_time_to_timezone(utc, zone);
	day = day_of(r, scene, zone, today);
	if (day == NULL)
		return not_understood(text, error);
	if (r->hour >= 0) {
		*when = at(zone, day, r->hour, r->minute);
		/* "9:00" alone: the next one. */
		if (*when <= scene->now && r->day == 0 && r->days < 0 &&
		    r->workdays < 0 && r->weekday == 0)
			*when += DAY;
		return TRUE;
	}
	*when = closing(scene, zone, day);
	if (*when == 0)
		return error_permanent(error,
		    "\"%s\" is no working day: please add a time", text);
	return TRUE;
}

gboolean
when_parse(const char *text, const WhenScene *scene, gint64 *when,
    GError **error)
{
	Reading r = { -1, 0, -1, -1, 0, 0, 0, 0, -1, 0, FALSE };
	g_autofree char *folded = text_fold(text);
	g_auto(GStrv) words = g_strsplit_set(folded, " ,\t", -1);
	guint said = 0;

	read_words();
	for (guint i = 0; words[i] != NULL; i++) {
		if (*words[i] == '\0')
			continue;
		if (!take(&r, scene, words[i]))
			return not_understood(text, error);
		said++;
	}
	/* "um 18", "friday 18" */
	if (r.number >= 0 && r.number < 24 && r.hour < 0 && r.span == 0 &&
	    (said > 1)) {
		r.hour = r.number;
		r.number = -1;
	}
	if (r.number >= 0 || (r.span == 0 && r.days < 0 && r.workdays < 0 &&
				 r.weekday == 0 && r.day == 0 && r.hour < 0))
		return not_understood(text, error);
	if (r.span != 0)
		*when = scene->now + r.span + MAX(r.days, 0) * (gint64)DAY;
	else if (!resolve(&r, scene, text, when, error))
		return FALSE;
	if (*when <= scene->now)
		return error_permanent(error, "\"%s\" has passed", text);
	if (*when > scene->now + YEARS_MOST * 366 * (gint64)DAY)
		return error_permanent(error, "\"%s\" is too far away", text);
	return TRUE;
}
