/* text_words.c - a text as nothing but words, to find phrases in it. */
#include "ground/text.h"

char *
text_words(const char *text, guint *count)
{
	g_autofree char *folded = text_fold(text);
	GString *out = g_string_new(" ");
	gboolean inside = FALSE;
	guint ignored;

	if (count == NULL)
		count = &ignored;
	*count = 0;
	for (const char *p = folded; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isalnum(c) || g_unichar_ismark(c)) {
			g_string_append_unichar(out, c);
			*count += inside ? 0 : 1;
			inside = TRUE;
		} else if (inside) {
			g_string_append_c(out, ' ');
			inside = FALSE;
		}
	}
	if (inside)
		g_string_append_c(out, ' ');
	return g_string_free(out, FALSE);
}
