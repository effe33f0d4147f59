/* fuzz-tnef.c - any octets as winmail.dat (with the sums made right, else most
 * would be turned down at once), as RTF, and as a text that holds files. */
#include <stdint.h>
#include <string.h>

#include "mail/charset.h"
#include "mail/html.h"
#include "mail/rtf.h"
#include "mail/tnef.h"
#include "mail/uu.h"
#include "../unit/winmail.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	charset_init();
	html_init();
	return 0;
}

static void
read_tnef(const uint8_t *octets, size_t size)
{
	g_autofree guint8 *copy = g_memdup2(octets, size);
	g_autoptr(Tnef) tnef = NULL;

	if (copy == NULL)
		return;
	winmail_mend(copy, size);
	tnef = tnef_read(copy, size);
	if (tnef == NULL)
		return;
	g_assert_true(g_utf8_validate(tnef->text, -1, NULL));
	for (guint i = 0; i < tnef->members->len; i++) {
		const TnefMember *member = tnef->members->pdata[i];

		g_assert_true(g_utf8_validate(member->name, -1, NULL));
		g_assert_true(g_utf8_validate(member->type, -1, NULL));
	}
}

static void
read_files(const char *text, gsize size)
{
	gsize from = 0;

	while (from < size) {
		g_auto(UuFile) file = { 0 };

		if (!uu_find(&file, text, size, from))
			return;
		g_assert_cmpuint(file.start, >=, from);
		g_assert_cmpuint(file.end, >, file.start);
		g_assert_cmpuint(file.end, <=, size);
		from = file.end;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	g_autofree char *text = rtf_to_text((const char *)octets, size, 65536);

	g_assert_true(g_utf8_validate(text, -1, NULL));
	read_tnef(octets, size);
	read_files((const char *)octets, size);
	return 0;
}
