/* language.c - the data of languages, read once and looked up by name.
 *
 * locale.c makes texts of it; template.c follows the chain. */
#include "policy/language.h"

#include <stdarg.h>
#include <string.h>

#include "ground/error.h"

#define FILE_MOST (64 * 1024)

static const struct {
	const char *language, *text;
} builtin[] = {
#include "policy/languages.inc"
};

/* Every name that a file may give. One that ends in "." goes on with a zone:
 * "zone.Europe/Moscow". Of a pattern, "what" must stand in the value. */
static const struct {
	const char *name, *must;
} names[] = {
	{ "fallback", NULL },
	{ "icu", NULL },
	{ "instant", NULL },
	{ "clock", NULL },
	{ "months", NULL },
	{ "weekdays", NULL },
	{ "digits", NULL },
	{ "today", "when" },
	{ "tomorrow", "when" },
	{ "zone", "city" },
	{ "zone.", NULL },
	{ "city.", NULL },
	{ "list", "last" },
	{ "days", "to" },
	{ "times", "to" },
	{ "hours", "times" },
	{ "join", NULL },
	{ "always", NULL },
	{ "register", NULL },
	{ "greet-by", NULL },
	{ "greeting", NULL },
	{ "greeting-formal", NULL },
	{ "greeting-unknown", NULL },
	{ "close-word", NULL },
	{ "script", NULL },
	{ "alphabet", NULL },
	{ "apostrophes", NULL },
	{ "avoid", NULL },
	{ "sentence-words", NULL },
};

/* tag in small letters to (name to interned value). Loads replace the second
 * of them as a whole; values are interned, so that none ever dangles. */
G_LOCK_DEFINE_STATIC(tables);
static GHashTable *tables[2]; /* built in, the site's */
static guint stamp;

static gboolean
check_value(const char *name, const char *value, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *must = names[i].must;
		gboolean zone = g_str_has_suffix(names[i].name, ".");
		g_autofree char *tag = NULL;

		if (zone ? !g_str_has_prefix(name, names[i].name)
			 : strcmp(name, names[i].name) != 0)
			continue;
		tag = g_strdup_printf("{{%s}}", must == NULL ? "" : must);
		if (must != NULL && strstr(value, tag) == NULL)
			return error_config(error,
			    "\"%s\" must hold %s", name, tag);
		return TRUE;
	}
	return error_config(error,
	    "\"%s\" is no name of javob-templates(5)", name);
}

static gboolean
add_line(GHashTable *values, const char *line, GError **error)
{
	const char *equals = strchr(line, '=');
	g_autofree char *name = NULL, *value = NULL;

	if (equals == NULL)
		return error_config(error, "\"name = value\" belongs here");
	name = g_strstrip(g_strndup(line, (gsize)(equals - line)));
	value = g_strstrip(g_strdup(equals + 1));
	if (!g_utf8_validate(value, -1, NULL))
		return error_config(error, "this is not UTF-8");
	if (!check_value(name, value, error))
		return FALSE;
	g_hash_table_insert(values, (gpointer)g_intern_string(name),
	    (gpointer)g_intern_string(value));
	return TRUE;
}

/* where: names the file in errors. */
static void
add_text(GHashTable *table, const char *tag, const char *text,
    const char *where, GPtrArray *errors)
{
	GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		const char *line = g_strstrip(lines[i]);
		g_autoptr(GError) error = NULL;

		if (*line == '\0' || *line == '#' ||
		    add_line(values, line, &error))
			continue;
		g_ptr_array_add(errors, g_strdup_printf("%s: line %u: %s",
		    where, i + 1, error->message));
	}
	g_hash_table_replace(table, g_ascii_strdown(tag, -1), values);
}

static GHashTable *
new_table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    (GDestroyNotify)g_hash_table_unref);
}

