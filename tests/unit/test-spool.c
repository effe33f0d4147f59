/* test-spool.c - what is in the spool stays there, whole and in order. */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAIL "Subject: help\r\n\r\nIt is broken.\r\n"

typedef struct Case {
	char *dir;
	Spool *spool;
} Case;

static void
set_up(Case *c, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	c->dir = g_dir_make_tmp("javob-spool-XXXXXX", &error);
	g_assert_no_error(error);
	c->spool = spool_open(c->dir, TRUE, &error);
	g_assert_no_error(error);
}

static void
remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		remove_tree(inner);
	}
	g_remove(path);
}

static void
tear_down(Case *c, gconstpointer data)
{
	(void)data;
	spool_free(c->spool);
	remove_tree(c->dir);
	g_free(c->dir);
}

static guint
files_in(const Case *c, const char *part)
{
	g_autofree char *path = g_build_filename(c->dir, "spool", part, NULL);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint count = 0;

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir) != NULL)
		count++;
	return count;
}

static Envelope *
an_envelope(void)
{
	Envelope *e = envelope_new("support", "lmtp", 1764225600);

	e->reverse_path = g_strdup("ann@x.example");
	g_ptr_array_add(e->forward_paths, g_strdup("support@shop.example"));
	g_ptr_array_add(e->forward_paths, g_strdup("\"a b\"@shop.example"));
	return e;
}

static void
add(const Case *c, const char *octets)
{
	g_autoptr(Envelope) envelope = an_envelope();
	g_autoptr(GError) error = NULL;

	spool_add(c->spool, envelope, octets, strlen(octets), &error);
	g_assert_no_error(error);
}

static char *
first_name(const Case *c)
{
	g_autoptr(GPtrArray) names = spool_list(c->spool, 1, NULL);

	g_assert_cmpuint(names->len, ==, 1);
	return g_strdup(names->pdata[0]);
}

/* The mail's octets; closes fd. */
static char *
octets_of(int fd, gint64 offset, gint64 size)
{
	char *octets = g_malloc0((gsize)size + 1);

	g_assert_cmpint(pread(fd, octets, (gsize)size, offset), ==, size);
	close(fd);
	return octets;
}

static void
test_round_trip(Case *c, gconstpointer data)
{
	g_autoptr(Envelope) envelope = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;
	g_autofree char *octets = NULL;
	gint64 offset, size, oldest;
	int fd;

	(void)data;
	add(c, MAIL);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
	name = first_name(c);
	fd = spool_read(c->spool, name, &envelope, &offset, &size, &error);
	g_assert_no_error(error);
	octets = octets_of(fd, offset, size);
	g_assert_cmpstr(octets, ==, MAIL);
	g_assert_cmpstr(envelope->mailbox, ==, "support");
	g_assert_cmpstr(envelope->door, ==, "lmtp");
	g_assert_cmpstr(envelope->reverse_path, ==, "ann@x.example");
	g_assert_cmpuint(envelope->forward_paths->len, ==, 2);
	g_assert_cmpstr(envelope->forward_paths->pdata[1], ==,
	    "\"a b\"@shop.example");
	g_assert_cmpint(envelope->received, ==, 1764225600);
	g_assert_cmpuint(spool_count(c->spool, &oldest), ==, 1);
	g_assert_cmpint(ABS(oldest - g_get_real_time() / 1000000), <, 60);
	g_assert_true(spool_done(c->spool, name, &error));
	g_assert_true(spool_done(c->spool, name, &error));
	g_assert_cmpuint(spool_count(c->spool, &oldest), ==, 0);
	g_assert_cmpint(oldest, ==, 0);
	g_assert_cmpint(
	    spool_read(c->spool, name, &envelope, &offset, &size, &error), ==,
	    -1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
}

static void
test_modes(Case *c, gconstpointer data)
{
	static const char *const parts[] = { "", "tmp", "new", "quarantine" };
	g_autofree char *name = NULL;
	g_autofree char *path = NULL;
	struct stat st;

	(void)data;
	add(c, MAIL);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *part =
		    g_build_filename(c->dir, "spool", parts[i], NULL);

		g_assert_cmpint(stat(part, &st), ==, 0);
		g_assert_cmpint(st.st_mode & 07777, ==, 0700);
	}
	name = first_name(c);
	path = g_build_filename(c->dir, "spool", "new", name, NULL);
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
}

static void
test_order(Case *c, gconstpointer data)
{
	g_autoptr(GPtrArray) names = NULL;

	(void)data;
	for (int i = 0; i < 40; i++) {
		char octets[2] = { (char)('A' + i), '\0' };

		add(c, octets);
	}
	names = spool_list(c->spool, 7, NULL);
	g_assert_cmpuint(names->len, ==, 7);
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(Envelope) envelope = NULL;
		g_autofree char *octets = NULL;
		gint64 offset, size;
		int fd = spool_read(c->spool, names->pdata[i], &envelope,
		    &offset, &size, NULL);

		octets = octets_of(fd, offset, size);
		g_assert_cmpint(octets[0], ==, 'A' + (int)i);
	}
}

