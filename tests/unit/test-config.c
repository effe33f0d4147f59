/* The configuration file: what is read, and what is said about faults. */
#include "ground/config.h"

#include <string.h>
#include <unistd.h>

static const ConfigOption site[] = {
	{ "gateway", "state-dir", CONFIG_PATH, "/var/lib/javob", NULL, FALSE,
	    "spool and store" },
	{ "gateway", "ca-file", CONFIG_PATH, NULL, NULL, FALSE, "CA" },
	{ "gateway", "max-size", CONFIG_SIZE, "50M", "64K..1G", FALSE,
	    "largest mail" },
	{ "gateway", "greeting", CONFIG_TEXT, NULL, NULL, FALSE, "a text" },
	{ "gateway", "log-level", CONFIG_CHOICE, "info", "error|info|debug",
	    FALSE, "how much is logged" },
	{ "mailbox", "", CONFIG_NAME, "support", NULL, TRUE, "a mailbox" },
	{ "mailbox", "address", CONFIG_ADDRESS, NULL, NULL, TRUE,
	    "the support address" },
	{ "mailbox", "aliases", CONFIG_LIST, NULL, NULL, FALSE, "more" },
	{ "mailbox", "hours", CONFIG_LIST, NULL, ";", FALSE, "hours" },
	{ "mailbox", "plus", CONFIG_BOOL, "yes", NULL, FALSE, "plus" },
	{ "mailbox", "password", CONFIG_TEXT, NULL, NULL, FALSE, "secret" },
	{ NULL, NULL, CONFIG_TEXT, NULL, NULL, FALSE, NULL },
};

static const ConfigOption net[] = {
	{ "smtp", "connections", CONFIG_INT, "2", "1..32", FALSE, "many" },
	{ "smtp", "give-up", CONFIG_SPAN, "3d", "1h..30d", FALSE, "when" },
	{ "smtp", "user", CONFIG_NAME, NULL, NULL, FALSE, "user" },
	{ NULL, NULL, CONFIG_TEXT, NULL, NULL, FALSE, NULL },
};

static const ConfigOption *const tables[] = { site, net, NULL };

typedef struct File {
	char *dir, *path;
	Config *config;
	GPtrArray *errors;
} File;

