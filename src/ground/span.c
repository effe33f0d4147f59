/* span.c - lengths of time as people write them. */
#include "ground/span.h"

static const struct {
	char letter;
	gint64 seconds;
} units[] = {
	{ 'w', 604800 },
	{ 'd', 86400 },
	{ 'h', 3600 },
	{ 'm', 60 },
	{ 's', 1 },
};

static gint64
unit_of(char letter)
{
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (units[i].letter == g_ascii_tolower(letter))
			return units[i].seconds;
	return 0;
}

gboolean
span_parse(const char *text, gint64 *seconds)
{
	gint64 sum = 0;

	if (*text == '\0')
		return FALSE;
	while (*text != '\0') {
		gint64 n = 0, unit;

		if (!g_ascii_isdigit(*text))
			return FALSE;
		for (; g_ascii_isdigit(*text); text++)
			if (__builtin_mul_overflow(n, 10, &n) ||
			    __builtin_add_overflow(n, *text - '0', &n))
				return FALSE;
		unit = unit_of(*text);
		/* A bare 0 needs no unit; anything else would be a guess. */
		if (unit == 0 && (*text != '\0' || n != 0 || sum != 0))
			return FALSE;
		if (__builtin_mul_overflow(n, unit, &n) ||
		    __builtin_add_overflow(sum, n, &sum))
			return FALSE;
		if (*text != '\0')
			text++;
	}
	*seconds = sum;
	return TRUE;
}

char *
span_format(gint64 seconds)
{
	GString *out = g_string_new(NULL);
	guint64 left = seconds < 0 ? -(guint64)seconds : (guint64)seconds;

	if (left == 0)
		return g_string_free(g_string_append(out, "0s"), FALSE);
	if (seconds < 0)
		g_string_append_c(out, '-');
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		guint64 unit = (guint64)units[i].seconds;

		if (left >= unit)
			g_string_append_printf(out, "%" G_GUINT64_FORMAT "%c",
			    left / unit, units[i].letter);
		left %= unit;
	}
	return g_string_free(out, FALSE);
}
