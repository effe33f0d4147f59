/* cmd.c - what the commands share: arguments, errors, JSON. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/text.h"
#include "mail/parser.h"
#include "mail/words.h"
#include "options.h"
#include "store/store.h"

const Command *const commands[] = {
	&cmd_init,
	&cmd_check,
	&cmd_deliver,
	&cmd_process,
	&cmd_inspect,
	&cmd_language,
	&cmd_faq,
	&cmd_thread,
	&cmd_explain,
	&cmd_ticket,
	&cmd_agent,
	&cmd_customer,
	&cmd_survey,
	&cmd_import,
	&cmd_queue,
	&cmd_quarantine,
	&cmd_key,
	&cmd_config,
	&cmd_backup,
	&cmd_template,
	&cmd_health,
	&cmd_calendar,
	&cmd_promise,
	&cmd_eta_replay,
	NULL,
};

gboolean
cmd_is_tool(const Command *command)
{
	static const Command *const tools[] = { &cmd_inspect, &cmd_thread,
		&cmd_language, &cmd_survey, &cmd_eta_replay };

	for (gsize i = 0; i < G_N_ELEMENTS(tools); i++)
		if (tools[i] == command)
			return TRUE;
	return FALSE;
}

int
cmd_fail(const GError *error)
{
	fprintf(stderr, "javob: %s\n", error->message);
	return error_exit(error);
}

int
cmd_usage(const Command *command, const char *problem)
{
	if (problem != NULL)
		fprintf(stderr, "javob %s: %s\n", command->name, problem);
	fprintf(stderr, "usage: javob [-c FILE] %s %s\n", command->name,
	    command->arguments);
	return 2;
}

gboolean
cmd_wants_help(const Command *command, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (g_str_equal(argv[i], "--help")) {
			printf("usage: javob [-c FILE] %s %s\n\n%s.\n",
			    command->name, command->arguments, command->help);
			return TRUE;
		}
	return FALSE;
}

static void
take_out(int *argc, char **argv, int at, int count)
{
	for (int i = at; i + count <= *argc; i++)
		argv[i] = argv[i + count];
	*argc -= count;
}

gboolean
cmd_flag(int *argc, char **argv, const char *flag)
{
	for (int i = 1; i < *argc; i++)
		if (g_str_equal(argv[i], flag)) {
			take_out(argc, argv, i, 1);
			return TRUE;
		}
	return FALSE;
}

const char *
cmd_value(int *argc, char **argv, const char *name)
{
	gsize length = strlen(name);

	for (int i = 1; i < *argc; i++) {
		const char *value;

		if (strncmp(argv[i], name, length) != 0)
			continue;
		if (argv[i][length] == '=') {
			value = argv[i] + length + 1;
			take_out(argc, argv, i, 1);
			return value;
		}
		if (argv[i][length] == '\0' && i + 1 < *argc) {
			value = argv[i + 1];
			take_out(argc, argv, i, 2);
			return value;
		}
	}
	return NULL;
}

const char *
cmd_unknown(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			return argv[i];
	return NULL;
}

gboolean
cmd_number(const char *text, gint64 *number)
{
	return text != NULL &&
	    g_ascii_string_to_signed(text, 10, 1, G_MAXINT64, number, NULL);
}

Parser *
cmd_parser(GError **error)
{
	const char *words = g_getenv("JAVOB_WORDS");
	Parser *parser;

	if (words != NULL && *words != '\0' && !words_check(words, error))
		return NULL;
	parser = parser_new();
	parser_set_words(parser, words);
	return parser;
}

Store *
cmd_store(const char *config, Site **site, GError **error)
{
	*site = options_load(options_path(config), error);
	if (*site == NULL)
		return NULL;
	return store_open((*site)->state_dir, (*site)->store_url, error);
}

gboolean
cmd_store_open(CmdStore *store, const char *config, gboolean write,
    GError **error)
{
	store->store = cmd_store(config, &store->site, error);
	if (store->store == NULL)
		return FALSE;
	store->txn = write ? store_begin(store->store, error)
			   : store_begin_read(store->store, error);
	return store->txn != NULL;
}

void
cmd_store_close(CmdStore *store)
{
	store_rollback(store->txn);
	store_close(store->store);
	site_free(store->site);
}

/* --- JSON ------------------------------------------------------------------ */

void
json_begin(Json *json)
{
	json->text = g_string_new("{");
	json->first = TRUE;
}

char *
json_end(Json *json)
{
	g_string_append_c(json->text, '}');
	return g_string_free(json->text, FALSE);
}

static void
key_of(Json *json, const char *key)
{
	if (!json->first)
		g_string_append_c(json->text, ',');
	json->first = FALSE;
	text_json(json->text, key);
	g_string_append_c(json->text, ':');
}

void
json_text(Json *json, const char *key, const char *value)
{
	key_of(json, key);
	if (value == NULL)
		g_string_append(json->text, "null");
	else
		text_json(json->text, value);
}

void
json_int(Json *json, const char *key, gint64 value)
{
	key_of(json, key);
	g_string_append_printf(json->text, "%" G_GINT64_FORMAT, value);
}

void
json_bool(Json *json, const char *key, gboolean value)
{
	key_of(json, key);
	g_string_append(json->text, value ? "true" : "false");
}

void
json_time(Json *json, const char *key, gint64 when)
{
	g_autofree char *text = when != 0 ? clock_rfc3339(when) : NULL;

	json_text(json, key, text);
}

void
json_raw(Json *json, const char *key, const char *raw)
{
	key_of(json, key);
	g_string_append(json->text, raw);
}

void
json_list(Json *json, const char *key, const GPtrArray *texts)
{
	key_of(json, key);
	g_string_append_c(json->text, '[');
	for (guint i = 0; texts != NULL && i < texts->len; i++) {
		if (i > 0)
			g_string_append_c(json->text, ',');
		text_json(json->text, texts->pdata[i]);
	}
	g_string_append_c(json->text, ']');
}

char *
cmd_when(gint64 when)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(when);

	return time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M")
			    : g_strdup("-");
}
