/* supervise.h - starts the roles, starts them again, stops them in order. */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include "policy/site.h"

/* Reads the configuration for a reload; NULL with error: the old one stays. */
typedef Site *(*SuperviseReload)(const char *path, GError **error);

/* Runs javobd until SIGTERM or SIGINT; SIGHUP reads the configuration aside
 * and swaps. Owns site. The exit status. */
int supervise(Site *site, const char *config_path, SuperviseReload reload);

#endif
