/* cmd_init.c - javob init: configuration, key, spool and an empty store. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/config.h"
#include "ground/error.h"
#include "ground/token.h"
#include "options.h"
#include "store/spool.h"
#include "store/store.h"

/* state: state-dir to write down; NULL: the default. */
static gboolean
write_example(const char *path, const char *state, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) reason = NULL;

	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		printf("kept %s\n", path);
		return TRUE;
	}
	config_example(options_tables, text);
	if (state != NULL) {
		g_autofree char *line = g_strdup_printf(
		    "\nstate-dir = %s\n", state);

		g_string_replace(
		    text, "\n#state-dir = /var/lib/javob\n", line, 1);
	}
	if (!g_file_set_contents_full(path, text->str, (gssize)text->len,
		G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
		0640, &reason))
		return error_temporary(error, "%s", reason->message);
	printf("wrote %s\n", path);
	return TRUE;
}

/* state-dir of a file that may not be complete yet. */
static char *
state_dir_of(const char *path, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Config) config = config_load(
	    path, options_tables, faults, error);

	if (config == NULL)
		return NULL;
	return g_strdup(config_text(
	    config_section(config, "gateway", NULL), "state-dir"));
}

static gboolean
make_state(const char *dir, GError **error)
{
	g_autofree char *key = g_build_filename(dir, "key", NULL);
	g_autofree char *store = g_build_filename(dir, "javob.db", NULL);
	g_autofree char *run = g_build_filename(dir, "run", NULL);
	g_autoptr(Spool) spool = NULL;

	if (g_mkdir_with_parents(run, 0700) != 0)
		return error_temporary(error, "%s: %s", run, g_strerror(errno));
	spool = spool_open(dir, TRUE, error);
	if (spool == NULL)
		return FALSE;
	if (g_file_test(key, G_FILE_TEST_EXISTS))
		printf("kept %s\n", key);
	else if (!token_keys_create(key, clock_now(), error))
		return FALSE;
	else
		printf("wrote %s\n", key);
	if (g_file_test(store, G_FILE_TEST_EXISTS))
		printf("kept %s\n", store);
	else if (!store_create(dir, "sqlite", error))
		return FALSE;
	else
		printf("wrote %s\n", store);
	return TRUE;
}

static int
run(const char *config, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = NULL, *dir = NULL;

	if (argc > 2 || cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_init, NULL);
	umask(077);
	if (argc == 2) {
		if (g_mkdir_with_parents(argv[1], 0750) != 0) {
			error_temporary(
			    &error, "%s: %s", argv[1], g_strerror(errno));
			return cmd_fail(error);
		}
		path = config != NULL
		    ? g_strdup(config)
		    : g_build_filename(argv[1], "javob.conf", NULL);
	} else {
		g_autofree char *parent = NULL;

		path = g_strdup(options_path(config));
		parent = g_path_get_dirname(path);
		if (g_mkdir_with_parents(parent, 0750) != 0) {
			error_temporary(
			    &error, "%s: %s", parent, g_strerror(errno));
			return cmd_fail(error);
		}
	}
	/* A site in a directory of its own keeps its state there too. */
	if (!write_example(path, argc == 2 ? "state" : NULL, &error))
		return cmd_fail(error);
	dir = state_dir_of(path, &error);
	if (dir == NULL || !make_state(dir, &error))
		return cmd_fail(error);
	printf("Next: edit %s, then run: javob -c %s check\n", path, path);
	return 0;
}

const Command cmd_init = { "init", "[DIR]",
	"write a configuration, a key and an empty store", run };
