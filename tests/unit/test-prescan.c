/* test-prescan.c - limits on hostile mail hold, ordinary mail is not touched. */
#include "mail/prescan.h"

#include <time.h>

#include <string.h>

#define HEAD "From: ann@shop.example\r\nSubject: hello\r\n"

/* A mail made of head, unit repeated times, and tail. */
static const struct Case {
	const char *title;
	const char *head, *unit;
	guint times;
	const char *tail;
	const char *defect; /* NULL: the same octets come back */
	gsize most;         /* octets that may be left, 0: any */
} cases[] = {
	{ "/prescan/an ordinary mail is not copied", HEAD "\r\n", "text\r\n", 3,
	    "", NULL, 0 },
	{ "/prescan/lines that end in LF only are borne", "From: a@x\n\n",
	    "text\n", 3, "", NULL, 0 },
	{ "/prescan/no octets at all are borne", "", "", 0, "", NULL, 0 },
	{ "/prescan/1000 fields are let through", "", "X-A: b\r\n", 1000,
	    "\r\ntext", NULL, 0 },
	{ "/prescan/the 1001st field goes", "", "X-A: b\r\n", 1001, "\r\ntext",
	    "more than 1000 header fields", 8 * 1000 + 6 },
	{ "/prescan/a field of 64 KiB is let through", "Subject: ", "x",
	    65536 - 11, "\r\n\r\ntext", NULL, 0 },
	{ "/prescan/a longer field is shortened", "Subject: ", "x", 2000000,
	    "\r\n\r\ntext", "header field longer than 64 KiB", 65536 + 7 },
	{ "/prescan/a folded field counts as one", "Subject: x\r\n", " x\r\n",
	    50000, "\r\ntext", "header field longer than 64 KiB", 65536 + 7 },
	{ "/prescan/nested groups become flat", "From: ", "a:", 50000,
	    "\r\n\r\ntext", "address field nested too deeply or too long", 0 },
	{ "/prescan/nested comments become flat", "To: ", "(", 9,
	    "x\r\n\r\ntext", "address field nested too deeply or too long", 0 },
	{ "/prescan/eight open comments are let through", "To: ", "(", 8,
	    "x))))))))\r\n\r\ntext", NULL, 0 },
	{ "/prescan/a group is let through", "To: friends: ", "a@x, ", 5,
	    "b@y;\r\n\r\ntext", NULL, 0 },
	{ "/prescan/1000 addresses are let through", "To: ", "a@x, ", 999,
	    "b@y\r\n\r\ntext", NULL, 0 },
	{ "/prescan/the addresses from the 1001st on go", "To: ", "a@x, ", 1000,
	    "b@y\r\n\r\ntext", "address field nested too deeply or too long",
	    0 },
	{ "/prescan/1000 parts are let through",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	    "--b\r\n\r\nx\r\n", 1000, "--b--\r\n", NULL, 0 },
	{ "/prescan/the 1001st part goes",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
	    "--b\r\n\r\nx\r\n", 100000, "--b--\r\n", "more than 1000 parts",
	    45 + 10 * 1000 },
	{ "/prescan/ten messages in one another are let through", "",
	    "Content-Type: message/rfc822\r\n\r\n", 10, "\r\ntext", NULL, 0 },
	{ "/prescan/the eleventh message within becomes text", "",
	    "Content-Type: message/rfc822\r\n\r\n", 11, "\r\ntext",
	    "messages nested more than 10 deep", 0 },
	{ "/prescan/a boundary of 256 octets is let through",
	    "Content-Type: multipart/mixed; boundary=", "b", 256,
	    "\r\n\r\ntext", NULL, 0 },
	{ "/prescan/a longer boundary makes the mail plain text",
	    "Content-Type: multipart/mixed; boundary=", "b", 257,
	    "\r\n\r\ntext", "boundary longer than 256 octets or missing", 0 },
	{ "/prescan/a multipart without a boundary is plain text",
	    "Content-Type: multipart/mixed\r\n", "", 0, "\r\ntext",
	    "boundary longer than 256 octets or missing", 0 },
	{ "/prescan/a second Content-Type does not count", HEAD,
	    "Content-Type: text/plain\r\n", 2, "\r\ntext",
	    "odd or repeated Content-Type", 0 },
	{ "/prescan/an mbox line in front goes", "From ann@x Mon Jan 1\n", HEAD,
	    1, "\r\ntext", "line in the header that is no field", 0 },
	{ "/prescan/a body without the empty line before it stays", HEAD,
	    "no field\r\n", 1, "text", "line in the header that is no field",
	    0 },
	{ "/prescan/NUL and bare CR are borne", HEAD "\r\n", "a\rb\r", 2, "",
	    NULL, 0 },
};

static void
test_case(gconstpointer data)
{
	const struct Case *c = data;
	g_autoptr(GString) mail = g_string_new(c->head);
	g_autoptr(GPtrArray) defects = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GBytes) bytes = NULL, out = NULL;
	g_auto(Octets) octets = { .fd = -1 };

	for (guint i = 0; i < c->times; i++)
		g_string_append(mail, c->unit);
	g_string_append(mail, c->tail);
	bytes = g_bytes_new(mail->str, mail->len);
	octets_of_bytes(&octets, bytes);
	out = prescan(&octets, defects, NULL, NULL);
	if (c->defect == NULL) {
		g_assert_cmpuint(defects->len, ==, 0);
		g_assert_true(out == bytes);
		return;
	}
	g_assert_cmpuint(defects->len, >=, 1);
	g_assert_true(g_ptr_array_find_with_equal_func(defects, c->defect,
	    g_str_equal, NULL));
	g_assert_true(out != bytes);
	if (c->most > 0)
		g_assert_cmpuint(g_bytes_get_size(out), <=, c->most);
}

