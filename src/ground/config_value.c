/* config_value.c - the types of option values: a table of readers.
 *
 * config.c finds names and lines; here a text becomes a value, or a phrase
 * that says what would be right. */
#include "ground/config_value.h"

#include <string.h>

#include "ground/span.h"

typedef gboolean (*NumberReader)(const char *text, gint64 *number);

gboolean
config_value_is_name(const char *text)
{
	if (!g_ascii_isalnum(*text))
		return FALSE;
	for (; *text != '\0'; text++)
		if (!g_ascii_isalnum(*text) && strchr("-_.", *text) == NULL)
			return FALSE;
	return TRUE;
}

/* Labels of letters (of any script), digits and hyphens between dots. */
static gboolean
is_domain(const char *text)
{
	gunichar last = '.';

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c == '.' ? last == '.'
			     : c != '-' && !g_unichar_isalnum(c) &&
				   !g_unichar_ismark(c))
			return FALSE;
		last = c;
	}
	return last != '.';
}

/* What mail/address.c takes apart later; here only what a typist gets wrong:
 * display names, lists, a missing half. */
static gboolean
is_address(const char *text)
{
	const char *at = strrchr(text, '@');

	if (at == NULL || at == text || at - text > 64 || strlen(text) > 254)
		return FALSE;
	for (const char *p = text; p < at; p++)
		if (g_ascii_isspace(*p) || g_ascii_iscntrl(*p) ||
		    strchr("<>()[],;:\\\"@", *p) != NULL)
			return FALSE;
	return is_domain(at + 1);
}

static gboolean
read_int(const char *text, gint64 *number)
{
	return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64,
	    number, NULL);
}

static gboolean
read_size(const char *text, gint64 *number)
{
	static const char letters[] = "KMG";
	g_autofree char *digits = g_strdup(text);
	gsize n = strlen(digits);
	gint64 unit = 1;
	const char *at;

	at = n == 0 ? NULL : strchr(letters, g_ascii_toupper(digits[n - 1]));
	if (at != NULL) {
		unit = (gint64)1 << (10 * (at - letters + 1));
		digits[n - 1] = '\0';
	}
	return g_ascii_string_to_signed(digits, 10, 0, G_MAXINT64, number,
		   NULL) &&
	       !__builtin_mul_overflow(*number, unit, number);
}

/* range "LOW..HIGH", either side may be empty. */
static gboolean
in_range(const char *range, NumberReader reader, gint64 number)
{
	g_auto(GStrv) ends = NULL;
	gint64 low, high;

	if (range == NULL)
		return TRUE;
	ends = g_strsplit(range, "..", 2);
	if (*ends[0] != '\0' && reader(ends[0], &low) && number < low)
		return FALSE;
	return ends[1] == NULL || *ends[1] == '\0' || !reader(ends[1], &high) ||
	       number <= high;
}

static char *
number_wanted(const char *what, const ConfigOption *option)
{
	return option->range == NULL
		   ? g_strdup(what)
		   : g_strdup_printf("%s, %s", what, option->range);
}

static char *
parse_number(const ConfigOption *option, NumberReader reader, const char *what,
    ConfigValue *value)
{
	gint64 number;

	if (!reader(value->text, &number) ||
	    !in_range(option->range, reader, number))
		return number_wanted(what, option);
	value->number = number;
	return NULL;
}

static char *
parse_text(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)option;
	(void)dir;
	(void)value;
	return NULL;
}

static char *
parse_name(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)option;
	(void)dir;
	return config_value_is_name(value->text)
		   ? NULL
		   : g_strdup(
			 "a name of letters, digits, \"-\", \"_\" and \".\"");
}

static char *
parse_address(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)option;
	(void)dir;
	return is_address(value->text)
		   ? NULL
		   : g_strdup("one address, such as support@shop.example");
}

static char *
parse_list(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	char separator[] = ",";
	g_auto(GStrv) parts = NULL;
	GPtrArray *list = g_ptr_array_new();

	(void)dir;
	if (option->range != NULL && *option->range != '\0')
		separator[0] = option->range[0];
	parts = g_strsplit(value->text, separator, -1);
	for (char **part = parts; *part != NULL; part++) {
		g_strstrip(*part);
		if (**part != '\0')
			g_ptr_array_add(list, g_strdup(*part));
	}
	g_ptr_array_add(list, NULL);
	g_strfreev(value->list);
	value->list = (char **)g_ptr_array_free(list, FALSE);
	return NULL;
}

static char *
parse_bool(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)option;
	(void)dir;
	value->number = g_ascii_strcasecmp(value->text, "yes") == 0;
	return value->number || g_ascii_strcasecmp(value->text, "no") == 0
		   ? NULL
		   : g_strdup("yes or no");
}

static char *
parse_int(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)dir;
	return parse_number(option, read_int, "a whole number", value);
}

static char *
parse_size(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)dir;
	return parse_number(option, read_size, "octets, such as 64K, 50M or 1G",
	    value);
}

static char *
parse_span(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)dir;
	return parse_number(option, span_parse,
	    "a length of time, such as 90s, 15m or 1h30m", value);
}

static char *
parse_choice(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	g_auto(GStrv) words = g_strsplit(option->range, "|", -1);
	g_autofree char *all = NULL;

	(void)dir;
	for (int i = 0; words[i] != NULL; i++) {
		if (g_ascii_strcasecmp(words[i], value->text) != 0)
			continue;
		g_free(value->text);
		value->text = g_strdup(words[i]);
		value->number = i;
		return NULL;
	}
	all = g_strjoinv(", ", words);
	return g_strdup_printf("one of %s", all);
}

static char *
parse_path(const ConfigOption *option, const char *dir, ConfigValue *value)
{
	(void)option;
	if (*value->text != '/') {
		char *whole = g_build_filename(dir, value->text, NULL);

		g_free(value->text);
		value->text = whole;
	}
	return NULL;
}

static char *(*const parsers[])(const ConfigOption *option, const char *dir,
    ConfigValue *value) = {
	[CONFIG_TEXT] = parse_text,
	[CONFIG_NAME] = parse_name,
	[CONFIG_ADDRESS] = parse_address,
	[CONFIG_LIST] = parse_list,
	[CONFIG_BOOL] = parse_bool,
	[CONFIG_INT] = parse_int,
	[CONFIG_SIZE] = parse_size,
	[CONFIG_SPAN] = parse_span,
	[CONFIG_CHOICE] = parse_choice,
	[CONFIG_PATH] = parse_path,
};

/* `name =` switches off what has no default. */
static gboolean
may_be_empty(const ConfigOption *option)
{
	return option->type == CONFIG_TEXT || option->type == CONFIG_LIST ||
	       option->fallback == NULL;
}

char *
config_value_parse(const ConfigOption *option, const char *text,
    const char *dir, ConfigValue *value)
{
	ConfigValue v = { g_strdup(text), 0, g_new0(char *, 1) };
	char *wanted = NULL;

	if (*text != '\0' || !may_be_empty(option))
		wanted = parsers[option->type](option, dir, &v);
	if (wanted == NULL)
		*value = v;
	else
		config_value_clear(&v);
	return wanted;
}

void
config_value_clear(ConfigValue *value)
{
	g_clear_pointer(&value->text, g_free);
	g_clear_pointer(&value->list, g_strfreev);
	value->number = 0;
}
