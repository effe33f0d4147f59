/* in_imap_sweep.h - state of one watched folder, and what is done with its
 * mail. Private to in_imap.c and in_imap_sweep.c. */
#ifndef IN_IN_IMAP_SWEEP_H
#define IN_IN_IMAP_SWEEP_H

#include "in/in_imap.h"
#include "in/in_imap_session.h"

#define WINDOW_FIRST 20000 /* UIDs asked for at once */

/* A UID above the floor. */
typedef struct Mail {
	gboolean present; /* in the folder when it was last looked at */
	gboolean taken;
	gboolean acted;
	gboolean committed;
	gboolean left; /* too large: stays there */
	int failures;
	gint64 not_before; /* of clock_monotonic_ms */
} Mail;

typedef struct Watch {
	const ImapSettings *settings;
	Spool *spool;
	int stop_fd;
	ImapStatus *status;
	ImapSession *session;
	gboolean no_idle; /* announced but not taken */
	guint32 uidvalidity;
	guint32 floor, saved_floor;
	gint64 since; /* first sight of the mailbox */
	guint32 highest;   /* UID listed or taken */
	GHashTable *mails; /* UID to Mail, above floor */
	GArray *unacted;   /* UIDs */
	guint32 window;
	guint32 bad_first, bad_last; /* this range spoils a listing; or 0 */
	GArray *barred;              /* UIDs whose listing cannot be read */
	gint64 barred_until;
	gint64 full_due, saved_at; /* of clock_monotonic_ms */
	gboolean whole;            /* the last full listing came to its end */
	int backoff_ms;
} Watch;

/* What is new: everything above the floor when that is due, else what is above
 * all we know. FALSE: the session is of no use, or stopped (no error). */
gboolean in_imap_sweep(Watch *w, GError **error);

/* Marks or moves. Refused by the server: tried again with the next sweep; the
 * mail itself is safe. */
gboolean in_imap_sweep_act(Watch *w, GError **error);

/* What the store has committed since. */
gboolean in_imap_sweep_ask(Watch *w, GError **error);

/* Raises it up to the last UID before the first that is there and not settled.
 * A mail that is merely in the spool is not: the spool could still be lost.
 * After a listing that broke off nobody knows what is there. */
void in_imap_sweep_floor(Watch *w);

/* All UIDs are void. */
void in_imap_sweep_forget(Watch *w);

/* Of in_imap.c. */
gboolean in_imap_watch_stopped(const Watch *w);
/* Said once, not at each attempt: people read this. */
void in_imap_watch_problem(Watch *w, const GError *error);
void in_imap_watch_well(Watch *w);
int in_imap_watch_backoff(const Watch *w); /* the first, in ms */
gboolean in_imap_watch_save(Watch *w, GError **error);

#endif
