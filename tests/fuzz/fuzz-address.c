/* fuzz-address.c - any text as an address: what is held valid can break no
 * SMTP command and no header field. */
#include <stdint.h>
#include <string.h>

#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *text = g_strndup((const char *)octets, size);
	g_autofree char *folded = address_fold(text);
	g_autofree char *twice = address_fold(folded);
	g_autofree char *detail = address_detail(text, "support@shop.example");
	g_autoptr(Address) address = address_new(text, text);

	g_assert_cmpstr(folded, ==, twice);
	g_assert_true(g_utf8_validate(address->name, -1, NULL));
	address_is_robot(text);
	if (detail != NULL)
		g_assert_true(strchr(text, '+') != NULL && *detail != '\0');
	if (address_is_valid(text)) {
		g_assert_cmpuint(strlen(text), <=, 254);
		g_assert_null(strpbrk(text, " \t\r\n<>"));
		g_assert_true(*text != '-' && strchr(text, '@') != NULL);
		g_assert_true(address_equal(text, address->address));
	} else {
		g_assert_false(address_may_mail(text));
	}
	return 0;
}
