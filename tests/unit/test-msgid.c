/* test-msgid.c - msg-ids out of fields as mail programs write them (AC-09). */
#include "mail/msgid.h"

#include <string.h>
#include <time.h>

typedef struct Case {
	const char *title;
	const char *body;
	const char *want; /* identifiers with a space after each */
} Case;

static const Case cases[] = {
	{ "one identifier is found", "<a@b>", "a@b " },
	{ "several identifiers keep their order", "<a@b> <c@d>\t<e@f>",
	    "a@b c@d e@f " },
	{ "Exchange and iOS put commas between", "<a@b>,<c@d>, <e@f>",
	    "a@b c@d e@f " },
	{ "nothing need stand between", "<a@b><c@d>", "a@b c@d " },
	{ "Outlook folds inside an identifier", "<abc\r\n def@mail.example>",
	    "abcdef@mail.example " },
	{ "spaces at the brackets are dropped", "< a@b >", "a@b " },
	{ "a missing end does not lose the next", "<a@b <c@d>", "a@b c@d " },
	{ "an unended identifier ends at a space", "<no-end@x the rest <l@x>",
	    "no-end@x l@x " },
	{ "an unended word is skipped", "<no end here <l@x>", "l@x " },
	{ "a missing begin is borne", "a@b> <c@d>", "a@b c@d " },
	{ "missing brackets are borne", "a@b c@d", "a@b c@d " },
	{ "missing brackets and commas", "a@b, c@d;e@f", "a@b c@d e@f " },
	{ "missing brackets on one of several", "<a@b> c@d <e@f>",
	    "a@b c@d e@f " },
	{ "a phrase is skipped", "Your message of Monday <a@b>", "a@b " },
	{ "an address in a phrase is no identifier",
	    "Message from ann@shop.example of Monday", "" },
	{ "an address with words after it is none",
	    "ann@shop.example wrote on Monday", "" },
	{ "a comment is skipped", "<a@b> (ann@shop.example's of Monday)",
	    "a@b " },
	{ "one word in brackets is borne", "<12345>", "12345 " },
	{ "several words in brackets are none", "<not an id>", "" },
	{ "empty brackets are none", "<> <a@b>", "a@b " },
	{ "a lone at sign is none", "<@>", "" },
	{ "nothing is none", "", "" },
	{ "white space is none", " \t\r\n ", "" },
	{ "brackets only are none", "<<<<>>>>", "" },
	{ "UTF-8 passes", "<ж@b>", "ж@b " },
};

static char *
scan(const char *body)
{
	GString *out = g_string_new(NULL);
	const char *cursor = body;
	char *id;

	while ((id = msgid_next(&cursor)) != NULL) {
		g_string_append_printf(out, "%s ", id);
		g_free(id);
	}
	g_assert_cmpstr(cursor, ==, "");
	return g_string_free(out, FALSE);
}

static void
test_scan(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *got = scan(c->body);

	g_assert_cmpstr(got, ==, c->want);
}

static void
test_two_hundred(void)
{
	g_autoptr(GString) body = g_string_new(NULL);
	g_autoptr(GString) want = g_string_new(NULL);
	g_autofree char *got = NULL;

	for (guint i = 0; i < 200; i++) {
		g_string_append_printf(body, "<m%u@shop.example>\r\n ", i);
		g_string_append_printf(want, "m%u@shop.example ", i);
	}
	got = scan(body->str);
	g_assert_cmpstr(got, ==, want->str);
}

static void
test_too_long(void)
{
	g_autofree char *fill = g_strnfill(MSGID_MAX - 2, 'a');
	g_autofree char *body =
	    g_strdup_printf("<%s@b> <x%s@b> <c@d>", fill, fill);
	const char *cursor = body;
	g_autofree char *first = msgid_next(&cursor);
	g_autofree char *second = msgid_next(&cursor);

	g_assert_cmpuint(strlen(first), ==, MSGID_MAX);
	g_assert_cmpstr(second, ==, "c@d");
}