/* Who holds the lock is served from memory, and must not notice it. */
static void
test_order_locked(Case *c, gconstpointer data)
{
	g_autoptr(Spool) other = spool_open(c->dir, FALSE, NULL);
	g_autoptr(Envelope) envelope = an_envelope();
	g_autoptr(GString) seen = g_string_new(NULL);
	guint left = 6;

	(void)data;
	g_assert_true(spool_lock(c->spool, TRUE, NULL));
	for (char x[] = "A"; *x < 'G'; ++*x)
		g_assert_true(spool_add(other, envelope, x, 1, NULL));
	while (left > 0) {
		g_autoptr(GPtrArray) names = spool_list(c->spool, 2, NULL);
		g_autoptr(Envelope) got = NULL;
		g_autofree char *octets = NULL;
		gint64 offset, size;
		int fd;

		g_assert_cmpuint(names->len, ==, MIN(2, left));
		/* The second one first: the first must be offered again. */
		fd = spool_read(c->spool, names->pdata[names->len - 1], &got,
		    &offset, &size, NULL);
		octets = octets_of(fd, offset, size);
		g_string_append(seen, octets);
		if (left == 5 && seen->len == 2) /* somebody comes in between */
			g_assert_true(spool_add(other, envelope, "G", 1, NULL));
		if (left == 3)
			g_assert_true(spool_quarantine(c->spool,
			    names->pdata[names->len - 1], "why", NULL));
		else
			g_assert_true(spool_done(c->spool,
			    names->pdata[names->len - 1], NULL));
		left = spool_count(c->spool, NULL);
	}
	g_assert_cmpstr(seen->str, ==, "BCDEFGA");
}

static int
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The heap against a plain sort, for every size about the limit. */
static void
test_oldest_of_many(Case *c, gconstpointer data)
{
	static const guint mosts[] = { 0, 1, 2, 63, 499, 500, 501 };
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	(void)data;
	for (int i = 0; i < 500; i++) {
		char *name = g_strdup_printf("%08x%08x.1.%x.0", g_random_int(),
		    g_random_int(), (guint)i);
		g_autofree char *path =
		    g_build_filename(c->dir, "spool", "new", name, NULL);

		g_assert_true(g_file_set_contents(path, "", 0, NULL));
		g_ptr_array_add(all, name);
	}
	g_ptr_array_sort(all, by_text);
	for (gsize k = 0; k < G_N_ELEMENTS(mosts); k++) {
		g_autoptr(GPtrArray) got = spool_list(c->spool, mosts[k], NULL);

		g_assert_cmpuint(got->len, ==, MIN(mosts[k], all->len));
		for (guint i = 0; i < got->len; i++)
			g_assert_cmpstr(got->pdata[i], ==, all->pdata[i]);
	}
}

static void
test_abort(Case *c, gconstpointer data)
{
	g_autoptr(Envelope) envelope = an_envelope();
	SpoolFile *file = spool_begin(c->spool, envelope, NULL);

	(void)data;
	g_assert_true(spool_write(file, MAIL, strlen(MAIL), NULL));
	g_assert_cmpint(spool_size(file), ==, strlen(MAIL));
	g_assert_cmpuint(files_in(c, "tmp"), ==, 1);
	g_assert_cmpuint(spool_count(c->spool, NULL), ==, 0);
	spool_abort(file);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
	g_assert_cmpuint(files_in(c, "new"), ==, 0);
}

