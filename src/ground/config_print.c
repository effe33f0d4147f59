/* config_print.c - configuration as text: what is in force for `javob
 * config`, and a commented file for `javob init`. */
#include <string.h>

#include "ground/config.h"

/* Every kind once, in the order of the tables. */
static GPtrArray *
kinds_of(const ConfigOption *const *tables)
{
	GPtrArray *kinds = g_ptr_array_new();

	for (; *tables != NULL; tables++)
		for (const ConfigOption *o = *tables; o->name != NULL; o++)
			if (!g_ptr_array_find_with_equal_func(kinds, o->section,
				g_str_equal, NULL))
				g_ptr_array_add(kinds, (gpointer)o->section);
	return kinds;
}

/* Options of the kind; the row with the name "", if any, is *naming. */
static GPtrArray *
options_of(const ConfigOption *const *tables, const char *kind,
    const ConfigOption **naming)
{
	GPtrArray *options = g_ptr_array_new();

	*naming = NULL;
	for (; *tables != NULL; tables++)
		for (const ConfigOption *o = *tables; o->name != NULL; o++) {
			if (strcmp(o->section, kind) != 0)
				continue;
			if (*o->name == '\0')
				*naming = o;
			else
				g_ptr_array_add(options, (gpointer)o);
		}
	return options;
}

static gboolean
has_required(const GPtrArray *options)
{
	for (guint i = 0; i < options->len; i++) {
		const ConfigOption *option = options->pdata[i];

		if (option->required)
			return TRUE;
	}
	return FALSE;
}

static void
put_header(GString *out, const char *kind, const char *name)
{
	if (out->len > 0)
		g_string_append_c(out, '\n');
	if (name == NULL)
		g_string_append_printf(out, "[%s]\n", kind);
	else
		g_string_append_printf(out, "[%s %s]\n", kind, name);
}

static void
put_value(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, *value == '\0' ? "%s =%s\n" : "%s = %s\n",
	    name, value);
}

static void
print_section(GString *out, const ConfigSection *section, const char *kind,
    const GPtrArray *options, gboolean only_set)
{
	put_header(out, kind, config_section_name(section));
	for (guint i = 0; i < options->len; i++) {
		const ConfigOption *option = options->pdata[i];
		const char *value = config_text(section, option->name);

		if (only_set && !config_is_set(section, option->name))
			continue;
		if (strcmp(option->name, "password") == 0 && *value != '\0')
			value = "(set)";
		put_value(out, option->name, value);
	}
}

void
config_print(const Config *config, gboolean only_set, GString *out)
{
	const ConfigOption *const *tables = config_tables(config);
	g_autoptr(GPtrArray) kinds = kinds_of(tables);

	for (guint i = 0; i < kinds->len; i++) {
		const char *kind = kinds->pdata[i];
		const ConfigOption *naming;
		g_autoptr(GPtrArray) options =
		    options_of(tables, kind, &naming);
		g_autoptr(GPtrArray) found = config_sections(config, kind);

		for (guint j = 0; j < found->len; j++)
			print_section(out, found->pdata[j], kind, options,
			    only_set);
		if (found->len == 0 && !only_set && naming == NULL &&
		    !has_required(options))
			print_section(out, config_section(config, kind, NULL),
			    kind, options, FALSE);
	}
}

/* For what has no default but must be there. */
static const char *
example_of(const ConfigOption *option)
{
	static const char *const examples[] = {
		[CONFIG_TEXT] = "text",
		[CONFIG_NAME] = "name",
		[CONFIG_ADDRESS] = "support@shop.example",
		[CONFIG_LIST] = "one, two",
		[CONFIG_BOOL] = "yes",
		[CONFIG_INT] = "1",
		[CONFIG_SIZE] = "1M",
		[CONFIG_SPAN] = "1h",
		[CONFIG_CHOICE] = "",
		[CONFIG_PATH] = "/path",
	};

	return option->fallback != NULL ? option->fallback
					: examples[option->type];
}

static void
put_range(GString *out, const ConfigOption *option)
{
	g_auto(GStrv) words = NULL;
	g_autofree char *all = NULL;

	if (option->type == CONFIG_BOOL)
		g_string_append(out, " (yes, no)");
	if (option->range == NULL || option->type == CONFIG_LIST)
		return;
	words = g_strsplit(option->range, "|", -1);
	all = g_strjoinv(", ", words);
	g_string_append_printf(out, " (%s)", all);
}

/* A required option stands uncommented, the rest at its default after "#". */
static void
put_example(GString *out, const ConfigOption *option)
{
	g_auto(GStrv) words = NULL;
	const char *value = option->fallback;

	g_string_append_printf(out, "# %s", option->help);
	put_range(out, option);
	g_string_append(out, option->required ? "; required\n" : "\n");
	if (!option->required) {
		g_string_append_c(out, '#');
	} else if (option->type == CONFIG_CHOICE && value == NULL) {
		words = g_strsplit(option->range, "|", -1);
		value = words[0];
	} else if (value == NULL) {
		value = example_of(option);
	}
	put_value(out, option->name, value == NULL ? "" : value);
}

void
config_example(const ConfigOption *const *tables, GString *out)
{
	g_autoptr(GPtrArray) kinds = kinds_of(tables);

	g_string_append(out,
	    "# Configuration of javob, see javob.conf(5). Lines that begin\n"
	    "# with # are comments; options show their defaults.\n");
	for (guint i = 0; i < kinds->len; i++) {
		const char *kind = kinds->pdata[i];
		const ConfigOption *naming;
		g_autoptr(GPtrArray) options =
		    options_of(tables, kind, &naming);
		gboolean needed = has_required(options);

		g_string_append_c(out, '\n');
		if (naming != NULL)
			g_string_append_printf(out, "# %s\n", naming->help);
		if (naming != NULL && !needed)
			g_string_append_c(out, '#');
		if (naming == NULL)
			g_string_append_printf(out, "[%s]\n", kind);
		else
			g_string_append_printf(out, "[%s %s]\n", kind,
			    naming->fallback == NULL ? "name"
						     : naming->fallback);
		for (guint j = 0; j < options->len; j++)
			put_example(out, options->pdata[j]);
	}
}
