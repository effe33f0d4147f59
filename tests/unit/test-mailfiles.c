/* test-mailfiles.c - mails as they lie about: which ones, in which order, with
 * which octets. */
#include "cli/mailfiles.h"

#include "ground/error.h"
#include "house.h"

#define SEPARATOR "From ann@x Mon Nov 23 10:00:00 2026\n"

/* want: the mails found, each behind "|". */
static const struct {
	const char *title, *octets, *want;
} files[] = {
	{ "one mail", "Subject: a\n\nText\n", "|Subject: a\n\nText\n" },
	{ "an empty file is no mail", "", "" },
	{ "an mbox of one", SEPARATOR "Subject: a\n\nText\n",
	    "|Subject: a\n\nText\n" },
	{ "an mbox of two",
	    SEPARATOR "Subject: a\n\nOne\n\n" SEPARATOR "Subject: b\n\nTwo\n\n",
	    "|Subject: a\n\nOne\n|Subject: b\n\nTwo\n" },
	{ "CR LF all over",
	    "From a 10:00\r\nSubject: a\r\n\r\nOne\r\n\r\nFrom b 11:00\r\n"
	    "Subject: b\r\n\r\nTwo\r\n",
	    "|Subject: a\r\n\r\nOne\r\n|Subject: b\r\n\r\nTwo\r\n" },
	{ "a line that begins with From is text",
	    SEPARATOR "A: b\n\nFrom now on\n\nFrom memory\n",
	    "|A: b\n\nFrom now on\n\nFrom memory\n" },
	{ "a separator needs an empty line before it",
	    SEPARATOR "A: b\n\nText\n" SEPARATOR "C\n",
	    "|A: b\n\nText\n" SEPARATOR "C\n" },
	{ "one level of quotation is taken off",
	    SEPARATOR "A: b\n\n>From me\n>>From you\n> From\n",
	    "|A: b\n\nFrom me\n>From you\n> From\n" },
	{ "in a mail that is no mbox it stays", "A: b\n\n>From me\n",
	    "|A: b\n\n>From me\n" },
	{ "a separator and nothing else", SEPARATOR, "|" },
};

static gboolean
collect(const char *name G_GNUC_UNUSED, GBytes *octets, gint64 when,
    gpointer data, GError **error G_GNUC_UNUSED)
{
	gsize size;
	const char *text = g_bytes_get_data(octets, &size);

	g_assert_cmpint(when, >, 0);
	g_string_append_c(data, '|');
	g_string_append_len(data, text, (gssize)size);
	return TRUE;
}

static void
write_file(const char *dir, const char *name, const char *octets)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_mkdir_with_parents(parent, 0700);
	g_assert_true(g_file_set_contents(path, octets, -1, NULL));
}

static void
assert_found(const char *path, const char *want)
{
	g_autoptr(GString) got = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(mailfiles_each(path, collect, got, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(got->str, ==, want);
}

static void
test_file(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *dir = g_dir_make_tmp("javob-mail-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "mail", NULL);

	write_file(dir, "mail", files[i].octets);
	assert_found(path, files[i].want);
	house_remove(dir);
}

static void
test_maildir(void)
{
	g_autofree char *dir = g_dir_make_tmp("javob-mail-XXXXXX", NULL);

	write_file(dir, "cur/2000.b:2,S", "2\n");
	write_file(dir, "new/1000.a", "1\n");
	write_file(dir, "new/3000.c", "3\n");
	write_file(dir, "tmp/0.x", "no\n");
	write_file(dir, "dovecot-uidlist", "no\n");
	write_file(dir, "cur/.hidden", "no\n");
	assert_found(dir, "|1\n|2\n|3\n");
	house_remove(dir);
}

static void
test_directory(void)
{
	g_autofree char *dir = g_dir_make_tmp("javob-mail-XXXXXX", NULL);

	write_file(dir, "b.eml", "b\n");
	write_file(dir, "a.mbox", SEPARATOR "1\n\n" SEPARATOR "2\n");
	assert_found(dir, "|1\n|2\n|b\n");
	house_remove(dir);
}

static void
test_missing(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(mailfiles_each("/nowhere/x", collect, NULL, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path =
		    g_strdup_printf("/mailfiles/%s", files[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_file);
	}
	g_test_add_func("/mailfiles/a Maildir in the order of delivery",
	    test_maildir);
	g_test_add_func("/mailfiles/a directory by name", test_directory);
	g_test_add_func("/mailfiles/what is not there is said", test_missing);
	return g_test_run();
}