static void
test_empty_mail(Case *c, gconstpointer data)
{
	g_autoptr(Envelope) envelope = NULL;
	g_autofree char *name = NULL;
	gint64 offset, size;
	int fd;

	(void)data;
	add(c, "");
	name = first_name(c);
	fd = spool_read(c->spool, name, &envelope, &offset, &size, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(size, ==, 0);
	close(fd);
}

/* A thousand forward-paths: longer than what is read at first. */
static void
test_long_envelope(Case *c, gconstpointer data)
{
	g_autoptr(Envelope) envelope = an_envelope();
	g_autoptr(Envelope) got = NULL;
	g_autofree char *name = NULL;
	g_autofree char *octets = NULL;
	gint64 offset, size;
	int fd;

	(void)data;
	for (int i = 0; i < 1000; i++)
		g_ptr_array_add(envelope->forward_paths,
		    g_strdup_printf("recipient-%d@shop.example", i));
	g_assert_true(spool_add(c->spool, envelope, MAIL, strlen(MAIL), NULL));
	name = first_name(c);
	fd = spool_read(c->spool, name, &got, &offset, &size, NULL);
	octets = octets_of(fd, offset, size);
	g_assert_cmpstr(octets, ==, MAIL);
	g_assert_cmpuint(got->forward_paths->len, ==, 1002);
}

static gpointer
add_many(gpointer data)
{
	for (int i = 0; i < 50; i++)
		add(data, MAIL);
	return NULL;
}

static void
test_threads(Case *c, gconstpointer data)
{
	GThread *thread[8];
	g_autoptr(GPtrArray) names = NULL;

	(void)data;
	for (int i = 0; i < 8; i++)
		thread[i] = g_thread_new("add", add_many, c);
	for (int i = 0; i < 8; i++)
		g_thread_join(thread[i]);
	names = spool_list(c->spool, 1000, NULL);
	g_assert_cmpuint(names->len, ==, 400);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(Envelope) envelope = NULL;
		g_autofree char *octets = NULL;
		gint64 offset, size;
		int fd = spool_read(c->spool, names->pdata[i], &envelope,
		    &offset, &size, NULL);

		octets = octets_of(fd, offset, size);
		g_assert_cmpstr(octets, ==, MAIL);
	}
}

/* The limit of a file's size stands in for a full disk, so that no root is
 * needed. */
static void
test_disk_full(Case *c, gconstpointer data)
{
	g_autoptr(Envelope) envelope = an_envelope();
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) later = NULL;
	g_autofree char *much = g_strnfill(64 * 1024, 'x');
	struct rlimit old, tiny;
	SpoolFile *file;

	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
	tiny = old;
	tiny.rlim_cur = 8192;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &tiny), ==, 0);
	file = spool_begin(c->spool, envelope, NULL);
	g_assert_false(spool_write(file, much, 64 * 1024, &error));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_nonnull(strstr(error->message, "raise"));
	/* There is room again, yet this one has a hole. */
	g_assert_false(spool_write(file, "x", 1, NULL));
	g_assert_false(spool_commit(file, &later));
	g_assert_error(later, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 0);
	g_assert_cmpuint(files_in(c, "new"), ==, 0);
	add(c, MAIL);
}