static File *
file_new(const char *text, gssize length)
{
	File *f = g_new0(File, 1);
	g_autoptr(GError) error = NULL;

	f->dir = g_dir_make_tmp("javob-config-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "javob.conf", NULL);
	g_assert_true(g_file_set_contents(f->path, text, length, NULL));
	f->errors = g_ptr_array_new_with_free_func(g_free);
	f->config = config_load(f->path, tables, f->errors, &error);
	g_assert_no_error(error);
	g_assert_nonnull(f->config);
	return f;
}

static void
file_free(File *f)
{
	config_free(f->config);
	g_ptr_array_unref(f->errors);
	unlink(f->path);
	g_assert_cmpint(rmdir(f->dir), ==, 0);
	g_free(f->dir);
	g_free(f->path);
	g_free(f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(File, file_free)

/* All errors, one a line, without the name of the file. */
static char *
said(const File *f)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < f->errors->len; i++) {
		const char *text = f->errors->pdata[i];

		g_assert_true(g_str_has_prefix(text, f->path));
		g_string_append(out, text + strlen(f->path) + 1);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

static const struct {
	const char *title, *text, *want; /* want: every error */
} cases[] = {
	{ "an empty file is right", "", "" },
	{ "comments and empty lines are passed over",
	    "# a\n; b\n\n  # c\n[gateway] # d\ngreeting = x # e\n", "" },
	{ "a byte order mark and CRLF do no harm",
	    "\xef\xbb\xbf[gateway]\r\nmax-size = 1M\r\n", "" },
	{ "a last line without end counts", "[smtp]\nconnections = 0",
	    "2: value \"0\" of connections: a whole number, 1..32\n" },
	{ "all faults are told at once",
	    "[gateway]\nmax-size = huge\nlog-level = loud\n"
	    "[smtp]\nconnections = 99\ngive-up = 3\n",
	    "2: value \"huge\" of max-size: octets, such as 64K, 50M or 1G, "
	    "64K..1G\n"
	    "3: value \"loud\" of log-level: one of error, info, debug\n"
	    "5: value \"99\" of connections: a whole number, 1..32\n"
	    "6: value \"3\" of give-up: a length of time, such as 90s, 15m "
	    "or 1h30m, 1h..30d\n" },
	{ "an unknown section names the nearest",
	    "[gatway]\nwhatever = 1\n more\nnonsense\n",
	    "1: unknown section [gatway]; did you mean [gateway]?\n" },
	{ "an unknown section far from all names all", "[database]\n",
	    "1: unknown section [database]; there are: gateway, mailbox, "
	    "smtp\n" },
	{ "an unknown option names the nearest",
	    "[gateway]\nstate_dir = /x\n go on\n",
	    "2: unknown option \"state_dir\" in [gateway]; did you mean "
	    "\"state-dir\"?\n" },
	{ "an option in the wrong section is sent home",
	    "[gateway]\nconnections = 3\n",
	    "2: option \"connections\" does not belong in [gateway] but in "
	    "[smtp]\n" },
	{ "an option that nobody knows", "[gateway]\nqwertyuiop = 3\n",
	    "2: unknown option \"qwertyuiop\" in [gateway]\n" },
	{ "an option twice names both lines",
	    "[smtp]\nconnections = 3\n\nconnections = 4\n",
	    "4: connections stands here for the second time; first in line "
	    "2\n" },
	{ "a section twice names both lines, and is checked",
	    "[mailbox a]\naddress = a@x\n[mailbox a]\nplus = maybe\n",
	    "3: [mailbox a] stands here for the second time; first in line "
	    "1\n4: value \"maybe\" of plus: yes or no\n" },
	{ "a nameless section twice", "[smtp]\n[smtp]\n",
	    "2: [smtp] stands here for the second time; first in line 1\n" },
	{ "a required option is missed", "\n[mailbox a]\nplus = no\n",
	    "2: [mailbox a] needs address: the support address\n" },
	{ "a required option is empty", "[mailbox a]\naddress =\n",
	    "2: address is empty: the support address\n" },
	{ "a required option is wrong: told once",
	    "[mailbox a]\naddress = Ann <a@x>\n",
	    "2: value \"Ann <a@x>\" of address: one address, such as "
	    "support@shop.example\n" },
	{ "a section that needs a name", "[mailbox]\naddress = a@x\n",
	    "1: [mailbox] needs a name, such as [mailbox support]\n" },
	{ "a name of foreign characters", "[mailbox a/b]\naddress = a@x\n",
	    "1: name \"a/b\" of [mailbox]: letters, digits, \"-\", \"_\" and "
	    "\".\" make a name\n" },
	{ "a name of dots", "[mailbox ..]\n",
	    "1: name \"..\" of [mailbox]: letters, digits, \"-\", \"_\" and "
	    "\".\" make a name\n" },
	{ "a section without its bracket", "[smtp\nconnections = 3\n",
	    "1: \"[smtp\": a section is [KIND] or [KIND NAME]\n" },
	{ "something behind a section", "[smtp] x\n",
	    "1: \"[smtp] x\": a section is [KIND] or [KIND NAME]\n" },
	{ "an option before any section does not show its value",
	    "password = hunter2\n",
	    "1: \"password\" stands before the first [section]\n" },
	{ "a line without =", "[smtp]\nconnections\n",
	    "2: \"connections\": an option is: name = value\n" },
	{ "a line without a name", "[smtp]\n= 3\n",
	    "2: \"\": an option is: name = value\n" },
	{ "white space with nothing to go on with", "[gateway]\n  x\n",
	    "2: \"x\" begins with white space, but there is no value to go "
	    "on with\n" },
	{ "an indented option is not swallowed",
	    "[gateway]\ngreeting = x\n  max-size = 1M\n",
	    "3: max-size begins with white space, which goes on with the "
	    "line before: remove it\n" },
	{ "an indented section is not swallowed",
	    "[gateway]\ngreeting = x\n  [smtp]\n",
	    "3: [smtp] begins with white space, which goes on with the line "
	    "before: remove it\n" },
	{ "no UTF-8", "[gateway]\ngreeting = caf\xe9\nmax-size = x\n",
	    "2: not UTF-8 text: save the file as UTF-8\n"
	    "3: value \"x\" of max-size: octets, such as 64K, 50M or 1G, "
	    "64K..1G\n" },
	{ "a control character", "[gateway]\ngreeting = a\x1b[1m\n",
	    "2: a control character stands in this line: remove it\n" },
	{ "an empty number is no number", "[smtp]\nconnections =\n",
	    "2: value \"\" of connections: a whole number, 1..32\n" },
	{ "a number with a tail", "[smtp]\nconnections = 3x\n",
	    "2: value \"3x\" of connections: a whole number, 1..32\n" },
	{ "a name with a blank", "[smtp]\nuser = a b\n",
	    "2: value \"a b\" of user: a name of letters, digits, \"-\", "
	    "\"_\" and \".\"\n" },
	{ "a size below the range", "[gateway]\nmax-size = 63K\n",
	    "2: value \"63K\" of max-size: octets, such as 64K, 50M or 1G, "
	    "64K..1G\n" },
	{ "a size that overflows", "[gateway]\nmax-size = 9999999999999G\n",
	    "2: value \"9999999999999G\" of max-size: octets, such as 64K, "
	    "50M or 1G, 64K..1G\n" },
};

static void
faults(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autoptr(File) f = file_new(cases[i].text, -1);
	g_autofree char *got = said(f);

	g_assert_cmpstr(got, ==, cases[i].want);
}

static void
addresses(void)
{
	static const struct {
		const char *address;
		gboolean ok;
	} rows[] = {
		{ "a@b", TRUE },
		{ "support+x@shop.example", TRUE },
		{ "o'neil@shop.example", TRUE },
		{ "ёж@почта.рф", TRUE },
		{ "support", FALSE },
		{ "@shop.example", FALSE },
		{ "support@", FALSE },
		{ "a@b@c", FALSE },
		{ "a@b, c@d", FALSE },
		{ "<a@b>", FALSE },
		{ "a@b..c", FALSE },
		{ "a@.b", FALSE },
		{ "a@b.", FALSE },
		{ "a b@c", FALSE },
		{ "a@b c", FALSE },
		{ "a@[127.0.0.1]", FALSE },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup_printf(
		    "[mailbox a]\naddress = %s\n", rows[i].address);
		g_autoptr(File) f = file_new(text, -1);

		g_test_message("%s", rows[i].address);
		g_assert_cmpuint(f->errors->len, ==, rows[i].ok ? 0 : 1);
	}
}

static void
values(void)
{
	g_autoptr(File) f =
	    file_new("[gateway]   # the house\n"
		     "state-dir = spool/here   # relative\n"
		     "max-size = 2m\n"
		     "log-level = DEBUG\n"
		     "greeting = a = b; c#d\n"
		     "  and more\n"
		     "# between\n"
		     "\tto the end # not this\n"
		     "[mailbox two]\n"
		     "address=b@x\n"
		     "plus = No\n"
		     "aliases = c@x ,, d@x,\n"
		     "  e@x\n"
		     "hours = Mon-Fri 09:00-18:00; Sat 10:00-14:00\n"
		     "[ mailbox  one ]\n"
		     "address = a@x\n"
		     "[smtp]\n"
		     "connections = 32\n"
		     "give-up = 1d12h\n",
		-1);
	const ConfigSection *g = config_section(f->config, "gateway", NULL);
	const ConfigSection *m = config_section(f->config, "mailbox", "two");
	const ConfigSection *s = config_section(f->config, "smtp", NULL);
	g_autofree char *spool = g_build_filename(f->dir, "spool/here", NULL);
	g_autofree char *got = said(f);
	const char *const *list;

	g_assert_cmpstr(got, ==, "");
	g_assert_cmpstr(config_path(f->config), ==, f->path);
	g_assert_cmpstr(config_text(g, "state-dir"), ==, spool);
	g_assert_cmpint(config_number(g, "max-size"), ==, 2 * 1024 * 1024);
	g_assert_cmpstr(config_text(g, "log-level"), ==, "debug");
	g_assert_cmpint(config_number(g, "log-level"), ==, 2);
	g_assert_cmpstr(config_text(g, "greeting"), ==,
	    "a = b; c#d and more to the end");
	g_assert_cmpint(config_line(g, "greeting"), ==, 5);
	g_assert_cmpint(config_section_line(m), ==, 9);
	g_assert_cmpstr(config_section_name(m), ==, "two");
	g_assert_null(config_section_name(g));
	g_assert_cmpstr(config_text(m, "address"), ==, "b@x");
	g_assert_false(config_bool(m, "plus"));
	list = config_list(m, "aliases");
	g_assert_cmpuint(g_strv_length((char **)list), ==, 3);
	g_assert_cmpstr(list[0], ==, "c@x");
	g_assert_cmpstr(list[2], ==, "e@x");
	list = config_list(m, "hours");
	g_assert_cmpuint(g_strv_length((char **)list), ==, 2);
	g_assert_cmpstr(list[1], ==, "Sat 10:00-14:00");
	g_assert_cmpint(config_number(s, "connections"), ==, 32);
	g_assert_cmpint(config_number(s, "give-up"), ==, 36 * 3600);
	g_assert_null(config_section(f->config, "mailbox", "three"));
}

static void
order(void)
{
	g_autoptr(File) f = file_new("[mailbox b]\naddress = b@x\n[smtp]\n"
				     "[mailbox a]\naddress = a@x\n",
	    -1);
	g_autoptr(GPtrArray) found = config_sections(f->config, "mailbox");
	g_autoptr(GPtrArray) none = config_sections(f->config, "gateway");

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(found->len, ==, 2);
	g_assert_cmpstr(config_section_name(found->pdata[0]), ==, "b");
	g_assert_cmpstr(config_section_name(found->pdata[1]), ==, "a");
}

static void
defaults(void)
{
	g_autoptr(File) f = file_new("[gateway]\nmax-size = x\n", -1);
	const ConfigSection *g = config_section(f->config, "gateway", NULL);
	const ConfigSection *s = config_section(f->config, "smtp", NULL);

	g_assert_cmpuint(f->errors->len, ==, 1);
	g_assert_cmpint(config_number(g, "max-size"), ==, 50 * 1024 * 1024);
	g_assert_false(config_is_set(g, "max-size"));
	g_assert_cmpint(config_line(g, "max-size"), ==, 2);
	g_assert_cmpstr(config_text(g, "state-dir"), ==, "/var/lib/javob");
	g_assert_cmpstr(config_text(g, "ca-file"), ==, "");
	g_assert_nonnull(s);
	g_assert_cmpint(config_section_line(s), ==, 0);
	g_assert_cmpint(config_number(s, "connections"), ==, 2);
	g_assert_false(config_is_set(s, "connections"));
	g_assert_null(config_list(s, "user")[0]);
}

static void
nul(void)
{
	static const char text[] = "[gateway]\ngreeting = a\0b\n"
				   "max-size = 1M\n";
	g_autoptr(File) f = file_new(text, sizeof(text) - 1);
	g_autofree char *got = said(f);
	const ConfigSection *g = config_section(f->config, "gateway", NULL);

	g_assert_cmpstr(got, ==, "2: not UTF-8 text: save the file as UTF-8\n");
	g_assert_cmpint(config_number(g, "max-size"), ==, 1024 * 1024);
}

static void
own_checks(void)
{
	g_autoptr(File) f = file_new("[gateway]\n\nmax-size = 1M\n", -1);
	const ConfigSection *g = config_section(f->config, "gateway", NULL);
	const ConfigSection *s = config_section(f->config, "smtp", NULL);
	g_autofree char *got = NULL;

	config_error(f->config, f->errors, g, "max-size", "%d odd", 1);
	config_error(f->config, f->errors, g, "greeting", "none");
	config_error(f->config, f->errors, s, "user", "absent");
	config_error(f->config, f->errors, NULL, NULL, "no mailbox");
	got = said(f);
	g_assert_cmpstr(got, ==, "3: 1 odd\n1: none\n absent\n no mailbox\n");
}

static void
unreadable(void)
{
	g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) a = NULL, b = NULL;

	g_assert_null(config_load("/nonexistent/conf", tables, errors, &a));
	g_assert_error(a, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(a->message, "/nonexistent/conf"));
	g_assert_null(config_load("/tmp", tables, errors, &b));
	g_assert_error(b, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
}

static void
prints(void)
{
	g_autoptr(File) f = file_new("[gateway]\nmax-size = 1M\n"
				     "[mailbox a]\npassword = hunter2\n"
				     "address = a@x\n",
	    -1);
	g_autoptr(GString) all = g_string_new(NULL), set = g_string_new(NULL);

	config_print(f->config, TRUE, set);
	g_assert_cmpstr(set->str, ==,
	    "[gateway]\nmax-size = 1M\n\n"
	    "[mailbox a]\naddress = a@x\npassword = (set)\n");
	config_print(f->config, FALSE, all);
	g_assert_cmpstr(all->str, ==,
	    "[gateway]\nstate-dir = /var/lib/javob\nca-file =\n"
	    "max-size = 1M\ngreeting =\nlog-level = info\n\n"
	    "[mailbox a]\naddress = a@x\naliases =\nhours =\nplus = yes\n"
	    "password = (set)\n\n"
	    "[smtp]\nconnections = 2\ngive-up = 3d\nuser =\n");
}

/* What was printed reads back as the same. */
static void
reads_back(void)
{
	g_autoptr(File) f = file_new("[mailbox a]\naddress = a@x\n", -1);
	g_autoptr(GString) one = g_string_new(NULL), two = g_string_new(NULL);
	g_autoptr(File) again = NULL;
	g_autofree char *got = NULL;

	config_print(f->config, FALSE, one);
	again = file_new(one->str, -1);
	got = said(again);
	g_assert_cmpstr(got, ==, "");
	config_print(again->config, FALSE, two);
	g_assert_cmpstr(one->str, ==, two->str);
}

static void
example(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(File) f = NULL, bare = NULL;
	g_autofree char *got = NULL, *got_bare = NULL;
	g_auto(GStrv) lines = NULL;
	GString *uncommented = g_string_new(NULL);

	config_example(tables, text);
	f = file_new(text->str, -1);
	got = said(f);
	g_assert_cmpstr(got, ==, "");
	g_assert_nonnull(config_section(f->config, "mailbox", "support"));
	for (int t = 0; tables[t] != NULL; t++)
		for (const ConfigOption *o = tables[t]; o->name; o++)
			g_assert_nonnull(strstr(text->str, o->name));
	/* An option whose comment sign is taken away is right as it stands. */
	lines = g_strsplit(text->str, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		if (**line != '#' || (*line)[1] != ' ')
			g_string_append_printf(uncommented, "%s\n",
			    **line == '#' ? *line + 1 : *line);
	bare = file_new(uncommented->str, -1);
	got_bare = said(bare);
	g_assert_cmpstr(got_bare, ==, "");
	g_string_free(uncommented, TRUE);
}

static void
long_lines(void)
{
	g_autofree char *x = g_strnfill(200000, 'x');
	g_autofree char *text = g_strdup_printf(
	    "[%s]\n[gateway]\n%s = 1\n%s\nmax-size = %s\n", x, x, x, x);
	g_autoptr(File) f = file_new(text, -1);

	g_assert_cmpuint(f->errors->len, ==, 4);
	for (guint i = 0; i < f->errors->len; i++)
		g_assert_cmpuint(strlen(f->errors->pdata[i]), <, 400);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/config/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), faults);
	}
	g_test_add_func("/config/one bare address, no more", addresses);
	g_test_add_func("/config/values of all types", values);
	g_test_add_func("/config/sections come in the file's order", order);
	g_test_add_func("/config/what is absent or broken is at its default",
	    defaults);
	g_test_add_func("/config/a NUL spoils its own line only", nul);
	g_test_add_func("/config/checks of others name the line too",
	    own_checks);
	g_test_add_func("/config/a file that cannot be read is told",
	    unreadable);
	g_test_add_func("/config/what is in force is printed", prints);
	g_test_add_func("/config/what is printed reads back", reads_back);
	g_test_add_func("/config/the example is right as it stands", example);
	g_test_add_func("/config/messages stay short", long_lines);
	return g_test_run();
}
