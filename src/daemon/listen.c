/* listen.c - the LMTP door: octets and envelope to the spool, nothing else. */
#include "daemon/role.h"
#include "ground/config.h"
#include "ground/log.h"
#include "ground/wake.h"
#include "in/in_lmtp.h"

typedef struct Door {
	const Site *site;
	char *run_dir;
} Door;

static const char *
route(const char *forward_path, void *data)
{
	const Door *door = data;
	const Mailbox *mailbox = site_mailbox_by_address(
	    door->site, forward_path);

	return mailbox != NULL ? mailbox->name : NULL;
}

static void
arrived(void *data)
{
	const Door *door = data;

	wake_send(door->run_dir, "ingest");
}

gboolean
listen_wanted(const Site *site)
{
	const ConfigSection *lmtp = config_section(site->config, "lmtp", NULL);

	return *config_text(lmtp, "listen") != '\0';
}

int
listen_run(const RoleContext *context)
{
	const ConfigSection *lmtp = config_section(
	    context->site->config, "lmtp", NULL);
	g_autofree char *run = role_run_dir(context->site);
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(
	    context->site->state_dir, TRUE, &error);
	Door door = { context->site, run };
	LmtpSettings settings = { 0 };

	settings.hostname = g_get_host_name();
	settings.max_size = context->site->max_size;
	settings.idle_seconds = (int)config_number(lmtp, "idle");
	settings.max_connections = (guint)config_number(
	    lmtp, "max-connections");
	settings.max_recipients = 1000;
	settings.writers = 8;
	settings.route = route;
	settings.arrived = arrived;
	settings.data = &door;
	if (spool != NULL &&
	    in_lmtp_serve(context->listener, spool, &settings, context->stop,
		&error))
		return 0;
	log_error("event=failed problem=\"%s\"", error->message);
	return 1;
}
