/* cmd_agent.c - javob agent: who answers, and how each wants to work. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/desk.h"
#include "ground/clock.h"
#include "ground/error.h"
#include "mail/address.h"
#include "policy/roster.h"
#include "store/tickets.h"

typedef struct Desktop {
	Site *site;
	Store *store;
	StoreTxn *txn;
	GPtrArray *roster;
} Desktop;

static void
desktop_clear(Desktop *desktop)
{
	g_clear_pointer(&desktop->roster, g_ptr_array_unref);
	store_rollback(desktop->txn);
	store_close(desktop->store);
	site_free(desktop->site);
}

static gboolean
desktop_open(Desktop *desktop, const char *config, gboolean write,
    GError **error)
{
	desktop->store = cmd_store(config, &desktop->site, error);
	if (desktop->store == NULL)
		return FALSE;
	desktop->txn = write ? store_begin(desktop->store, error)
			     : store_begin_read(desktop->store, error);
	if (desktop->txn != NULL)
		desktop->roster =
		    roster_read(desktop->txn, desktop->site, error);
	return desktop->roster != NULL;
}

/* --- list ------------------------------------------------------------------ */

static void
print_json(const Agent *agent)
{
	g_autofree char *text = NULL;
	Json json;

	json_begin(&json);
	json_int(&json, "version", 1);
	json_text(&json, "address", agent->address);
	json_bool(&json, "stored", agent->stored);
	json_text(&json, "name", agent->name);
	json_text(&json, "team", agent->team);
	json_text(&json, "role", agent->role);
	json_list(&json, "queues", agent->queues);
	json_text(&json, "language", agent->language);
	json_list(&json, "languages", agent->languages);
	json_text(&json, "zone", agent->zone);
	json_text(&json, "notify", agent->notify);
	json_text(&json, "digest", agent->digest);
	json_text(&json, "quiet_hours", agent->quiet);
	json_text(&json, "calendar", agent->calendar);
	json_time(&json, "away_until", agent->away_until);
	json_text(&json, "away_note", agent->away_note);
	json_text(&json, "key", agent->key);
	text = json_end(&json);
	puts(text);
}

static void
print_agent(const Agent *agent)
{
	g_autofree char *queues = agent_get(agent, "queues");
	g_autofree char *until =
	    agent_is_away(agent, clock_now()) ? cmd_when(agent->away_until)
					      : NULL;

	printf("%s  %s, notify %s, queues %s%s%s%s\n", agent->address,
	    agent->role, agent->notify, *queues != '\0' ? queues : "none",
	    *agent->name != '\0' ? "  " : "", agent->name,
	    agent->stored ? "" : "  (configuration)");
	if (until != NULL)
		printf("    away until %s%s%s\n", until,
		    *agent->away_note != '\0' ? ": " : "", agent->away_note);
}

static int
list(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };

	if (argc != 1)
		return cmd_usage(&cmd_agent, NULL);
	if (desktop_open(&desktop, config, FALSE, &error))
		for (guint i = 0; i < desktop.roster->len; i++) {
			if (json)
				print_json(desktop.roster->pdata[i]);
			else
				print_agent(desktop.roster->pdata[i]);
		}
	desktop_clear(&desktop);
	return error == NULL ? 0 : cmd_fail(error);
}

/* --- change ---------------------------------------------------------------- */

