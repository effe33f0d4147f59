/* prover.h - the sandboxed worker that verifies DKIM where no border writes
 * Authentication-Results.
 *
 * A child process (/proc/self/exe PROVER_ARGUMENT SERVERS) with seccomp, no
 * files, no store, no secret; it may open sockets and asks name servers. It
 * gets read-only descriptors of mails and answers with verdicts. Slow DNS
 * holds nobody up for longer than PROVER_SECONDS: all mails of a call are
 * asked for at the same time, and what is not known then is not proven. */
#ifndef MAIL_PROVER_H
#define MAIL_PROVER_H

#include "mail/authres.h"

#define PROVER_ARGUMENT "--prove-worker"
#define PROVER_SECONDS  8  /* for all mails of a call */
#define PROVER_MAILS    64 /* of a call that are asked at the same time */

typedef struct Prover Prover;

/* One mail to prove. */
typedef struct ProverMail {
	const Message *message;
	int fd; /* the octets begin at offset */
	gint64 offset;
	gint64 when;          /* second at which it came */
	AuthFinding *finding; /* out: free with auth_finding_free */
} ProverMail;

/* Starts nothing yet: the child is made at the first call. servers: as
 * resolver.h wants them; "": those of /etc/resolv.conf. */
Prover *prover_new(const char *servers);
void prover_free(Prover *prover); /* ends the child */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prover, prover_free)

/* Fills in every finding, with AUTH_NONE and the reason when anything at all
 * goes wrong. A mail that kills the worker unproves only itself. */
void prover_judge(Prover *prover, ProverMail *mails, guint n);

/* What main() calls first: if argv says PROVER_ARGUMENT it shuts the process
 * in, serves until the parent is gone and exits; else it returns. */
void prover_worker_main(int argc, char **argv);

#endif
