/* macro.c - see macro.h. Called by policy/facts for an agent's mail that names
 * a macro, and by policy/act for the list. Files are read when they are used,
 * so that a new macro is there at once. */
#include "policy/macro.h"

#include <string.h>

#include "ground/error.h"
#include "ground/text.h"

enum { FILE_MOST = 64 << 10, NAME_MOST = 60 };

static const char *const given[] = { "ticket", "subject", "customer", "agent",
	"brand", NULL };

static int
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* --- files ----------------------------------------------------------------- */

/* A name is no path. */
static gboolean
is_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strlen(name) > NAME_MOST)
		return FALSE;
	for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_isalnum(c) && c != '-' && c != '_')
			return FALSE;
	}
	return TRUE;
}

static char *
folder_of(const MacroScene *scene, const char *language, gboolean queue)
{
	return queue ? g_build_filename(scene->dir, language, "macros",
			   scene->queue, NULL)
		     : g_build_filename(scene->dir, language, "macros", NULL);
}

/* The path of the best file; NULL: none. */
static char *
find_in(const MacroScene *scene, const char *language, const char *name)
{
	for (int queue = 1; queue >= 0; queue--) {
		g_autofree char *folder = folder_of(scene, language, queue);

		for (int tone = *scene->tone != '\0'; tone >= 0; tone--) {
			g_autofree char *file =
			    tone ? g_strconcat(name, ".", scene->tone, ".txt",
				       NULL)
				 : g_strconcat(name, ".txt", NULL);
			g_autofree char *path =
			    g_build_filename(folder, file, NULL);

			if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
				return g_steal_pointer(&path);
		}
	}
	return NULL;
}

/* uz-Latn-UZ, uz-Latn, uz. */
static char *
find(const MacroScene *scene, const char *name)
{
	g_autofree char *tag = g_strdup(scene->language);

	for (;;) {
		char *path = find_in(scene, tag, name);
		char *hyphen = strrchr(tag, '-');

		if (path != NULL || hyphen == NULL)
			return path;
		*hyphen = '\0';
	}
}

/* The languages that have it, "en, ru"; "" none. */
static char *
languages_with(const MacroScene *scene, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(scene->dir, 0, NULL);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	const char *language;

	while (dir != NULL && (language = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = find_in(scene, language, name);

		if (path != NULL)
			g_ptr_array_add(list, g_strdup(language));
	}
	g_ptr_array_sort(list, by_text);
	g_ptr_array_add(list, NULL);
	return g_strjoinv(", ", (char **)list->pdata);
}

static gboolean
not_there(const MacroScene *scene, const char *name, GError **error)
{
	g_autofree char *languages = languages_with(scene, name);

	if (*languages == '\0')
		return error_permanent(error,
		    "there is no macro \"%s\"; /macros lists them", name);
	return error_permanent(error,
	    "the macro \"%s\" is not there in the customer's language (%s); "
	    "there is %s",
	    name, scene->language, languages);
}

static Mustache *
read_file(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) reason = NULL;
	g_autoptr(Mustache) mustache = NULL;
	const char *p;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &reason)) {
		error_permanent(error, "%s", reason->message);
		return NULL;
	}
	if (length > FILE_MOST || !text_is_utf8(text, length)) {
		error_permanent(error,
		    "%s: longer than 64 KiB, or no UTF-8 text", path);
		return NULL;
	}
	for (p = text; *p == '#'; p += strcspn(p, "\n"), p += *p != '\0')
		;
	p += strspn(p, "\r\n");
	mustache = mustache_parse(p, &reason);
	if (mustache == NULL)
		error_permanent(error, "%s: %s", path, reason->message);
	return g_steal_pointer(&mustache);
}

/* --- the call -------------------------------------------------------------- */

typedef struct Call {
	char *name;
	GHashTable *values;
} Call;

static void
call_clear(Call *call)
{
	g_free(call->name);
	g_clear_pointer(&call->values, g_hash_table_unref);
}

/* The next word; quotes keep spaces together. NULL at the end. */
static char *
next_word(const char **at)
{
	const char *p = *at + strspn(*at, " \t");
	GString *out;
	gboolean quoted = FALSE;

	if (*p == '\0')
		return NULL;
	out = g_string_new(NULL);
	for (; *p != '\0' && (quoted || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '"')
			quoted = !quoted;
		else
			g_string_append_c(out, *p);
	}
	*at = p;
	return g_string_free(out, FALSE);
}

static gboolean
read_call(Call *call, const char *text, GError **error)
{
	char *word;

	call->values =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	call->name = next_word(&text);
	if (call->name != NULL && g_str_has_suffix(call->name, "?"))
		call->name[strlen(call->name) - 1] = '\0';
	if (call->name == NULL || !is_name(call->name))
		return error_permanent(error,
		    "\"%s\" is no name of a macro; /macros lists them",
		    call->name != NULL ? call->name : "");
	while ((word = next_word(&text)) != NULL) {
		g_autofree char *held = word;
		char *equals = strchr(held, '=');

		if (equals == NULL || equals == held)
			return error_permanent(error,
			    "\"%s\": write name=value", held);
		g_hash_table_replace(call->values,
		    g_strndup(held, (gsize)(equals - held)),
		    g_strdup(equals + 1));
	}
	return TRUE;
}

