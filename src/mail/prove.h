/* prove.h - is the author of a mail proven by DKIM? What is asked of DNS, and
 * what follows from the answers. Runs inside the prover's worker. */
#ifndef MAIL_PROVE_H
#define MAIL_PROVE_H

#include "mail/authres.h"
#include "mail/octets.h"
#include "mail/resolver.h"

typedef struct Prove Prove;

/* Answer of DNS for a name; never NULL. */
typedef const ResolverAnswer *(*ProveLookUp)(gpointer data, const char *name);

/* Reads the octets; they are not needed afterwards. author: the address that
 * the parser found in From; a mail in which this reader finds another one
 * proves nothing. when: second at which the mail came. */
Prove *prove_new(const Octets *octets, const char *author, gint64 when);
void prove_free(Prove *prove);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prove, prove_free)

/* Adds the names (char *, to be freed) whose TXT records decide; none when
 * there is nothing to prove. At most DKIM_SIGNATURES_MOST + 2. */
void prove_names(const Prove *prove, GPtrArray *names);

/* AUTH_PASS or AUTH_NONE, never AUTH_FAIL (dmarc.h says why). reason: one line
 * for `explain`; free with g_free. */
AuthVerdict prove_judge(const Prove *prove, ProveLookUp look_up, gpointer data,
    char **reason);

#endif
