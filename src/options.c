/* options.c - gathers the option tables that modules declare and builds the
 * Site from a file. Called by both programs. */
#include "options.h"

#include "ground/config.h"
#include "ground/error.h"
#include "policy/board.h"

const ConfigOption *const options_tables[] = { site_options,
	board_options, NULL };

const char *
options_path(const char *given)
{
	const char *env = g_getenv("JAVOB_CONFIG");

	if (given != NULL)
		return given;
	return env != NULL && *env != '\0' ? env : "/etc/javob/javob.conf";
}

Site *
options_load(const char *path, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Site) site = NULL;
	g_autoptr(GString) text = NULL;
	Config *config = config_load(path, options_tables, faults, error);

	if (config == NULL)
		return NULL;
	site = site_new(config, faults);
	if (faults->len == 0)
		return g_steal_pointer(&site);
	text = g_string_new(NULL);
	for (guint i = 0; i < faults->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "",
		    (const char *)faults->pdata[i]);
	error_config(error, "%s", text->str);
	return NULL;
}
