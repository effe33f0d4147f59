/* in_lmtp.h - RFC 2033 server: one event loop, many connections.
 *
 * Only CR LF . CR LF ends DATA. 250 per recipient comes after the spool's
 * sync, which a few threads do so that the loop never waits for a disk; any
 * doubt is 4xx. */
#ifndef IN_IN_LMTP_H
#define IN_IN_LMTP_H

#include "in/in.h"

typedef struct LmtpSettings {
	const char *hostname;  /* greeting */
	gint64 max_size;       /* octets of a mail */
	int idle_seconds;      /* 300 */
	guint max_connections; /* 100 */
	guint max_recipients;  /* 1,000 */
	guint writers;         /* threads that sync, 8 */
	/* Name of the mailbox that takes forward_path, or NULL: 550 5.1.1.
	 * Called from the loop only: must not block. */
	const char *(*route)(const char *forward_path, void *data);
	InArrived arrived;
	void *data;
} LmtpSettings;

/* A listening socket, close-on-exec, non-blocking: "/path" or "host:port". An
 * old unix socket that nobody answers on is replaced; mode 0660. */
int in_lmtp_listen(const char *where, GError **error);

/* Serves until *stop; a mail that is in hand is finished (5 s at most). One
 * spool file a mailbox, however many recipients it has in the transaction. */
gboolean in_lmtp_serve(int listener, Spool *spool,
    const LmtpSettings *settings, volatile gint *stop, GError **error);

#endif
