/* fuzz-quote.c - any text of a mail: what is left of it are pieces of it, in
 * order, and our notifications do not get through. */
#include <stdint.h>
#include <string.h>

#include "ground/text.h"
#include "mail/autosub.h"
#include "mail/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

/* Each line of left is part of body, behind that of the one before. */
static void
check_pieces(const char *body, const char *left)
{
	g_auto(GStrv) lines = g_strsplit(left, "\n", -1);
	const char *at = body;

	for (guint i = 0; lines[i] != NULL; i++) {
		at = strstr(at, lines[i]);
		g_assert_nonnull(at);
		at += strlen(lines[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *valid = text_valid((const char *)octets, size);
	g_autofree char *body = text_clean_body(valid);
	g_autofree char *left = NULL;
	g_autofree char *key = autosub_subject_key(body);
	guint lines = 0;

	quote_cut(body, &left, &lines);
	g_assert_true(g_utf8_validate(left, -1, NULL));
	g_assert_true(g_utf8_validate(key, -1, NULL));
	check_pieces(body, left);
	if (lines == 0 && quote_has_marker(left))
		g_assert_cmpstr(left, ==, body);
	else
		g_assert_false(quote_has_marker(left));
	autosub_is_away_subject(body);
	autosub_hints_away(body);
	return 0;
}
