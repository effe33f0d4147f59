/* test-stmt.c - every line of stmt.def against the schema: the SQL is right,
 * and the letters of `binds` are those of its parameters and their columns. C
 * cannot check arguments that travel as "...". */
#include "store/driver.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static const StoreWord words[] = {
	{ "{skip locked}", "" },
	{ "{for update}", "" },
	{ NULL, NULL },
};

static sqlite3 *schema;

/* i, s or b; 0: no such column. */
static char
column_letter(const char *table, const char *column)
{
	const char *type = NULL;

	if (sqlite3_table_column_metadata(schema, NULL, table, column, &type,
		NULL, NULL, NULL, NULL) != SQLITE_OK)
		return 0;
	return strcmp(type, "INTEGER") == 0 ? 'i'
	       : strcmp(type, "TEXT") == 0  ? 's'
					    : 'b';
}

/* text is "$3" or something else that says nothing of a type. */
static void
assert_letter(const StoreStatement *statement, const char *table,
    const char *column, const char *text)
{
	int number = text[0] == '$' ? atoi(text + 1) : 0;
	char want = column_letter(table, column);

	if (number == 0 || want == 0)
		return;
	g_assert_cmpint(number, <=, (int)strlen(statement->binds));
	if (statement->binds[number - 1] != want)
		g_test_fail_printf(
		    "%s: $%d goes to %s.%s and must be '%c', not '%c'",
		    statement->name, number, table, column, want,
		    statement->binds[number - 1]);
}

/* INSERT INTO table (a, b) VALUES ($1, NULLIF($2, 0)) */
static void
check_insert(const StoreStatement *statement, const char *sql)
{
	g_autoptr(GRegex) shape = g_regex_new(
	    "INSERT INTO (\\w+) \\((.*?)\\) VALUES \\((.*?)\\)", 0, 0, NULL);
	g_autoptr(GRegex) nullif =
	    g_regex_new("NULLIF\\((\\$\\d+), [^)]*\\)", 0, 0, NULL);
	g_autofree char *plain =
	    g_regex_replace(nullif, sql, -1, 0, "\\1", 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *table = NULL;
	g_autofree char *names = NULL;
	g_autofree char *values = NULL;
	g_auto(GStrv) column = NULL;
	g_auto(GStrv) value = NULL;

	if (!g_regex_match(shape, plain, 0, &match))
		return;
	table = g_match_info_fetch(match, 1);
	names = g_match_info_fetch(match, 2);
	values = g_match_info_fetch(match, 3);
	column = g_strsplit(names, ", ", -1);
	value = g_strsplit(values, ", ", -1);
	g_assert_cmpuint(g_strv_length(column), ==, g_strv_length(value));
	for (int i = 0; column[i] != NULL; i++)
		assert_letter(statement, table, column[i], value[i]);
}

/* column = $1, in statements about one table only. */
static void
check_compared(const StoreStatement *statement, const char *sql)
{
	g_autoptr(GRegex) of =
	    g_regex_new("(?:UPDATE|FROM|INTO) (\\w+)", 0, 0, NULL);
	g_autoptr(GRegex) compared =
	    g_regex_new("(\\w+) (?:=|<|>|<=|>=) (\\$\\d+)", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *table = NULL;

	if (strstr(sql, "JOIN") != NULL || !g_regex_match(of, sql, 0, &match))
		return;
	table = g_match_info_fetch(match, 1);
	g_clear_pointer(&match, g_match_info_unref);
	g_regex_match(compared, sql, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *column = g_match_info_fetch(match, 1);
		g_autofree char *value = g_match_info_fetch(match, 2);

		assert_letter(statement, table, column, value);
	}
}

static void
test_statement(gconstpointer data)
{
	const StoreStatement *statement = data;
	g_autofree char *sql = store_words(statement->sql, words);
	int wanted = (int)strlen(statement->binds);
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(schema, sql, -1, &st, NULL) != SQLITE_OK)
		g_error("%s: %s", statement->name, sqlite3_errmsg(schema));
	g_assert_cmpint(wanted, <=, STORE_ARGS_MOST);
	g_assert_cmpint(sqlite3_bind_parameter_count(st), ==, wanted);
	for (int i = 1; i <= wanted; i++) {
		g_autofree char *name = g_strdup_printf("$%d", i);

		g_assert_cmpint(sqlite3_bind_parameter_index(st, name), >, 0);
		g_assert_nonnull(strchr("isb", statement->binds[i - 1]));
	}
	sqlite3_finalize(st);
	check_insert(statement, sql);
	check_compared(statement, sql);
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("javob-stmt-XXXXXX", &error);
	g_autofree char *db = g_build_filename(dir, "javob.db", NULL);
	int result;

	g_test_init(&argc, &argv, NULL);
	store_create(dir, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(sqlite3_open(db, &schema), ==, SQLITE_OK);
	for (int i = 0; i < STMT_COUNT; i++) {
		g_autofree char *path = g_strconcat("/stmt/",
		    store_statements[i].name, " fits the schema", NULL);

		g_test_add_data_func(path, &store_statements[i],
		    test_statement);
	}
	result = g_test_run();
	sqlite3_close(schema);
	g_unlink(db);
	g_rmdir(dir);
	return result;
}
