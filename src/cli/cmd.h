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

extern const Command cmd_init, cmd_check, cmd_deliver, cmd_process,
    cmd_inspect, cmd_thread, cmd_explain, cmd_ticket, cmd_queue,
    cmd_agent, cmd_customer, cmd_import, cmd_quarantine, cmd_key, cmd_config,
    cmd_backup, cmd_health, cmd_calendar, cmd_promise,
    cmd_eta_replay;

extern const Command cmd_language;

/* All of them, NULL-terminated. */
extern const Command *const commands[];

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
