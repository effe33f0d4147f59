/* cmd_process.c - javob process: what the daemon would do, now, in the
 * foreground. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/cmd.h"
#include "daemon/ingest.h"
#include "daemon/role.h"
#include "daemon/send.h"
#include "daemon/tick.h"
#include "ground/error.h"
#include "ground/log.h"
#include "options.h"
#include "store/store.h"

static gboolean
work_off(Ingest *ingest, guint *mails, guint *timers, GError **error)
{
	guint done, fired;

	do {
		if (!ingest_round(ingest, &done, error) ||
		    !tick_once(ingest_store(ingest), ingest_desk(ingest),
			&fired, error))
			return FALSE;
		*mails += done;
		*timers += fired;
	} while (done > 0 || fired > 0);
	ingest_idle(ingest);
	return TRUE;
}

static int
run(const char *config, int argc, char **argv)
{
	gboolean send = cmd_flag(&argc, argv, "--send");
	gboolean verbose = cmd_flag(&argc, argv, "--verbose");
	guint mails = 0, timers = 0, sent = 0;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Ingest) ingest = NULL;
	g_autofree char *dir = NULL;

	if (argc > 1)
		return cmd_usage(&cmd_process, NULL);
	if (verbose)
		log_open("javob", LOG_LEVEL_INFO, FALSE);
	umask(077);
	site = options_load(options_path(config), &error);
	if (site == NULL)
		return cmd_fail(error);
	dir = role_run_dir(site);
	if (g_mkdir_with_parents(dir, 0700) != 0) {
		error_temporary(&error, "%s: %s", dir, g_strerror(errno));
		return cmd_fail(error);
	}
	ingest = ingest_new(site, &error);
	if (ingest == NULL || !work_off(ingest, &mails, &timers, &error))
		return cmd_fail(error);
	if (send && !send_once(site, &sent, &error))
		return cmd_fail(error);
	/* A letter that failed armed a timer. */
	if (send && !work_off(ingest, &mails, &timers, &error))
		return cmd_fail(error);
	printf("%u mails, %u timers", mails, timers);
	if (send)
		printf(", %u letters sent", sent);
	putchar('\n');
	return 0;
}

const Command cmd_process = { "process", "[--send] [--verbose]",
	"work off spool and timers now; --send: the outbox too", run };
