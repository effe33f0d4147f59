/* fuzz-header.c - any octets as a header: fields, encoded-words, parameters and
 * addresses are text. */
#include <stdint.h>
#include <string.h>

#include "mail/addrlist.h"
#include "mail/charset.h"
#include "mail/header.h"
#include "mail/param.h"
#include "mail/part.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	message_init();
	return 0;
}

static void
check_addresses(const char *body)
{
	g_autoptr(GPtrArray) list =
	    g_ptr_array_new_with_free_func((GDestroyNotify)address_free);

	addrlist_parse(body, list);
	for (guint i = 0; i < list->len; i++) {
		const Address *one = list->pdata[i];
		g_autofree char *shown = address_show(one->address);

		g_assert_true(g_utf8_validate(one->address, -1, NULL));
		g_assert_true(g_utf8_validate(shown, -1, NULL));
		g_assert_null(strpbrk(one->name, "\r\n"));
		if (address_is_valid(one->address))
			g_assert_null(strpbrk(one->address, "<>\r\n "));
	}
}

static void
check_params(const char *body)
{
	g_auto(Params) params = { 0 };

	params_parse(&params, body, -1);
	for (guint i = 0; i < params.list->len; i++) {
		const Param *one = &g_array_index(params.list, Param, i);
		g_autofree char *name = part_safe_name(one->value);

		g_assert_true(g_utf8_validate(one->value, -1, NULL));
		g_assert_null(strpbrk(name, "/\\\r\n"));
		g_assert_true(name[0] != '.');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autoptr(GArray) fields = header_fields_new();

	g_assert_cmpuint(header_read((const char *)octets, size, fields), <=,
	    size);
	for (guint i = 0; i < fields->len; i++) {
		const HeaderField *field =
		    &g_array_index(fields, HeaderField, i);
		g_autofree char *line = header_line(field->body, 100);

		g_assert_true(g_utf8_validate(field->name, -1, NULL));
		g_assert_true(g_utf8_validate(field->body, -1, NULL));
		g_assert_true(g_utf8_validate(line, -1, NULL));
		g_assert_null(strpbrk(line, "\r\n"));
		check_addresses(field->body);
		check_params(field->body);
	}
	return 0;
}
