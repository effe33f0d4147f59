/* cmd_language.c - javob detect-language: the language of a text on stdin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "ground/error.h"
#include "ground/text.h"
#include "policy/langid.h"

/* "\n" written as two characters is a line break of the mail. TRUE if there
 * was one. */
static gboolean
unfold(char *line)
{
	char *to = strstr(line, "\\n");

	if (to == NULL)
		return FALSE;
	for (const char *p = to; *p != '\0';) {
		if (p[0] == '\\' && p[1] == 'n') {
			*to++ = '\n';
			p += 2;
		} else
			*to++ = *p++;
	}
	*to = '\0';
	return TRUE;
}

static void
print_line(char *line, gsize length)
{
	g_autofree char *text = NULL;
	LangidAnswer answer;

	if (length > 0 && line[length - 1] == '\n')
		line[--length] = '\0';
	text = text_valid(line, (gssize)length);
	if (unfold(text))
		langid_detect_body(text, &answer);
	else
		langid_detect(text, NULL, 0, &answer);
	puts(answer.tag);
}

static void
print_all(void)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *text = NULL;
	char buffer[65536];
	gsize n;
	LangidAnswer answer;

	while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
		g_string_append_len(octets, buffer, (gssize)n);
	text = text_valid(octets->str, (gssize)octets->len);
	langid_detect_body(text, &answer);
	puts(answer.tag);
}

static int
run(const char *config G_GNUC_UNUSED, int argc, char **argv)
{
	gboolean lines = cmd_flag(&argc, argv, "--lines");
	g_autoptr(GError) error = NULL;

	if (argc != 1)
		return cmd_usage(&cmd_language, NULL);
	if (lines) {
		char *line = NULL;
		size_t room = 0;
		ssize_t n;

		while ((n = getline(&line, &room, stdin)) >= 0)
			print_line(line, (gsize)n);
		free(line);
	} else
		print_all();
	if (ferror(stdin) || fflush(stdout) != 0) {
		error_temporary(&error, "standard input or output failed");
		return cmd_fail(error);
	}
	return 0;
}

const Command cmd_language = { "detect-language", "[--lines]",
	"the language of a text on stdin, as a BCP 47 tag", run };
