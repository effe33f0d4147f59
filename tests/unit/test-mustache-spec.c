/* test-mustache-spec.c - the core of the Mustache specification, where its
 * tests lie in ../shared/mustache-spec: not part of the tree.
 *
 * SQLite reads the JSON: it is linked anyway. */
#include <sqlite3.h>
#include <string.h>

#include "policy/mustache.h"

static const char *const files[] = { "comments", "delimiters", "interpolation",
	"inverted", "partials", "sections" };

typedef struct Case {
	char *text, *want;
	MustacheData *data;
	GHashTable *partials;
} Case;

static sqlite3 *json;

static sqlite3_stmt *
query(const char *sql, const char *document)
{
	sqlite3_stmt *stmt = NULL;

	g_assert_cmpint(
	    sqlite3_prepare_v2(json, sql, -1, &stmt, NULL), ==, SQLITE_OK);
	sqlite3_bind_text(stmt, 1, document, -1, SQLITE_TRANSIENT);
	return stmt;
}

static const char *
column(sqlite3_stmt *stmt, int i)
{
	const char *text = (const char *)sqlite3_column_text(stmt, i);

	return text == NULL ? "" : text;
}

/* Of a scalar or an inner document. In the specification {{{x}}} is never
 * escaped: all its texts are markup. */
static MustacheData *
value_of(const char *type, const char *value)
{
	gboolean map = g_str_equal(type, "object");
	MustacheData *out;
	sqlite3_stmt *stmt;

	if (g_str_equal(type, "true") || g_str_equal(type, "false") ||
	    g_str_equal(type, "null"))
		return mustache_data_flag(g_str_equal(type, "true"));
	if (!map && !g_str_equal(type, "array"))
		return mustache_data_markup(value, value);
	out = map ? mustache_data_new() : mustache_data_list();
	stmt = query("SELECT type, key, value FROM json_each(?1)", value);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		MustacheData *item = value_of(column(stmt, 0), column(stmt, 2));

		if (map)
			mustache_put(out, column(stmt, 1), item);
		else
			mustache_push(out, item);
	}
	sqlite3_finalize(stmt);
	return out;
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(Mustache) mustache = mustache_parse(c->text, &error);
	g_autofree char *got = NULL;

	g_assert_no_error(error);
	got = mustache_render(
	    mustache, c->partials, c->data, MUSTACHE_HTML, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, c->want);
}

static GHashTable *
partials_of(const char *document)
{
	GHashTable *all = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, (GDestroyNotify)mustache_free);
	sqlite3_stmt *stmt =
	    query("SELECT key, value FROM json_each(?1)", document);

	while (sqlite3_step(stmt) == SQLITE_ROW)
		g_hash_table_insert(all, g_strdup(column(stmt, 0)),
		    mustache_parse(column(stmt, 1), NULL));
	sqlite3_finalize(stmt);
	return all;
}

static guint
add_file(const char *dir, const char *name)
{
	g_autofree char *file = g_strconcat(name, ".json", NULL);
	g_autofree char *path = g_build_filename(dir, file, NULL);
	g_autofree char *document = NULL;
	sqlite3_stmt *stmt;
	guint count = 0;

	if (!g_file_get_contents(path, &document, NULL, NULL))
		return 0;
	stmt = query("SELECT json_extract(value, '$.name'),"
		     " json_extract(value, '$.template'),"
		     " json_extract(value, '$.expected'),"
		     " json_type(value, '$.data'),"
		     " json_extract(value, '$.data'),"
		     " coalesce(json_extract(value, '$.partials'), '{}'), key"
		     " FROM json_each(?1, '$.tests')", document);
	for (; sqlite3_step(stmt) == SQLITE_ROW; count++) {
		Case *c = g_new0(Case, 1); /* as long as the program */
		g_autofree char *title = g_strdup_printf("/specification/%s/%s %s",
		    name, column(stmt, 6), column(stmt, 0));

		c->text = g_strdup(column(stmt, 1));
		c->want = g_strdup(column(stmt, 2));
		c->data = value_of(column(stmt, 3), column(stmt, 4));
		c->partials = partials_of(column(stmt, 5));
		g_test_add_data_func(title, c, test_case);
	}
	sqlite3_finalize(stmt);
	return count;
}

static void
test_absent(void)
{
	g_test_skip("the specification's tests are not here");
}

int
main(int argc, char **argv)
{
	const char *given = g_getenv("JAVOB_MUSTACHE_SPEC");
	const char *source = g_getenv("srcdir");
	g_autofree char *dir = given != NULL
	    ? g_strdup(given)
	    : g_build_filename(source == NULL ? "." : source, "..", "shared",
		  "mustache-spec", "specs", NULL);
	guint count = 0;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(sqlite3_open(":memory:", &json), ==, SQLITE_OK);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		count += add_file(dir, files[i]);
	if (count == 0)
		g_test_add_func("/specification", test_absent);
	return g_test_run();
}
