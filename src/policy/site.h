/* site.h - the configuration as policy sees it: resolved, checked, typed. */
#ifndef POLICY_SITE_H
#define POLICY_SITE_H

#include "ground/config.h"
#include "javob.h"

typedef struct RouteRule RouteRule; /* policy/route.h */
typedef struct Board Board;         /* policy/board.h */

/* How customers see who has answered. */
typedef enum AgentName {
	AGENT_NAME_FULL,
	AGENT_NAME_FIRST,
	AGENT_NAME_TEAM, /* not at all */
} AgentName;

typedef struct Mailbox {
	char *name;
	char *address;        /* support address, folded */
	char *display_name;
	GPtrArray *aliases;   /* of char *, folded; other addresses of it */
	GPtrArray *forms;     /* of char *, folded; write for others */
	GPtrArray *lists;     /* of char *, folded; our own mailing lists */
	char *queue;
	char *language;       /* BCP 47 */
	gboolean plus;        /* address+TOKEN@domain reaches the mailbox */
	AgentName agent_name;
	gboolean also_notify; /* of tickets of others that name it too */
	const ConfigSection *section;
} Mailbox;

/* By the words of [queue] assign. */
typedef enum AssignRule {
	ASSIGN_NONE,
	ASSIGN_ROUND_ROBIN,
	ASSIGN_LEAST_OPEN,
	ASSIGN_LAST_AGENT,
	ASSIGN_LANGUAGE,
} AssignRule;

typedef struct Queue {
	char *name;
	GPtrArray *agents;    /* of char *, folded addresses */
	char *calendar;
	AssignRule assign;    /* who gets a new ticket */
	gint64 pass_on;       /* working seconds until it goes on; 0 never */
	gint64 first_response; /* working seconds */
	gint64 resolution;
	gint64 notify_strangers; /* letters an hour to each agent */
	gboolean learns;      /* promises are learned from history */
} Queue;

struct Site {
	Config *config;       /* owned */
	char *state_dir;
	char *store_url;
	char *default_language;
	GPtrArray *fallback;  /* of char *, "ky:ru": who speaks the one reads
			       * the other */
	char *authserv_id;    /* "" when none */
	gboolean dkim;        /* signatures are verified by ourselves */
	char *resolver;       /* name servers for that; "": the system's */
	char *templates_dir;  /* "" : built-in letters only */
	gboolean html;        /* letters have an HTML body beside their text */
	char *words_dir;      /* "" : built-in word tables only */
	gint64 max_size;      /* octets of one mail */
	gint64 ack_max_age;   /* no acknowledgement for older mail, seconds */
	gint64 reopen_within; /* a closed ticket opens again, seconds */
	double promise_share; /* of promises to keep */
	gint64 key_age;       /* of keys after rotation, seconds */
	GPtrArray *mailboxes; /* of Mailbox */
	GPtrArray *queues;    /* of Queue */
	GPtrArray *calendars; /* of Calendar */
	GPtrArray *rules;     /* of RouteRule, in order */
	GPtrArray *boards;    /* of Board */
};

extern const ConfigOption site_options[];

/* A server: "imaps://user@host:993/INBOX", "smtp://127.0.0.1:25". */
typedef struct Endpoint {
	char *host;
	guint16 port;
	gboolean implicit_tls; /* imaps, smtps */
	char *user;            /* "" when none */
	char *path;            /* without the leading slash; "" when none */
} Endpoint;

/* scheme: "imap" or "smtp"; the plain one and the one with an s are taken.
 * NULL with error CONFIG saying what would be right. */
Endpoint *endpoint_parse(const char *url, const char *scheme, GError **error);
void endpoint_free(Endpoint *endpoint);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Endpoint, endpoint_free)

/* The secret of a section from password-file, password-command or password;
 * "" when the section names none. NULL with error CONFIG or TEMPORARY. Free
 * with g_free. */
char *site_password(const ConfigSection *section, GError **error);

/* Builds the Site; every fault is added to errors. Never NULL when config is
 * not: what is broken is left out. Owns config from then on. */
Site *site_new(Config *config, GPtrArray *errors);
void site_free(Site *site);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

const Mailbox *site_mailbox(const Site *site, const char *name);
/* By any of its addresses, with or without a token after "+". */
const Mailbox *site_mailbox_by_address(const Site *site, const char *address);
const Queue *site_queue(const Site *site, const char *name);
const Calendar *site_calendar(const Site *site, const char *name);
/* An address of our own: of any mailbox, with or without a token. */
gboolean site_is_own(const Site *site, const char *address);
/* A form's or a list's that some mailbox names: its mail is somebody else's. */
gboolean site_is_form(const Site *site, const char *address);
/* A mailing list of ours, by its address or its List-Id. */
gboolean site_is_list(const Site *site, const char *address);
gboolean site_is_list_id(const Site *site, const char *list_id);
/* Named by some [queue]; policy/roster knows those of the store, too. */
gboolean site_is_agent(const Site *site, const char *address);
/* Whether any sender can be proven: by the border's word or by DKIM. */
gboolean site_can_prove(const Site *site);

#endif
