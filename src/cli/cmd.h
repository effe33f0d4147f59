/* cmd.h - the table of commands of javob: one file and one entry each. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "policy/facts.h"
#include "policy/site.h"

typedef struct Command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *help;      /* one line */
	/* argv[0] is the command's name. The exit status. */
	int (*run)(const char *config, int argc, char **argv);
} Command;

extern const Command cmd_agent;
extern const Command cmd_backup;
extern const Command cmd_calendar;
extern const Command cmd_check;
extern const Command cmd_config;
extern const Command cmd_customer;
extern const Command cmd_deliver;
extern const Command cmd_eta_replay;
extern const Command cmd_explain;
extern const Command cmd_faq;
extern const Command cmd_health;
extern const Command cmd_import;
extern const Command cmd_init;
extern const Command cmd_inspect;
extern const Command cmd_key;
extern const Command cmd_language;
extern const Command cmd_process;
extern const Command cmd_promise;
extern const Command cmd_quarantine;
extern const Command cmd_queue;
extern const Command cmd_survey;
extern const Command cmd_template;
extern const Command cmd_thread;
extern const Command cmd_ticket;

/* All of them, NULL-terminated. */
extern const Command *const commands[];

/* It reads text or mails and knows no site: --help names it only. */
gboolean cmd_is_tool(const Command *command);

/* --- what commands share (cmd.c) ------------------------------------------ */

/* One line on stderr; gives 1, or 78 for a CONFIG error. */
int cmd_fail(const GError *error);
/* Usage of the command on stderr; gives 2. */
int cmd_usage(const Command *command, const char *problem);
/* TRUE and usage on stdout if argv asks for --help. */
gboolean cmd_wants_help(const Command *command, int argc, char **argv);
/* Takes "--json" (or another flag) out of argv; TRUE if it was there. */
gboolean cmd_flag(int *argc, char **argv, const char *flag);
/* Takes "--name VALUE" or "--name=VALUE" out; NULL if it was not there. */
const char *cmd_value(int *argc, char **argv, const char *name);
/* First argument left that begins with "-", or NULL. */
const char *cmd_unknown(int argc, char **argv);
/* A positive whole number, else FALSE. */
gboolean cmd_number(const char *text, gint64 *number);

/* A parser with the word tables that $JAVOB_WORDS names; NULL with error if they
 * are broken. */
Parser *cmd_parser(GError **error);

/* Configuration and store; NULL with error. */
Store *cmd_store(const char *config, Site **site, GError **error);

/* Configuration, store and one transaction together. store: all zero. Call
 * cmd_store_close in any case; it lets go what was not committed. */
typedef struct CmdStore {
	Site *site;
	Store *store;
	StoreTxn *txn;
} CmdStore;
gboolean cmd_store_open(CmdStore *store, const char *config, gboolean write,
    GError **error);
void cmd_store_close(CmdStore *store);

/* Writes "key":"value" parts of a JSON object; *first keeps the commas. */
typedef struct Json {
	GString *text;
	gboolean first;
} Json;
void json_begin(Json *json);
char *json_end(Json *json); /* free with g_free */
void json_text(Json *json, const char *key, const char *value); /* NULL: null */
void json_int(Json *json, const char *key, gint64 value);
void json_bool(Json *json, const char *key, gboolean value);
void json_time(Json *json, const char *key, gint64 when); /* 0: null */
void json_raw(Json *json, const char *key, const char *raw);
/* of char *; NULL counts as empty. */
void json_list(Json *json, const char *key, const GPtrArray *texts);

/* "2026-11-27 11:29" in the local zone of the shell; free with g_free. */
char *cmd_when(gint64 when);

#endif
