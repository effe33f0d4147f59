/* config_private.h - what config.c and config_read.c share. */
#ifndef GROUND_CONFIG_PRIVATE_H
#define GROUND_CONFIG_PRIVATE_H

#include "ground/config.h"
#include "ground/config_value.h"

typedef struct ConfigSetting {
	const ConfigOption *option;
	ConfigValue value;
	gboolean is_set;
	int line; /* 0: not in the file */
} ConfigSetting;

struct ConfigSection {
	char *kind;
	char *name; /* NULL: none */
	int line;
	GPtrArray *settings; /* of ConfigSetting: every option of the kind */
};

struct Config {
	char *path;
	char *dir;
	const ConfigOption *const *tables;
	GPtrArray *options;  /* of const ConfigOption: all tables in a row */
	GPtrArray *sections; /* of ConfigSection, in the order of the file */
	GPtrArray *absent;   /* one of each kind, all at defaults */
};

/* A section with every option of its kind at its default. */
ConfigSection *config_section_new(const Config *config, const char *kind,
    const char *name, int line);
void config_section_free(gpointer section);

/* NULL if there is none; name NULL: the one without a name. */
ConfigSetting *config_find_setting(const ConfigSection *section,
    const char *name);
ConfigSection *config_find_section(const GPtrArray *sections, const char *kind,
    const char *name);

/* Adds "FILE:LINE: text" to errors; without the line if it is 0. */
void config_fault(const Config *config, GPtrArray *errors, int line,
    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Reads the file's octets, which it changes; a NUL stands behind them. */
void config_read(Config *config, char *text, gsize size, GPtrArray *errors);

#endif
