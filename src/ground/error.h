/* error.h - what a JavobError means to the world outside. */
#ifndef GROUND_ERROR_H
#define GROUND_ERROR_H

#include "javob.h"

/* Exit status of `javob deliver`: 0 done, else what Postfix, Exim and
 * OpenSMTPD all read the same way: 75 (EX_TEMPFAIL) for everything that is
 * our fault, 65 for what must never be tried again. */
int error_pipe_exit(const GError *error);

/* Exit status of every other command: 1, or 78 (EX_CONFIG). */
int error_exit(const GError *error);

/* "451 4.3.0" or "554 5.6.0": first words of an LMTP reply (RFC 2033). */
const char *error_lmtp(const GError *error);

/* Shorthands: set the code and a message for the sysadmin: what was tried,
 * on what, what the system said. Always FALSE, for `return`. */
gboolean error_temporary(GError **error, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
gboolean error_permanent(GError **error, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
gboolean error_uncertain(GError **error, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
gboolean error_config(GError **error, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

#endif
