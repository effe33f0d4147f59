/* sandbox.c - prctl, rlimits and a seccomp filter for the parse worker
 * (parser.c). The list of system calls is what GMime, ICU, libxml2, GLib and
 * malloc use once they are loaded and warm. */
#define _GNU_SOURCE 1 /* AT_EMPTY_PATH */
#include "mail/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ground/error.h"

/* AddressSanitizer reserves terabytes of address space and looks around when
 * it reports. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

enum { DESCRIPTORS = 16 };

static const int allowed[] = {
	/* the socket and the descriptor of a mail */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	/* memory, without execution (below) */
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(brk),
	SCMP_SYS(madvise),
	/* locks and time */
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(sched_yield),
	SCMP_SYS(getrandom),
	/* limits, signals, end */
	SCMP_SYS(getrusage),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* Looked for, and not found: libraries that load something late fail softly. */
static const int denied[] = {
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(statx),
	SCMP_SYS(ioctl),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getcwd),
};

/* Argument number n of a call under mask is value. */
static struct scmp_arg_cmp
argument(unsigned int n, scmp_datum_t mask, scmp_datum_t value)
{
	return (struct scmp_arg_cmp){
		.arg = n,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};
}

static int
allow_memory(scmp_filter_ctx filter, int call)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
	    argument(2, PROT_EXEC, 0));
}

/* Reading a file that is not open fails; creating or writing one is an attack
 * and ends the process. */
static int
deny_open(scmp_filter_ctx filter)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int bad = 0;

	bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(openat), 1, argument(2, writing, 0));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open),
	    1, argument(1, writing, 0));
	return bad;
}

/* Limits of itself and abort() of itself, of nobody else. */
static int
allow_self(scmp_filter_ctx filter)
{
	const scmp_datum_t self = (scmp_datum_t)getpid(), all = G_MAXUINT32;
	int bad = 0;

	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    argument(0, all, 0));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setrlimit), 0);
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getrlimit), 0);
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    argument(0, all, self));
	/* fstat() of newer C libraries. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
	    argument(3, AT_EMPTY_PATH, AT_EMPTY_PATH));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
	    SCMP_SYS(newfstatat), 1, argument(3, AT_EMPTY_PATH, 0));
	return bad;
}

/* UDP and TCP as client: nothing is bound, nothing listens. */
static int
allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6 };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	const scmp_datum_t all = G_MAXUINT32;
	const scmp_datum_t type = ~(scmp_datum_t)(SOCK_NONBLOCK | SOCK_CLOEXEC);
	int bad = 0;

	for (guint i = 0; i < G_N_ELEMENTS(families); i++)
		for (guint j = 0; j < G_N_ELEMENTS(types); j++)
			bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    SCMP_SYS(socket), 3,
			    argument(0, all, (scmp_datum_t)families[i]),
			    argument(1, type & all, (scmp_datum_t)types[j]),
			    argument(2, all, 0));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	return bad;
}

static int
filter_fill(scmp_filter_ctx filter)
{
	int bad = 0;

	for (guint i = 0; i < G_N_ELEMENTS(allowed); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (guint i = 0; i < G_N_ELEMENTS(denied); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
		    denied[i], 0);
	bad |= allow_memory(filter, SCMP_SYS(mmap));
	bad |= allow_memory(filter, SCMP_SYS(mprotect));
	bad |= deny_open(filter);
	bad |= allow_self(filter);
	return bad;
}

static gboolean
enter_filter(gboolean sockets, GError **error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int bad;

	if (filter == NULL)
		return error_temporary(error, "seccomp filter: no memory");
	/* Most calls are decided after few comparisons. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	bad = filter_fill(filter);
	if (bad == 0 && sockets)
		bad = allow_sockets(filter);
	if (bad == 0)
		bad = seccomp_load(filter);
	seccomp_release(filter);
	if (bad != 0)
		return error_temporary(error, "seccomp filter: %s",
		    g_strerror(-bad));
	return TRUE;
}

static void
set_limit(int resource, rlim_t most)
{
	struct rlimit limit = { .rlim_cur = most, .rlim_max = most };

	setrlimit(resource, &limit);
}

static gboolean
enter(guint descriptors, gboolean sockets, GError **error)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_temporary(error, "no-new-privs: %s",
		    g_strerror(errno));
	prctl(PR_SET_DUMPABLE, 0);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_NOFILE, descriptors);
	set_limit(RLIMIT_NPROC, 0);
	set_limit(RLIMIT_FSIZE, 0);
	if (SANDBOX_SANITIZED)
		return TRUE;
	/* What a mail has taken over must not write our log. */
	dup2(STDOUT_FILENO, STDERR_FILENO);
	set_limit(RLIMIT_AS, SANDBOX_MEMORY);
	return enter_filter(sockets, error);
}

gboolean
sandbox_enter(GError **error)
{
	return enter(DESCRIPTORS, FALSE, error);
}

gboolean
sandbox_enter_with_sockets(guint descriptors, GError **error)
{
	return enter(descriptors, TRUE, error);
}

void
sandbox_begin(void)
{
	struct rusage used;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &used) < 0 ||
	    getrlimit(RLIMIT_CPU, &limit) < 0)
		return;
	limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			 SANDBOX_CPU_SECONDS + 1;
	setrlimit(RLIMIT_CPU, &limit);
}
