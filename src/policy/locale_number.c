/* locale_number.c - numbers, plural classes and lists in a language; beside
 * locale.c, which writes dates with them. */
#include <string.h>
#include <unicode/unum.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>

#include "policy/language.h"
#include "policy/locale.h"

#define UTF16_MOST 64

char *
locale_digits(const char *language, const char *text)
{
	const char *digits = language_value(language, "digits");
	GString *out;

	if (g_utf8_strlen(digits, -1) != 10)
		return g_strdup(text);
	out = g_string_new(NULL);
	for (const char *p = text; *p != '\0'; p++) {
		if (g_ascii_isdigit(*p))
			g_string_append_unichar(out, g_utf8_get_char(
			    g_utf8_offset_to_pointer(digits, *p - '0')));
		else
			g_string_append_c(out, *p);
	}
	return g_string_free(out, FALSE);
}

char *
locale_number(const char *language, gint64 number)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[UTF16_MOST];
	char text[UTF16_MOST * 3 + 1];
	UNumberFormat *format = unum_open(UNUM_DECIMAL, NULL, 0,
	    language_value(language, "icu"), NULL, &status);

	unum_formatInt64(format, number, wide, UTF16_MOST, NULL, &status);
	u_strToUTF8(text, sizeof text, NULL, wide, -1, &status);
	unum_close(format);
	return U_SUCCESS(status) ? g_strdup(text)
				 : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

char *
locale_plural(const char *language, gint64 number)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[UTF16_MOST];
	char text[UTF16_MOST];
	UPluralRules *rules = uplrules_openForType(
	    language_value(language, "icu"), UPLURAL_TYPE_CARDINAL, &status);
	int32_t length = uplrules_select(
	    rules, (double)number, wide, UTF16_MOST, &status);

	uplrules_close(rules);
	if (U_FAILURE(status))
		return g_strdup("other");
	u_UCharsToChars(wide, text, length);
	return g_strndup(text, (gsize)length);
}

char *
locale_list(const char *language, const GPtrArray *items)
{
	g_autoptr(GString) first = g_string_new(NULL);

	if (items->len == 0)
		return g_strdup("");
	if (items->len == 1)
		return g_strdup(items->pdata[0]);
	for (guint i = 0; i + 1 < items->len; i++)
		g_string_append_printf(first, "%s%s", i > 0 ? ", " : "",
		    (const char *)items->pdata[i]);
	return language_text(language, "list", "first", first->str, "last",
	    (const char *)items->pdata[items->len - 1], NULL);
}
