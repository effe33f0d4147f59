/* test-sandbox.c - what a mail that took the worker over can still do. Each
 * attempt is made by a child of its own. */
#include "mail/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int
do_nothing(void)
{
	return 0;
}

static int
do_memory(void)
{
	void *small = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *large = mmap(NULL, (gsize)SANDBOX_MEMORY, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return small != MAP_FAILED && large == MAP_FAILED ? 0 : 1;
}

static int
do_read_file(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int
do_write_file(void)
{
	return open("/tmp/javob-sandbox-test", O_WRONLY | O_CREAT, 0600);
}

static int
do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
do_exec(void)
{
	char *const arguments[] = { (char *)"true", NULL };

	return execv("/bin/true", arguments);
}

static int
do_fork(void)
{
	return fork() < 0;
}

static int
do_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int
do_kill_parent(void)
{
	return kill(getppid(), 0);
}

/* For ever: the limit for one mail ends it, though an earlier mail had used
 * nothing of it. */
static int
do_loop(void)
{
	sandbox_begin();
	for (volatile guint i = 0; i < G_MAXUINT; i++)
		if (i == G_MAXUINT - 1)
			i = 0;
	return 1;
}

static const struct Case {
	const char *title;
	int (*act)(void);
	int ended_by; /* 0: exits with 0 */
	gboolean slow;
} cases[] = {
	{ "/sandbox/work goes on", do_nothing, 0, FALSE },
	{ "/sandbox/memory has an end", do_memory, 0, FALSE },
	{ "/sandbox/a file is not there", do_read_file, 0, FALSE },
	{ "/sandbox/writing a file ends it", do_write_file, SIGSYS, FALSE },
	{ "/sandbox/a socket ends it", do_socket, SIGSYS, FALSE },
	{ "/sandbox/another program ends it", do_exec, SIGSYS, FALSE },
	{ "/sandbox/a child ends it", do_fork, SIGSYS, FALSE },
	{ "/sandbox/code in memory ends it", do_code, SIGSYS, FALSE },
	{ "/sandbox/a signal to its parent ends it", do_kill_parent, SIGSYS,
	    FALSE },
	{ "/sandbox/a loop ends after its time", do_loop, SIGXCPU, TRUE },
};

static void
test_case(gconstpointer data)
{
	const struct Case *c = data;
	int status;
	pid_t pid;

	if (SANITIZED) {
		g_test_skip("no filter under AddressSanitizer");
		return;
	}
	if (c->slow && !g_test_slow()) {
		g_test_skip("slow");
		return;
	}
	pid = fork();
	if (pid == 0)
		_exit(sandbox_enter(NULL) ? c->act() : 99);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	if (c->ended_by == 0) {
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(WEXITSTATUS(status), ==, 0);
		return;
	}
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, c->ended_by);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].title, &cases[i], test_case);
	return g_test_run();
}
