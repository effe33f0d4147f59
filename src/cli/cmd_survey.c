/* cmd_survey.c - javob survey: how an answer to a survey is read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/text.h"
#include "mail/quote.h"
#include "mail/words.h"
#include "policy/mark.h"

enum { LONGEST = 1024 * 1024 }; /* octets of standard input that are read */

static char *
read_stdin(void)
{
	GString *octets = g_string_new(NULL);
	char block[4096];
	size_t n;

	while (octets->len < LONGEST &&
	       (n = fread(block, 1, sizeof block, stdin)) > 0)
		g_string_append_len(octets, block, (gssize)n);
	if (ferror(stdin)) {
		fprintf(stderr, "javob: standard input: %s\n",
		    g_strerror(errno));
		g_string_free(octets, TRUE);
		return NULL;
	}
	g_strdelimit(octets->str, "\r", '\n');
	return g_string_free(octets, FALSE);
}

/* Own words of the site, as for inspect. */
static gboolean
read_words(GError **error)
{
	const char *words = g_getenv("JAVOB_WORDS");

	return words == NULL || *words == '\0' || words_add(words, error);
}

static int
read_answer(const char *kind, const char *language)
{
	g_autofree char *octets = NULL, *body = NULL, *text = NULL,
			*note = NULL;
	g_autoptr(GError) error = NULL;
	guint quoted;
	int mark;

	if (!read_words(&error))
		return cmd_fail(error);
	octets = read_stdin();
	if (octets == NULL)
		return 1;
	body = text_valid(octets, -1);
	quote_init();
	quote_cut(body, &text, &quoted);
	mark = mark_read(text,
	    g_str_equal(kind, "csat") ? MARK_CSAT : MARK_NPS, language, &note);
	if (mark == MARK_NONE)
		puts("none");
	else
		printf("%d\n", mark);
	return 0;
}

static int
run(G_GNUC_UNUSED const char *config, int argc, char **argv)
{
	const char *kind, *language;

	if (cmd_wants_help(&cmd_survey, argc, argv))
		return 0;
	kind = cmd_value(&argc, argv, "--kind");
	language = cmd_value(&argc, argv, "--lang");
	if (cmd_unknown(argc, argv) != NULL)
		return cmd_usage(&cmd_survey, cmd_unknown(argc, argv));
	if (argc != 2 || !g_str_equal(argv[1], "read"))
		return cmd_usage(&cmd_survey, "what to do?");
	if (kind == NULL ||
	    (!g_str_equal(kind, "csat") && !g_str_equal(kind, "nps")))
		return cmd_usage(&cmd_survey, "--kind is csat or nps");
	return read_answer(kind, language);
}

const Command cmd_survey = {
	"survey",
	"read --kind csat|nps [--lang TAG]",
	"how an answer to a survey is read: standard input, the mark or none",
	run,
};