/* With the lock held. */
static void
need_builtin(void)
{
	g_autoptr(GPtrArray) faults = NULL;

	if (tables[0] != NULL)
		return;
	faults = g_ptr_array_new_with_free_func(g_free);
	tables[0] = new_table();
	for (guint i = 0; i < G_N_ELEMENTS(builtin); i++)
		add_text(tables[0], builtin[i].language, builtin[i].text,
		    builtin[i].language, faults);
	if (faults->len > 0)
		g_error("built-in language %s", (char *)faults->pdata[0]);
}

void
language_load(const char *dir, GPtrArray *errors)
{
	g_autoptr(GDir) folder =
	    dir == NULL || *dir == '\0' ? NULL : g_dir_open(dir, 0, NULL);
	GHashTable *table = new_table();
	const char *tag;

	while (folder != NULL && (tag = g_dir_read_name(folder)) != NULL) {
		g_autofree char *path =
		    g_build_filename(dir, tag, "language.txt", NULL);
		g_autofree char *text = NULL;
		gsize length;

		if (*tag != '.' &&
		    g_file_get_contents(path, &text, &length, NULL) &&
		    length <= FILE_MOST)
			add_text(table, tag, text, path, errors);
	}
	G_LOCK(tables);
	g_clear_pointer(&tables[1], g_hash_table_unref);
	tables[1] = table;
	stamp++;
	G_UNLOCK(tables);
}

guint
language_stamp(void)
{
	return stamp;
}

const char *
language_own(const char *tag, const char *name)
{
	g_autofree char *small = g_ascii_strdown(tag, -1);
	const char *value = NULL;

	G_LOCK(tables);
	need_builtin();
	for (int i = 1; i >= 0 && value == NULL; i--) {
		GHashTable *values = tables[i] == NULL
		    ? NULL : g_hash_table_lookup(tables[i], small);

		if (values != NULL)
			value = g_hash_table_lookup(values, name);
	}
	G_UNLOCK(tables);
	return value;
}

gboolean
language_known(const char *tag)
{
	g_autofree char *small = g_ascii_strdown(tag, -1);
	gboolean known;

	G_LOCK(tables);
	need_builtin();
	known = g_hash_table_contains(tables[0], small) ||
		(tables[1] != NULL && g_hash_table_contains(tables[1], small));
	G_UNLOCK(tables);
	return known;
}

char *
language_next(const char *tag)
{
	const char *fallback = language_own(tag, "fallback");
	const char *hyphen = strrchr(tag, '-');

	if (fallback != NULL && *fallback != '\0')
		return g_strdup(fallback);
	return hyphen == NULL ? NULL : g_strndup(tag, (gsize)(hyphen - tag));
}

const char *
language_value(const char *tag, const char *name)
{
	g_autofree char *at = g_strdup(tag);
	const char *value;

	/* Files that name each other end after as many steps. */
	for (guint i = 0; i < 8 && at != NULL; i++) {
		char *next;

		value = language_own(at, name);
		if (value != NULL)
			return value;
		next = language_next(at);
		g_free(at);
		at = next;
	}
	value = language_own("en", name);
	return value == NULL ? "" : value;
}

char *
language_text(const char *tag, const char *name, ...)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *value = language_value(tag, name);
	const char *open;

	/* One pass over the pattern: what is put in is never looked at. */
	while ((open = strstr(value, "{{")) != NULL) {
		const char *close = strstr(open, "}}");
		const char *key;
		va_list pairs;

		if (close == NULL)
			break;
		g_string_append_len(text, value, open - value);
		va_start(pairs, name);
		while ((key = va_arg(pairs, const char *)) != NULL) {
			const char *put = va_arg(pairs, const char *);

			if (strlen(key) == (gsize)(close - open - 2) &&
			    strncmp(key, open + 2, strlen(key)) == 0)
				g_string_append(text, put);
		}
		va_end(pairs);
		value = close + 2;
	}
	g_string_append(text, value);
	return g_string_free(g_steal_pointer(&text), FALSE);
}