static char *
missing(const GPtrArray *names, GHashTable *values)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (!g_strv_contains(given, name) &&
		    !g_hash_table_contains(values, name))
			g_string_append_printf(out, "%s%s",
			    out->len > 0 ? ", " : "", name);
	}
	return g_string_free(out, FALSE);
}

/* All that it needs, and nothing else: a word that was misspelt is both. */
static gboolean
check_values(const Call *call, const Mustache *mustache, GError **error)
{
	g_autoptr(GPtrArray) names = mustache_names(mustache);
	g_autofree char *lack = missing(names, call->values);
	GHashTableIter at;
	gpointer key;

	if (*lack != '\0')
		return error_permanent(error,
		    "the macro \"%s\" needs %s: /macro %s %s=...", call->name,
		    lack, call->name, lack);
	g_hash_table_iter_init(&at, call->values);
	while (g_hash_table_iter_next(&at, &key, NULL))
		if (g_strv_contains(given, key) ||
		    !g_ptr_array_find_with_equal_func(names, key, g_str_equal,
			NULL))
			return error_permanent(error,
			    "the macro \"%s\" has no parameter %s", call->name,
			    (const char *)key);
	return TRUE;
}

static MustacheData *
data_of(const MacroScene *scene, GHashTable *values)
{
	MustacheData *data = mustache_data_new();
	GHashTableIter at;
	gpointer key, value;

	g_hash_table_iter_init(&at, values);
	while (g_hash_table_iter_next(&at, &key, &value))
		mustache_set(data, key, value);
	mustache_set(data, "ticket", scene->ticket);
	mustache_set(data, "subject", scene->subject);
	mustache_set(data, "customer", scene->customer);
	mustache_set(data, "agent", scene->agent);
	mustache_set(data, "brand", scene->brand);
	return data;
}

static char *
render(const MacroScene *scene, const Call *call, GError **error)
{
	g_autofree char *path = find(scene, call->name), *text = NULL;
	g_autoptr(Mustache) mustache = NULL;
	g_autoptr(MustacheData) data = NULL;

	if (path == NULL) {
		not_there(scene, call->name, error);
		return NULL;
	}
	mustache = read_file(path, error);
	if (mustache == NULL || !check_values(call, mustache, error))
		return NULL;
	data = data_of(scene, call->values);
	text = mustache_render(mustache, NULL, data, MUSTACHE_TEXT, error);
	return text != NULL ? g_strchomp(g_steal_pointer(&text)) : NULL;
}

char *
macro_render(const MacroScene *scene, const char *call, GError **error)
{
	Call read = { NULL, NULL };
	char *text =
	    read_call(&read, call, error) ? render(scene, &read, error) : NULL;

	call_clear(&read);
	return text;
}

gboolean
macro_is_preview(const char *call)
{
	gsize length = strcspn(call, " \t");

	return length > 1 && call[length - 1] == '?';
}

/* --- the list -------------------------------------------------------------- */

static char *
describe(const MacroScene *scene, const char *name)
{
	g_autofree char *path = find(scene, name), *lack = NULL;
	g_autoptr(Mustache) mustache = NULL;
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);

	if (path != NULL)
		mustache = read_file(path, NULL);
	if (mustache == NULL)
		return g_strdup_printf("%s (cannot be read)", name);
	names = mustache_names(mustache);
	lack = missing(names, none);
	return *lack != '\0' ? g_strdup_printf("%s (%s)", name, lack)
			     : g_strdup(name);
}

static void
list_folder(GHashTable *names, const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *file;

	while (dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
		g_autofree char *name = g_strndup(file, strcspn(file, "."));

		if (g_str_has_suffix(file, ".txt") && is_name(name))
			g_hash_table_add(names, g_steal_pointer(&name));
	}
}

GPtrArray *
macro_list(const MacroScene *scene)
{
	g_autoptr(GHashTable) names =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *tag = g_strdup(scene->language);
	GHashTableIter at;
	gpointer name;
	char *hyphen = tag;

	while (hyphen != NULL) {
		for (int queue = 0; queue < 2; queue++) {
			g_autofree char *folder = folder_of(scene, tag, queue);

			list_folder(names, folder);
		}
		hyphen = strrchr(tag, '-');
		if (hyphen != NULL)
			*hyphen = '\0';
	}
	g_hash_table_iter_init(&at, names);
	while (g_hash_table_iter_next(&at, &name, NULL))
		g_ptr_array_add(out, describe(scene, name));
	g_ptr_array_sort(out, by_text);
	return out;
}
