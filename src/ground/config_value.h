/* config_value.h - one value of the configuration file, by its type. */
#ifndef GROUND_CONFIG_VALUE_H
#define GROUND_CONFIG_VALUE_H

#include "ground/config.h"

typedef struct ConfigValue {
	char *text;    /* as written; paths absolute, choices as in the table */
	gint64 number; /* yes is 1; for a choice its place in the range */
	char **list;   /* never NULL */
} ConfigValue;

/* Reads text as a value of option; dir: where relative paths begin.
 *
 * Returns: NULL and *value filled (free with config_value_clear), or, with
 * *value untouched, what would be right ("1..32"; free with g_free). */
char *config_value_parse(const ConfigOption *option, const char *text,
    const char *dir, ConfigValue *value);
void config_value_clear(ConfigValue *value);

/* Letters, digits, - _ . and a letter or digit first. */
gboolean config_value_is_name(const char *text);

#endif
