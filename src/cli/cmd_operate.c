/* cmd_operate.c - javob backup and javob health. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "daemon/role.h"
#include "ground/clock.h"
#include "ground/config.h"
#include "options.h"
#include "store/outbox.h"
#include "store/spool.h"
#include "store/store.h"

static int
backup(const char *config, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autoptr(Store) store = NULL;

	if (argc != 2 || cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_backup, NULL);
	store = cmd_store(config, &site, &error);
	if (store == NULL || !store_backup(store, argv[1], &error))
		return cmd_fail(error);
	printf("wrote %s; the key (%s/key) is not in it\n", argv[1],
	    site->state_dir);
	return 0;
}

/* --- health ---------------------------------------------------------------- */

enum { LATE = 120, WATCHED_LATE = 600 }; /* seconds */

typedef struct Health {
	Json json;
	GPtrArray *problems; /* of char * */
} Health;

/* The daemon holds its lock as long as it lives. */
static gboolean
is_running(const Site *site)
{
	g_autofree char *path = g_build_filename(
	    site->state_dir, "javobd.lock", NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean running;

	if (fd < 0)
		return FALSE;
	running = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	close(fd);
	return running;
}

static void
problem(Health *health, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(health->problems, g_strdup_vprintf(format, args));
	va_end(args);
}

static void
add_spool(Health *health, const Site *site, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Spool) spool = spool_open(site->state_dir, FALSE, &error);
	g_autoptr(GPtrArray) aside = NULL;
	gint64 oldest = 0;
	guint count;

	if (spool == NULL) {
		problem(health, "spool: %s", error->message);
		return;
	}
	count = spool_count(spool, &oldest);
	json_int(&health->json, "spool", count);
	json_int(&health->json, "spool_oldest_seconds",
	    oldest != 0 ? now - oldest : 0);
	if (oldest != 0 && now - oldest > LATE)
		problem(health, "spool: a mail waits for %" G_GINT64_FORMAT
				" s", now - oldest);
	aside = spool_quarantined(spool, &error);
	json_int(&health->json, "quarantine", aside != NULL ? aside->len : 0);
}

static void
add_store(Health *health, const Site *site, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(
	    site->state_dir, site->store_url, &error);
	g_autoptr(StoreTxn) txn = store != NULL
	    ? store_begin_read(store, &error)
	    : NULL;
	gint64 count, oldest;

	if (txn == NULL || !outbox_count(txn, &count, &oldest, &error)) {
		problem(health, "store: %s", error->message);
		return;
	}
	json_int(&health->json, "outbox", count);
	json_int(&health->json, "outbox_oldest_seconds",
	    count > 0 ? now - oldest : 0);
	if (count > 0 && now - oldest > LATE)
		problem(health,
		    "outbox: a letter waits for %" G_GINT64_FORMAT
		    " s; see javob queue list",
		    now - oldest);
}

/* One line of a status file: what, connected, last look, failing since, why. */
static void
add_watched(Health *health, GString *out, const char *kind, char **f, gint64 now)
{
	gint64 sweep = g_ascii_strtoll(f[2], NULL, 10);
	gint64 since = g_ascii_strtoll(f[3], NULL, 10);
	g_autofree char *text = NULL;
	Json one;

	json_begin(&one);
	json_text(&one, kind, f[0]);
	json_bool(&one, "connected", g_str_equal(f[1], "1"));
	json_time(&one, "last_sweep", sweep);
	json_time(&one, "failing_since", since);
	json_text(&one, "problem", *f[4] != '\0' ? f[4] : NULL);
	text = json_end(&one);
	g_string_append_printf(out, "%s%s", out->len > 1 ? "," : "", text);
	if (since != 0)
		problem(health, "%s %s: %s", kind, f[0], f[4]);
	else if (sweep != 0 && now - sweep > WATCHED_LATE)
		problem(health,
		    "%s %s: no look at it for %" G_GINT64_FORMAT " s", kind,
		    f[0], now - sweep);
}

/* A file of an earlier configuration may lie there: what is none no more is
 * not told of. */
static void
add_status(Health *health, const Site *site, const char *kind,
    const char *file, const char *list, gint64 now)
{
	g_autofree char *run = role_run_dir(site);
	g_autofree char *path = g_build_filename(run, file, NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GString) out = g_string_new("[");

	if (g_file_get_contents(path, &text, NULL, NULL))
		lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines != NULL && lines[i] != NULL; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], "\t", 5);

		if (g_strv_length(fields) == 5 &&
		    config_section(site->config, kind, fields[0]) != NULL)
			add_watched(health, out, kind, fields, now);
	}
	g_string_append_c(out, ']');
	json_raw(&health->json, list, out->str);
}

static int
health_run(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = options_load(options_path(config), &error);
	g_autofree char *text = NULL;
	Health health = { 0 };
	gint64 now = clock_now();
	guint problems;

	if (argc > 1)
		return cmd_usage(&cmd_health, NULL);
	if (site == NULL)
		return cmd_fail(error);
	health.problems = g_ptr_array_new_with_free_func(g_free);
	json_begin(&health.json);
	json_int(&health.json, "version", 1);
	json_bool(&health.json, "running", is_running(site));
	if (!is_running(site))
		problem(&health, "javobd is not running");
	add_spool(&health, site, now);
	add_store(&health, site, now);
	add_status(
	    &health, site, "mailbox", "fetch.status", "mailboxes", now);
	add_status(&health, site, "board", "board.status", "boards", now);
	json_list(&health.json, "problems", health.problems);
	text = json_end(&health.json);
	problems = health.problems->len;
	if (json)
		puts(text);
	for (guint i = 0; !json && i < problems; i++)
		puts(health.problems->pdata[i]);
	if (!json && problems == 0)
		puts("well");
	g_ptr_array_unref(health.problems);
	return problems > 0 ? 1 : 0;
}

const Command cmd_backup = { "backup", "FILE",
	"a whole copy of the store while it works", backup };
const Command cmd_health = { "health", "[--json]",
	"is the daemon up, does anything wait or fail", health_run };
