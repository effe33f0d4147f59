/* cmd_eta_replay.c - javob eta-replay: the promise engine on a recorded
 * history, by the line protocol of javob(1). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/eta_replay.h"
#include "ground/span.h"
#include "policy/eta.h"

enum { LINE_MOST = 64 * 1024 };

static gboolean
number_of(const char *text, gint64 *number)
{
	return text != NULL &&
	    g_ascii_string_to_signed(text, 10, G_MININT64 / 4,
		G_MAXINT64 / 4, number, NULL);
}

/* "eta 1 p=0.8 sla=432000 tick=3600"; words that are not known are for a
 * later version. */
static gboolean
read_head(char **words, ReplayRules *rules)
{
	if (words[0] == NULL || !g_str_equal(words[0], "eta") ||
	    words[1] == NULL || !g_str_equal(words[1], "1"))
		return FALSE;
	for (guint i = 2; words[i] != NULL; i++) {
		if (g_str_has_prefix(words[i], "p="))
			rules->p = g_ascii_strtod(words[i] + 2, NULL);
		else if (g_str_has_prefix(words[i], "sla="))
			rules->sla = g_ascii_strtoll(words[i] + 4, NULL, 10);
		else if (g_str_has_prefix(words[i], "tick="))
			rules->tick = g_ascii_strtoll(words[i] + 5, NULL, 10);
	}
	return isfinite(rules->p) && rules->p > 0 && rules->p < 1 &&
	    rules->sla >= 0 && rules->tick >= 0;
}

static void
say_notice(const char *id, gint64 promise, gpointer data G_GNUC_UNUSED)
{
	printf("notice %s %" G_GINT64_FORMAT "\n", id, promise);
}

static gboolean
obey(Replay *replay, char **words)
{
	guint count = g_strv_length(words);
	gint64 now, promise;

	if (count < 2 || !number_of(words[1], &now))
		return FALSE;
	if (g_str_equal(words[0], "open") && count == 6) {
		promise = replay_open(
		    replay, now, words[2], words[3], words[4], words[5]);
		if (promise == 0)
			printf("none %s\n", words[2]);
		else
			printf("promise %s %" G_GINT64_FORMAT "\n", words[2],
			    promise);
	} else if (g_str_equal(words[0], "resolve") && count == 3) {
		replay_resolve(replay, now, words[2]);
		return TRUE;
	} else if (g_str_equal(words[0], "tick") && count == 2) {
		replay_tick(replay, now, say_notice, NULL);
		puts("end");
	} else {
		return FALSE;
	}
	fflush(stdout);
	return TRUE;
}

static int
play(ReplayRules *rules)
{
	g_autofree char *line = g_malloc(LINE_MOST);
	g_autoptr(Replay) replay = NULL;

	for (guint at = 1; fgets(line, LINE_MOST, stdin) != NULL; at++) {
		g_auto(GStrv) words = NULL;
		gboolean well;

		g_strchomp(line);
		words = g_strsplit(line, " ", -1);
		if (replay != NULL) {
			well = obey(replay, words);
		} else {
			well = read_head(words, rules);
			replay = well ? replay_new(rules) : NULL;
			if (well) {
				puts("ready");
				fflush(stdout);
			}
		}
		if (!well) {
			fprintf(stderr,
			    "javob: eta-replay: line %u is none of the "
			    "protocol: %.60s\n",
			    at, line);
			return 1;
		}
	}
	return 0;
}

static int
run(const char *config G_GNUC_UNUSED, int argc, char **argv)
{
	ReplayRules rules = { .p = .8, .sla = 432000, .tick = 3600,
		.min_days = 2 };
	const char *cap = cmd_value(&argc, argv, "--cap");
	const char *days = cmd_value(&argc, argv, "--min-days");

	rules.round = cmd_flag(&argc, argv, "--round");
	rules.cold = cmd_flag(&argc, argv, "--cold");
	if (cap != NULL && !span_parse(cap, &rules.cap))
		return cmd_usage(&cmd_eta_replay,
		    "--cap takes a span, such as 30d");
	if (days != NULL &&
	    !g_ascii_string_to_signed(days, 10, 0, 3650, &rules.min_days, NULL))
		return cmd_usage(&cmd_eta_replay,
		    "--min-days takes a number, such as 7");
	if (argc > 1)
		return cmd_usage(&cmd_eta_replay, NULL);
	return play(&rules);
}

const Command cmd_eta_replay = { "eta-replay",
	"[--round] [--cap SPAN] [--min-days D] [--cold]",
	"promises on a recorded history, by a line protocol on stdin", run };
