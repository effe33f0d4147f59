/* cmd_quarantine.c - javob quarantine: mail that was set aside, and why. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "daemon/role.h"
#include "ground/wake.h"
#include "options.h"
#include "store/spool.h"

static int
list(Spool *spool, gboolean json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) entries = spool_quarantined(spool, &error);

	if (entries == NULL)
		return cmd_fail(error);
	for (guint i = 0; i < entries->len; i++) {
		const QuarantineEntry *entry = entries->pdata[i];
		g_autofree char *when = cmd_when(entry->since);
		Json out;

		if (!json) {
			printf("%s  %s  %" G_GINT64_FORMAT " octets  %s\n",
			    entry->name, when, entry->size, entry->reason);
			continue;
		}
		json_begin(&out);
		json_int(&out, "version", 1);
		json_text(&out, "name", entry->name);
		json_time(&out, "since", entry->since);
		json_int(&out, "size", entry->size);
		json_text(&out, "reason", entry->reason);
		g_free(when);
		when = json_end(&out);
		puts(when);
	}
	if (!json && entries->len == 0)
		puts("nothing is in quarantine");
	return 0;
}

static int
show(Spool *spool, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Envelope) envelope = NULL;
	gint64 offset, size;
	char buffer[65536];
	gssize n;
	int fd = spool_read_quarantined(
	    spool, name, &envelope, &offset, &size, &error);

	if (fd < 0)
		return cmd_fail(error);
	if (lseek(fd, offset, SEEK_SET) >= 0)
		while ((n = read(fd, buffer, sizeof buffer)) > 0)
			fwrite(buffer, 1, (gsize)n, stdout);
	close(fd);
	return 0;
}

static int
run(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *verb = argc > 1 ? argv[1] : "";
	const char *name = argc > 2 ? argv[2] : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = options_load(options_path(config), &error);
	g_autoptr(Spool) spool = NULL;
	g_autofree char *dir = NULL;

	if (site != NULL)
		spool = spool_open(site->state_dir, FALSE, &error);
	if (spool == NULL)
		return cmd_fail(error);
	if (g_str_equal(verb, "list") && argc == 2)
		return list(spool, json);
	if (name == NULL || argc > 3)
		return cmd_usage(&cmd_quarantine, NULL);
	if (g_str_equal(verb, "show"))
		return show(spool, name);
	if (g_str_equal(verb, "retry")) {
		if (!spool_retry(spool, name, &error))
			return cmd_fail(error);
		dir = role_run_dir(site);
		wake_send(dir, "ingest");
		printf("%s is in the spool again\n", name);
		return 0;
	}
	if (g_str_equal(verb, "delete")) {
		if (!spool_delete(spool, name, &error))
			return cmd_fail(error);
		printf("%s is deleted\n", name);
		return 0;
	}
	return cmd_usage(&cmd_quarantine, NULL);
}

const Command cmd_quarantine = { "quarantine",
	"list [--json] | show NAME | retry NAME | delete NAME",
	"mail that was set aside, and why", run };
