/* text_alike.c - the coarsest comparison of words: for what people type in a
 * hurry, on whatever keyboard there is. */
#include "ground/text.h"

#include <string.h>

/* Letters that people write in place of others, since their keyboard or habit
 * lacks them; marks that decompose are dropped before. */
static const struct {
	gunichar from, to;
} likenesses[] = {
	{ 0x259, 'e' },   /* schwa */
	{ 0x49b, 0x43a }, /* Cyrillic ka with descender: ka */
	{ 0x493, 0x433 }, /* ghe with stroke: ghe */
	{ 0x4a3, 0x43d }, /* en with descender: en */
	{ 0x4e9, 0x43e }, /* barred o: o */
	{ 0x4af, 0x443 }, /* straight u: u */
	{ 0x4b1, 0x443 }, /* straight u with stroke: u */
	{ 0x4bb, 0x445 }, /* shha: ha */
	{ 0x4b3, 0x445 }, /* ha with descender: ha */
	{ 0x4b7, 0x447 }, /* che with descender: che */
	{ 0x456, 0x438 }, /* Ukrainian and Kazakh i: i */
	{ 0x4d9, 0x430 }, /* Cyrillic schwa: a */
	{ 0x64a, 0x6cc }, /* Arabic yeh: Farsi yeh */
	{ 0x649, 0x6cc }, /* alef maksura: Farsi yeh */
	{ 0x643, 0x6a9 }, /* Arabic kaf: keheh */
};

static gunichar
likeness(gunichar c)
{
	for (gsize i = 0; i < G_N_ELEMENTS(likenesses); i++)
		if (likenesses[i].from == c)
			return likenesses[i].to;
	return c;
}

char *
text_alike(const char *text)
{
	g_autofree char *folded = text_fold(text);
	g_autofree char *apart = g_utf8_normalize(folded, -1, G_NORMALIZE_NFD);
	GString *out = g_string_sized_new(strlen(apart));

	for (const char *p = apart; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_ismark(c) && c != '\'' && c != 0x200c &&
		    c != 0x200d && c != 0x640)
			g_string_append_unichar(out, likeness(c));
	}
	return g_string_free(out, FALSE);
}
