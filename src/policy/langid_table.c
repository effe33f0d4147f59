/* langid_table.c - brings the table into the program and reads its head.
 *
 * The head is lines of text, filled up with NUL to LANGID_HEAD octets:
 * "javob-langid 1", then for each script "Latn BITS WIDTH TAG:PRIOR ...". */
#include "policy/langid_table.h"

#include <stdlib.h>
#include <string.h>

/* As it stands, in memory that all processes share; the compiler would need
 * minutes for so large an array. */
__asm__(".pushsection .rodata\n"
	".balign 64\n"
	"langid_octets:\n"
	".incbin \"" SRCDIR "/src/policy/langid.table\"\n"
	".byte 0\n"
	".popsection\n");
extern const gint8 langid_octets[] __attribute__((visibility("hidden")));

static LangidTable tables[LANGID_TABLES];

/* The words of one line of the head; what they name is kept for good. */
static void
read_line(LangidTable *table, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint n = g_strv_length(words);

	g_assert(n > 3 && n - 3 <= LANGID_WIDEST);
	table->bits = (guint)atoi(words[1]);
	table->width = (guint)atoi(words[2]);
	table->n = n - 3;
	for (guint i = 0; i < table->n; i++) {
		char *colon = strchr(words[i + 3], ':');

		g_assert(colon != NULL);
		*colon = '\0';
		table->tags[i] = g_intern_string(words[i + 3]);
		table->priors[i] = g_ascii_strtod(colon + 1, NULL);
	}
}

const LangidTable *
langid_tables(void)
{
	static gsize ready;

	if (g_once_init_enter(&ready)) {
		g_auto(GStrv) lines =
		    g_strsplit((const char *)langid_octets, "\n", -1);
		const gint8 *rows = langid_octets + LANGID_HEAD;

		g_assert(g_str_equal(lines[0], "javob-langid 1"));
		for (guint i = 0; i < LANGID_TABLES; i++) {
			read_line(&tables[i], lines[i + 1]);
			tables[i].rows = rows;
			rows += ((gsize)1 << tables[i].bits) * tables[i].width;
		}
		g_once_init_leave(&ready, 1);
	}
	return tables;
}
