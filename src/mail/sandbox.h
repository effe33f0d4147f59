/* sandbox.h - shuts the process in before it reads hostile mail. */
#ifndef MAIL_SANDBOX_H
#define MAIL_SANDBOX_H

#include "javob.h"

#define SANDBOX_MEMORY      (512 * 1024 * 1024) /* address space */
#define SANDBOX_CPU_SECONDS 10                  /* for one mail */

/* Dies with its parent, gains no privileges, dumps no core, opens, connects and
 * starts nothing from here on: what is needed must be open already. Breaking
 * this ends the process by SIGSYS; opening for reading only fails. FALSE with
 * error TEMPORARY if the system refuses. */
gboolean sandbox_enter(GError **error);

/* The same for a worker that asks name servers: it may also open sockets of
 * UDP and TCP (no others) and connect them, `descriptors` in all. Where to
 * cannot be told to the kernel: seccomp does not see addresses. */
gboolean sandbox_enter_with_sockets(guint descriptors, GError **error);

/* Before each mail: the CPU time it may take starts anew. */
void sandbox_begin(void);

#endif
