/* mustache.h - logic-less templates (mustache.github.io specification):
 * variables, sections, inverted sections, comments, standalone lines.
 *
 * Values are data: put in once, never parsed again. No partials, no other
 * delimiters, no lambdas, nothing of the process in reach. A name is letters,
 * digits, "_" and "-"; "a.b" is b in the one map a. */
#ifndef POLICY_MUSTACHE_H
#define POLICY_MUSTACHE_H

#include "javob.h"

typedef struct Mustache Mustache;
typedef struct MustacheData MustacheData;

typedef enum MustacheEscape {
	MUSTACHE_TEXT, /* nothing is escaped */
	MUSTACHE_HTML, /* & < > " ' */
} MustacheEscape;

/* Parsed once, rendered often. NULL with error CONFIG and "line L, column C".
 * Limits: 64 KiB, 32 levels. */
Mustache *mustache_parse(const char *text, GError **error);
/* The same for text that begins on that line of a file. */
Mustache *mustache_parse_at(const char *text, guint line, GError **error);
void mustache_free(Mustache *mustache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mustache, mustache_free)

/* Names that the template uses, of char *, each once. */
GPtrArray *mustache_names(const Mustache *mustache);
/* The line on which a name is first used; 0 if it is not. */
guint mustache_line(const Mustache *mustache, const char *name);

/* A map of names to text, flags and lists of maps. A section is rendered for
 * a text that is not empty, a flag that is set, each map of a list. */
MustacheData *mustache_data_new(void);
void mustache_data_free(MustacheData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MustacheData, mustache_data_free)
void mustache_set(MustacheData *data, const char *name, const char *text);
void mustache_set_flag(MustacheData *data, const char *name, gboolean flag);
/* Appends a map to the list `name`; data owns item. */
void mustache_append(MustacheData *data, const char *name, MustacheData *item);

/* Free with g_free. Output above 1 MiB: NULL with error PERMANENT. */
char *mustache_render(const Mustache *mustache, const MustacheData *data,
    MustacheEscape escape, GError **error);

#endif
