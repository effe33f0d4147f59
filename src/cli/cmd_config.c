/* cmd_config.c - javob config: the configuration as it is in force. */
#include <stdio.h>

#include "cli/cmd.h"
#include "ground/config.h"
#include "options.h"

static int
run(const char *path, int argc, char **argv)
{
	gboolean only_set = cmd_flag(&argc, argv, "-n");
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;

	if (argc > 1)
		return cmd_usage(&cmd_config, NULL);
	config = config_load(
	    options_path(path), options_tables, faults, &error);
	if (config == NULL)
		return cmd_fail(error);
	config_print(config, only_set, text);
	fputs(text->str, stdout);
	for (guint i = 0; i < faults->len; i++)
		fprintf(stderr, "javob: %s\n", (const char *)faults->pdata[i]);
	return faults->len > 0 ? 78 : 0;
}

const Command cmd_config = { "config", "[-n]",
	"print the configuration in force; -n: only what is set", run };
