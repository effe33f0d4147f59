/* lmtp_client.h - one client of the LMTP server's loop, and the loop's own
 * state. For in_lmtp.c and lmtp_client.c only. */
#ifndef IN_LMTP_CLIENT_H
#define IN_LMTP_CLIENT_H

#include "in/lmtp_session.h"

#define LMTP_INPUT    (64 * 1024)
#define LMTP_STOPPING "421 4.3.2 shutting down"

typedef struct LmtpServer LmtpServer;
typedef struct LmtpClient LmtpClient;

/* Members are the loop's, but for those said to be under mutex, and for a
 * client's session and fd, which are the writer's while job is set. */
struct LmtpServer {
	Spool *spool;
	const LmtpSettings *settings;
	int listener;
	int epoll;
	int wake; /* eventfd: jobs are done */
	gboolean listening;
	gboolean stopping; /* under mutex */
	gint64 accept_at;  /* when listening begins again */
	gint64 sweep_at;
	GPtrArray *clients;
	GThreadPool *writers;
	GMutex mutex;
	GPtrArray *done; /* clients whose job is done; under mutex */
};

typedef enum LmtpJob {
	LMTP_JOB_NONE,
	LMTP_JOB_STORE,
	LMTP_JOB_COMMIT,
	LMTP_JOB_DROP,
} LmtpJob;

struct LmtpClient {
	LmtpServer *server;
	LmtpSession *session;
	int fd;
	guint32 watched;  /* epoll events, 0: not in the set */
	gboolean closing; /* when the replies are sent */
	gsize start, end; /* what of input is not yet fed */
	LmtpJob job;      /* under mutex */
	gboolean parked;  /* the loop wants to hear of the end; under mutex */
	gint64 last;      /* monotonic ms of the last octets; under mutex */
	char input[LMTP_INPUT];
};

/* Greets who has connected; takes fd, which does not block. */
void lmtp_client_add(LmtpServer *server, int fd);

/* epoll has something for it. May free it. */
void lmtp_client_ready(LmtpClient *client);

/* Does a writer have it? Then the loop will hear of the end. */
gboolean lmtp_client_busy(LmtpClient *client);

/* Says it and closes, whether it can still be heard or not. Frees it, now or
 * when its files are gone. Not while it is busy. */
void lmtp_client_dismiss(LmtpClient *client, const char *reply);

/* What a writer does (a GFunc; user_data: the server), and what the loop does
 * after it. */
void lmtp_client_job(gpointer data, gpointer user_data);
void lmtp_client_job_done(LmtpClient *client);

void lmtp_client_free(LmtpClient *client);

#endif
