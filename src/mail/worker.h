/* worker.h - this very program started again as a child that does one thing
 * behind a pair of sockets and dies with its parent. parser.c and prover.c say
 * what the thing is. */
#ifndef MAIL_WORKER_H
#define MAIL_WORKER_H

#include <sys/types.h>

#include "javob.h"

#define WORKER_FD 3 /* the child's end */

typedef struct Worker {
	pid_t pid; /* 0: there is none */
	int fd;    /* -1: there is none */
} Worker;

/* Nothing is started yet. */
void worker_clear(Worker *worker);

/* Starts arguments (argv, NULL-terminated; the first one is the child's name)
 * with no descriptors but WORKER_FD, a socket of that type (SOCK_STREAM,
 * SOCK_SEQPACKET), an empty environment and no signal blocked. FALSE with
 * error TEMPORARY. */
gboolean worker_start(Worker *worker, const char *const *arguments, int type,
    GError **error);

/* Ends the child, with that signal unless it is 0 (it has ended by itself).
 * Says how it ended ("signal 11"); free with g_free. */
char *worker_end(Worker *worker, int signal_number);

/* True if it runs; one that has died by itself is taken away. */
gboolean worker_is_alive(Worker *worker);

/* Sends a request with a descriptor. FALSE if the child is gone or busy. */
gboolean worker_send(Worker *worker, const void *request, gsize size, int fd);

/* The child's side: waits for a request of exactly that size. The descriptor
 * that came with it; -1 if the parent is gone or talks nonsense. */
int worker_take(void *request, gsize size);

/* For main() of a child: it is called name by ps (at most 15 octets), and GLib's
 * warnings about hostile mail interest nobody. */
void worker_begin(const char *name);

#endif
