/* fuzz-html.c - any octets as HTML: the text is valid and no longer than was
 * asked for. */
#include <stdint.h>
#include <string.h>

#include "ground/text.h"
#include "mail/html.h"

#define MOST 4096

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	html_init();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *charset = html_charset((const char *)octets, size);
	g_autofree char *valid = text_valid((const char *)octets, (gssize)size);
	gboolean cut = FALSE;
	g_autofree char *text = html_to_text(valid, strlen(valid), MOST, &cut);

	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpuint(strlen(text), <=, 4 * MOST);
	if (charset != NULL)
		g_assert_true(g_utf8_validate(charset, -1, NULL));
	return 0;
}
