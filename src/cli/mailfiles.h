/* mailfiles.h - mails as they lie about in files: Maildir, mbox, one a file. */
#ifndef CLI_MAILFILES_H
#define CLI_MAILFILES_H

#include "javob.h"

/* One mail. when: the file's time, for a mail without a Date. FALSE with error
 * ends the walk. */
typedef gboolean (*MailfilesEach)(const char *name, GBytes *octets, gint64 when,
    gpointer data, GError **error);

/* path: a Maildir (its cur and new), a directory of mails, an mbox, a mail. In
 * the order of delivery: names of a Maildir begin with the time. */
gboolean mailfiles_each(const char *path, MailfilesEach each, gpointer data,
    GError **error);

#endif