static void
test_lock(Case *c, gconstpointer data)
{
	g_autoptr(Spool) other = spool_open(c->dir, FALSE, NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(spool_lock(c->spool, TRUE, NULL));
	g_assert_true(spool_lock(c->spool, TRUE, NULL));
	g_assert_false(spool_lock(other, FALSE, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
	spool_unlock(c->spool);
	g_assert_true(spool_lock(other, FALSE, NULL));
}

static void
test_missing(Case *c, gconstpointer data)
{
	g_autofree char *nowhere = g_build_filename(c->dir, "nowhere", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(nowhere, FALSE, &error);

	(void)data;
	g_assert_null(spool);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "javob init"));
	g_assert_false(g_file_test(nowhere, G_FILE_TEST_EXISTS));
}

/* Gone while we run: a doubt, so temporary. */
static void
test_pulled_away(Case *c, gconstpointer data)
{
	g_autofree char *tmp = g_build_filename(c->dir, "spool", "tmp", NULL);
	g_autoptr(Envelope) envelope = an_envelope();
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(g_rmdir(tmp), ==, 0);
	g_assert_false(spool_add(c->spool, envelope, MAIL, 3, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_TEMPORARY);
}

static void
put_file(const Case *c, const char *part, const char *name, const char *text)
{
	g_autofree char *path =
	    g_build_filename(c->dir, "spool", part, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
test_broken_head(Case *c, gconstpointer data)
{
	const char *name = "0000000000000001.1.1.1";
	g_autoptr(Envelope) envelope = NULL;
	g_autoptr(GError) error = NULL;
	gint64 offset, size;

	(void)data;
	put_file(c, "new", name, "what is this");
	g_assert_cmpint(
	    spool_read(c->spool, name, &envelope, &offset, &size, &error), ==,
	    -1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	g_assert_null(envelope);
}

static void
test_strange_names(Case *c, gconstpointer data)
{
	static const char *const names[] = { "", ".", "..", "../../etc/passwd",
		"0000000000000001", "000000000000000G.1.1.1",
		"0000000000000001.1/../../x", "0000000000000001.1.1.1.reason" };

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Envelope) envelope = NULL;
		g_autoptr(GError) error = NULL;
		gint64 offset, size;

		g_assert_false(spool_done(c->spool, names[i], NULL));
		g_assert_false(spool_retry(c->spool, names[i], NULL));
		g_assert_false(spool_delete(c->spool, names[i], NULL));
		g_assert_false(spool_quarantine(c->spool, names[i], "x", NULL));
		g_assert_cmpint(spool_read(c->spool, names[i], &envelope,
				    &offset, &size, &error),
		    ==, -1);
		g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
	}
	put_file(c, "new", "README", "no mail of ours");
	g_assert_cmpuint(spool_count(c->spool, NULL), ==, 0);
}

static void
test_quarantine(Case *c, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Envelope) envelope = NULL;
	g_autofree char *name = NULL;
	g_autofree char *octets = NULL;
	const QuarantineEntry *entry;
	gint64 offset, size;
	int fd;

	(void)data;
	add(c, MAIL);
	name = first_name(c);
	g_setenv("JAVOB_CLOCK", "1764229200", TRUE);
	spool_quarantine(c->spool, name, "it killed the parser twice", &error);
	g_unsetenv("JAVOB_CLOCK");
	g_assert_no_error(error);
	g_assert_cmpuint(spool_count(c->spool, NULL), ==, 0);
	/* A second time: nothing to take, and the reason stays. */
	g_assert_false(spool_quarantine(c->spool, name, "again", NULL));
	list = spool_quarantined(c->spool, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(list->len, ==, 1);
	entry = list->pdata[0];
	g_assert_cmpstr(entry->name, ==, name);
	g_assert_cmpstr(entry->reason, ==, "it killed the parser twice");
	g_assert_cmpint(entry->size, ==, strlen(MAIL));
	g_assert_cmpint(entry->since, ==, 1764229200);
	fd = spool_read_quarantined(c->spool, name, &envelope, &offset, &size,
	    &error);
	g_assert_no_error(error);
	octets = octets_of(fd, offset, size);
	g_assert_cmpstr(octets, ==, MAIL);
}

static void
test_retry_and_delete(Case *c, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL;

	(void)data;
	add(c, MAIL);
	name = first_name(c);
	g_assert_true(spool_quarantine(c->spool, name, "why", NULL));
	g_assert_true(spool_retry(c->spool, name, NULL));
	g_assert_cmpuint(spool_count(c->spool, NULL), ==, 1);
	g_assert_cmpuint(files_in(c, "quarantine"), ==, 0);
	g_assert_false(spool_is_retried(name));
	g_free(name);
	name = first_name(c);
	g_assert_true(spool_is_retried(name));
	g_assert_true(spool_quarantine(c->spool, name, "why", NULL));
	g_assert_true(spool_retry(c->spool, name, NULL));
	g_assert_true(spool_quarantine(c->spool, name, "why", NULL));
	g_assert_cmpuint(files_in(c, "quarantine"), ==, 2);
	g_assert_true(spool_delete(c->spool, name, NULL));
	g_assert_cmpuint(files_in(c, "quarantine"), ==, 0);
	g_assert_false(spool_retry(c->spool, name, &error));
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_PERMANENT);
}

static void
test_tidy(Case *c, gconstpointer data)
{
	gint64 now = g_get_real_time() / 1000000;

	(void)data;
	put_file(c, "tmp", "0000000000000001.1.1.1", "half a mail");
	put_file(c, "tmp", "notes", "somebody else's");
	put_file(c, "quarantine", "0000000000000002.1.1.1", "a mail");
	put_file(c, "quarantine", "0000000000000002.1.1.1.reason", "why");
	put_file(c, "quarantine", "0000000000000003.1.1.1.reason", "why");
	spool_tidy(c->spool, now);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 2);
	spool_tidy(c->spool, now + 2 * 24 * 3600);
	g_assert_cmpuint(files_in(c, "tmp"), ==, 1);
	g_assert_cmpuint(files_in(c, "quarantine"), ==, 2);
}

static const struct {
	const char *title;
	void (*run)(Case *c, gconstpointer data);
} cases[] = {
	{ "a mail comes out as it went in", test_round_trip },
	{ "nobody else may read the spool", test_modes },
	{ "the oldest mails come first", test_order },
	{ "the order holds while they are taken out", test_order_locked },
	{ "the oldest of many are found", test_oldest_of_many },
	{ "an aborted mail leaves nothing", test_abort },
	{ "an empty mail is a mail", test_empty_mail },
	{ "an envelope may be long", test_long_envelope },
	{ "eight threads add at once", test_threads },
	{ "a full disk refuses the mail for now (AC-04)", test_disk_full },
	{ "only one takes mail out", test_lock },
	{ "a missing spool is not made anew", test_missing },
	{ "a spool pulled away is a temporary error", test_pulled_away },
	{ "a file with a broken head is told apart", test_broken_head },
	{ "no name leads out of the spool", test_strange_names },
	{ "a quarantined mail keeps its reason (AC-03)", test_quarantine },
	{ "a quarantined mail goes back or away", test_retry_and_delete },
	{ "what dead writers left goes after a day", test_tidy },
};

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
		    g_strdup_printf("/spool/%s", cases[i].title);

		g_test_add(path, Case, NULL, set_up, cases[i].run, tear_down);
	}
	return g_test_run();
}