static void
test_header(void)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	g_autoptr(GPtrArray) defects = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GBytes) bytes = NULL, out = NULL;
	g_auto(Octets) octets = { .fd = -1 };

	for (guint i = 0; i < 100; i++)
		g_string_append_printf(mail, "X-%u: %020000d\r\n", i, 0);
	g_string_append(mail, "\r\ntext");
	bytes = g_bytes_new(mail->str, mail->len);
	octets_of_bytes(&octets, bytes);
	out = prescan(&octets, defects, NULL, NULL);
	g_assert_cmpstr(defects->pdata[0], ==, "header longer than 1 MiB");
	g_assert_cmpuint(g_bytes_get_size(out), <=, PRESCAN_HEADER_MOST + 6);
}

/* Depth needs a boundary of its own for each level. */
static void
test_depth(void)
{
	for (guint depth = 49; depth <= 300; depth += depth < 51 ? 1 : 249) {
		g_autoptr(GString) mail = g_string_new(HEAD);
		g_autoptr(GPtrArray) defects =
		    g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GBytes) bytes = NULL, out = NULL;
		g_auto(Octets) octets = { .fd = -1 };

		for (guint i = 0; i < depth; i++)
			g_string_append_printf(mail,
			    "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n"
			    "--b%u\r\n",
			    i, i);
		g_string_append(mail, "\r\ntext\r\n");
		bytes = g_bytes_new(mail->str, mail->len);
		octets_of_bytes(&octets, bytes);
		out = prescan(&octets, defects, NULL, NULL);
		if (depth <= PRESCAN_DEPTH_MOST) {
			g_assert_true(out == bytes);
			continue;
		}
		g_assert_cmpstr(defects->pdata[0], ==,
		    "parts nested more than 50 deep");
	}
}

/* Of this thread alone, in microseconds: the machine may be busy. */
static gint64
cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (gint64)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Bodies of the leaves, without the line end before the delimiter; not of those
 * in a mail within; the last one may have no end. */
static void
test_leaves(void)
{
	static const char mail[] =
	    HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
		 "--b\r\n\r\none\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
		 "\r\nFrom: b@x\r\n\r\nwithin\r\n--b\r\n"
		 "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n"
		 "two\n--c--\r\nepilogue\r\n--b\r\nX: y\r\n--b\r\n\r\nthree\r\n";
	static const char *const want[] = { "one\r\n", "two", "", "three\r\n" };
	g_autoptr(GPtrArray) defects = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) messages =
	    g_array_new(FALSE, FALSE, sizeof(PrescanRange));
	g_autoptr(GArray) leaves =
	    g_array_new(FALSE, FALSE, sizeof(PrescanRange));
	g_autoptr(GBytes) bytes = g_bytes_new_static(mail, strlen(mail));
	g_auto(Octets) octets = { .fd = -1 };
	g_autoptr(GBytes) out = NULL;

	octets_of_bytes(&octets, bytes);
	out = prescan(&octets, defects, messages, leaves);
	g_assert_true(out == bytes);
	g_assert_cmpuint(messages->len, ==, 1);
	g_assert_cmpuint(leaves->len, ==, G_N_ELEMENTS(want));
	for (guint i = 0; i < leaves->len; i++) {
		const PrescanRange *leaf =
		    &g_array_index(leaves, PrescanRange, i);

		g_assert_cmpmem(mail + leaf->start, leaf->end - leaf->start,
		    want[i], strlen(want[i]));
	}
}

/* Twice the octets take about twice the time: no step looks back. */
static gint64
time_of(guint times)
{
	g_autoptr(GString) mail = g_string_new(HEAD
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
	g_autoptr(GPtrArray) defects = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GBytes) bytes = NULL, out = NULL;
	g_auto(Octets) octets = { .fd = -1 };
	gint64 start;

	for (guint i = 0; i < times; i++)
		g_string_append(mail, "--bb\r\n-\r\n--\r\nfour\r\n");
	bytes = g_bytes_new(mail->str, mail->len);
	octets_of_bytes(&octets, bytes);
	start = cpu_time();
	out = prescan(&octets, defects, NULL, NULL);
	g_assert_true(out == bytes);
	return cpu_time() - start;
}

static void
test_linear(void)
{
	gint64 small = time_of(50000), large = time_of(500000);

	/* Ten times as much: quadratic would be a hundred times. */
	g_assert_cmpint(large, <, 40 * (small + 1000));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].title, &cases[i], test_case);
	g_test_add_func("/prescan/a header ends after 1 MiB", test_header);
	g_test_add_func("/prescan/parts within parts end at depth 50",
	    test_depth);
	g_test_add_func("/prescan/the bodies of leaves are told", test_leaves);
	g_test_add_func("/prescan/the time grows with the mail", test_linear);
	return g_test_run();
}
