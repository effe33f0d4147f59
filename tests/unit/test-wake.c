/* Wake-up datagrams: they arrive, and losing them harms nobody. */
#include "ground/wake.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ground/clock.h"
#include "javob.h"

typedef struct Fixture {
	char *dir;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	f->dir = g_dir_make_tmp("javob-wake-XXXXXX", NULL);
	g_assert_nonnull(f->dir);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "send.wake", NULL);

	(void)data;
	unlink(path);
	g_assert_cmpint(rmdir(f->dir), ==, 0);
	g_free(f->dir);
}

/* TRUE if the wait ended long before its time. */
static gboolean
is_woken(int fd, int ms)
{
	gint64 from = clock_monotonic_ms();

	wake_wait(fd, ms);
	return clock_monotonic_ms() - from < ms - ms / 4;
}

static gboolean
is_drained(int fd)
{
	char octet;

	return recv(fd, &octet, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void
arrives(Fixture *f, gconstpointer data)
{
	int fd = wake_open(f->dir, "send", NULL);

	(void)data;
	g_assert_cmpint(fd, >=, 0);
	wake_send(f->dir, "send");
	wake_send(f->dir, "send");
	g_assert_true(is_woken(fd, 10000));
	g_assert_true(is_drained(fd));
	g_assert_false(is_woken(fd, 40));
	close(fd);
}

static void
floods(Fixture *f, gconstpointer data)
{
	int fd = wake_open(f->dir, "send", NULL);
	gint64 from = clock_monotonic_ms();

	(void)data;
	for (int i = 0; i < 5000; i++)
		wake_send(f->dir, "send");
	g_assert_cmpint(clock_monotonic_ms() - from, <, 5000);
	g_assert_true(is_woken(fd, 10000));
	g_assert_true(is_drained(fd));
	close(fd);
}

static void
nobody(Fixture *f, gconstpointer data)
{
	(void)data;
	wake_send(f->dir, "send");
	wake_send("/nonexistent/directory", "send");
}

static void private(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "send.wake", NULL);
	mode_t mask = umask(0);
	int fd = wake_open(f->dir, "send", NULL);
	struct stat st;

	(void)data;
	umask(mask);
	g_assert_cmpint(lstat(path, &st), ==, 0);
	g_assert_true(S_ISSOCK(st.st_mode));
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	close(fd);
}

static void
again(Fixture *f, gconstpointer data)
{
	int first = wake_open(f->dir, "send", NULL);
	int second = wake_open(f->dir, "send", NULL);

	(void)data;
	g_assert_cmpint(second, >=, 0);
	wake_send(f->dir, "send");
	g_assert_true(is_woken(second, 10000));
	close(first);
	close(second);
}

static void
in_the_way(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "send.wake", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
	g_assert_cmpint(wake_open(f->dir, "send", &error), ==, -1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, path));
	g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
}

static void
no_directory(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(wake_open("/nonexistent/directory", "send", &error), ==,
	    -1);
	g_assert_error(error, JAVOB_ERROR, JAVOB_ERROR_CONFIG);
}

static void
long_path(Fixture *f, gconstpointer data)
{
	g_autofree char *part = g_strnfill(120, 'd');
	g_autofree char *dir = g_build_filename(f->dir, part, NULL);
	g_autofree char *path = g_build_filename(dir, "send.wake", NULL);
	int fd;

	(void)data;
	g_assert_cmpint(g_mkdir(dir, 0700), ==, 0);
	for (int i = 0; i < 2; i++) { /* the old one is found as well */
		fd = wake_open(dir, "send", NULL);
		g_assert_cmpint(fd, >=, 0);
		wake_send(dir, "send");
		g_assert_true(is_woken(fd, 10000));
		g_assert_false(is_woken(fd, 40));
		close(fd);
	}
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_cmpint(rmdir(dir), ==, 0);
}

static void
no_socket(void)
{
	gint64 from = clock_monotonic_ms();

	wake_wait(-1, 50);
	g_assert_cmpint(clock_monotonic_ms() - from, >=, 45);
}

#define ADD(title, function)                                                   \
	g_test_add("/wake/" title, Fixture, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("a datagram ends the sleep and is drained", arrives);
	ADD("a sender never blocks, however full the queue is", floods);
	ADD("sending to nobody harms nobody", nobody);
	ADD("the socket is for its owner only", private);
	ADD("a socket left by a dead process is replaced", again);
	ADD("a file that is no socket is left alone", in_the_way);
	ADD("a path longer than sun_path works", long_path);
	g_test_add_func("/wake/a missing directory is told", no_directory);
	g_test_add_func("/wake/without a socket the sleep lasts its time",
	    no_socket);
	return g_test_run();
}
