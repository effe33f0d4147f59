/* desk.c - see desk.h. Broken letters of the site are the business of `javob
 * check`: the built-in ones stand in. */
#include "cli/desk.h"

#include "mail/message.h"
#include "store/store.h"

gboolean
cmd_desk_open(CmdDesk *desk, const char *config, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = NULL;

	message_init();
	desk->store = cmd_store(config, &desk->site, error);
	if (desk->store == NULL)
		return FALSE;
	key = g_build_filename(desk->site->state_dir, "key", NULL);
	desk->keys = token_keys_load(key, error);
	if (desk->keys == NULL)
		return FALSE;
	desk->templates = templates_load(desk->site->templates_dir, faults);
	templates_otherwise(desk->templates, desk->site->default_language);
	desk->desk.site = desk->site;
	desk->desk.templates = desk->templates;
	desk->desk.keys = desk->keys;
	return TRUE;
}

void
cmd_desk_close(CmdDesk *desk)
{
	store_close(desk->store);
	templates_free(desk->templates);
	token_keys_free(desk->keys);
	site_free(desk->site);
}

char *
cmd_actor(void)
{
	return g_strdup_printf("%s (shell)", g_get_user_name());
}
