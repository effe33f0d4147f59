/* fuzz-msgid.c - any text as References: the scan ends, and what it gives is
 * an identifier. The same octets are read as an envelope, which must come out
 * as it went in. */
#include <stdint.h>
#include <string.h>

#include "mail/envelope.h"
#include "mail/msgid.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

static void
scan(const char *text)
{
	const char *cursor = text;
	const char *before = text;
	char *id;

	while ((id = msgid_next(&cursor)) != NULL) {
		g_assert_true(cursor > before);
		g_assert_cmpuint(strlen(id), >, 0);
		g_assert_cmpuint(strlen(id), <=, MSGID_MAX);
		g_assert_null(strpbrk(id, " \t\r\n<>"));
		before = cursor;
		msgid_is_valid(id);
		g_free(id);
	}
	g_assert_cmpstr(cursor, ==, "");
}

static void
read_envelope(const uint8_t *octets, size_t size)
{
	gsize length = 0, again = 0;
	g_autoptr(Envelope) first = NULL;
	g_autoptr(Envelope) second = NULL;
	g_autofree char *text = NULL;
	g_autofree char *same = NULL;

	first = envelope_parse((const char *)octets, size, &length, NULL);
	if (first == NULL)
		return;
	g_assert_cmpuint(length, <=, size);
	text = envelope_format(first);
	second = envelope_parse(text, strlen(text), &again, NULL);
	g_assert_nonnull(second);
	g_assert_cmpuint(again, ==, strlen(text));
	same = envelope_format(second);
	g_assert_cmpstr(text, ==, same);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *text = g_strndup((const char *)octets, size);

	scan(text);
	read_envelope(octets, size);
	return 0;
}
