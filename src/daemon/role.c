/* role.c - what the roles have in common. */
#include "daemon/role.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ground/clock.h"
#include "ground/error.h"
#include "ground/log.h"
#include "ground/text.h"
#include "ground/wake.h"

char *
role_run_dir(const Site *site)
{
	return g_build_filename(site->state_dir, "run", NULL);
}

void
role_status_add(GString *text, const char *name, gboolean connected,
    gint64 last, gint64 failing_since, const char *problem)
{
	g_autofree char *line = failing_since != 0
	    ? text_clean_line(problem, 0)
	    : g_strdup("");

	g_string_append_printf(text,
	    "%s\t%d\t%" G_GINT64_FORMAT "\t%" G_GINT64_FORMAT "\t%s\n", name,
	    connected ? 1 : 0, last, failing_since, line);
}

void
role_status_write(const char *run_dir, const char *file, const GString *text)
{
	g_autofree char *path = g_build_filename(run_dir, file, NULL);

	if (!g_file_set_contents(path, text->str, (gssize)text->len, NULL))
		log_error("event=status-failed file=%s", path);
}

void
role_refresh_keys(const Site *site, TokenKeys *keys)
{
	g_autoptr(GError) error = NULL;

	if (!token_keys_refresh(keys, clock_now(), site->key_age, &error))
		log_error("event=key-not-read problem=\"%s\"; the one read "
			  "before goes on",
		    error->message);
}

gboolean
role_lock(const Site *site, const char *name, GError **error)
{
	g_autofree char *file = g_strconcat(name, ".lock", NULL);
	g_autofree char *path = g_build_filename(site->state_dir, file, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_temporary(
		    error, "%s: %s", path, g_strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		return error_temporary(error,
		    "%s: another javob holds it; end that one first", path);
	}
	return TRUE; /* the descriptor stays open: the kernel lets go at exit */
}

gpointer
role_open_patiently(const RoleContext *context, int wake, RoleOpen open,
    gpointer data)
{
	g_autofree char *last = NULL;

	while (!g_atomic_int_get(context->stop)) {
		g_autoptr(GError) error = NULL;
		gpointer opened = open(context, data, &error);

		if (opened != NULL)
			return opened;
		if (g_strcmp0(last, error->message) != 0)
			log_error("event=not-ready problem=\"%s\"",
			    error->message);
		g_free(last);
		last = g_strdup(error->message);
		wake_wait(wake, 2000);
	}
	return NULL;
}

gboolean
role_desk_open(RoleDesk *role, const Site *site, GError **error)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *key = g_build_filename(site->state_dir, "key", NULL);

	if (role->keys == NULL)
		role->keys = token_keys_load(key, error);
	if (role->keys == NULL)
		return FALSE;
	if (role->templates == NULL) {
		role->templates = templates_load(site->templates_dir, faults);
		templates_otherwise(role->templates, site->default_language);
	}
	if (role->store == NULL)
		role->store = store_open(
		    site->state_dir, site->store_url, error);
	role->desk.site = site;
	role->desk.keys = role->keys;
	role->desk.templates = role->templates;
	return role->store != NULL;
}

void
role_desk_clear(RoleDesk *role)
{
	store_close(role->store);
	templates_free(role->templates);
	token_keys_free(role->keys);
}

void
role_imap_account(ImapSettings *settings, const Endpoint *endpoint,
    const ConfigSection *section)
{
	settings->host = endpoint->host;
	settings->port = endpoint->port;
	settings->implicit_tls = endpoint->implicit_tls;
	settings->allow_plain =
	    g_str_equal(config_text(section, "imap-tls"), "none");
	settings->start_tls = !settings->implicit_tls && !settings->allow_plain;
	settings->user = endpoint->user;
}
