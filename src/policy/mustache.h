/* mustache.h - logic-less templates, by the core of the specification
 * (mustache.github.io): variables, sections, inverted sections, comments,
 * partials, other delimiters, standalone lines.
 *
 * Values are data: put in once, never parsed again. No lambdas, nothing of
 * the process in reach. A name is letters, digits, "_" and "-"; "a.b" is b in
 * the map a, "." what the innermost section stands on. */
#ifndef POLICY_MUSTACHE_H
#define POLICY_MUSTACHE_H

#include "javob.h"

typedef struct Mustache Mustache;
typedef struct MustacheData MustacheData;

typedef enum MustacheEscape {
	MUSTACHE_TEXT,   /* nothing is escaped */
	MUSTACHE_HTML,   /* the template is HTML; & < > " ' of values are escaped */
	MUSTACHE_MARKUP, /* the template is text, the output HTML: its own text
			  * is escaped too, a value stands in <bdi> */
} MustacheEscape;

/* Parsed once, rendered often. NULL with error CONFIG and "line L, column C".
 * Limits: 64 KiB, 32 levels. */
Mustache *mustache_parse(const char *text, GError **error);
/* The same for text that begins on that line of a file. */
Mustache *mustache_parse_at(const char *text, guint line, GError **error);
void mustache_free(Mustache *mustache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mustache, mustache_free)

/* Names of values that the template uses, of char *, each once. */
GPtrArray *mustache_names(const Mustache *mustache);
/* Names of its partials. */
GPtrArray *mustache_partials(const Mustache *mustache);
/* The line on which a name is first used; 0 if it is not. */
guint mustache_line(const Mustache *mustache, const char *name);

/* A map of names to texts, flags, lists and maps. A section is rendered for
 * a text that is not empty, a flag that is set, a map, each item of a list. */
MustacheData *mustache_data_new(void);
/* For items of lists, and lists of lists. */
MustacheData *mustache_data_text(const char *text);
MustacheData *mustache_data_markup(const char *text, const char *html);
MustacheData *mustache_data_flag(gboolean flag);
MustacheData *mustache_data_list(void);
void mustache_data_free(MustacheData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MustacheData, mustache_data_free)

void mustache_set(MustacheData *map, const char *name, const char *text);
/* html stands where a template for HTML says {{{name}}}: blocks of markup
 * that need no escaping, without line ends. A text without it is escaped
 * there, too, its line ends made <br>. */
void mustache_set_markup(MustacheData *map, const char *name, const char *text,
    const char *html);
void mustache_set_flag(MustacheData *map, const char *name, gboolean flag);
/* Any value; map owns it. */
void mustache_put(MustacheData *map, const char *name, MustacheData *value);
/* Appends to a list, which owns item; or to the list `name` of a map. */
void mustache_push(MustacheData *list, MustacheData *item);
void mustache_append(MustacheData *map, const char *name, MustacheData *item);

/* Free with g_free. partials: name to Mustache; NULL: none; a missing one is
 * empty. Output above 1 MiB, partials more than 32 deep, or a million steps:
 * NULL with error PERMANENT. */
char *mustache_render(const Mustache *mustache, GHashTable *partials,
    const MustacheData *data, MustacheEscape escape, GError **error);

#endif