/* name=value ... */
static gboolean
set_all(Agent *agent, const Site *site, char **words, GError **error)
{
	for (guint i = 0; words[i] != NULL; i++) {
		char *equals = strchr(words[i], '=');
		g_autofree char *field = NULL;

		if (equals == NULL)
			return error_permanent(error,
			    "\"%s\": write name=value", words[i]);
		field = g_strndup(words[i], (gsize)(equals - words[i]));
		if (!agent_set(agent, site, field, equals + 1, error)) {
			g_prefix_error(error, "%s: ", field);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
log_change(Desktop *desktop, const char *event, const char *address,
    GError **error)
{
	g_autofree char *actor = cmd_actor();

	return event_add(desktop->txn, 0, clock_now(), event, actor, address,
		   error) &&
	       store_commit(g_steal_pointer(&desktop->txn), error);
}

/* The row, without the queues of the configuration; NULL with error. */
static Agent *
need_agent(Desktop *desktop, const char *address, gboolean add, GError **error)
{
	g_autofree char *folded = address_fold(address);
	g_autoptr(GError) reason = NULL;
	const Agent *known = roster_find(desktop->roster, folded);
	Agent *agent;

	if (!address_is_valid(address)) {
		error_permanent(error,
		    "\"%s\" is no address; write name@domain", address);
		return NULL;
	}
	if (site_is_own(desktop->site, folded)) {
		error_permanent(error, "%s is an address of this desk",
		    address);
		return NULL;
	}
	if (add && known != NULL && known->stored) {
		error_permanent(error,
		    "%s is an agent already; see javob agent set", address);
		return NULL;
	}
	if (!add && known == NULL) {
		error_permanent(error, "%s is no agent; see javob agent list",
		    address);
		return NULL;
	}
	agent = agent_by_address(desktop->txn, folded, &reason);
	if (reason != NULL)
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (agent == NULL)
		agent = agent_new(folded);
	return agent;
}

static gboolean
change_agent(Desktop *desktop, char **words, gboolean add, GError **error)
{
	g_autoptr(Agent) agent = need_agent(desktop, words[0], add, error);
	g_autofree char *folded = NULL;

	if (agent == NULL || !set_all(agent, desktop->site, words + 1, error) ||
	    !agent_store(desktop->txn, agent, error))
		return FALSE;
	folded = g_strdup(agent->address);
	g_clear_pointer(&desktop->roster, g_ptr_array_unref);
	desktop->roster = roster_read(desktop->txn, desktop->site, error);
	if (desktop->roster == NULL ||
	    !log_change(desktop, add ? "agent-added" : "agent-changed", folded,
		error))
		return FALSE;
	print_agent(roster_find(desktop->roster, folded));
	return TRUE;
}

static int
change(const char *config, int argc, char **argv)
{
	gboolean add = g_str_equal(argv[0], "add");
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	if (argc < (add ? 2 : 3))
		return cmd_usage(&cmd_agent,
		    add ? "add needs an address"
			: "set needs an address and name=value");
	done = desktop_open(&desktop, config, TRUE, &error) &&
	       change_agent(&desktop, argv + 1, add, &error);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

static gboolean
remove_agent(Desktop *desktop, const char *address, GError **error)
{
	g_autofree char *folded = address_fold(address);
	gboolean removed;

	if (!agent_remove(desktop->txn, folded, &removed, error))
		return FALSE;
	if (!removed)
		return error_permanent(error,
		    "nothing is stored of %s; see javob agent list", address);
	if (!log_change(desktop, "agent-removed", folded, error))
		return FALSE;
	if (site_is_agent(desktop->site, folded))
		printf("%s stays an agent, with the defaults: a [queue] of the "
		       "configuration lists him\n",
		    folded);
	else
		printf("%s is no agent any more\n", folded);
	return TRUE;
}

static int
remove_one(const char *config, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	Desktop desktop = { 0 };
	gboolean done;

	if (argc != 2)
		return cmd_usage(&cmd_agent, "remove needs an address");
	done = desktop_open(&desktop, config, TRUE, &error) &&
	       remove_agent(&desktop, argv[1], &error);
	desktop_clear(&desktop);
	return done ? 0 : cmd_fail(error);
}

static const struct {
	const char *name;
	int (*run)(const char *config, int argc, char **argv);
} verbs[] = {
	{ "list", list },
	{ "add", change },
	{ "set", change },
	{ "remove", remove_one },
};

static int
run(const char *config, int argc, char **argv)
{
	for (guint i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(argv[1], verbs[i].name))
			return verbs[i].run(config, argc - 1, argv + 1);
	return cmd_usage(&cmd_agent, NULL);
}

const Command cmd_agent = { "agent",
	"list [--json] | add ADDR [NAME=VALUE ...] | set ADDR NAME=VALUE ... | "
	"remove ADDR",
	"who answers, and how each wants to work", run };
