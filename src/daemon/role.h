/* role.h - the processes of javobd: a straight loop each.
 *
 *   fetch   watches IMAP mailboxes          passwords, network, spool
 *   listen  takes LMTP                      its socket, spool
 *   ingest  spool -> parse -> decide -> commit   store, key; the sandboxed
 *           parser is its child and holds nothing; so does the
 *           prover, which may ask name servers (dkim = yes)
 *   send    outbox -> SMTP                  passwords, network, store
 *   tick    due timers -> commit            store, key
 *   board   tickets <-> IMAP folders        passwords, network, store, key
 */
#ifndef DAEMON_ROLE_H
#define DAEMON_ROLE_H

#include "ground/token.h"
#include "in/in_imap_session.h"
#include "policy/facts.h"
#include "policy/site.h"

typedef struct RoleContext {
	const Site *site;
	int listener;        /* LMTP, opened by the supervisor; -1 none */
	int stop_fd;         /* eventfd, readable when it is time to stop */
	volatile gint *stop; /* the same as a flag */
} RoleContext;

typedef struct Role {
	const char *name;
	/* Runs until stop; the exit status of the process. */
	int (*run)(const RoleContext *context);
	gboolean (*wanted)(const Site *site);
} Role;

int fetch_run(const RoleContext *context);
gboolean fetch_wanted(const Site *site);
int listen_run(const RoleContext *context);
gboolean listen_wanted(const Site *site);
int ingest_run(const RoleContext *context);
int send_run(const RoleContext *context);
int tick_run(const RoleContext *context);
int board_run(const RoleContext *context);
gboolean board_wanted(const Site *site);

/* STATE_DIR/run, where the wake-up sockets and status files are; free with
 * g_free. */
char *role_run_dir(const Site *site);

/* A line of a status file, which `javob health` reads, about something watched:
 * last look 0: none yet; failing_since 0: well, whatever problem says. */
void role_status_add(GString *text, const char *name, gboolean connected,
    gint64 last, gint64 failing_since, const char *problem);
void role_status_write(const char *run_dir, const char *file,
    const GString *text);

/* What the key file says now: `javob key rotate` may have changed it. */
void role_refresh_keys(const Site *site, TokenKeys *keys);

/* Calls open again and again, 2 s apart or when woken, until it gives
 * something or it is time to stop (NULL): a store that is missing or locked is
 * the sysadmin's to mend, and mail waits meanwhile. A problem is logged when
 * it is another one than before. */
typedef gpointer (*RoleOpen)(const RoleContext *context, gpointer data,
    GError **error);
gpointer role_open_patiently(const RoleContext *context, int wake,
    RoleOpen open, gpointer data);

/* What a role decides with. All zero; role_desk_open may be called again until
 * it works, and keeps what it has. desk.forecasts are the caller's. */
typedef struct RoleDesk {
	Store *store;
	TokenKeys *keys;
	Templates *templates;
	Desk desk;
} RoleDesk;
gboolean role_desk_open(RoleDesk *role, const Site *site, GError **error);
void role_desk_clear(RoleDesk *role);

/* Server, security and user of an IMAP account; section has its imap-tls.
 * endpoint stays the caller's and must outlive settings. */
void role_imap_account(ImapSettings *settings, const Endpoint *endpoint,
    const ConfigSection *section);

/* STATE_DIR/NAME.lock held until the process ends: one at a time. FALSE
 * (TEMPORARY) when another has it. */
gboolean role_lock(const Site *site, const char *name, GError **error);

#endif
