/* supervise.c - one child a role, restarted with back-off, stopped in order.
 *
 * Called by javobd.c. Opens no store and no thread of its own, so that what a
 * child inherits is only the configuration and the listening socket. */
#include "daemon/supervise.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/log.h"
#include "in/in_lmtp.h"
#include "store/spool.h"

/* In the order in which they are stopped: doors first, then what works off. */
static const Role roles[] = {
	{ "fetch", fetch_run, fetch_wanted },
	{ "listen", listen_run, listen_wanted },
	{ "board", board_run, board_wanted },
	{ "ingest", ingest_run, NULL },
	{ "tick", tick_run, NULL },
	{ "send", send_run, NULL },
};

enum {
	ROLES = G_N_ELEMENTS(roles),
	BACKOFF_MS = 10,
	BACKOFF_MOST_MS = 10000,
	STEADY_MS = 1000,  /* a child that lived so long was well */
	STOP_MS = 10000,
};

typedef struct Child {
	pid_t pid; /* 0: not running */
	gint64 started_ms;
	gint64 again_ms; /* when to start it; 0: not to be started */
	int backoff_ms;
} Child;

typedef struct Supervisor {
	Site *site;
	const char *config_path;
	SuperviseReload reload;
	Child children[ROLES];
	int listener;
	int signals;
	gboolean ending; /* SIGTERM has come */
	sigset_t old_mask;
} Supervisor;

/* --- in the child --------------------------------------------------------- */

/* A signal handler has no argument: the only writable globals of the daemon,
 * set once in each child. */
static volatile gint child_stop;
static int child_stop_fd = -1;

static void
on_term(int number G_GNUC_UNUSED)
{
	guint64 one = 1;

	g_atomic_int_set(&child_stop, 1);
	if (write(child_stop_fd, &one, sizeof one) < 0)
		return;
}

static LogLevel
log_level(const Site *site)
{
	const char *word = config_text(
	    config_section(site->config, "gateway", NULL), "log-level");

	if (g_str_equal(word, "debug"))
		return LOG_LEVEL_DEBUG;
	return g_str_equal(word, "error") ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
}

static G_GNUC_NORETURN void
child_main(Supervisor *supervisor, const Role *role)
{
	RoleContext context = { supervisor->site, supervisor->listener, -1,
		&child_stop };
	struct sigaction action = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_NAME, role->name);
	prctl(PR_SET_DUMPABLE, 0);
	log_open(role->name, log_level(supervisor->site), FALSE);
	child_stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	context.stop_fd = child_stop_fd;
	action.sa_handler = on_term; /* no SA_RESTART: it ends waits */
	sigaction(SIGTERM, &action, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file limit is an error, not an end */
	signal(SIGPIPE, SIG_IGN);
	close(supervisor->signals);
	sigprocmask(SIG_SETMASK, &supervisor->old_mask, NULL);
	exit(role->run(&context));
}

/* --- children ------------------------------------------------------------- */

static void
start(Supervisor *supervisor, guint i)
{
	Child *child = &supervisor->children[i];
	pid_t pid = fork();

	child->again_ms = 0;
	if (pid == 0)
		child_main(supervisor, &roles[i]);
	if (pid < 0) {
		log_error("role=%s event=fork-failed problem=\"%s\"",
		    roles[i].name, g_strerror(errno));
		child->again_ms = clock_monotonic_ms() + BACKOFF_MOST_MS;
		return;
	}
	child->pid = pid;
	child->started_ms = clock_monotonic_ms();
}

static void
start_all(Supervisor *supervisor)
{
	for (guint i = 0; i < ROLES; i++) {
		const Role *role = &roles[i];

		supervisor->children[i].backoff_ms = BACKOFF_MS;
		if (role->wanted == NULL || role->wanted(supervisor->site))
			start(supervisor, i);
	}
}

static void
died(Supervisor *supervisor, guint i, int status)
{
	Child *child = &supervisor->children[i];
	gint64 now = clock_monotonic_ms();

	child->pid = 0;
	if (now - child->started_ms >= STEADY_MS)
		child->backoff_ms = BACKOFF_MS;
	child->again_ms = now + child->backoff_ms;
	log_error("role=%s event=died %s=%d restart=%dms", roles[i].name,
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    child->backoff_ms);
	child->backoff_ms = MIN(child->backoff_ms * 2, BACKOFF_MOST_MS);
}

static void
reap(Supervisor *supervisor, gboolean restart)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (guint i = 0; i < ROLES; i++) {
			if (supervisor->children[i].pid != pid)
				continue;
			if (restart)
				died(supervisor, i, status);
			else
				supervisor->children[i].pid = 0;
		}
}

/* Takes one signal; FALSE: none waits. */
static gboolean
next_signal(Supervisor *supervisor, guint32 *number)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signals, &info, sizeof info) !=
	    (gssize)sizeof info)
		return FALSE;
	*number = info.ssi_signo;
	supervisor->ending |= *number == SIGTERM || *number == SIGINT;
	return TRUE;
}

static gboolean
wait_end(Supervisor *supervisor, guint i, int ms)
{
	gint64 end = clock_monotonic_ms() + ms;

	while (supervisor->children[i].pid != 0) {
		struct pollfd wait = { supervisor->signals, POLLIN, 0 };
		guint32 number;

		reap(supervisor, FALSE);
		if (supervisor->children[i].pid == 0)
			break;
		if (clock_monotonic_ms() > end)
			return FALSE;
		if (poll(&wait, 1, 50) > 0)
			next_signal(supervisor, &number);
	}
	return TRUE;
}

