/* test-words.c - the word tables, and those that a site adds: a new row changes
 * what is understood, without touching code. */
#include "mail/words.h"

#include <glib/gstdio.h>
#include <string.h>

#include "javob.h"
#include "mail/autosub.h"
#include "mail/quote.h"

/* In a language that no table knows. */
static const struct {
	const char *file, *text;
} added[] = {
	{ "attribution.tsv",
	    "# a comment\n"
	    "eo\tProbo\t{date}, {who} skribis:\tx\t\t(invented)\tlow\r\n"
	    "eo\tProbo\t{who} skribis:\tq\t\t(invented)\tlow\n" },
	{ "outlook-headers.tsv",
	    "label\tfrom\teo\tProbo\tEl\t(invented)\tlow\n"
	    "label\tto\teo\tProbo\tAl\t(invented)\tlow\n"
	    "label\tsubject\teo\tProbo\tTemo\t(invented)\tlow\n"
	    "separator\toriginal\teo\tProbo\t{dash} Origina mesaĝo {dash}\t"
	    "(invented)\tlow\n"
	    "separator\tabove\teo\tProbo\tRespondu super ĉi tiu linio\t"
	    "(invented)\tlow\n" },
	{ "signatures.tsv",
	    "eo\tProbo\tmobile\tSendita de mia {device}\t(invented)\tlow\n"
	    "eo\tProbo\tfooter\tĈi tiu mesaĝo estas konfidenca\t(invented)\t"
	    "low\n" },
	{ "outofoffice.tsv",
	    "eo\tProbo\tsubject-prefix\tAŭtomata respondo:\tstrong\t"
	    "(invented)\tlow\n"
	    "eo\tProbo\treply-prefix\trespondo\tnone\t(invented)\tlow\n" },
	{ "bounces.tsv",
	    "eo\tProbo\tbody\tTia skatolo mankas\tno-such-user\tpermanent\t"
	    "(invented)\tlow\n"
	    "eo\tProbo\tdivider\tLa resendita letero\tgeneric\tunknown\t"
	    "(invented)\tlow\n"
	    "eo\tProbo\tlabel\tRicevonto\tgeneric\tunknown\t(invented)\tlow\n" },
	{ "autoheaders.tsv",
	    "X-Probo-Roboto\tvalue=jes\tauto\tstrong\t(invented)\n" },
};

static const struct {
	const char *title, *body, *want;
} cases[] = {
	{ "a full attribution",
	    "Dankon.\n\n22.11.2026 10:05, Ann <a@x.example> skribis:\nNova.\n",
	    "Dankon." },
	{ "a bare attribution", "Dankon.\n\nAnn skribis:\n> Nova.\n",
	    "Dankon." },
	{ "a header block",
	    "Dankon.\n\nEl: Ann\nAl: Bob\nTemo: Nova\n\nNova.\n", "Dankon." },
	{ "a separator", "Dankon.\n---- Origina Mesaĝo ----\nNova.\n",
	    "Dankon." },
	{ "another desk's marker",
	    "Dankon.\n##== Respondu super ĉi tiu linio ==##\nNova.\n",
	    "Dankon." },
	{ "a telephone", "Dankon.\n\nSendita de mia poŝtelefono\n", "Dankon." },
	{ "a footer",
	    "Dankon.\n\nĈi tiu mesaĝo estas konfidenca kaj nur por vi.\n",
	    "Dankon." },
	{ "the built-in rows still count", "Thanks.\n\nAnn wrote:\n> New.\n",
	    "Thanks." },
};

static void
test_cut(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *got = NULL;
	guint lines;

	quote_cut(cases[i].body, &got, &lines);
	g_assert_cmpstr(got, ==, cases[i].want);
}

static void
test_subject(void)
{
	g_autofree char *key = autosub_subject_key("Respondo: Re: nova");

	g_assert_true(autosub_is_away_subject("Aŭtomata Respondo: nova"));
	g_assert_cmpstr(key, ==, "nova");
}

static void
test_field(void)
{
	g_autoptr(Message) message = message_new();
	HeaderField field = { g_strdup("x-probo-roboto"), g_strdup(" Jes") };

	g_array_append_val(message->fields, field);
	autosub_judge(message);
	g_assert_cmpint(message->kind, ==, MESSAGE_AUTO_REPLY);
	g_assert_false(message->may_answer);
}

