/* locale.h - dates, zones, hours, numbers in a language, by ICU with patterns
 * of our own (policy/language.h). A language without data is written as the
 * one it falls back to, at last as English. No text ever gets an ending. All
 * texts: free with g_free. */
#ifndef POLICY_LOCALE_H
#define POLICY_LOCALE_H

#include "javob.h"

/* "Monday, 23 November 2026, 15:00" in that zone. */
char *locale_instant(const char *language, const char *timezone, gint64 when);

/* The same, with "today" or "tomorrow" before it where that is so. */
char *locale_instant_near(const char *language, const char *timezone,
    gint64 when, gint64 now);

/* A zone's name for people: "Tashkent time", not "GMT+5". */
char *locale_zone(const char *language, const char *timezone, gint64 when);

/* Working hours for people: "Monday-Friday 09:00-18:00; Saturday
 * 10:00-14:00" from the calendar's own text. */
char *locale_hours(const char *language, const char *hours);

/* "1 234 567". */
char *locale_number(const char *language, gint64 number);
/* ASCII digits in text as the language writes them. */
char *locale_digits(const char *language, const char *text);
/* Plural class: "zero", "one", "two", "few", "many" or "other". */
char *locale_plural(const char *language, gint64 number);
/* "a, b and c"; items: of char *. */
char *locale_list(const char *language, const GPtrArray *items);

/* The customer's greeting line for a name ("" : unknown): "Hello Olim,". */
char *locale_greeting(const char *language, const char *name);

/* The same in a customer's own register: "formal", "informal", or "" for what
 * the language's data says. */
char *locale_greeting_in(const char *language, const char *name,
    const char *tone);

/* The name in the greeting: what a display name gives by rule (LANGUAGE.md 4):
 * no address, no quote, "Last, First" turned round, at most 40 characters,
 * nothing that is no name (URL, digits, "via"); "" when it gives none. */
char *locale_greeting_name(const char *language, const char *display_name);

/* Arabic, Persian and their like. */
gboolean locale_is_right_to_left(const char *language);

/* Word that closes a ticket: "CLOSE". Borrowed. */
const char *locale_close_word(const char *language);

#endif
