/* worker.c - spawning and talking to workers; the parent's side and the two
 * calls that the child needs. */
#define _GNU_SOURCE 1 /* posix_spawn_file_actions_addclosefrom_np */
#include "mail/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ground/error.h"

/* Room for one descriptor beside a request. */
typedef union Control {
	char octets[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
} Control;

void
worker_clear(Worker *worker)
{
	worker->pid = 0;
	worker->fd = -1;
}

char *
worker_end(Worker *worker, int signal_number)
{
	int status = 0;
	pid_t pid = worker->pid;

	if (worker->fd >= 0)
		close(worker->fd);
	worker_clear(worker);
	if (pid == 0)
		return g_strdup("not started");
	if (signal_number != 0)
		kill(pid, signal_number);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return g_strdup("lost");
	}
	if (WIFSIGNALED(status))
		return g_strdup_printf("signal %d", WTERMSIG(status));
	return g_strdup_printf("status %d", WEXITSTATUS(status));
}

gboolean
worker_is_alive(Worker *worker)
{
	if (worker->pid == 0)
		return FALSE;
	if (waitpid(worker->pid, NULL, WNOHANG) == 0)
		return TRUE;
	close(worker->fd);
	worker_clear(worker);
	return FALSE;
}

static int
spawn(int fd, const char *const *arguments, pid_t *pid)
{
	static char *const environment[] = { (char *)"LANG=C.UTF-8", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int failed;

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fd, WORKER_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, WORKER_FD + 1);
	failed = posix_spawn(pid, "/proc/self/exe", &actions, &attributes,
	    (char *const *)arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

gboolean
worker_start(Worker *worker, const char *const *arguments, int type,
    GError **error)
{
	int pair[2], theirs, failed;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) < 0)
		return error_temporary(error, "%s: socketpair: %s",
		    arguments[0], g_strerror(errno));
	/* dup2 onto itself would leave close-on-exec set. */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, WORKER_FD + 1);
	close(pair[1]);
	failed = theirs < 0 ? errno : spawn(theirs, arguments, &worker->pid);
	if (theirs >= 0)
		close(theirs);
	if (failed != 0) {
		worker_clear(worker);
		close(pair[0]);
		return error_temporary(error, "%s: starting the worker: %s",
		    arguments[0], g_strerror(failed));
	}
	worker->fd = pair[0];
	return TRUE;
}

gboolean
worker_send(Worker *worker, const void *request, gsize size, int fd)
{
	Control control = { 0 };
	struct iovec io = { .iov_base = (void *)request, .iov_len = size };
	struct msghdr header = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof(control.octets),
	};
	struct cmsghdr *message = CMSG_FIRSTHDR(&header);
	ssize_t n;

	message->cmsg_level = SOL_SOCKET;
	message->cmsg_type = SCM_RIGHTS;
	message->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(message), &fd, sizeof(int));
	do {
		n = sendmsg(worker->fd, &header, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

int
worker_take(void *request, gsize size)
{
	Control control;
	struct iovec io = { .iov_base = request, .iov_len = size };
	struct msghdr header = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof(control.octets),
	};
	struct cmsghdr *message;
	ssize_t n;
	int fd;

	do {
		n = recvmsg(WORKER_FD, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	message = CMSG_FIRSTHDR(&header);
	if (n != (ssize_t)size || message == NULL ||
	    message->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(message), sizeof(int));
	return fd;
}

/* The default writer asks the system what stderr is. */
static GLogWriterOutput
drop_log(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
	(void)level;
	(void)fields;
	(void)n;
	(void)data;
	return G_LOG_WRITER_HANDLED;
}

void
worker_begin(const char *name)
{
	/* Started as /proc/self/exe it would be called "exe". */
	prctl(PR_SET_NAME, name);
	g_log_set_writer_func(drop_log, NULL, NULL);
}
