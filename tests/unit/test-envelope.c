/* test-envelope.c - the head of a spool file, written and read. */
#include "mail/envelope.h"

#include <string.h>

static Envelope *
make(void)
{
	Envelope *e = envelope_new("support", "imap", 1795760943);

	e->reverse_path = g_strdup("ann\r\n\\@buyer.example");
	g_ptr_array_add(e->forward_paths, g_strdup("a@shop.example"));
	g_ptr_array_add(e->forward_paths, g_strdup("b=c@shop.example\x7f"));
	e->internal_date = -5;
	e->uidvalidity = G_MAXUINT32;
	e->uid = 7;
	return e;
}

static void
test_back(void)
{
	g_autoptr(Envelope) e = make();
	g_autofree char *text = envelope_format(e);
	g_autofree char *file = g_strconcat(text, "From: x\n\nbody", NULL);
	g_autoptr(Envelope) got = NULL;
	g_autoptr(GError) error = NULL;
	gsize length = 0;

	got = envelope_parse(file, strlen(file), &length, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(length, ==, strlen(text));
	g_assert_cmpstr(file + length, ==, "From: x\n\nbody");
	g_assert_cmpstr(got->mailbox, ==, "support");
	g_assert_cmpstr(got->door, ==, "imap");
	g_assert_cmpstr(got->reverse_path, ==, e->reverse_path);
	g_assert_cmpuint(got->forward_paths->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(got->forward_paths, 1), ==,
	    "b=c@shop.example\x7f");
	g_assert_cmpint(got->received, ==, 1795760943);
	g_assert_cmpint(got->internal_date, ==, -5);
	g_assert_cmpuint(got->uidvalidity, ==, G_MAXUINT32);
	g_assert_cmpuint(got->uid, ==, 7);
}

/* "" is the null reverse-path <>, NULL is one that is not known. */
static void
test_null_path(void)
{
	for (int null = 0; null < 2; null++) {
		g_autoptr(Envelope) e = envelope_new("s", "lmtp", 1);
		g_autofree char *text = NULL;
		g_autoptr(Envelope) got = NULL;
		gsize length;

		if (null)
			e->reverse_path = g_strdup("");
		text = envelope_format(e);
		got = envelope_parse(text, strlen(text), &length, NULL);
		g_assert_nonnull(got);
		g_assert_cmpstr(got->reverse_path, ==, null ? "" : NULL);
	}
}

static void
test_unknown_line(void)
{
	const char *text = "javob-envelope=1\nmailbox=s\ndoor=pipe\n"
			   "colour=red\nreceived=3\n\n";
	g_autoptr(Envelope) got = NULL;
	gsize length;

	got = envelope_parse(text, strlen(text), &length, NULL);
	g_assert_nonnull(got);
	g_assert_cmpint(got->received, ==, 3);
}

static const char *const broken[] = {
	"",
	"From: x\n\n",
	"javob-envelope=2\nmailbox=s\ndoor=pipe\n\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe",
	"javob-envelope=1\n\n",
	"javob-envelope=1\nmailbox=s\n\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe\nnonsense\n\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe\nreceived=x\n\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe\nuid=-1\n\n",
	"javob-envelope=1\nmailbox=s\ndoor=pipe\nuid=4294967296\n\n",
	"javob-envelope=1\nmailbox=s\\x\ndoor=pipe\n\n",
	"javob-envelope=1\nmailbox=s\\x0\ndoor=pipe\n\n",
	"javob-envelope=1\nmailbox=s\\x00\ndoor=pipe\n\n",
	"javob-envelope=1\nmailbox=s\rx\ndoor=pipe\n\n",
};

static void
test_broken(gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	gsize length = 99;

	g_assert_null(envelope_parse(data, strlen(data), &length, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	g_assert_cmpuint(length, ==, 99);
}

/* Every beginning of a good one is none, and is not read beyond its end. */
static void
test_cut(void)
{
	g_autoptr(Envelope) e = make();
	g_autofree char *text = envelope_format(e);
	gsize whole = strlen(text);

	for (gsize size = 0; size < whole; size++) {
		g_autofree char *copy = g_memdup2(text, size);
		gsize length;

		g_assert_null(envelope_parse(copy, size, &length, NULL));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/envelope/what was written is read", test_back);
	g_test_add_func("/envelope/a null and an unknown path differ",
	    test_null_path);
	g_test_add_func("/envelope/a line of a later version is passed over",
	    test_unknown_line);
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/envelope/a broken one is refused: %" G_GSIZE_FORMAT, i);

		g_test_add_data_func(path, broken[i], test_broken);
	}
	g_test_add_func("/envelope/one that was cut off is refused", test_cut);
	return g_test_run();
}