static void
stop_all(Supervisor *supervisor)
{
	for (guint i = 0; i < ROLES; i++) {
		Child *child = &supervisor->children[i];

		child->again_ms = 0;
		if (child->pid == 0)
			continue;
		kill(child->pid, SIGTERM);
		if (wait_end(supervisor, i, STOP_MS))
			continue;
		log_error("role=%s event=killed", roles[i].name);
		kill(child->pid, SIGKILL);
		wait_end(supervisor, i, 2000);
	}
}

/* --- systemd, user, directories -------------------------------------------- */

/* sd_notify(3) without its library: one datagram. */
static void
tell_systemd(const char *state)
{
	const char *path = g_getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	gsize length;
	int fd;

	if (path == NULL || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof to.sun_path)
		return;
	length = strlen(path);
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
		    length)) < 0)
		log_error("event=notify-failed problem=\"%s\"",
		    g_strerror(errno));
	close(fd);
}

static gboolean
drop_root(const Site *site, GError **error)
{
	const char *name = config_text(
	    config_section(site->config, "gateway", NULL), "user");
	struct passwd *user;

	if (*name == '\0' || geteuid() != 0)
		return TRUE;
	user = getpwnam(name);
	if (user == NULL)
		return error_config(error,
		    "user = %s: there is no such user; make it with "
		    "useradd --system %s",
		    name, name);
	if (initgroups(name, user->pw_gid) != 0 ||
	    setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		return error_temporary(
		    error, "user = %s: %s", name, g_strerror(errno));
	return TRUE;
}

static gboolean
prepare(const Site *site, GError **error)
{
	g_autofree char *run = role_run_dir(site);
	g_autoptr(Spool) spool = NULL;

	umask(077);
	if (g_mkdir_with_parents(run, 0700) != 0)
		return error_temporary(error, "%s: %s", run, g_strerror(errno));
	spool = spool_open(site->state_dir, TRUE, error);
	if (spool == NULL)
		return FALSE;
	spool_tidy(spool, clock_now());
	return role_lock(site, "javobd", error);
}

static gboolean
open_listener(Supervisor *supervisor, GError **error)
{
	const char *where = config_text(
	    config_section(supervisor->site->config, "lmtp", NULL), "listen");

	supervisor->listener = -1;
	if (*where == '\0')
		return TRUE;
	supervisor->listener = in_lmtp_listen(where, error);
	return supervisor->listener >= 0;
}

static void
watch_signals(Supervisor *supervisor)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, &supervisor->old_mask);
	supervisor->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
}

/* --- the loop -------------------------------------------------------------- */

/* The listening socket stays as it is unless its place changes: connections
 * wait in it while the listen role is replaced. */
static void
reload(Supervisor *supervisor)
{
	g_autoptr(GError) error = NULL;
	Site *site = supervisor->reload(supervisor->config_path, &error);
	Site *old = supervisor->site;
	g_autofree char *was = NULL;
	const char *is;

	if (site == NULL) {
		log_error("event=reload-refused problem=\"%s\"",
		    error->message);
		return;
	}
	if (!g_str_equal(site->state_dir, old->state_dir)) {
		log_error("event=reload-refused problem=\"state-dir changes "
			  "only with a restart\"");
		site_free(site);
		return;
	}
	tell_systemd("RELOADING=1");
	was = g_strdup(config_text(
	    config_section(old->config, "lmtp", NULL), "listen"));
	is = config_text(config_section(site->config, "lmtp", NULL), "listen");
	stop_all(supervisor);
	site_free(old);
	supervisor->site = site;
	if (!g_str_equal(was, is)) {
		if (supervisor->listener >= 0)
			close(supervisor->listener);
		if (!open_listener(supervisor, &error))
			log_error("event=listen-failed problem=\"%s\"",
			    error->message);
	}
	start_all(supervisor);
	log_info("event=reloaded file=%s", supervisor->config_path);
	tell_systemd("READY=1");
}

/* Milliseconds until the next child is to be started; starts those due. */
static int
start_due(Supervisor *supervisor)
{
	gint64 now = clock_monotonic_ms(), next = now + 60000;

	for (guint i = 0; i < ROLES; i++) {
		Child *child = &supervisor->children[i];

		if (child->again_ms == 0)
			continue;
		if (child->again_ms <= now)
			start(supervisor, i);
		else
			next = MIN(next, child->again_ms);
	}
	return (int)(next - now);
}

static void
loop(Supervisor *supervisor)
{
	while (!supervisor->ending) {
		struct pollfd wait = { supervisor->signals, POLLIN, 0 };
		int ms = start_due(supervisor);
		guint32 number;

		if (poll(&wait, 1, ms) > 0)
			while (!supervisor->ending &&
			    next_signal(supervisor, &number))
				if (number == SIGHUP)
					reload(supervisor);
		reap(supervisor, TRUE);
	}
}

int
supervise(Site *site, const char *config_path, SuperviseReload read_again)
{
	Supervisor supervisor = { 0 };
	g_autoptr(GError) error = NULL;

	supervisor.site = site;
	supervisor.config_path = config_path;
	supervisor.reload = read_again;
	log_open("javobd", log_level(site), FALSE);
	if (!open_listener(&supervisor, &error) || !drop_root(site, &error) ||
	    !prepare(site, &error)) {
		log_error("event=failed problem=\"%s\"", error->message);
		site_free(site);
		return error_exit(error);
	}
	watch_signals(&supervisor);
	start_all(&supervisor);
	log_info("event=started version=%s", JAVOB_VERSION);
	tell_systemd("READY=1");
	loop(&supervisor);
	tell_systemd("STOPPING=1");
	stop_all(&supervisor);
	log_info("event=stopped");
	site_free(supervisor.site);
	return 0;
}