/* Of this process: what others do on the machine does not count. */
static gint64
cpu_us(void)
{
	return (gint64)clock() * G_USEC_PER_SEC / CLOCKS_PER_SEC;
}

/* 64 KiB of what makes a careless scanner look twice. */
static void
test_linear(void)
{
	static const char *const pieces[] = { "<", "a@b ", "<a ", "@", "> ",
		"a@", "( " };

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) body = g_string_new(NULL);
		gint64 start;

		while (body->len < 65536)
			g_string_append(body, pieces[i]);
		start = cpu_us();
		g_free(scan(body->str));
		g_assert_cmpint(cpu_us() - start, <, 200000);
	}
}

static void
test_valid(void)
{
	g_autofree char *fill = g_strnfill(MSGID_MAX, 'a');
	g_autofree char *long_one = g_strconcat(fill, "@b", NULL);

	g_assert_true(msgid_is_valid("a@b"));
	g_assert_true(msgid_is_valid("a.b!#$%@[192.0.2.1]"));
	g_assert_false(msgid_is_valid(NULL));
	g_assert_false(msgid_is_valid(""));
	g_assert_false(msgid_is_valid("ab"));
	g_assert_false(msgid_is_valid("@b"));
	g_assert_false(msgid_is_valid("a@"));
	g_assert_false(msgid_is_valid("a @b"));
	g_assert_false(msgid_is_valid("a>@b"));
	g_assert_false(msgid_is_valid("<a@b"));
	g_assert_false(msgid_is_valid("a\r\n@b"));
	g_assert_false(msgid_is_valid("ж@b"));
	g_assert_false(msgid_is_valid(long_one));
}

static const struct {
	const char *title, *reply, *want;
} replies[] = {
	{ "SES tells the left part",
	    "250 Ok 010201937e2f4c11-5f8b1c9e-7d1a-4a55-000000",
	    "010201937e2f4c11-5f8b1c9e-7d1a-4a55-000000" },
	{ "Exchange Online tells all of it",
	    "250 2.0.0 OK <AM9PR04MB8000123@eur04.example> [Hostname=AM9PR04]",
	    "AM9PR04MB8000123@eur04.example" },
	{ "Exchange tells it and what it is in its own store",
	    "250 2.6.0 <20261127.1234567890@mx.example> [InternalId=3] Queued "
	    "mail for delivery",
	    "20261127.1234567890@mx.example" },
	{ "Brevo tells it behind words",
	    "250 2.0.0 OK: queued as <202611271012.34567890@smtp.example>",
	    "202611271012.34567890@smtp.example" },
	{ "Postfix tells a queue id", "250 2.0.0 Ok: queued as 4bXyZ1234Nz9rp",
	    NULL },
	{ "Gmail tells nothing that comes back",
	    "250 2.0.0 OK  1795694400 l12-20020a05600c4f0c00b003a1si123 - gsmtp",
	    NULL },
	{ "Dovecot names the recipient",
	    "250 2.0.0 <dilnoza.karimova.long@buyer.example> XHk5IpSo Saved",
	    NULL },
	{ "a plain Ok", "250 Ok", NULL },
	{ "nothing", "", NULL },
};

static void
test_reply(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	g_autofree char *got = msgid_of_reply(replies[i].reply);

	g_assert_cmpstr(got, ==, replies[i].want);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/msgid/%s", cases[i].title);

		g_test_add_data_func(path, &cases[i], test_scan);
	}
	g_test_add_func("/msgid/AC-09 two hundred identifiers are all found",
	    test_two_hundred);
	g_test_add_func("/msgid/an identifier longer than a line is skipped",
	    test_too_long);
	g_test_add_func("/msgid/64 KiB of nonsense are read in no time",
	    test_linear);
	g_test_add_func("/msgid/only what fits between brackets is written",
	    test_valid);
	for (gsize i = 0; i < G_N_ELEMENTS(replies); i++) {
		g_autofree char *path = g_strdup_printf(
		    "/msgid/reply: %s", replies[i].title);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_reply);
	}
	return g_test_run();
}
