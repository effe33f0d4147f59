/* options.h - every option table, for the daemon and the command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "policy/site.h"

/* NULL-terminated array of the tables that modules declare. */
extern const ConfigOption *const options_tables[];

/* Path of the configuration: given, $JAVOB_CONFIG, /etc/javob/javob.conf. */
const char *options_path(const char *given);

/* Reads and checks. NULL with error CONFIG when there is any fault; the
 * message then holds all of them, one a line. */
Site *options_load(const char *path, GError **error);

#endif
