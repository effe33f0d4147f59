/* in_imap.h - watches one IMAP mailbox (RFC 3501, 2177, 4315, 6851).
 *
 * libetpan over ground/stream; blocking, in a thread of its own. */
#ifndef IN_IN_IMAP_H
#define IN_IN_IMAP_H

#include "in/in.h"

typedef enum ImapAfter {
	IMAP_AFTER_NOTHING, /* the mailbox is left as it is */
	IMAP_AFTER_SEEN,
	IMAP_AFTER_KEYWORD,
	IMAP_AFTER_MOVE,
} ImapAfter;

/* Where a mailbox stands. */
typedef struct ImapPlace {
	guint32 uidvalidity; /* 0: never seen */
	guint32 floor;       /* all UIDs up to it are settled */
	gint64 since;        /* first sight: older mail is not ours */
} ImapPlace;

/* What the store keeps of a mailbox, so that a restart goes on where it was.
 * All calls may block; FALSE with error: try later. */
typedef struct ImapMemory {
	gboolean (*load)(void *data, ImapPlace *place, GError **error);
	gboolean (*save)(void *data, const ImapPlace *place, GError **error);
	/* UIDs above floor that the store has: set of GUINT_TO_POINTER. */
	gboolean (*seen)(void *data, guint32 uidvalidity, guint32 floor,
	    GHashTable *uids, GError **error);
	void *data;
} ImapMemory;

typedef struct ImapSettings {
	const char *mailbox; /* configured name */
	const char *address; /* its address: the envelope's forward-path */
	const char *host;
	guint16 port;
	gboolean implicit_tls; /* imaps */
	gboolean start_tls;    /* required on imap:// unless plain is allowed */
	gboolean allow_plain;  /* no TLS: only for loopback, said in the log */
	const char *user;
	const char *password;
	const char *folder; /* INBOX */
	ImapAfter after;
	const char *keyword; /* IMAP_AFTER_KEYWORD */
	const char *move_to; /* IMAP_AFTER_MOVE */
	gint64 max_size;     /* larger mail: not fetched, logged, kept there */
	int idle_seconds;    /* IDLE is renewed after this: 540 */
	int sweep_seconds;   /* a UID sweep at least this often: 120 */
	int command_ms;      /* for each command; 0: 30,000 */
	int backoff_ms;      /* first of them; 0: 1,000 */
	const StreamTrust *trust;
	const ImapMemory *memory;
	InArrived arrived;
	void *data;
} ImapSettings;

/* What `health` shows of a mailbox; written by its thread only. */
typedef struct ImapStatus {
	volatile gint connected;
	gint64 last_sweep;    /* last success, 0 never */
	gint64 failing_since; /* 0: well */
	char problem[256];
	guint64 taken;
} ImapStatus;

/* Runs until stop_fd (an eventfd) is readable. Reconnects with back-off and
 * jitter (1 s to 5 min); never gives up. */
void in_imap_watch(const ImapSettings *settings, Spool *spool, int stop_fd,
    ImapStatus *status);

#endif
