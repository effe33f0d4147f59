/* config.c - the configuration as sections of typed values.
 *
 * options.c hands in the tables, config_read.c fills in what the file says,
 * policy/site.c takes the values out; config_print.c shows them. */
#include "ground/config.h"

#include <stdarg.h>
#include <string.h>

#include "ground/config_private.h"
#include "ground/error.h"

#define FILE_MOST (1024 * 1024)

void
config_fault(const Config *config, GPtrArray *errors, int line,
    const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(errors,
	    line > 0 ? g_strdup_printf("%s:%d: %s", config->path, line, text)
		     : g_strdup_printf("%s: %s", config->path, text));
}

/* --- settings and sections ----------------------------------------------- */

static void
setting_free(gpointer data)
{
	ConfigSetting *setting = data;

	config_value_clear(&setting->value);
	g_free(setting);
}

void
config_section_free(gpointer data)
{
	ConfigSection *section = data;

	if (section == NULL)
		return;
	g_free(section->kind);
	g_free(section->name);
	g_ptr_array_unref(section->settings);
	g_free(section);
}

/* A section with every option at its default. */
ConfigSection *
config_section_new(const Config *config, const char *kind, const char *name,
    int line)
{
	ConfigSection *section = g_new0(ConfigSection, 1);

	section->kind = g_strdup(kind);
	section->name = g_strdup(name);
	section->line = line;
	section->settings = g_ptr_array_new_with_free_func(setting_free);
	for (guint i = 0; i < config->options->len; i++) {
		const ConfigOption *option = config->options->pdata[i];
		ConfigSetting *setting;
		const char *text;
		char *wanted;

		if (strcmp(option->section, kind) != 0 || *option->name == '\0')
			continue;
		setting = g_new0(ConfigSetting, 1);
		setting->option = option;
		text = option->fallback == NULL ? "" : option->fallback;
		wanted = config_value_parse(option, text, config->dir,
		    &setting->value);
		g_assert(wanted == NULL); /* a wrong default is a bug */
		g_ptr_array_add(section->settings, setting);
	}
	return section;
}

ConfigSetting *
config_find_setting(const ConfigSection *section, const char *name)
{
	for (guint i = 0; i < section->settings->len; i++) {
		ConfigSetting *setting = section->settings->pdata[i];

		if (strcmp(setting->option->name, name) == 0)
			return setting;
	}
	return NULL;
}

ConfigSection *
config_find_section(const GPtrArray *sections, const char *kind,
    const char *name)
{
	for (guint i = 0; i < sections->len; i++) {
		ConfigSection *section = sections->pdata[i];

		if (strcmp(section->kind, kind) == 0 &&
		    g_strcmp0(section->name, name) == 0)
			return section;
	}
	return NULL;
}

/* --- public --------------------------------------------------------------- */

static Config *
config_new(const char *path, const ConfigOption *const *tables)
{
	Config *config = g_new0(Config, 1);
	g_autofree char *whole = g_canonicalize_filename(path, NULL);

	config->path = g_strdup(path);
	config->dir = g_path_get_dirname(whole);
	config->tables = tables;
	config->options = g_ptr_array_new();
	config->sections = g_ptr_array_new_with_free_func(config_section_free);
	config->absent = g_ptr_array_new_with_free_func(config_section_free);
	for (; *tables != NULL; tables++)
		for (const ConfigOption *o = *tables; o->name != NULL; o++)
			g_ptr_array_add(config->options, (gpointer)o);
	for (guint i = 0; i < config->options->len; i++) {
		const ConfigOption *o = config->options->pdata[i];

		if (config_find_section(config->absent, o->section, NULL) ==
		    NULL)
			g_ptr_array_add(config->absent,
			    config_section_new(config, o->section, NULL, 0));
	}
	return config;
}

Config *
config_load(const char *path, const ConfigOption *const *tables,
    GPtrArray *errors, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	gsize size;
	Config *config;

	if (!g_file_get_contents(path, &text, &size, &cause)) {
		error_config(error, "configuration: %s", cause->message);
		return NULL;
	}
	if (size > FILE_MOST) {
		error_config(error, "configuration %s: larger than %d octets",
		    path, FILE_MOST);
		return NULL;
	}
	config = config_new(path, tables);
	config_read(config, text, size, errors);
	return config;
}

void
config_free(Config *config)
{
	if (config == NULL)
		return;
	g_free(config->path);
	g_free(config->dir);
	g_ptr_array_unref(config->options);
	g_ptr_array_unref(config->sections);
	g_ptr_array_unref(config->absent);
	g_free(config);
}

const char *
config_path(const Config *config)
{
	return config->path;
}

const ConfigOption *const *
config_tables(const Config *config)
{
	return config->tables;
}

GPtrArray *
config_sections(const Config *config, const char *kind)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < config->sections->len; i++) {
		ConfigSection *section = config->sections->pdata[i];

		if (strcmp(section->kind, kind) == 0)
			g_ptr_array_add(found, section);
	}
	return found;
}

const ConfigSection *
config_section(const Config *config, const char *kind, const char *name)
{
	const ConfigSection *section =
	    config_find_section(config->sections, kind, name);
	const ConfigSection *absent =
	    config_find_section(config->absent, kind, NULL);

	g_assert(absent != NULL); /* a kind that no table has is a bug */
	return section == NULL && name == NULL ? absent : section;
}

const char *
config_section_name(const ConfigSection *section)
{
	return section->name;
}

int
config_section_line(const ConfigSection *section)
{
	return section->line;
}

static const ConfigSetting *
known_setting(const ConfigSection *section, const char *name)
{
	const ConfigSetting *setting = config_find_setting(section, name);

	g_assert(setting != NULL);
	return setting;
}

const char *
config_text(const ConfigSection *section, const char *name)
{
	return known_setting(section, name)->value.text;
}

gint64
config_number(const ConfigSection *section, const char *name)
{
	return known_setting(section, name)->value.number;
}

gboolean
config_bool(const ConfigSection *section, const char *name)
{
	return known_setting(section, name)->value.number != 0;
}

const char *const *
config_list(const ConfigSection *section, const char *name)
{
	return (const char *const *)known_setting(section, name)->value.list;
}

gboolean
config_is_set(const ConfigSection *section, const char *name)
{
	return known_setting(section, name)->is_set;
}

int
config_line(const ConfigSection *section, const char *name)
{
	return known_setting(section, name)->line;
}

void
config_error(const Config *config, GPtrArray *errors,
    const ConfigSection *section, const char *name, const char *format, ...)
{
	g_autofree char *text = NULL;
	int line = 0;
	va_list args;

	if (section != NULL && name != NULL)
		line = config_line(section, name);
	if (section != NULL && line == 0)
		line = section->line;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	config_fault(config, errors, line, "%s", text);
}
