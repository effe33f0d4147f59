/* test-in-pipe.c - one mail on a descriptor. */
#include "in/in_pipe.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 200000
#define NONE  (-1) /* no error */

typedef struct Row {
	const char *title;
	const char *input; /* times is how often */
	guint times;
	const char *want; /* of the mail's start; NULL: error */
	gint64 size;      /* -1: length of want */
	int code;
} Row;

static const Row rows[] = {
	{ "a mail is kept octet for octet", "Subject: x\r\n\r\ny\r\n", 1,
	    "Subject: x\r\n\r\ny\r\n", -1, NONE },
	{ "line ends stay as they are", "Subject: x\n\ny\n\r\r\n", 1,
	    "Subject: x\n\ny\n\r\r\n", -1, NONE },
	{ "the first line of an mbox is left out",
	    "From ann@x.example Fri Nov 27 06:00:00 2026\nSubject: x\n\ny\n", 1,
	    "Subject: x\n\ny\n", -1, NONE },
	{ "a From field is no mbox line", "From: ann@x.example\n\nFrom me\n", 1,
	    "From: ann@x.example\n\nFrom me\n", -1, NONE },
	{ "four octets are a mail", "From", 1, "From", -1, NONE },
	{ "a mail without any header is a mail", "hello", 1, "hello", -1,
	    NONE },
	{ "a mail as big as the limit is kept", "0123456789", 20000,
	    "0123456789", 200000, NONE },
	{ "a mail over the limit is refused", "0123456789", 20001, NULL, 0,
	    JAVOB_ERROR_PERMANENT },
	{ "a much bigger one is read to its end", "0123456789", 300000, NULL, 0,
	    JAVOB_ERROR_PERMANENT },
	{ "nothing at all may come again", "", 1, NULL, 0,
	    JAVOB_ERROR_TEMPORARY },
	{ "an mbox line alone is nothing", "From ann\n", 1, NULL, 0,
	    JAVOB_ERROR_TEMPORARY },
	{ "an mbox line without end is nothing", "From ann", 1, NULL, 0,
	    JAVOB_ERROR_TEMPORARY },
};

typedef struct Writer {
	const char *octets;
	gsize size, step;
	int fd;
	gboolean all;
} Writer;

static gpointer
write_all(gpointer data)
{
	Writer *w = data;
	gsize done = 0;

	while (done < w->size) {
		gssize n = write(w->fd, w->octets + done,
		    MIN(w->step, w->size - done));

		if (n < 0)
			break;
		done += (gsize)n;
	}
	w->all = done == w->size;
	close(w->fd);
	return NULL;
}

static void
check_mail(Spool *spool, const Row *row)
{
	g_autoptr(GPtrArray) names = spool_list(spool, 10, NULL);
	g_autoptr(Envelope) envelope = NULL;
	g_autofree char *start = g_malloc0(strlen(row->want) + 1);
	gint64 offset, size;
	int fd;

	g_assert_cmpuint(names->len, ==, 1);
	fd =
	    spool_read(spool, names->pdata[0], &envelope, &offset, &size, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(size, ==,
	    row->size < 0 ? (gint64)strlen(row->want) : row->size);
	g_assert_cmpint(pread(fd, start, strlen(row->want), offset), ==,
	    strlen(row->want));
	g_assert_cmpstr(start, ==, row->want);
	g_assert_cmpstr(envelope->mailbox, ==, "support");
	close(fd);
	g_assert_true(spool_done(spool, names->pdata[0], NULL));
}

static void
feed(Spool *spool, const Row *row, gsize step)
{
	g_autoptr(GString) input = g_string_new(NULL);
	g_autoptr(Envelope) envelope = envelope_new("support", "pipe", 1);
	g_autoptr(GError) error = NULL;
	GThread *thread;
	int fd[2];
	Writer writer;
	gboolean good;

	for (guint i = 0; i < row->times; i++)
		g_string_append(input, row->input);
	g_assert_cmpint(pipe(fd), ==, 0);
	writer = (Writer){ input->str, input->len, step, fd[1], FALSE };
	thread = g_thread_new("writer", write_all, &writer);
	good = in_pipe(spool, envelope, fd[0], LIMIT, &error);
	close(fd[0]);
	g_thread_join(thread);
	g_assert_true(writer.all);
	g_assert_cmpint(good, ==, row->want != NULL);
	if (good) {
		g_assert_no_error(error);
		check_mail(spool, row);
		return;
	}
	g_assert_error(error, JAVOB_ERROR, row->code);
	if (row->code == JAVOB_ERROR_PERMANENT)
		g_assert_true(g_str_has_prefix(error->message, "5.3.4 "));
	g_assert_cmpuint(spool_count(spool, NULL), ==, 0);
}

static char *dir;

static Spool *
open_spool(void)
{
	g_autoptr(GError) error = NULL;
	Spool *spool = spool_open(dir, TRUE, &error);

	g_assert_no_error(error);
	return spool;
}

static void
test_row(gconstpointer data)
{
	g_autoptr(Spool) spool = open_spool();
	const Row *row = data;

	feed(spool, row, 4096);
	if (row->times == 1) /* one octet at a time */
		feed(spool, row, 1);
}

static void
test_unreadable(void)
{
	g_autoptr(Spool) spool = open_spool();
	g_autoptr(Envelope) envelope = envelope_new("support", "pipe", 1);
	g_autoptr(GError) error = NULL;
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	g_assert_false(in_pipe(spool, envelope, fd, LIMIT, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_cmpuint(spool_count(spool, NULL), ==, 0);
	close(fd);
}

static void
clean(void)
{
	static const char *const parts[] = { "spool/tmp", "spool/new",
		"spool/quarantine", "spool", "" };

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *path = g_build_filename(dir, parts[i], NULL);

		/* Fails if a test has left a mail behind. */
		g_assert_cmpint(g_rmdir(path), ==, 0);
	}
	g_free(dir);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("javob-pipe-XXXXXX", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path =
		    g_strdup_printf("/in-pipe/%s", rows[i].title);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/in-pipe/a descriptor that cannot be read",
	    test_unreadable);
	status = g_test_run();
	clean();
	return status;
}
