/* out_smtp.h - submission by SMTP (RFC 5321, 6409, 3207, 4954) with libetpan
 * over ground/stream. A connection is kept and used again; one thread each. */
#ifndef OUT_OUT_SMTP_H
#define OUT_OUT_SMTP_H

#include "out/out.h"

typedef struct SmtpSettings {
	const char *host;
	guint16 port;
	gboolean implicit_tls; /* smtps */
	gboolean start_tls;    /* must be offered, else not sent */
	const char *user;      /* "": no AUTH */
	const char *password;
	const StreamTrust *trust;
	int connect_ms; /* 30,000 */
	int command_ms; /* 120,000 */
	int dot_ms;     /* wait for the reply to the final dot: 600,000 */
	int idle_ms;    /* a connection idle for longer is closed: 20,000 */
	int stop_fd;    /* eventfd that ends waits, or -1 */
} SmtpSettings;

typedef struct SmtpOutlet SmtpOutlet;
SmtpOutlet *out_smtp_new(const SmtpSettings *settings);
void out_smtp_free(SmtpOutlet *outlet); /* QUIT, 2 s at most */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SmtpOutlet, out_smtp_free)

/* Sends one mail; fills results[i] for each forward-path (always all of
 * them). AUTH refused, TLS refused, no connection: OUT_AGAIN for all, with
 * *problem the reason for the log (free with g_free), else NULL. */
void out_smtp_send(SmtpOutlet *outlet, const OutMail *mail, OutResult *results,
    char **problem);

/* Closes a connection that has been idle for longer than idle_ms. */
void out_smtp_idle(SmtpOutlet *outlet);

#endif
