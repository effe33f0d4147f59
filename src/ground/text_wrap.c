/* text_wrap.c - lines of a bearable length for the letters we write. */
#include <string.h>

#include "ground/text.h"
#include "ground/text_private.h"

static guint
columns(const char *p, const char *end)
{
	guint n = 0;

	for (; p < end; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c < 0x300)
			n++;
		else if (!g_unichar_iszerowidth(c))
			n += g_unichar_iswide(c) ? 2 : 1;
	}
	return n;
}

/* One line without its LF, broken at spaces where it grows too long. */
static void
wrap_line(GString *out, const char *p, const char *end, guint width)
{
	guint used = 0;

	if (*p == '>' || columns(p, end) <= width) {
		g_string_append_len(out, p, end - p);
		return;
	}
	while (p < end) {
		const char *word = p, *stop;
		guint gap, wide;

		while (word < end && (*word == ' ' || *word == '\t'))
			word++;
		for (stop = word; stop < end && *stop != ' ' && *stop != '\t';)
			stop++;
		gap = columns(p, word);
		wide = columns(word, stop);
		/* A line may not begin to look like a quotation. */
		if (used > 0 && used + gap + wide > width && word < stop &&
		    *word != '>') {
			g_string_append_c(out, '\n');
			used = gap = 0;
			p = word;
		}
		if (word < stop)
			g_string_append_len(out, p, stop - p);
		used += gap + wide;
		p = stop;
	}
}

char *
text_wrap(const char *text, guint width)
{
	g_autofree char *owned = NULL;
	const char *p = text_checked(text, &owned);
	GString *out = g_string_sized_new(strlen(p) + 64);

	for (;;) {
		const char *end = p + strcspn(p, "\n");

		wrap_line(out, p, end, width);
		if (*end == '\0')
			return g_string_free(out, FALSE);
		g_string_append_c(out, '\n');
		p = end + 1;
	}
}
