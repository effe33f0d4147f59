/* cmd_key.c - javob key: the keys of reply addresses, and a new one. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/clock.h"
#include "ground/token.h"
#include "options.h"

/* "2026-11-27"; "-" where it is not known. */
static char *
day_of(gint64 when)
{
	g_autoptr(GDateTime) time = when != 0 && when != G_MAXINT64
					? g_date_time_new_from_unix_utc(when)
					: NULL;

	return time != NULL ? g_date_time_format(time, "%Y-%m-%d")
			    : g_strdup("-");
}

static void
print_json(const TokenKeyFact *fact, gboolean signs)
{
	g_autofree char *text = NULL;
	Json out;

	json_begin(&out);
	json_int(&out, "version", 1);
	json_int(&out, "epoch", fact->epoch);
	json_time(&out, "made", fact->made);
	json_bool(&out, "signs", signs);
	json_time(&out, "until", fact->until != G_MAXINT64 ? fact->until : 0);
	text = json_end(&out);
	puts(text);
}

static void
print_line(const TokenKeyFact *fact, gboolean signs, gint64 now)
{
	g_autofree char *made = day_of(fact->made);
	g_autofree char *until = day_of(fact->until);

	printf("%4" G_GINT64_FORMAT "  made %-10s  ", fact->epoch, made);
	if (signs)
		puts("signs");
	else if (fact->until == G_MAXINT64)
		puts("honoured");
	else
		printf("%s %s\n",
		    fact->until < now ? "no longer honoured since"
				      : "honoured until",
		    until);
}

static int
list(const Site *site, const char *path, gboolean json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(TokenKeys) keys = token_keys_load(path, &error);
	g_autoptr(GArray) facts = NULL;
	gint64 now = clock_now();

	if (keys == NULL)
		return cmd_fail(error);
	facts = token_keys_facts(keys, site->key_age);
	for (guint i = 0; i < facts->len; i++) {
		const TokenKeyFact *fact =
		    &g_array_index(facts, TokenKeyFact, i);
		gboolean signs = i + 1 == facts->len;

		if (json)
			print_json(fact, signs);
		else
			print_line(fact, signs, now);
	}
	return 0;
}

static int
rotate(const Site *site, const char *path)
{
	g_autoptr(GError) error = NULL;
	guint dropped = 0;

	if (!token_keys_rotate(path, clock_now(), site->key_age, &dropped,
		&error))
		return cmd_fail(error);
	printf("wrote %s: a new key signs from now on", path);
	if (dropped > 0)
		printf("; %u older than key-age left out", dropped);
	puts("\nKeep a copy: without it answers to our letters find their "
	     "tickets less well.");
	return 0;
}

static int
run(const char *config, int argc, char **argv)
{
	gboolean json = cmd_flag(&argc, argv, "--json");
	const char *verb = argc == 2 ? argv[1] : "";
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	g_autofree char *path = NULL;

	if (!g_str_equal(verb, "list") && !g_str_equal(verb, "rotate"))
		return cmd_usage(&cmd_key, NULL);
	site = options_load(options_path(config), &error);
	if (site == NULL)
		return cmd_fail(error);
	path = g_build_filename(site->state_dir, "key", NULL);
	return g_str_equal(verb, "list") ? list(site, path, json)
					 : rotate(site, path);
}

const Command cmd_key = { "key", "list [--json] | rotate",
	"keys of reply addresses, and a new one", run };
