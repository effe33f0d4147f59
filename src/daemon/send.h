/* send.h - from outbox rows to SMTP: what the send role and
 * `javob process --send` do. */
#ifndef DAEMON_SEND_H
#define DAEMON_SEND_H

#include "daemon/role.h"

/* Sends what is due now and returns; *sent counts letters that left. When a
 * javobd sends already it is only woken. */
gboolean send_once(const Site *site, guint *sent, GError **error);

#endif
