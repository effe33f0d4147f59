/* taglist.h - "name=value; name=value", the tag lists of DKIM signatures, key
 * records and DMARC records (RFC 6376 section 3.2). */
#ifndef MAIL_TAGLIST_H
#define MAIL_TAGLIST_H

#include "javob.h"

typedef struct TagList TagList;

/* NULL if it is no tag list: a tag without "=", a name twice, an octet that is
 * no text, more than 64 tags. Empty tags ("a=1;;") are skipped. */
TagList *taglist_parse(const char *text, gsize size);
void taglist_free(TagList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TagList, taglist_free)

/* The value without white space around it, line ends within as they stand;
 * NULL if there is no such tag. Borrowed. */
const char *taglist_get(const TagList *list, const char *name);

/* The first tag, which some records must begin with; "" when there is none. */
const char *taglist_first(const TagList *list);

/* Where between "=" and ";" the value stands in the text, white space
 * included. FALSE if there is no such tag. */
gboolean taglist_span(const TagList *list, const char *name, gsize *from,
    gsize *to);

/* True if value, a list of words between colons, names that word; case does
 * not matter. */
gboolean taglist_names(const char *value, const char *word);

/* Octets of a base64 value with any white space in it; NULL if it is none.
 * Stricter than GLib's decoder, which skips what it does not know. */
GBytes *taglist_base64(const char *value);

#endif