/* What is said, about whom, and where the returned mail begins. */
static void
test_bounce(void)
{
	static const char mail[] =
	    "From: MAILER-DAEMON@mx.example\nSubject: Ve\n\n"
	    "Ricevonto: ann@shop.example\nTia skatolo mankas.\n\n"
	    "La resendita letero:\nRicevonto: bob@shop.example\n";
	g_autoptr(GBytes) octets = g_bytes_new_static(mail, strlen(mail));
	g_autoptr(Message) message = message_parse(octets, 0);

	g_assert_nonnull(message->dsn);
	g_assert_cmpstr(message->dsn->status, ==, "5.1.1");
	g_assert_cmpuint(message->dsn->recipients->len, ==, 1);
	g_assert_cmpstr(message->dsn->recipients->pdata[0], ==,
	    "ann@shop.example");
}

static char *
make_directory(void)
{
	char *directory = g_dir_make_tmp("javob-words-XXXXXX", NULL);

	g_assert_nonnull(directory);
	return directory;
}

static void
write_table(const char *directory, const char *file, const char *text)
{
	g_autofree char *path = g_build_filename(directory, file, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
remove_directory(const char *directory)
{
	GDir *dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		g_remove(path);
	}
	g_dir_close(dir);
	g_rmdir(directory);
}

static const struct {
	const char *title, *file, *text, *want;
} faults[] = {
	{ "too few columns", "attribution.tsv", "eo\tx\t{who}:\n",
	    "attribution.tsv:1: 3 columns" },
	{ "a guard that is none", "attribution.tsv",
	    "# x\neo\tx\t{who}:\tz\t\t\tlow\n", "attribution.tsv:2: \"z\"" },
	{ "a hole that is none", "attribution.tsv",
	    "eo\tx\t{whom}:\tq\t\t\tlow\n", "{whom}" },
	{ "an open brace", "signatures.tsv", "eo\tx\tmobile\tEl {device\t\t\n",
	    "braces" },
	{ "a kind that is none", "outlook-headers.tsv",
	    "labels\tfrom\teo\tx\tEl\t\tlow\n", "\"labels\"" },
	{ "no text", "bounces.tsv", "eo\tx\tbody\t\tfull\tpermanent\t\tlow\n",
	    "empty" },
	{ "octets that are no text", "outofoffice.tsv",
	    "eo\tx\tbody\t\xff\tweak\t\tlow\n", "UTF-8" },
};

static void
test_fault(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *directory = make_directory();
	g_autoptr(GError) error = NULL;

	write_table(directory, faults[i].file, faults[i].text);
	g_assert_false(words_check(directory, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, faults[i].want));
	remove_directory(directory);
}

static void
test_directory(void)
{
	g_autofree char *directory = make_directory();
	g_autoptr(GError) error = NULL;

	g_assert_true(words_check(directory, NULL));
	g_rmdir(directory);
	g_assert_false(words_check(directory, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
}

/* The tables of the source are what a site would write. */
static void
test_source(void)
{
	g_autofree char *directory =
	    g_build_filename(SRCDIR, "src", "mail", "words", NULL);
	g_autoptr(GError) error = NULL;

	words_check(directory, &error);
	g_assert_no_error(error);
}

static void
count_row(const char *const *column, gpointer data)
{
	g_assert_nonnull(column[0]);
	++*(guint *)data;
}

static void
test_rows(void)
{
	for (guint i = 0; i < WORDS_TABLES; i++) {
		guint rows = 0;

		words_each(i, count_row, &rows);
		g_assert_cmpuint(rows, >, 50);
	}
}

static void
add_tests(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/words/added/%s", cases[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_cut);
	}
	g_test_add_func("/words/added/a subject", test_subject);
	g_test_add_func("/words/added/a field", test_field);
	g_test_add_func("/words/added/a delivery report", test_bounce);
	for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/words/a fault is told: %s", faults[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_fault);
	}
	g_test_add_func("/words/a directory may be empty, not missing",
	    test_directory);
	g_test_add_func("/words/the tables of the source are well formed",
	    test_source);
	g_test_add_func("/words/each table has rows", test_rows);
}

int
main(int argc, char **argv)
{
	g_autofree char *directory = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	g_test_init(&argc, &argv, NULL);
	directory = make_directory();
	for (gsize i = 0; i < G_N_ELEMENTS(added); i++)
		write_table(directory, added[i].file, added[i].text);
	words_add(directory, &error);
	g_assert_no_error(error);
	message_init();
	add_tests();
	status = g_test_run();
	remove_directory(directory);
	return status;
}
