/* greet.h - which part of a display name a greeting uses. */
#ifndef POLICY_GREET_H
#define POLICY_GREET_H

#include "javob.h"

/* The given name where the endings of surname and patronymic tell it, else
 * the whole name; "Last, First" turned round; capitals made small by the
 * language's rule. "" for what is no name: an address, a URL, digits, signs,
 * more than four words or 40 characters, a desk or a firm. Nothing is guessed
 * about sex, age or title. whole: not the given name alone, where a site greets
 * so. Free with g_free. */
char *greet_name(const char *language, const char *display_name,
    gboolean whole);

#endif
