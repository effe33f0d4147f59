/* agents.c - see agents.h. Read by policy/roster into the facts of each mail,
 * written by `javob agent` and by agents' own commands. */
#include "store/agents.h"

#include "store/rows.h"

Agent *
agent_new(const char *folded)
{
	Agent *agent = g_new0(Agent, 1);

	agent->address = g_strdup(folded);
	agent->name = g_strdup("");
	agent->team = g_strdup("");
	agent->role = g_strdup("agent");
	agent->queues = g_ptr_array_new_with_free_func(g_free);
	agent->language = g_strdup("");
	agent->languages = g_ptr_array_new_with_free_func(g_free);
	agent->zone = g_strdup("");
	agent->notify = g_strdup("all");
	agent->digest = g_strdup("1h");
	agent->quiet = g_strdup("");
	agent->calendar = g_strdup("");
	agent->away_note = g_strdup("");
	agent->key = g_strdup("");
	return agent;
}

void
agent_free(Agent *agent)
{
	if (agent == NULL)
		return;
	g_free(agent->address);
	g_free(agent->name);
	g_free(agent->team);
	g_free(agent->role);
	g_ptr_array_unref(agent->queues);
	g_free(agent->language);
	g_ptr_array_unref(agent->languages);
	g_free(agent->zone);
	g_free(agent->notify);
	g_free(agent->digest);
	g_free(agent->quiet);
	g_free(agent->calendar);
	g_free(agent->away_note);
	g_free(agent->key);
	g_free(agent);
}

gboolean
agent_is_away(const Agent *agent, gint64 now)
{
	return agent->away_until > now;
}

gboolean
agent_in_queue(const Agent *agent, const char *queue)
{
	return g_ptr_array_find_with_equal_func(agent->queues, queue,
	    g_str_equal, NULL);
}

/* --- rows ------------------------------------------------------------------ */

static GPtrArray *
read_list(StoreRows *rows, int column)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = rows_text(rows, column);
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	for (guint i = 0; words[i] != NULL; i++)
		if (*words[i] != '\0')
			g_ptr_array_add(out, g_strdup(words[i]));
	return out;
}

static char *
write_list(const GPtrArray *list)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(out, "%s%s", i > 0 ? "," : "",
		    (const char *)list->pdata[i]);
	return g_string_free(out, FALSE);
}

static gpointer
read_agent(StoreRows *rows)
{
	Agent *agent = g_new0(Agent, 1);

	agent->address = rows_text(rows, 0);
	agent->name = rows_text(rows, 1);
	agent->team = rows_text(rows, 2);
	agent->role = rows_text(rows, 3);
	agent->queues = read_list(rows, 4);
	agent->language = rows_text(rows, 5);
	agent->languages = read_list(rows, 6);
	agent->zone = rows_text(rows, 7);
	agent->notify = rows_text(rows, 8);
	agent->digest = rows_text(rows, 9);
	agent->quiet = rows_text(rows, 10);
	agent->calendar = rows_text(rows, 11);
	agent->away_until = store_int(rows, 12);
	agent->away_note = rows_text(rows, 13);
	agent->key = rows_text(rows, 14);
	agent->stored = TRUE;
	return agent;
}

static void
free_agent(gpointer data)
{
	agent_free(data);
}

GPtrArray *
agent_list(StoreTxn *txn, GError **error)
{
	return rows_collect(store_query(txn, STMT_AGENT_LIST, error),
	    read_agent, free_agent, error);
}

Agent *
agent_by_address(StoreTxn *txn, const char *folded, GError **error)
{
	return rows_one(store_query(txn, STMT_AGENT_GET, error, folded),
	    read_agent, error);
}

gboolean
agent_store(StoreTxn *txn, const Agent *agent, GError **error)
{
	g_autofree char *queues = write_list(agent->queues);
	g_autofree char *languages = write_list(agent->languages);

	return store_run(txn, STMT_AGENT_SET, NULL, error, agent->address,
	    agent->name, agent->team, agent->role, queues, agent->language,
	    languages, agent->zone, agent->notify, agent->digest, agent->quiet,
	    agent->calendar, agent->away_until, agent->away_note, agent->key);
}

gboolean
agent_remove(StoreTxn *txn, const char *folded, gboolean *removed,
    GError **error)
{
	gint64 changed;

	if (!store_run(txn, STMT_AGENT_REMOVE, &changed, error, folded))
		return FALSE;
	*removed = changed > 0;
	return TRUE;
}
